"""Anthropic's wire: /v1/messages."""
import json

from .content import halves, need, typed
from .vendor import Vendor, dump, safe_json

TYPES = {400: "invalid_request_error", 401: "authentication_error",
         403: "permission_error", 404: "not_found_error",
         413: "request_too_large", 429: "rate_limit_error",
         500: "api_error", 529: "overloaded_error"}
BLOCKS = {"text", "image", "tool_use", "tool_result", "document", "thinking",
          "redacted_thinking"}
FIELDS = {"model", "messages", "max_tokens", "system", "metadata",
          "stop_sequences", "stream", "temperature", "top_p", "top_k", "tools",
          "tool_choice", "thinking", "service_tier", "container",
          "mcp_servers", "context_management", "output_config",
          "output_format"}
SMALLEST = 1024  # tokens that are worth keeping
SIGNATURE = "EqQBCgIYAhIM+mock/signature=="
FINISH = {"stop": "end_turn", "length": "max_tokens",
          "tool_calls": "tool_use", "content_filter": "refusal"}


class Anthropic(Vendor):
    name = "anthropic"
    word = b'"text_delta"'

    def __init__(self):
        self.seen = set()

    def reset(self):
        self.seen = set()

    def cached(self, request, body):
        if b'"cache_control"' not in request.body:
            return 0, 0
        return self._cached(body)

    def _cached(self, body):
        """The longest beginning that was marked before is read, be it up to 20
        blocks before a mark of today; the rest up to the last mark is written.
        Too short ones are not kept."""
        read = longest = 0
        before = []
        for text, marked in beginnings(body):
            before = before[-20:] + [text]
            if not marked or len(text) // 4 < SMALLEST:
                continue
            longest = len(text) // 4
            read = max([read] + [len(start) // 4 for start in before
                                 if start in self.seen])
            self.seen.add(text)
        return read, longest - read

    def serves(self, request):
        return request.path == "/v1/messages"

    def lists(self, request):
        return False

    def key(self, request):
        return request.header("x-api-key")

    def model(self, request):
        return safe_json(request).get("model", "")

    def streams(self, request):
        return safe_json(request).get("stream") is True

    def check(self, request, body):
        need(request.header("anthropic-version") == "2023-06-01",
             "anthropic-version: header is required")
        for name in body:
            need(name in FIELDS, f"{name}: Extra inputs are not permitted")
        need(isinstance(body.get("model"), str) and body["model"],
             "model: Field required")
        need("max_tokens" in body, "max_tokens: Field required")
        need(typed(body["max_tokens"], int, "max_tokens") >= 1,
             "max_tokens: must be at least 1")
        system = body.get("system")
        need(system is None or isinstance(system, (str, list)),
             "system: Input should be a valid string or list")
        if "temperature" in body:
            value = typed(body["temperature"], (int, float), "temperature")
            need(0 <= value <= 1, "temperature: range: 0..1")
        messages = typed(body.get("messages"), list, "messages")
        need(messages, "messages: at least one message is required")
        self._messages(messages)
        for at, tool in enumerate(body.get("tools") or []):
            theirs = (tool.get("type") or "custom") != "custom"
            need(tool.get("name") and (theirs or isinstance(
                tool.get("input_schema"), dict)),
                f"tools.{at}: name and input_schema are required")
        need(len(marks(body)) <= 4, "A maximum of 4 blocks with cache_control "
             f"may be provided. Found {len(marks(body))}.")
        for mark in marks(body):
            need(mark.get("type") == "ephemeral" and set(mark) <= {
                "type", "ttl"}, "cache_control.type: Input should be "
                "'ephemeral'")
        choice = body.get("tool_choice")
        need(choice is None or (isinstance(choice, dict) and choice.get("type")
                                in ("auto", "any", "tool", "none")),
             "tool_choice: Input should be an object with a known type")

    def _messages(self, messages):
        asked = set()
        for at, message in enumerate(messages):
            where = f"messages.{at}"
            typed(message, dict, where)
            role = message.get("role")
            need(role in ("user", "assistant"),
                 f"{where}.role: Unexpected role {role!r}. "
                 "Allowed roles are \"user\" or \"assistant\"")
            content = message.get("content")
            need(isinstance(content, (str, list)) and content,
                 f"{where}.content: must be non-empty")
            answered = set()
            for block in content if isinstance(content, list) else []:
                kind = block.get("type")
                need(kind in BLOCKS, f"{where}.content: unknown type {kind!r}")
                if kind == "text":
                    need(block.get("text"), f"{where}: text must be non-empty")
                if kind == "image":
                    source = block.get("source") or {}
                    need(source.get("type") in ("base64", "url"),
                         f"{where}: image.source.type")
                if kind == "tool_result":
                    need(role == "user" and block.get("tool_use_id") in asked,
                         f"{where}: tool_result without its tool_use")
                    answered.add(block["tool_use_id"])
            need(not asked - answered, f"{where}: `tool_use` ids without "
                 "`tool_result` blocks immediately after")
            asked = {block.get("id") for block in content
                     if isinstance(block, dict)
                     and block.get("type") == "tool_use"}
            for block in content if isinstance(content, list) else []:
                if block.get("type") == "tool_use":
                    need(role == "assistant" and isinstance(
                        block.get("input"), dict), f"{where}: tool_use")

    def answer(self, content):
        blocks = []
        if content.thinking:
            blocks.append({"type": "thinking", "thinking": content.thinking,
                           "signature": SIGNATURE})
        if content.text:
            blocks.append({"type": "text", "text": content.text})
        blocks += [{"type": "tool_use", "id": c["id"], "name": c["name"],
                    "input": c["arguments"]} for c in content.calls]
        return {**message(content), "content": blocks,
                "stop_reason": FINISH.get(content.finish, content.finish),
                "usage": usage(content, content.usage["output"]
                               if content.usage else 0)}

    def events(self, content, _request, _body):
        events = [event("message_start", message={
            **message(content), "content": [], "stop_reason": None,
            "usage": usage(content, 1)}), event("ping")]
        index = 0
        if content.thinking:
            events += block(
                index, {"type": "thinking", "thinking": "", "signature": ""},
                [{"type": "thinking_delta", "thinking": part}
                 for part in halves(content.thinking)]
                + [{"type": "signature_delta", "signature": SIGNATURE}])
            index += 1
        if content.chunks:
            events += block(index, {"type": "text", "text": ""},
                            [{"type": "text_delta", "text": text}
                             for text in content.chunks])
            index += 1
        for call in content.calls:
            deltas = [{"type": "input_json_delta", "partial_json": part}
                      for part in [""] + halves(json.dumps(call["arguments"]))]
            events += block(index, {"type": "tool_use", "id": call["id"],
                                    "name": call["name"], "input": {}}, deltas)
            index += 1
        events.append(event(
            "message_delta",
            delta={"stop_reason": FINISH.get(content.finish, content.finish),
                   "stop_sequence": None},
            usage={"output_tokens":
                   content.usage["output"] if content.usage else 0}))
        return events + [event("message_stop")]

    def ends(self, event_bytes):
        return b"message_stop" in event_bytes

    def error(self, status, text):
        return dump({"type": "error", "error": {
            "type": TYPES.get(status, "api_error"), "message": text},
            "request_id": "req_mock1"})

    def error_event(self, status, text):
        return event("error", error={
            "type": TYPES.get(status, "api_error"), "message": text})


