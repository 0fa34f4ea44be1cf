#!/usr/bin/python3
"""Writes FOLDER/TARGET/NAME: inputs made of what other tests already have
(tests/corpus, golden pairs, the documented config), so that nothing is checked
in twice. How the first bytes of an input are used stands in each target.

    seeds.py FOLDER
"""
import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/protocol/golden"
VENDORS = ("openai", "anthropic", "google")
# Not at all, byte by byte, in small pieces, once: see each_piece in laws.hpp.
CUTS = (0, 1, 7, 31, 90, 140, 200, 250)

ERRORS = {
    "openai": [
        {"error": {"message": "C4N4RY-sk", "type": "tokens",
                   "param": "messages[0].role", "code": "rate_limit_exceeded"}},
        {"error": {"message": "You exceeded C4N4RY-sk", "param": "C4N4RY-sk",
                   "type": "insufficient_quota", "code": "insufficient_quota"}},
        {"object": "error", "message": "C4N4RY-sk", "code": 404}],
    "anthropic": [
        {"type": "error", "error": {"type": "overloaded_error",
                                    "message": "C4N4RY-sk"}},
        {"type": "error", "error": {
            "type": "invalid_request_error",
            "message": "Your credit balance is too low C4N4RY-sk"}}],
    "google": [
        {"error": {"code": 429, "message": "C4N4RY-sk",
                   "status": "RESOURCE_EXHAUSTED", "details": [
                       {"violations": [{"quotaId": "xPerDayx"}]},
                       {"retryDelay": "13.5s"}]}},
        [{"error": {"code": 400, "status": "FAILED_PRECONDITION",
                    "details": [{"reason": "API_KEY_INVALID"}]}}]],
}

WAITS = ["", "2", "0", "-1", "86401", "1.5", "Sun, 06 Nov 1994 08:49:37 GMT",
         "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
         "Thu, 31 Dec 9999 23:59:60 GMT", "18446744073709551616", "soon"]

HEADS = [
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\nKeep-Alive: timeout=5, max=9\r\n\r\n"
    "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\nHTTP/1.1 200 OK\r\n",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: a\r\n\r\n"
    "HTTP/1.1 429 Too Many\r\nRetry-After: 2\r\nDate: x\r\n"
    "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
    "HTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
]

CHAIN = """[dependency.a]
kind = "openai"
api_key = "env:SECRET"
[dependency.b]
kind = "openai_compatible"
url = "http://127.0.0.1:1/v1"
breaker.failure_rate = 0.5
retry = {attempts = 3, base = "1s", cap = "2s"}
[models.x]
chain = ["a/y", "b/z"]
"""

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"roots": {}},
        "progressToken": 1}
MCP = [
    {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "clientInfo": {"name": "c"},
        "capabilities": {"elicitation": {"url": {}}, "sampling": {}}}},
    {"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": {
        "name": "test", "arguments": {"a": [1, None]}, "_meta": META,
        "inputResponses": {"k": {}}, "requestState": "s"}},
    {"jsonrpc": "2.0", "id": -1, "method": "subscriptions/listen", "params": {
        "_meta": META, "notifications": {
            "toolsListChanged": True, "resourceSubscriptions": ["test://a"]}}},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": "ask-1", "result": {}},
    {"jsonrpc": "2.0", "id": 7, "error": {"code": -1, "message": "no"}},
]

FREE = rb"text|content|thinking|thoughtSignature|thought_signature|partial_json|" \
    rb"name|id|responseId|model|modelVersion|description|user|url|stop"


def spiced(text):
    """With a quote, a backslash and a NUL in each value that is free text."""
    return re.sub(rb'("(?:' + FREE + rb')":\s*")', rb'\1\\"\\\\\\u0000', text)


def cut(number, text):
    return bytes([CUTS[number % len(CUTS)]]) + text


