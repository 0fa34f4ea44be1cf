// One client of MCP, once: connects, lists, calls a tool, and prints what it saw.
import {pathToFileURL} from 'node:url'

const order = JSON.parse(process.argv[2])
const load = path => import(pathToFileURL(`${order.modules}/${path}`).href)

async function parts() {
  if (order.which === 'v1') {
    const sdk = '@modelcontextprotocol/sdk/dist/esm/client'
    return {
      ...await load(`${sdk}/index.js`),
      ...await load(`${sdk}/streamableHttp.js`),
      ...await load(`${sdk}/stdio.js`),
      options: {},
    }
  }
  const mode = {
    'v2-auto': 'auto',
    'v2-legacy': 'legacy',
    'v2-pinned': {pin: '2026-07-28'},
  }[order.which]
  return {
    ...await load('@modelcontextprotocol/client/dist/index.mjs'),
    ...await load('@modelcontextprotocol/client/dist/stdio.mjs'),
    options: {versionNegotiation: {mode}},
  }
}

const {Client, StreamableHTTPClientTransport, StdioClientTransport, options}
  = await parts()
const client = new Client({name: 'test', version: '1'}, options)
const transport = order.transport === 'http'
  ? new StreamableHTTPClientTransport(new URL(order.target))
  : new StdioClientTransport({command: order.target[0],
    args: order.target.slice(1)})
await client.connect(transport)
const {tools} = await client.listTools()
const said = await client.callTool({name: order.tool,
  arguments: order.arguments})
const seen = {
  server: client.getServerVersion(),
  revision: client.getNegotiatedProtocolVersion?.()
    ?? client.protocolVersion ?? transport.protocolVersion,
  tools: tools.map(one => one.name),
  said,
}
await client.close()
process.stdout.write(JSON.stringify(seen) + '\n')
process.exit(0)
