"""OpenAI's wire: /v1/chat/completions, /v1/embeddings, /v1/models."""
import base64
import json
import os.path
import struct

from .content import halves, need, typed, vector
from .vendor import JSON, Vendor, data, dump, safe_json
from .wire import Reply

TYPES = {400: "invalid_request_error", 401: "invalid_request_error",
         403: "permission_error", 404: "invalid_request_error",
         429: "rate_limit_error"}
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
PARTS = {"text", "image_url", "input_audio", "file", "refusal"}
COMMON = {"id": "chatcmpl-mock1", "created": 1767225600,
          "system_fingerprint": "fp_mock"}


class OpenAI(Vendor):
    name = "openai"
    word = b'"delta":{"content"'

    def __init__(self):
        self.seen = {}  # key of the prompt cache -> prompts

    def reset(self):
        self.seen = {}

    def cached(self, request, body):
        """What a prompt of the same key began with, from 1024 tokens on, in
        steps of 128."""
        if len(request.body) < 4096:
            return 0, 0
        prompt = json.dumps([body.get("tools"), body.get("messages")])
        known = self.seen.setdefault(body.get("prompt_cache_key"), [])
        common = max((len(os.path.commonprefix([prompt, other])) // 4
                      for other in known), default=0)
        known.append(prompt)
        del known[:-100]
        return (common // 128 * 128 if common >= 1024 else 0), 0

    def serves(self, request):
        return request.path in ("/v1/chat/completions", "/v1/embeddings",
                                "/v1/models")

    def lists(self, request):
        return request.path == "/v1/models" and request.method == "GET"

    def key(self, request):
        scheme, _, key = (request.header("authorization") or "").partition(" ")
        return key if scheme == "Bearer" else None

    def model(self, request):
        return safe_json(request).get("model", "")

    def streams(self, request):
        return safe_json(request).get("stream") is True

    def check(self, request, body):
        need(isinstance(body.get("model"), str) and body["model"],
             "you must provide a model parameter")
        if embeds(request):
            return self._check_embeddings(body)
        key = body.get("prompt_cache_key")
        need(key is None or (isinstance(key, str) and len(key) <= 64),
             "prompt_cache_key: a string of at most 64 characters")
        messages = body.get("messages")
        need(isinstance(messages, list) and messages,
             "[] is too short - 'messages'")
        asked = set()
        for at, message in enumerate(messages):
            self._message(typed(message, dict, f"messages[{at}]"),
                          f"messages[{at}]", asked)
        for at, tool in enumerate(body.get("tools") or []):
            need(isinstance(tool, dict) and tool.get("type") == "function"
                 and isinstance(tool.get("function"), dict)
                 and tool["function"].get("name"),
                 f"tools[{at}]: a function with a name is needed")
        for name, kind in (("temperature", (int, float)),
                           ("top_p", (int, float)), ("stream", bool),
                           ("max_tokens", int), ("max_completion_tokens", int),
                           ("stop", (str, list)), ("response_format", dict)):
            if body.get(name) is not None:
                typed(body[name], kind, name)
        need("stream_options" not in body or body.get("stream") is True,
             "stream_options: only allowed when stream is set")

    def _message(self, message, where, asked):
        role = message.get("role")
        need(role in ROLES, f"{where}.role: {role!r} is not one of the roles")
        content = message.get("content")
        calls = message.get("tool_calls")
        need(isinstance(content, (str, list))
             or (role == "assistant" and (calls or content is None)),
             f"{where}.content: expected a string or array")
        for part in content if isinstance(content, list) else []:
            need(isinstance(part, dict) and part.get("type") in PARTS,
                 f"{where}.content: unknown part")
        for call in calls or []:
            need(call.get("type") == "function" and call.get("id")
                 and isinstance(call["function"].get("arguments"), str),
                 f"{where}.tool_calls: id, type and string arguments")
            asked.add(call["id"])
        if role == "tool":
            need(message.get("tool_call_id") in asked,
                 f"{where}: 'tool' must follow a message with 'tool_calls'")

    def _check_embeddings(self, body):
        items = inputs(body.get("input"))
        need(items, "'input' must be a text, texts, or token ids")
        need(len(items) <= 2048, "'input': at most 2048 inputs")
        for item in items:
            need(item not in ("", []), "'input' cannot be an empty string")
        need(body.get("encoding_format") in (None, "float", "base64"),
             "'encoding_format' is not one of ['float', 'base64']")
        if body.get("dimensions") is not None:
            need(typed(body["dimensions"], int, "dimensions") >= 1,
                 "'dimensions' must be positive")

    def other(self, request, body, plan):
        if not embeds(request):
            return None
        size = plan.get("dimensions") or body.get("dimensions") or 4
        items = inputs(body["input"])
        vectors = plan.get("vectors", {})

        def known(item):
            return vectors.get(item) if isinstance(item, str) else None

        rows = [{"object": "embedding", "index": at,
                 "embedding": written(known(item) or vector(item, size), body)}
                for at, item in enumerate(items)]
        if plan.get("usage", 1) is not None:
            count = (plan.get("usage") or {}).get("input", 3 * len(items))
            used = {"usage": {"prompt_tokens": count, "total_tokens": count}}
        else:
            used = {}
        return Reply(200, JSON, dump({
            "object": "list", "data": rows[:plan.get("rows", len(rows))],
            "model": plan.get("model") or body["model"], **used}))

    def answer(self, content):
        message = {"role": "assistant", "content": content.text or None,
                   "refusal": None}
        if content.calls:
            message["tool_calls"] = [tool_call(c) for c in content.calls]
        reply = {**COMMON, "object": "chat.completion", "model": content.model,
                 "choices": [{"index": 0, "message": message, "logprobs": None,
                              "finish_reason": content.finish}]}
        if content.usage:
            reply["usage"] = usage(content)
        return reply

    def events(self, content, _request, body):
        options = body.get("stream_options") or {}
        wanted = bool(options.get("include_usage"))

        def event(delta, finish=None):
            chunk = {**COMMON, "object": "chat.completion.chunk",
                     "model": content.model,
                     "choices": [{"index": 0, "delta": delta,
                                  "finish_reason": finish}]}
            if wanted:
                chunk["usage"] = None
            return data(chunk)

        events = [event({"role": "assistant", "content": ""})]
        events += [event({"content": text}) for text in content.chunks]
        for at, call in enumerate(content.calls):
            first = tool_call(call)
            arguments = first["function"]["arguments"]
            first["function"]["arguments"] = ""
            events.append(event({"tool_calls": [{"index": at, **first}]}))
            events += [event({"tool_calls": [
                {"index": at, "function": {"arguments": part}}]})
                for part in halves(arguments)]
        events.append(event({}, content.finish))
        if wanted and content.usage:
            events.append(data({
                **COMMON, "object": "chat.completion.chunk",
                "model": content.model, "choices": [],
                "usage": usage(content)}))
        return events + [b"data: [DONE]\n\n"]

    def ends(self, event):
        return b"[DONE]" in event

    def error(self, status, message):
        return dump({"error": {"message": message,
                               "type": TYPES.get(status, "server_error"),
                               "param": None, "code": None}})

    def error_event(self, status, message):
        return b"data: " + self.error(status, message) + b"\n\n"

    def listing(self, models):
        return {"object": "list", "data": [
            {"id": name, "object": "model", "created": COMMON["created"],
             "owned_by": "mock"} for name in models]}


def embeds(request):
    return request.path == "/v1/embeddings"


def inputs(given):
    """The inputs one by one; empty for what is none."""
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list):
        return []
    if all(isinstance(item, int) for item in given):
        return [given] if given else []
    good = all(isinstance(item, str) for item in given) or all(
        isinstance(item, list) and all(isinstance(i, int) for i in item)
        for item in given)
    return given if good else []


def written(numbers, body):
    if body.get("encoding_format") != "base64":
        return numbers
    return base64.b64encode(
        struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def tool_call(call):
    return {"id": call["id"], "type": "function", "function": {
        "name": call["name"], "arguments": json.dumps(call["arguments"])}}


def usage(content):
    given = content.usage
    return {"prompt_tokens": given["input"],
            "completion_tokens": given["output"],
            "total_tokens": given["input"] + given["output"],
            "prompt_tokens_details": {"cached_tokens": given["cached"]}}