def marks(body):
    """Every `cache_control` of a request."""
    system = body.get("system")
    blocks = list(body.get("tools") or [])
    blocks += system if isinstance(system, list) else []
    for one in body.get("messages") or []:
        if isinstance(one.get("content"), list):
            blocks += one["content"]
    return [block["cache_control"] for block in blocks
            if isinstance(block, dict) and block.get("cache_control")]


def beginnings(body):
    """What stands up to each block, tools, system, messages in this order, and
    whether a mark is there."""
    text = ""
    system = body.get("system")
    blocks = list(body.get("tools") or [])
    blocks += system if isinstance(system, list) else [system or ""]
    for one in body.get("messages") or []:
        content = one.get("content")
        blocks += content if isinstance(content, list) else [content]
    for block in blocks:
        plain = block
        if isinstance(block, dict):
            plain = {k: v for k, v in block.items() if k != "cache_control"}
        text += json.dumps(plain)
        marked = isinstance(block, dict) and bool(block.get("cache_control"))
        yield body["model"] + text, marked


def message(content):
    return {"id": "msg_mock1", "type": "message", "role": "assistant",
            "model": content.model, "stop_sequence": None}


def usage(content, output):
    given = content.usage or {"input": 0, "cached": 0, "written": 0}
    return {"input_tokens": given["input"], "output_tokens": output,
            "cache_creation_input_tokens": given["written"],
            "cache_read_input_tokens": given["cached"]}


def block(index, start, deltas):
    return ([event("content_block_start", index=index, content_block=start)]
            + [event("content_block_delta", index=index, delta=delta)
               for delta in deltas]
            + [event("content_block_stop", index=index)])


def event(kind, **fields):
    return (b"event: " + kind.encode() + b"\ndata: "
            + dump({"type": kind, **fields}) + b"\n\n")
