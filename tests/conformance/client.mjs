// The client in front of the node, for one of the suite's scenarios: it lists what
// the node offers and uses all of it, for the suite sees only what the node makes
// of that. A package of npm, by MCP_CLIENT_WHICH: "v1", "v2-legacy", "v2-pinned".
import {pathToFileURL} from 'node:url'

const {MCP_CLIENT_WHICH: which, MCP_CLIENT_MODULES: modules,
  MCP_CONFORMANCE_SCENARIO: scenario} = process.env
const {toolCalls} = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}')
const load = path => import(pathToFileURL(`${modules}/${path}`).href)

// What a person would say, who leaves out what has a default.
const consent = ({params}) => ({action: 'accept', content:
  'confirmed' in params.requestedSchema.properties ? {confirmed: true} : {}})
const capabilities = {elicitation: {form: {applyDefaults: true}}}
const info = {name: 'conformance', version: '1'}

async function made() {
  if (which === 'v1') {
    const sdk = '@modelcontextprotocol/sdk/dist/esm'
    const {Client} = await load(`${sdk}/client/index.js`)
    const {ElicitRequestSchema} = await load(`${sdk}/types.js`)
    const client = new Client(info, {capabilities})
    client.setRequestHandler(ElicitRequestSchema, consent)
    return {client, ...await load(`${sdk}/client/streamableHttp.js`)}
  }
  const {Client, StreamableHTTPClientTransport}
    = await load('@modelcontextprotocol/client/dist/index.mjs')
  const mode = which === 'v2-legacy' ? 'legacy' : {pin: '2026-07-28'}
  const client = new Client(info, {capabilities, versionNegotiation: {mode}})
  client.setRequestHandler('elicitation/create', consent)
  return {client, StreamableHTTPClientTransport}
}

function argumentsFor({properties = {}, required = []}) {
  const sort = {number: 5, integer: 5, boolean: true, object: {}, array: []}
  return Object.fromEntries(required.map(
    name => [name, sort[properties[name]?.type] ?? 'something']))
}

const {client, StreamableHTTPClientTransport} = await made()
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])))
const {tools} = await client.listTools()
const calls = {
  // Its server has nothing to say to a call.
  'json-schema-ref-no-deref': () => [],
  // What has come of one tool's schema is told to the other.
  'json-schema-2020-12-preservation': () => [{name: 'json_schema_echo', arguments: {
    schema: tools.find(one => one.name === 'json_schema_2020_12_tool').inputSchema}}],
}[scenario]?.() ?? toolCalls ?? tools.map(
  one => ({name: one.name, arguments: argumentsFor(one.inputSchema)}))
for (const one of calls)
  await client.callTool(one)
for (const {uri} of (await client.listResources()).resources)
  await client.readResource({uri})
for (const {name} of (await client.listPrompts()).prompts)
  await client.getPrompt({name})
await client.close()
process.stdout.write(JSON.stringify(calls.map(one => one.name)) + '\n')
process.exit(0)
