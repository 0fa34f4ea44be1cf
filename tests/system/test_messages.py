"""Every provider kind behind the Anthropic-compatible front (SPEC 3 and 7).

Replies are read as Anthropic's SDKs read them: `message_of` puts a stream
together event by event, and holds their order to the documented one.
"""
import json

import pytest

from harness import setups, slow, wire
from harness.mock import Mock
from harness.node import Node

KINDS = ["openai", "openai_compatible", "anthropic", "google"]
PATH = "/v1/messages"
TEXT = "Grüße aus Kiel 🚢 and a \"quote\"\n"
CALLS = [{"id": "toolu_7", "name": "weather",
          "arguments": {"city": "Kiel", "note": "ü \"x\""}},
         {"id": "toolu_8", "name": "weather", "arguments": {"city": "Rome"}}]
WEATHER = {"name": "weather", "description": "Weather of a city",
           "input_schema": setups.WEATHER["function"]["parameters"]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q"


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


def body(model, text="hi", **more):
    return {"model": model, "max_tokens": 99,
            "messages": [{"role": "user", "content": text}], **more}


def ask(node, what, headers=None, within=10.0):
    return node.ask("POST", PATH, what, headers, within)


def say(node, kind, text="hi", **more):
    reply = ask(node, body(f"{kind}/{kind}-model", text, **more))
    assert reply.status == 200, f"{kind}: {reply}"
    return reply


def delta_of(block, delta):
    kind = delta["type"]
    if kind in ("thinking_delta", "signature_delta"):
        assert block["type"] == "thinking"
        block[kind[:-6]] += delta[kind[:-6]]
        return
    if kind == "text_delta":
        assert block["type"] == "text"
        block["text"] += delta["text"]
    elif kind == "input_json_delta":
        assert block["type"] == "tool_use"
        block["json"] = block.get("json", "") + delta["partial_json"]
    else:
        raise AssertionError(f"unknown delta {delta}")


def message_of(reply):
    """The message that a stream builds up."""
    assert reply.header("Content-Type", "").startswith("text/event-stream")
    message, current = None, None
    events = [(n, json.loads(d)) for n, d in reply.events() if n != "ping"]
    assert events[-1][0] == "message_stop", events[-1]
    for name, event in events:
        assert name == event["type"], event
        if name == "message_start":
            assert message is None, "one beginning a stream"
            message = event["message"]
            assert message["content"] == [] and not message["stop_reason"]
        elif name == "content_block_start":
            assert current is None and event["index"] == len(
                message["content"]), "blocks follow one another"
            current = event["content_block"]
            message["content"].append(current)
        elif name == "content_block_delta":
            assert event["index"] == len(message["content"]) - 1
            delta_of(current, event["delta"])
        elif name == "content_block_stop":
            assert event["index"] == len(message["content"]) - 1
            if "json" in current:
                current["input"] = json.loads(current.pop("json"))
            current = None
        elif name == "message_delta":
            assert current is None, "a block is left open"
            message.update(event["delta"])
            message["usage"].update(event["usage"])
        else:
            assert name == "message_stop" and message["stop_reason"], event
    return message


def read(reply):
    """The message, streamed or not, checked for its form."""
    streamed = reply.header("Content-Type", "").startswith("text/event-stream")
    message = message_of(reply) if streamed else reply.json()
    assert message["type"] == "message" and message["role"] == "assistant"
    assert message["id"].startswith("msg_") and len(message["id"]) > 4
    assert isinstance(message["model"], str) and message["model"]
    assert "stop_sequence" in message
    for count in ("input_tokens", "output_tokens", "cache_read_input_tokens"):
        assert isinstance(message["usage"][count], int), message["usage"]
    return message


def texts(message):
    return [b["text"] for b in message["content"] if b["type"] == "text"]


def uses(message):
    return [b for b in message["content"] if b["type"] == "tool_use"]


# --- answers ----------------------------------------------------------------

STREAM = pytest.mark.parametrize("stream", [False, True],
                                 ids=["whole", "stream"])
EVERY = pytest.mark.parametrize("kind", KINDS)


@STREAM
@EVERY
def test_a_plain_answer(node, mock, kind, stream):
    """SPEC 3: the whole shape, with usage, from every provider kind."""
    mock.always("ok", text=TEXT, usage={"input": 17, "output": 23,
                                        "cached": 5})
    message = read(say(node, kind, stream=stream))
    assert message["content"] == [{"type": "text", "text": TEXT}]
    assert message["stop_reason"] == "end_turn"
    assert message["usage"]["output_tokens"] == 23
    assert message["usage"]["cache_read_input_tokens"] == 5
    # OpenAI and Google count what was cached within the prompt.
    assert message["usage"]["input_tokens"] == (
        17 if kind == "anthropic" else 12)


@pytest.mark.parametrize("split", [1, 3])
@EVERY
def test_a_stream_cut_anywhere(node, mock, kind, split):
    """Any split of the provider's bytes gives the same events."""
    mock.always("ok", text=TEXT, split=split)
    assert texts(read(say(node, kind, stream=True))) == [TEXT]


@STREAM
@EVERY
def test_where_it_came_from(node, mock, kind, stream):
    """SPEC 3: X-Caisson-*; request-id is where Anthropic's SDKs look."""
    reply = say(node, kind, stream=stream)
    assert reply.header("X-Caisson-Provider") == kind
    assert reply.header("X-Caisson-Model") == f"{kind}-model"
    assert reply.header("X-Caisson-Attempts") == "1"
    assert reply.header("request-id") == reply.header("X-Request-Id")


def test_the_request_id_is_doubled_for_nobody_else(node, mock):
    reply = node.chat(setups.chat(model="openai-model"))
    assert reply.header("request-id") is None
    assert reply.header("X-Request-Id")


@STREAM
def test_a_chain_of_two_dialects(start, mock, stream):
    """SPEC 4: whoever answers, the client hears its own dialect."""
    node = start(setups.config(**{
        kind: setups.dependency(mock, kind, api_key="env:MOCK_SECRET")
        for kind in ("anthropic", "openai")}),
        env={"MOCK_SECRET": setups.KEY})
    mock.script({"do": "status", "status": 529}, {"do": "ok", "text": "b"})
    reply = ask(node, body("chain", stream=stream, top_k=3))
    assert texts(read(reply)) == ["b"]
    assert reply.header("X-Caisson-Provider") == "openai"
    assert reply.header("X-Caisson-Attempts") == "2"
    assert [r["path"] for r in mock.requests()] == [
        PATH, "/v1/chat/completions"]


@STREAM
@EVERY
def test_tool_calls(node, mock, kind, stream):
    """Tools are translated both ways, arguments in pieces."""
    mock.always("ok", tool_calls=CALLS, split=1 if stream else 0)
    message = read(say(node, kind, tools=[WEATHER], stream=stream))
    assert message["stop_reason"] == "tool_use"
    calls = uses(message)
    assert [(c["name"], c["input"]) for c in calls] == [
        (c["name"], c["arguments"]) for c in CALLS]
    assert len({c["id"] for c in calls}) == 2 and all(c["id"] for c in calls)
    if kind != "google":  # Gemini has no ids: the node makes them
        assert [c["id"] for c in calls] == ["toolu_7", "toolu_8"]


@STREAM
@EVERY
def test_text_and_tool_calls_together(node, mock, kind, stream):
    mock.always("ok", text="Let me see. ", tool_calls=CALLS[:1])
    message = read(say(node, kind, tools=[WEATHER], stream=stream))
    assert [b["type"] for b in message["content"]] == ["text", "tool_use"]
    assert texts(message) == ["Let me see. "]


@pytest.mark.parametrize("finish, reason", [
    ("length", "max_tokens"), ("content_filter", "refusal")])
@STREAM
@EVERY
def test_stop_reasons(node, mock, kind, stream, finish, reason):
    mock.always("ok", finish=finish)
    assert read(say(node, kind, stream=stream))["stop_reason"] == reason


@EVERY
def test_a_provider_that_counts_nothing(node, mock, kind):
    """The SDKs take a number for granted: 0 stands for not counted."""
    mock.always("ok", usage=None)
    for stream in (False, True):
        usage = read(say(node, kind, stream=stream))["usage"]
        assert usage["input_tokens"] == usage["output_tokens"] == 0


@STREAM
def test_the_simulated_provider(node, stream):
    """SPEC 1: it says plainly in each answer that it is simulated."""
    message = read(ask(node, body("pretend", "ahoy", stream=stream)))
    assert "simulated" in texts(message)[0] and "ahoy" in texts(message)[0]
    assert message["usage"]["output_tokens"] > 0


# --- requests ---------------------------------------------------------------

CONVERSATION = {
    "system": [{"type": "text", "text": "Be brief.",
                "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "Weather in Kiel?"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "toolu_1", "name": "weather",
             "input": {"city": "Kiel"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1",
             "content": [{"type": "text", "text": "{\"c\":9}"}]}]},
        {"role": "assistant", "content": "Nine degrees."},
        {"role": "user", "content": [{"type": "text", "text": "Thanks"}]}],
    "tools": [WEATHER], "tool_choice": {"type": "auto"},
    "max_tokens": 99, "temperature": 0.5, "top_p": 0.9,
    "stop_sequences": ["END"], "metadata": {"user_id": "u-1"},
}


