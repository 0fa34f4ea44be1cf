"""The vendors' wires of the mock upstream: right answers, and the refusals
that the vendors would give."""
import json

import pytest

from harness import wire
from harness.mock import Mock

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**CHAT, "stream": True}
PATH = "/v1/chat/completions"
ANTHROPIC = {"anthropic-version": "2023-06-01", "x-api-key": "k"}
MESSAGES = {"model": "c", "max_tokens": 9,
            "messages": [{"role": "user", "content": "hi"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
GENERATE = "/v1beta/models/gem:generateContent"
SSE = "/v1beta/models/gem:streamGenerateContent?alt=sse"
CALL = {"do": "ok", "tool_calls": [
    {"id": "call_9", "name": "weather", "arguments": {"city": "Paris"}}]}


def ask(mock, body=CHAT, path=PATH, headers=None):
    return wire.ask(mock.address, "POST", path, body, headers)


def test_openai_answers_and_streams(mock):
    reply = ask(mock)
    assert reply.status == 200
    choice = reply.json()["choices"][0]
    assert choice["message"]["content"] == "Hello from openai."
    assert reply.json()["usage"]["total_tokens"] == 21
    events = ask(mock, {**STREAM, "stream_options": {"include_usage": True}}
                 ).events()
    assert events[-1] == (None, "[DONE]")
    chunks = [json.loads(data) for _, data in events[:-1]]
    text = "".join(c["choices"][0]["delta"].get("content", "")
                   for c in chunks if c["choices"])
    assert text == "Hello from openai."
    assert chunks[-1]["usage"]["completion_tokens"] == 12


def test_openai_calls_tools(mock):
    mock.always(**CALL)
    call = ask(mock).json()["choices"][0]["message"]["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}
    deltas = [json.loads(data)["choices"][0]["delta"]
              for _, data in ask(mock, STREAM).events()[:-1]]
    parts = [d["tool_calls"][0]["function"]["arguments"]
             for d in deltas if "tool_calls" in d]
    assert len(parts) == 3 and json.loads("".join(parts)) == {"city": "Paris"}


def test_anthropic_answers_and_streams(mock):
    reply = ask(mock, MESSAGES, "/v1/messages", ANTHROPIC).json()
    assert reply["content"][0]["text"] == "Hello from anthropic."
    assert reply["stop_reason"] == "end_turn"
    mock.always(**CALL)
    names = [name for name, _ in ask(
        mock, {**MESSAGES, "stream": True}, "/v1/messages",
        ANTHROPIC).events()]
    assert names == ["message_start", "ping", "content_block_start",
                     "content_block_delta", "content_block_delta",
                     "content_block_delta", "content_block_stop",
                     "message_delta", "message_stop"]


def test_google_answers_and_streams(mock):
    reply = ask(mock, GEMINI, GENERATE).json()
    assert reply["candidates"][0]["content"]["parts"][0]["text"] \
        == "Hello from google."
    last = json.loads(ask(mock, GEMINI, SSE).events()[-1][1])
    assert last["candidates"][0]["finishReason"] == "STOP"
    mock.always(**CALL)
    part = ask(mock, GEMINI, GENERATE).json()["candidates"][0]["content"][
        "parts"][0]
    assert part["functionCall"] == {"name": "weather",
                                    "args": {"city": "Paris"}}


@pytest.mark.parametrize("path, body, headers, status, hint", [
    (PATH, {}, None, 400, "model"),
    (PATH, {"model": "m", "messages": []}, None, 400, "messages"),
    (PATH, "{", None, 400, "not JSON"),
    (PATH, {**CHAT, "temperature": "hot"}, None, 400, "temperature"),
    (PATH, CHAT, {"Content-Type": "text/plain"}, 415, "Content-Type"),
    ("/v1/messages", MESSAGES, None, 400, "anthropic-version"),
    ("/v1/messages", {**MESSAGES, "n": 1}, ANTHROPIC, 400, "n: Extra"),
    ("/v1/messages", {"model": "c", "messages": []}, ANTHROPIC, 400,
     "max_tokens"),
    ("/v1/messages", {**MESSAGES, "messages": [
        {"role": "system", "content": "x"}]}, ANTHROPIC, 400, "role"),
    (GENERATE, {}, None, 400, "contents"),
    (GENERATE, {**GEMINI, "model_name": 1}, None, 400, "Unknown name"),
    (SSE.split("?")[0], GEMINI, None, 400, "alt=sse"),
    ("/v2/nothing", CHAT, None, 404, "no such path"),
])
def test_a_bad_request_is_refused_as_the_vendor_would(
        mock, path, body, headers, status, hint):
    reply = ask(mock, body, path, headers)
    assert reply.status == status, reply
    assert hint in reply.json()["error"]["message"]


def test_credentials_are_checked_when_a_key_is_given():
    with Mock("--key", "right") as mock:
        assert ask(mock).status == 401
        assert ask(mock, headers={"Authorization": "Bearer right"}
                   ).status == 200
        wrong = ask(mock, MESSAGES, "/v1/messages",
                    {**ANTHROPIC, "x-api-key": "wrong"})
        assert wrong.json()["error"]["type"] == "authentication_error"
        assert ask(mock, GEMINI, GENERATE, {"x-goog-api-key": "right"}
                   ).status == 200


def test_models_are_listed(mock):
    reply = wire.ask(mock.address, "GET", "/v1/models")
    assert reply.json()["data"][0]["id"] == "mock-model"


def test_what_is_not_http_is_refused(mock):
    with wire.Client(mock.address) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert client.rest().startswith(b"HTTP/1.1 400 ")


def test_chunked_requests_and_expect_continue(mock):
    with wire.Client(mock.address) as client:
        client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application"
                    b"/json\r\nTransfer-Encoding: chunked\r\nExpect: "
                    b"100-continue\r\n\r\n" % PATH.encode())
        assert client.head().status == 100
        data = json.dumps(CHAT).encode()
        client.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))
        assert client.read().status == 200
    assert mock.last().json() == CHAT


def test_openai_embeds_what_it_is_given(mock):
    path = "/v1/embeddings"
    body = {"model": "e", "input": ["one", "two", "one"], "dimensions": 3}
    rows = ask(mock, body, path).json()["data"]
    assert [row["index"] for row in rows] == [0, 1, 2]
    assert rows[0]["embedding"] == rows[2]["embedding"] != rows[1]["embedding"]
    assert len(rows[0]["embedding"]) == 3
    coded = ask(mock, {**body, "encoding_format": "base64"}, path).json()
    assert len(coded["data"][0]["embedding"]) == 16
    for wrong in ("", [], [""], ["a", 1], None, [1.5], ["x"] * 2049):
        assert ask(mock, {**body, "input": wrong}, path).status == 400, wrong
    for right in ([1, 2], [[1], [2]], "x"):
        assert ask(mock, {**body, "input": right}, path).status == 200, right


def test_google_embeds_in_batches(mock):
    path = "/v1beta/models/e:batchEmbedContents"
    one = {"model": "models/e", "content": {"parts": [{"text": "x"}]},
           "outputDimensionality": 3}
    reply = ask(mock, {"requests": [one] * 100}, path)
    assert len(reply.json()["embeddings"]) == 100
    assert len(reply.json()["embeddings"][0]["values"]) == 3
    for wrong in ([one] * 101, [], [{**one, "model": "models/f"}],
                  [{**one, "content": {"parts": [{"text": ""}]}}],
                  [{**one, "dimensions": 3}]):
        assert ask(mock, {"requests": wrong}, path).status == 400


def test_google_keeps_contents_until_their_end(mock):
    path = "/v1beta/cachedContents"
    system = {"parts": [{"text": "x" * 5000}]}
    body = {"model": "models/gem", "ttl": "300s", "systemInstruction": system}
    name = ask(mock, body, path).json()["name"]
    named = {**GEMINI, "cachedContent": name}
    usage = ask(mock, named, GENERATE).json()["usageMetadata"]
    assert usage["cachedContentTokenCount"] > 1000
    assert wire.ask(mock.address, "GET", "/v1beta/" + name).status == 200
    assert ask(mock, {**named, "systemInstruction": system}, GENERATE
               ).status == 400
    assert ask(mock, named, "/v1beta/models/other:generateContent"
               ).status == 400
    assert wire.ask(mock.address, "DELETE", "/v1beta/" + name).status == 200
    assert wire.ask(mock.address, "GET", "/v1beta/" + name).status == 404
    assert ask(mock, named, GENERATE).status == 403
    assert ask(mock, {**body, "systemInstruction": {"parts": [
        {"text": "short"}]}}, path).status == 400
    gone = ask(mock, {**body, "ttl": "0s"}, path).json()["name"]
    assert ask(mock, {**GEMINI, "cachedContent": gone}, GENERATE
               ).status == 403


def test_anthropic_reads_what_was_marked_before(mock):
    mark = {"cache_control": {"type": "ephemeral"}}
    system = [{"type": "text", "text": "x" * 5000, **mark}]

    def usage(body):
        return ask(mock, {**MESSAGES, **body}, "/v1/messages", ANTHROPIC
                   ).json()["usage"]

    first, second = usage({"system": system}), usage({"system": system})
    assert first["cache_read_input_tokens"] == 0
    assert first["cache_creation_input_tokens"] > 1000
    assert second["cache_read_input_tokens"] \
        == first["cache_creation_input_tokens"]
    assert second["cache_creation_input_tokens"] == 0
    assert ask(mock, {**MESSAGES, "system": system * 5}, "/v1/messages",
               ANTHROPIC).status == 400


def test_openai_counts_what_prompts_have_in_common(mock):
    def cached(text, **more):
        return ask(mock, {"model": "m", "messages": [
            {"role": "system", "content": "x" * 5000},
            {"role": "user", "content": text}], **more}).json()[
                "usage"]["prompt_tokens_details"]["cached_tokens"]

    assert cached("one") == 0
    assert cached("two") >= 1024 and cached("two") % 128 == 0
    assert cached("two", prompt_cache_key="other") == 0
