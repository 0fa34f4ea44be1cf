// What OpenAI's own client makes of a node's answer.
//
//   node openai.cjs BASE_URL HOW < request.json
//
// HOW: "create" (awaits, or iterates a stream), "helper" (`.stream()`, which
// puts the chunks together and checks them), "models", "embeddings". Prints one JSON object;
// what the client throws is its `error`. NODE_PATH says where the client is.
"use strict";
const { readFileSync } = require("node:fs");
const OpenAI = require("openai");

const [baseURL, how] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0, timeout: 20000 });

const seen = {
  ended: false, text: "", refusal: "", finish: [], calls: [], usage: null,
  chunks: 0, ids: [], models: [], roles: 0, marks: [], vectors: [], error: null,
};

function note(list, value) {
  if (!list.includes(value)) list.push(value);
}

function takeCall(part) {
  const call = (seen.calls[part.index] ??= { id: "", name: "", arguments: "" });
  call.id += part.id ?? "";
  call.name += part.function?.name ?? "";
  call.arguments += part.function?.arguments ?? "";
}

function takeChunk(chunk) {
  seen.chunks += 1;
  note(seen.ids, chunk.id);
  note(seen.models, chunk.model);
  if (chunk.usage) seen.usage = chunk.usage;
  if (chunk.caisson) seen.marks.push(chunk.caisson);
  for (const { delta, finish_reason } of chunk.choices) {
    if (delta.role) seen.roles += 1;
    seen.text += delta.content ?? "";
    seen.refusal += delta.refusal ?? "";
    (delta.tool_calls ?? []).forEach(takeCall);
    if (finish_reason) seen.finish.push(finish_reason);
  }
}

function takeWhole(completion) {
  const { message, finish_reason } = completion.choices[0];
  seen.text = message.content ?? "";
  seen.refusal = message.refusal ?? "";
  seen.finish = [finish_reason];
  seen.calls = (message.tool_calls ?? []).map(({ id, function: of }) => (
    { id, name: of.name, arguments: of.arguments }));
  seen.usage = completion.usage ?? null;
  note(seen.ids, completion.id);
  note(seen.models, completion.model);
}

async function run(request) {
  if (how === "models") {
    for await (const model of client.models.list()) note(seen.models, model.id);
  } else if (how === "embeddings") {
    // It asks for base64 of its own accord and makes numbers of it again.
    const answer = await client.embeddings.create(request);
    seen.vectors = answer.data.map(({ embedding }) => Array.from(embedding));
    seen.usage = answer.usage ?? null;
    note(seen.models, answer.model);
  } else if (how === "helper") {
    const stream = client.chat.completions.stream(request);
    stream.on("chunk", () => { seen.chunks += 1; });
    takeWhole(await stream.finalChatCompletion());
  } else {
    const answer = await client.chat.completions.create(request);
    if (!request.stream) takeWhole(answer);
    else for await (const chunk of answer) takeChunk(chunk);
  }
  seen.ended = true;
}

run(JSON.parse(readFileSync(0, "utf8"))).catch((error) => {
  seen.error = {
    class: error.constructor.name, is_api_error: error instanceof OpenAI.APIError,
    status: error.status ?? null, code: error.code ?? null,
    type: error.type ?? null, message: error.message,
    body: error.error ?? null,
  };
}).finally(() => console.log(JSON.stringify(seen)));