def converse(node, mock, kind, **more):
    reply = ask(node, {"model": f"{kind}/{kind}-model", **CONVERSATION,
                       **more})
    assert reply.status == 200, f"{kind}: {reply}"
    return mock.last().json()


@pytest.mark.parametrize("kind, limit", [
    ("openai", "max_completion_tokens"), ("openai_compatible", "max_tokens")])
def test_what_openai_gets(node, mock, kind, limit):
    """OpenAI's words, the limit by the name that the server knows."""
    assert converse(node, mock, kind, **EXTRA) == {
        "model": f"{kind}-model", limit: 99, "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather in Kiel?"},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "toolu_1", "type": "function", "function": {
                    "name": "weather", "arguments": "{\"city\": \"Kiel\"}"}}]},
            {"role": "tool", "tool_call_id": "toolu_1",
             "content": "{\"c\":9}"},
            {"role": "assistant", "content": "Nine degrees."},
            {"role": "user", "content": "Thanks"}],
        "tools": [setups.WEATHER], "tool_choice": "auto",
        "temperature": 0.5, "top_p": 0.9, "stop": ["END"], "user": "u-1"}
    assert mock.last().path == "/v1/chat/completions"


def test_what_google_gets(node, mock):
    made = converse(node, mock, "google")
    assert "Be brief." in json.dumps(made["systemInstruction"])
    assert made["generationConfig"]["maxOutputTokens"] == 99
    assert made["generationConfig"]["stopSequences"] == ["END"]
    assert [c["role"] for c in made["contents"]] == [
        "user", "model", "user", "model", "user"]
    [result] = [p["functionResponse"] for p in made["contents"][2]["parts"]]
    assert result["name"] == "weather" and result["response"] == {"c": 9}


