"""Every provider kind behind the OpenAI-compatible front.

One mock speaks all wires and refuses what the vendor would refuse, so that a
200 already says that the translation is legal.
"""
import json

import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node

KINDS = ["openai", "openai_compatible", "anthropic", "google"]
PASSING = ["openai", "openai_compatible"]
TEXT = "Grüße aus Kiel 🚢 and a \"quote\"\n"
CALLS = [{"id": "call_7", "name": "weather",
          "arguments": {"city": "Kiel", "note": "ü \"x\""}},
         {"id": "call_8", "name": "weather", "arguments": {"city": "Rome"}}]
PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q"
         "DwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def upstream():
    with Mock("--key", setups.KEY) as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    """A dependency for each kind, each with its own key and model."""
    dependencies = {
        **setups.each(upstream, KINDS, api_key="env:MOCK_SECRET"),
        "sim": {"kind": "simulated", "models": ["pretend"]}}
    with Node({"dependency": dependencies},
              env={"MOCK_SECRET": setups.KEY}) as node:
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


def chat(node, kind, text="hi", **more):
    reply = node.chat(setups.chat(text, f"{kind}/{kind}-model", **more))
    assert reply.status == 200, f"{kind}: {reply}"
    return reply


def chunks(reply):
    """The chunks of a stream, checked for their form."""
    assert reply.header("Content-Type", "").startswith("text/event-stream")
    events = reply.events()
    assert events[-1] == (None, "[DONE]"), events[-1]
    parsed = [json.loads(data) for _, data in events[:-1]]
    for chunk in parsed:
        assert chunk["object"] == "chat.completion.chunk", chunk
        assert isinstance(chunk["created"], int), chunk
        assert isinstance(chunk["id"], str) and chunk["id"], chunk
        assert isinstance(chunk["model"], str), chunk
        for choice in chunk["choices"]:
            assert {"index", "delta", "finish_reason"} <= set(choice), chunk
    assert len({chunk["id"] for chunk in parsed}) == 1, "one id a stream"
    return parsed


def choices(reply):
    return [c["choices"][0] for c in chunks(reply) if c["choices"]]


def streamed_text(reply):
    return "".join(c["delta"].get("content") or "" for c in choices(reply))


def streamed_calls(reply):
    """The tool calls, put together as an SDK does it."""
    calls = {}
    for choice in choices(reply):
        for part in choice["delta"].get("tool_calls") or []:
            call = calls.setdefault(part["index"], {"arguments": ""})
            if part.get("id"):
                assert part["type"] == "function"
                call["id"] = part["id"]
            function = part.get("function") or {}
            if function.get("name"):
                call["name"] = function["name"]
            call["arguments"] += function.get("arguments") or ""
    return [calls[index] for index in sorted(calls)]


# --- answers ----------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_a_plain_answer(node, mock, kind):
    """SPEC 3: OpenAI-compatible: the whole shape, with usage."""
    mock.always("ok", text=TEXT, usage={"input": 17, "output": 23})
    reply = chat(node, kind)
    body = reply.json()
    assert body["object"] == "chat.completion"
    assert isinstance(body["id"], str) and isinstance(body["created"], int)
    assert reply.header("Content-Type", "").startswith("application/json")
    [choice] = body["choices"]
    assert choice["index"] == 0 and choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"] == TEXT
    assert body["usage"]["prompt_tokens"] == 17
    assert body["usage"]["completion_tokens"] == 23
    assert body["usage"]["total_tokens"] == 40
    assert mock.calls == 1


@pytest.mark.parametrize("kind", KINDS)
def test_where_it_came_from(node, mock, kind):
    """SPEC 3: X-Caisson-Provider, X-Caisson-Model, X-Caisson-Attempts."""
    reply = chat(node, kind)
    assert reply.header("X-Caisson-Provider") == kind
    assert reply.header("X-Caisson-Model") == f"{kind}-model"
    assert reply.header("X-Caisson-Attempts") == "1"


