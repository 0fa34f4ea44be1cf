// What Anthropic's own client makes of a node's answer.
//
//   node anthropic.cjs BASE_URL HOW < request.json
//
// HOW: "create" (awaits, or iterates a stream), "helper" (`.stream()`, which
// puts the events together). Prints one JSON object; what the client throws is
// its `error`. NODE_PATH says where the client is.
"use strict";
const { readFileSync } = require("node:fs");
const Anthropic = require("@anthropic-ai/sdk");

const [baseURL, how] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey: "none", maxRetries: 0, timeout: 20000 });

const seen = {
  ended: false, text: "", thinking: "", stop: null, calls: [], usage: null,
  events: [], id: null, model: null, role: null, error: null,
};

function takeWhole(message) {
  for (const block of message.content) {
    if (block.type === "text") seen.text += block.text;
    if (block.type === "thinking") seen.thinking += block.thinking;
    if (block.type === "tool_use")
      seen.calls.push({ id: block.id, name: block.name, input: block.input });
  }
  seen.stop = message.stop_reason;
  Object.assign(seen, { usage: message.usage, id: message.id, model: message.model,
                        role: message.role });
}

const blocks = [];

function takeEvent(event) {
  seen.events.push(event.type);
  if (event.type === "message_start") {
    takeWhole(event.message);
  } else if (event.type === "content_block_start") {
    blocks[event.index] = { ...event.content_block, json: "" };
    seen.text += event.content_block.text ?? "";
  } else if (event.type === "content_block_delta") {
    const { delta } = event;
    seen.text += delta.text ?? "";
    seen.thinking += delta.thinking ?? "";
    blocks[event.index].json += delta.partial_json ?? "";
  } else if (event.type === "content_block_stop") {
    const { type, id, name, json } = blocks[event.index];
    if (type === "tool_use") seen.calls.push({ id, name, input: JSON.parse(json || "{}") });
  } else if (event.type === "message_delta") {
    seen.stop = event.delta.stop_reason;
    seen.usage = { ...seen.usage, ...event.usage };
  }
}

async function run(request) {
  if (how === "helper") {
    const stream = client.messages.stream(request);
    stream.on("streamEvent", (event) => seen.events.push(event.type));
    takeWhole(await stream.finalMessage());
  } else {
    const answer = await client.messages.create(request);
    if (!request.stream) takeWhole(answer);
    else for await (const event of answer) takeEvent(event);
  }
  seen.ended = true;
}

run(JSON.parse(readFileSync(0, "utf8"))).catch((error) => {
  seen.error = {
    class: error.constructor.name, is_api_error: error instanceof Anthropic.APIError,
    status: error.status ?? null, type: error.type ?? null, message: error.message,
    body: error.error ?? null,
  };
}).finally(() => console.log(JSON.stringify(seen)));