EXTRA = {"top_k": 5, "thinking": {"type": "enabled", "budget_tokens": 1024},
         "service_tier": "auto", "context_management": {"edits": []},
         "output_config": {"effort": "low"}}


def test_anthropic_gets_the_clients_own_request(node, mock):
    """SPEC 3: unknown fields go through to a provider of the same dialect;
    only the model's name changes."""
    assert converse(node, mock, "anthropic", **EXTRA) == {
        **CONVERSATION, **EXTRA, "model": "anthropic-model"}
    seen = mock.last()
    assert seen.path == PATH and seen.headers["x-api-key"] == setups.KEY
    assert seen.headers["anthropic-version"] == "2023-06-01"
    assert "anthropic-beta" not in seen.headers


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
def test_the_beta_field_goes_to_anthropic_alone(node, mock, kind):
    """A part of the request: without it the provider refuses new fields."""
    ask(node, body(f"{kind}-model"), {"anthropic-beta": "a-1,b-2",
                                      "anthropic-version": "2099-01-01"})
    seen = mock.last().headers
    assert seen.get("anthropic-beta") == (
        "a-1,b-2" if kind == "anthropic" else None)
    assert seen.get("anthropic-version", "2023-06-01") == "2023-06-01"
    node.chat(setups.chat(model=f"{kind}-model"), {"anthropic-beta": "a-1"})
    assert "anthropic-beta" not in mock.last().headers


@STREAM
def test_thoughts_come_back_with_their_signature(node, mock, stream):
    """Anthropic wants them back in the next turn, as they were."""
    mock.always("ok", thinking="Hm, \"Kiel\" … 🚢", tool_calls=CALLS[:1],
                split=1 if stream else 0)
    message = read(say(node, "anthropic", tools=[WEATHER], stream=stream))
    thought, call = message["content"]
    assert thought["thinking"] == "Hm, \"Kiel\" … 🚢"
    assert len(thought["signature"]) > 20
    reply = ask(node, {
        "model": "anthropic-model", "max_tokens": 9, "tools": [WEATHER],
        "messages": [{"role": "user", "content": "?"},
                     {"role": "assistant", "content": message["content"]},
                     {"role": "user", "content": [
                         {"type": "tool_result", "tool_use_id": call["id"],
                          "content": "9"}]}]})
    assert reply.status == 200, reply
    assert mock.last().json()["messages"][1]["content"][0] == thought


def test_thoughts_are_for_anthropics_clients(node, mock):
    mock.always("ok", thinking="Hm.", text="Yes.")
    for stream in (False, True):
        reply = node.chat(setups.chat(model="anthropic-model", stream=stream))
        assert "signature" not in reply.text
        assert "extra_content" not in reply.text