@pytest.mark.parametrize("split", [0, 1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream(node, mock, kind, split):
    """Issue 2, 4: streaming; the SSE decoder survives any split of bytes."""
    mock.always("ok", text=TEXT, split=split)
    reply = chat(node, kind, stream=True)
    assert streamed_text(reply) == TEXT
    parts = choices(reply)
    assert parts[0]["delta"].get("role") == "assistant"
    assert parts[-1]["finish_reason"] == "stop"
    assert [p["finish_reason"] for p in parts[:-1]] == [None] * (
        len(parts) - 1), "finish_reason comes once, at the end"


@pytest.mark.parametrize("kind", KINDS)
def test_usage_of_a_stream_only_where_asked_for(node, mock, kind):
    """OpenAI: stream_options.include_usage: a last chunk without choices."""
    mock.always("ok", usage={"input": 17, "output": 23})
    last = chunks(chat(node, kind, stream=True,
                       stream_options={"include_usage": True}))[-1]
    assert last["choices"] == []
    assert last["usage"]["prompt_tokens"] == 17
    assert last["usage"]["completion_tokens"] == 23
    plain = chunks(chat(node, kind, stream=True))
    assert all(chunk["choices"] for chunk in plain), (
        "a client that did not ask for usage got a chunk without choices")


@pytest.mark.parametrize("kind", KINDS)
def test_tool_calls(node, mock, kind):
    """Issue 2, 4: tools are translated both ways."""
    mock.always("ok", tool_calls=CALLS)
    reply = chat(node, kind, tools=[setups.WEATHER])
    [choice] = reply.json()["choices"]
    assert choice["finish_reason"] == "tool_calls"
    calls = choice["message"]["tool_calls"]
    assert [c["type"] for c in calls] == ["function"] * 2
    assert len({c["id"] for c in calls}) == 2, "ids must differ"
    assert [(c["function"]["name"], json.loads(c["function"]["arguments"]))
            for c in calls] == [(c["name"], c["arguments"]) for c in CALLS]
    if kind != "google":  # Gemini has no ids: the node makes them
        assert [c["id"] for c in calls] == ["call_7", "call_8"]


@pytest.mark.parametrize("split", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_tool_calls_in_a_stream(node, mock, kind, split):
    """Issue 2, 4: tools in streams, arguments in pieces."""
    mock.always("ok", tool_calls=CALLS, split=split)
    reply = chat(node, kind, tools=[setups.WEATHER], stream=True)
    calls = streamed_calls(reply)
    assert [(c["name"], json.loads(c["arguments"])) for c in calls] \
        == [(c["name"], c["arguments"]) for c in CALLS]
    assert all(c["id"] for c in calls)
    assert choices(reply)[-1]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_tool_calls_together(node, mock, kind):
    """A model may speak and call in one answer."""
    mock.always("ok", text="Let me see. ", tool_calls=CALLS[:1])
    message = chat(node, kind, tools=[setups.WEATHER]
                   ).json()["choices"][0]["message"]
    assert message["content"] == "Let me see. "
    assert len(message["tool_calls"]) == 1
    stream = chat(node, kind, tools=[setups.WEATHER], stream=True)
    assert streamed_text(stream) == "Let me see. "
    assert len(streamed_calls(stream)) == 1


@pytest.mark.parametrize("finish", ["length", "content_filter"])
@pytest.mark.parametrize("kind", KINDS)
def test_finish_reasons(node, mock, kind, finish):
    """Issue 2, 4: finish reasons are translated."""
    mock.always("ok", finish=finish)
    assert chat(node, kind).json()["choices"][0]["finish_reason"] == finish
    assert choices(chat(node, kind, stream=True))[-1]["finish_reason"] \
        == finish


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_any_framing_of_a_provider(node, mock, kind, framing):
    """RFC 9112 6: a reply may be framed in three ways."""
    mock.always("ok", text=TEXT, framing=framing)
    assert chat(node, kind).json()["choices"][0]["message"]["content"] == TEXT


# --- requests ---------------------------------------------------------------

CONVERSATION = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Kiel?"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {
                "name": "weather", "arguments": "{\"city\":\"Kiel\"}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "{\"c\":9}"},
        {"role": "assistant", "content": "Nine degrees."},
        {"role": "user", "content": "Thanks"}],
    "tools": [setups.WEATHER], "tool_choice": "auto",
    "max_tokens": 99, "temperature": 0.5, "top_p": 0.9, "stop": ["END"],
}


def converse(node, kind, **more):
    reply = node.chat({"model": f"{kind}/{kind}-model", **CONVERSATION,
                       **more})
    assert reply.status == 200, f"{kind}: {reply}"


@pytest.mark.parametrize("kind", PASSING)
def test_what_openai_gets(node, mock, kind):
    """SPEC 3: unknown fields go through to a provider of the same dialect;
    only the model's name changes."""
    extra = {"seed": 5, "logit_bias": {"50256": -100}, "x_new": {"deep": [1]},
             "parallel_tool_calls": False, "user": "u-1"}
    converse(node, kind, **extra)
    seen = mock.last()
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == "Bearer " + setups.KEY
    assert seen.headers["content-type"].startswith("application/json")
    assert seen.json() == {"model": f"{kind}-model", **CONVERSATION, **extra}


def test_what_anthropic_gets(node, mock):
    """Issue 2, 4: system prompts, multi-turn, tools and results, limits."""
    converse(node, "anthropic")
    seen = mock.last()
    body = seen.json()
    assert seen.path == "/v1/messages"
    assert seen.headers["x-api-key"] == setups.KEY
    assert seen.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in seen.headers
    assert body["model"] == "anthropic-model"
    assert "Be brief." in json.dumps(body["system"])
    assert body["max_tokens"] == 99 and body["temperature"] == 0.5
    assert body["top_p"] == 0.9 and body["stop_sequences"] == ["END"]
    assert body["tool_choice"]["type"] == "auto"
    assert body["tools"] == [{
        "name": "weather", "description": "Weather of a city",
        "input_schema": setups.WEATHER["function"]["parameters"]}]
    assert [m["role"] for m in body["messages"]] == [
        "user", "assistant", "user", "assistant", "user"]
    use = body["messages"][1]["content"][-1]
    assert (use["type"], use["name"], use["input"]) \
        == ("tool_use", "weather", {"city": "Kiel"})
    result = body["messages"][2]["content"][0]
    assert result["type"] == "tool_result"
    assert result["tool_use_id"] == use["id"]
    assert "9" in json.dumps(result["content"])


def test_what_google_gets(node, mock):
    """Issue 2, 4: system prompts, multi-turn, tools and results, limits."""
    converse(node, "google")
    seen = mock.last()
    body = seen.json()
    assert seen.path == "/v1beta/models/google-model:generateContent"
    assert seen.headers["x-goog-api-key"] == setups.KEY
    assert setups.KEY not in seen.target, "a key in a URL ends in logs"
    assert "authorization" not in seen.headers
    assert "Be brief." in json.dumps(body["systemInstruction"])
    made = body["generationConfig"]
    assert made["maxOutputTokens"] == 99 and made["temperature"] == 0.5
    assert made["topP"] == 0.9 and made["stopSequences"] == ["END"]
    [declared] = body["tools"][0]["functionDeclarations"]
    assert declared["name"] == "weather"
    roles = [c["role"] for c in body["contents"]]
    assert roles[0] == "user" and roles[1] == "model" and roles[-1] == "user"
    call = next(p["functionCall"] for p in body["contents"][1]["parts"]
                if "functionCall" in p)
    assert (call["name"], call["args"]) == ("weather", {"city": "Kiel"})
    answer = next(p["functionResponse"] for p in body["contents"][2]["parts"]
                  if "functionResponse" in p)
    assert answer["name"] == "weather"
    assert "9" in json.dumps(answer["response"])


def test_a_google_stream_is_asked_for_as_sse(node, mock):
    """Gemini: :streamGenerateContent?alt=sse."""
    chat(node, "google", stream=True)
    assert mock.last().target.startswith(
        "/v1beta/models/google-model:streamGenerateContent?alt=sse")


@pytest.mark.parametrize("kind", ["anthropic", "google"])
def test_fields_of_openai_only_do_not_confuse_others(node, mock, kind):
    """A strict vendor refuses unknown names: they must not get there."""
    chat(node, kind, seed=5, n=1, user="u-1", logit_bias={"1": 1},
         frequency_penalty=0, presence_penalty=0)
    assert mock.calls == 1


def test_anthropic_needs_max_tokens(node, mock):
    """Anthropic requires max_tokens; OpenAI's clients rarely send it."""
    chat(node, "anthropic")
    assert mock.last().json()["max_tokens"] >= 1024


@pytest.mark.parametrize("kind", KINDS)
def test_max_completion_tokens_is_a_limit_too(node, mock, kind):
    """OpenAI's newer name of max_tokens."""
    chat(node, kind, max_completion_tokens=77)
    assert "77" in json.dumps(mock.last().json())


@pytest.mark.parametrize("kind", KINDS)
def test_images(node, mock, kind):
    """Issue 2, 4: images by URL and base64."""
    data = "data:image/png;base64," + PIXEL
    reply = node.chat({"model": f"{kind}/{kind}-model", "messages": [{
        "role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": data}},
            {"type": "image_url", "image_url": {
                "url": "https://example.org/a.png"}}]}]})
    assert reply.status == 200, reply
    body = json.dumps(mock.last().json())
    assert PIXEL in body and "https://example.org/a.png" in body
    if kind == "anthropic":
        sources = [b["source"]["type"] for b in
                   mock.last().json()["messages"][0]["content"]
                   if b["type"] == "image"]
        assert sources == ["base64", "url"]
    if kind == "google":
        parts = mock.last().json()["contents"][0]["parts"]
        assert any("inlineData" in p or "inline_data" in p for p in parts)


