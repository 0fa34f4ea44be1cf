"""What a good answer says, in no vendor's words: text, tool calls, usage."""
import hashlib
import json
import re


class Content:
    """Read from a plan; every field has a default.

    text        the whole text (default "Hello from <vendor>.")
    chunks      the text as it comes in a stream (default: word by word)
    tool_calls  [{"id", "name", "arguments": {…}}]
    thinking    what Anthropic thought before (default: nothing)
    finish      stop | length | tool_calls | content_filter
    usage       {"input": 9, "output": 12, "cached": 0} or null for none
    dimensions  of embeddings (default: as asked, else 4)
    vectors     of texts, {text: [...]} (OpenAI; default: any, by the text)
    model       the model's name in the reply (default: as asked)
    """

    def __init__(self, plan, vendor_name, model):
        chunks = plan.get("chunks")
        calls = plan.get("tool_calls") or []
        text = "".join(chunks) if chunks else plan.get("text")
        if text is None:
            text = "" if calls else f"Hello from {vendor_name}."
        self.text = text
        self.chunks = chunks or re.findall(r"\S+\s*|\s+", text)
        self.calls = [
            {"id": call.get("id", f"call_{at}"), "name": call["name"],
             "arguments": call.get("arguments", {})}
            for at, call in enumerate(calls, 1)]
        self.thinking = plan.get("thinking")
        self.finish = plan.get("finish") or ("tool_calls" if calls else "stop")
        usage = plan.get("usage", {"input": 9, "output": 12})
        self.usage = usage and {"input": usage.get("input", 9),
                                "output": usage.get("output", 12),
                                "cached": usage.get("cached", 0)}
        self.model = plan.get("model") or model


def vector(text, dimensions):
    """An embedding that tells texts apart: the same for the same text."""
    seed = hashlib.sha256(json.dumps(text).encode()).digest()
    return [round((seed[at % 32] - 127.5) / 128 + at / 4096, 6)
            for at in range(dimensions)]


class Invalid(Exception):
    """The request's shape is not the vendor's; the message says why."""


def need(condition, message):
    if not condition:
        raise Invalid(message)


def typed(value, kind, what):
    """`value`, if it is of the JSON type; a bool is no number."""
    ok = isinstance(value, kind) and not (
        isinstance(value, bool) and kind is not bool)
    need(ok, f"{what}: wrong type {type(value).__name__}")
    return value


def halves(text):
    """Tool arguments stream in pieces: two are enough to split a token."""
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]


def known(document, fields, where):
    """Protobuf JSON takes both spellings and refuses what it does not know."""
    for name in list(document):
        camel = re.sub(r"_([a-z])", lambda m: m.group(1).upper(), name)
        if camel != name and camel in fields:
            document[camel] = document.pop(name)
        need(camel in fields, f'Invalid JSON payload received. Unknown name '
             f'"{name}" at \'{where}\': Cannot find field.')