@EVERY
def test_images(node, mock, kind):
    """Images by URL and base64, and in what a tool says."""
    picture = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    reply = ask(node, {"model": f"{kind}-model", "max_tokens": 9, "messages": [
        {"role": "user", "content": [
            {"type": "image", "source": picture},
            {"type": "text", "text": "What is this?"},
            {"type": "image", "source": {
                "type": "url", "url": "https://example.org/a.png"}}]},
        {"role": "assistant", "content": [{
            "type": "tool_use", "id": "t", "name": "look", "input": {}}]},
        {"role": "user", "content": [{
            "type": "tool_result", "tool_use_id": "t", "content": [
                {"type": "image", "source": {
                    **picture, "data": "R0lG" + PIXEL}}]}]}]})
    assert reply.status == 200, reply
    sent = mock.last().body
    assert sent.count(PIXEL) == 2 and "R0lG" in sent
    assert "https://example.org/a.png" in sent


@pytest.mark.parametrize("choice, openai", [
    ({"type": "auto"}, "auto"), ({"type": "any"}, "required"),
    ({"type": "none"}, "none"),
    ({"type": "tool", "name": "weather"},
     {"type": "function", "function": {"name": "weather"}})])
def test_tool_choice(node, mock, choice, openai):
    alone = {} if choice["type"] == "none" else {
        "disable_parallel_tool_use": True}
    say(node, "openai", tools=[WEATHER], tool_choice={**choice, **alone})
    made = mock.last().json()
    assert made["tool_choice"] == openai
    assert made.get("parallel_tool_calls", True) is not bool(alone)
    say(node, "anthropic", tools=[WEATHER], tool_choice={**choice, **alone})
    assert mock.last().json()["tool_choice"] == {**choice, **alone}


@STREAM
@EVERY
def test_a_conversation_goes_round(node, mock, kind, stream):
    """What the node gives to a client, it takes back: ids of calls lead to
    the right result."""
    mock.script({"do": "ok", "text": "See: ", "tool_calls": CALLS})
    message = read(say(node, kind, tools=[WEATHER], stream=stream))
    results = [{"type": "tool_result", "tool_use_id": call["id"],
                "content": f"result {at}", "is_error": at == 1}
               for at, call in enumerate(uses(message))]
    reply = ask(node, {
        "model": f"{kind}-model", "max_tokens": 9, "tools": [WEATHER],
        "messages": [{"role": "user", "content": "?"},
                     {"role": "assistant", "content": message["content"]},
                     {"role": "user", "content": results}]})
    assert reply.status == 200, reply
    assert "result 0" in mock.last().body and "result 1" in mock.last().body


def test_what_is_the_clients_stays_with_the_node(node, mock):
    """Credentials of the client never travel on."""
    for kind in KINDS:
        ask(node, body(f"{kind}-model"), {
            "X-Api-Key": "client-secret", "Cookie": "a=client-secret",
            "Authorization": "Bearer client-secret"})
        assert "client-secret" not in json.dumps(mock.last().record["headers"])


@EVERY
def test_tokens_and_requests_are_counted(node, mock, kind):
    """SPEC 10: labels from bounded sets."""
    delta = node.delta()
    mock.always("ok", usage={"input": 17, "output": 23})
    say(node, kind)
    say(node, kind, stream=True)
    ask(node, b"{")
    ask(node, body("a-model-that-is-nobodys"))
    labels = {"provider": kind, "model": f"{kind}-model"}
    assert delta("llm_tokens_total", type="input", **labels) == 34
    assert delta("llm_tokens_total", type="output", **labels) == 46
    for status, count in (("200", 2), ("400", 1), ("404", 1)):
        assert delta("http_requests_total", method="POST", route=PATH,
                     status=status) == count
    assert "a-model-that-is-nobodys" not in node.metrics().text


# --- streams on their way ---------------------------------------------------

def test_events_are_not_held_back(node, mock):
    """Each event goes out when it has come."""
    mock.always("gap", after=3, chunks=["one ", "two ", "three "])
    with node.client() as client:
        client.send(wire.request_bytes("POST", PATH, body(
            "openai-model", stream=True)))
        head = client.head()
        assert head.status == 200
        seen = ""
        for name, data in client.stream(head):
            seen += json.loads(data).get("delta", {}).get("text", "")
            if seen == "one two ":
                break


def test_a_slow_reader_slows_the_provider(start, mock):
    """SPEC 4: what is translated counts as read only when it was taken."""
    node = start(setups.config(a=setups.dependency(
        mock, api_key="env:MOCK_SECRET")),
        env={"MOCK_SECRET": setups.KEY, **slow.ENV})
    ask(node, body("none"))
    grown = slow.memory_held(node, mock, wire.request_bytes(
        "POST", PATH, body("chain", stream=True)))
    assert grown < 48 << 20, f"grew by {grown >> 20} MiB"