def test_json_mode_reaches_google(node, mock):
    """Issue 2, 4: JSON mode."""
    chat(node, "google", response_format={"type": "json_object"})
    assert mock.last().json()["generationConfig"]["responseMimeType"] \
        == "application/json"


@pytest.mark.parametrize("choice, anthropic, google", [
    ("auto", {"type": "auto"}, "AUTO"), ("required", {"type": "any"}, "ANY"),
    ("none", {"type": "none"}, "NONE"),
    ({"type": "function", "function": {"name": "weather"}},
     {"type": "tool", "name": "weather"}, "ANY")])
def test_tool_choice(node, mock, choice, anthropic, google):
    """Issue 2, 4: tool_choice in each vendor's words."""
    chat(node, "anthropic", tools=[setups.WEATHER], tool_choice=choice)
    made = mock.last().json().get("tool_choice", {})
    assert anthropic.items() <= made.items(), made
    chat(node, "google", tools=[setups.WEATHER], tool_choice=choice)
    made = mock.last().json()["toolConfig"]["functionCallingConfig"]
    assert made["mode"] == google
    if isinstance(choice, dict):
        assert made["allowedFunctionNames"] == ["weather"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversation_goes_round(node, mock, kind):
    """What the node gives to a client, it takes back: tool ids of an answer
    lead to the right result."""
    mock.script({"do": "ok", "tool_calls": CALLS})
    message = chat(node, kind, tools=[setups.WEATHER]
                   ).json()["choices"][0]["message"]
    reply = node.chat({
        "model": f"{kind}/{kind}-model", "tools": [setups.WEATHER],
        "messages": [{"role": "user", "content": "?"}, message] + [
            {"role": "tool", "tool_call_id": call["id"],
             "content": f"result {at}"}
            for at, call in enumerate(message["tool_calls"])]})
    assert reply.status == 200, reply
    body = json.dumps(mock.last().json())
    assert "result 0" in body and "result 1" in body


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_the_clients_stays_with_the_node(node, mock, kind):
    """Reference reliability: hop-by-hop fields and credentials of the client
    never travel on; Host is the provider's."""
    node.chat(setups.chat("hi", f"{kind}/{kind}-model"), {
        "Authorization": "Bearer client-secret", "Cookie": "a=client-cookie",
        "X-Api-Key": "client-secret", "Connection": "close, X-Hop",
        "X-Hop": "hop", "TE": "trailers"})
    seen = mock.last()
    text = json.dumps(seen.record["headers"])
    for word in ("client-secret", "client-cookie", "hop"):
        assert word not in text, f"{word} reached the provider: {text}"
    assert seen.headers["host"] == f"127.0.0.1:{mock.port}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_trace_goes_on(node, mock, kind):
    """SPEC 10: W3C context in and out."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = f"00-{trace}-00f067aa0ba902b7-01"
    reply = node.chat(setups.chat("hi", f"{kind}/{kind}-model"),
                      {"traceparent": parent})
    assert trace in reply.header("traceparent")
    sent = mock.last().headers["traceparent"]
    assert trace in sent and sent != parent, "a span of its own"


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_counted(node, mock, kind):
    """SPEC 10: llm_tokens_total{provider,model,type}, llm_requests_total."""
    delta = node.delta()
    mock.always("ok", usage={"input": 17, "output": 23})
    chat(node, kind)
    chat(node, kind, stream=True, stream_options={"include_usage": True})
    labels = {"provider": kind, "model": f"{kind}-model"}
    assert delta("llm_requests_total", **labels) == 2
    assert delta("llm_tokens_total", type="input", **labels) == 34
    assert delta("llm_tokens_total", type="output", **labels) == 46
    assert delta("llm_time_to_first_token_seconds_count", **labels) >= 1


# --- models and the simulated provider --------------------------------------

def test_models_are_listed(node):
    """SPEC 3: GET /v1/models in OpenAI's shape."""
    body = node.ask("GET", "/v1/models").json()
    assert body["object"] == "list"
    names = [model["id"] for model in body["data"]]
    for kind in KINDS:
        assert any(f"{kind}-model" in name for name in names), names
    assert len(names) == len(set(names)), "a model is listed once"
    for model in body["data"]:
        assert model["object"] == "model" and "owned_by" in model
        assert isinstance(model["created"], int)


def test_three_ways_to_name_a_model(start, mock, other):
    """SPEC 2: a [models.NAME], dependency/model, or any name in a
    dependency's models (the first that lists it)."""
    config = setups.config(
        a=setups.dependency(mock, models=["m"], api_key="env:MOCK_SECRET"),
        b=setups.dependency(other, models=["m", "org/deep/name"]))
    node = start(config, env={"MOCK_SECRET": setups.KEY})
    for name, provider, model in (
            ("chain", "a", "m"), ("a/m", "a", "m"), ("b/m", "b", "m"),
            ("m", "a", "m"), ("org/deep/name", "b", "org/deep/name"),
            ("b/org/deep/name", "b", "org/deep/name")):
        reply = node.chat(setups.chat(model=name))
        assert reply.status == 200, f"{name}: {reply}"
        assert reply.header("X-Caisson-Provider") == provider, name
        assert reply.header("X-Caisson-Model") == model, name


def test_the_simulated_provider_says_so(node):
    """SPEC 1: it says plainly in each answer that it is simulated."""
    reply = node.chat(setups.chat("ahoy", "pretend"))
    assert reply.status == 200, reply
    body = reply.json()
    assert "simulated" in body["choices"][0]["message"]["content"].lower()
    assert body["usage"]["total_tokens"] > 0
    assert reply.header("X-Caisson-Provider") == "sim"


def test_the_simulated_provider_streams(node):
    """Issue 2: it streams and counts tokens."""
    reply = node.chat(setups.chat("ahoy", "pretend", stream=True,
                                  stream_options={"include_usage": True}))
    assert "simulated" in streamed_text(reply).lower()
    assert len(choices(reply)) > 3, "in more than one piece"
    assert chunks(reply)[-1]["usage"]["completion_tokens"] > 0