def stream(number, text):
    """For reply.hpp: the cut is shifted by two, usage asked for by turns."""
    return bytes([2 + CUTS[number % len(CUTS)] + number // len(CUTS) % 2]) + text


def requests():
    cases = [case for name in ("http_requests", "garden") for case in
             json.loads((ROOT / f"tests/corpus/{name}.json").read_text())]
    for number, case in enumerate(cases):
        raw = case["raw"].encode("latin-1")
        yield "request_head", f"{number}", cut(number, raw)
        head, end, body = raw.partition(b"\r\n\r\n")
        if b"chunked" in head.lower() and body:
            yield "chunked", f"{number}", cut(number, body)


def replies():
    for vendor in VENDORS:
        target = f"reply_{vendor}"
        for number, path in enumerate(sorted((GOLDEN / vendor).glob("*.reply.*"))):
            text = path.read_bytes()
            if path.suffix == ".json":
                yield target, path.name, b"\0" + text
                yield target, f"{path.name}.spiced", b"\0" + spiced(text)
                continue
            yield "sse", f"{vendor}.{path.name}", cut(number, text)
            yield target, path.name, stream(number, text)
            yield target, f"{path.name}.spiced", stream(number + 3, spiced(text))
        for number, error in enumerate(ERRORS[vendor]):
            body = json.dumps(error).encode()
            for status in (400, 404, 429, 500):
                head = b"\1" + bytes([(status - 100) // 2]) + b"2\n\n"
                yield target, f"error{number}.{status}", head + body
            yield target, f"error{number}.stream", stream(
                number, b"data: " + body + b"\n\n")


def bodies():
    for path in sorted(GOLDEN.glob("*/*.request.json")):
        name, text = f"{path.parent.name}.{path.name}", path.read_bytes()
        yield "chat_request", name, text
        yield "chat_request", f"{name}.spiced", spiced(text)


def upstream_heads():
    for number, head in enumerate(HEADS):
        yield "reply_head", f"{number}", cut(number, head.encode())


def mcp_bodies():
    for number, body in enumerate([*MCP, MCP]):
        text = json.dumps(body).encode()
        for knob in (0, 7, 71):
            yield "mcp_message", f"{number}.{knob}", bytes([knob]) + text


def waits():
    clock = (1_700_000_000).to_bytes(4, "little")
    for number, value in enumerate(WAITS):
        date = WAITS[-number]
        yield "retry_after", f"{number}", clock + f"{value}\n{date}".encode()


def configs():
    """Whole, with the examples in it taken for true, and section by section. The
    target leaves out what mentions files."""
    lines = [line for line in (ROOT / "config/caisson.toml").read_text().split("\n")
             if "file" not in line.lower()]
    code = [line.removeprefix("#= ") for line in lines
            if line.startswith("#= ") or not line.startswith("#")]
    plain = "\n".join(line for line in code if line.strip()) + "\n"
    # The one secret that the target has.
    plain = re.sub("env:[A-Z_]+", "env:SECRET", plain)
    yield "config", "plain", plain.encode()
    yield "config", "chain", CHAIN.encode()
    for number, section in enumerate(plain.split("\n[")):
        yield "config", f"section{number}", (
            section if section.startswith("[") else "[" + section).encode()


def frame(operation, payload=b"", flags=0, data=0, source=0, target=0):
    """One of CAF's distribution."""
    numbers = (len(payload), 4), (data, 8), (source, 8), (target, 8)
    return bytes([operation, 0, 0, flags]) + b"".join(
        value.to_bytes(size, "big") for value, size in numbers) + payload


def cluster_frames():
    """The ids, the actor and the words are those of the target."""
    def node(machine):
        return (0x3e9aab9bac79).to_bytes(8, "big") + (4711).to_bytes(4, "big") \
            + machine * 20

    def message(types, content=b""):
        return b"\0\0\0" + bytes([len(types)]) + types.encode() + content

    here, peer, asked = node(b"h"), node(b"p"), 1 << 60
    error = b"\3" + bytes(7) + b"\1\0\0\3@<>"
    greeting = frame(1, peer)
    serves = frame(0, peer + b"\1\x09caisson/1" + bytes(9), data=3)
    beat = message("@<>+caisson_beat", b"\0\1\1b" + bytes(8) + b"\0")
    said = [frame(1, peer, flags=2), frame(6),
            frame(2, beat, data=asked, source=5, target=42),
            frame(2, message("@<>+caisson_report"), data=(9 << 60) + 3,
                  source=5, target=9),
            frame(2, message("@<>+@error", error), data=9 << 60, target=9),
            frame(2, message("@<>+@str"), flags=1, target=7),
            frame(3, peer + here + beat, target=42),
            frame(4, peer + here, target=42),
            frame(5, peer + here + error, source=8)]
    for number, one in enumerate(said):
        for knob in (0, 7):
            yield "cluster_frames", f"{number}.{knob}", cut(
                knob, greeting + one)
    yield "cluster_frames", "all", cut(3, greeting + b"".join(said))
    yield "cluster_frames", "served", cut(1, serves + b"".join(said[1:]))


def main():
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    for made in (requests, replies, bodies, upstream_heads, waits, configs,
                 mcp_bodies, cluster_frames):
        for target, name, data in made():
            path = folder / target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


if __name__ == "__main__":
    main()
