"""What Anthropic's own client makes of `POST /v1/messages`, whoever is the
provider. See test_sdk_openai.py."""
import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node
from harness.streams import PREFACE

KINDS = ["anthropic", "openai", "google"]
HOWS = ["create", "helper"]
# Events of each wire until there is text, and some more.
AFTER = {"openai": 3, "anthropic": 5, "google": 2}
TEXT = "Grüße aus Kiel 🚢 and a \"quote\"\nof two lines"
CALLS = [{"id": "call_7", "name": "weather", "arguments": {"city": "Kiel"}},
         {"id": "call_8", "name": "weather", "arguments": {"city": "Rome"}}]
WEATHER = {"name": "weather", "description": "Weather of a city",
           "input_schema": setups.WEATHER["function"]["parameters"]}


@pytest.fixture(scope="module")
def upstream():
    with Mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    dependencies = setups.each(upstream, KINDS)
    dependencies["closed"] = setups.dependency(
        upstream, models=["closed-model"], breaker={"mode": "forced_open"})
    with Node({"dependency": dependencies}) as node:
        if node.ask("POST", "/v1/messages", {}).code == "validation.not_found":
            pytest.skip("this node has no POST /v1/messages")
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


@pytest.fixture
def ask(node, sdk):
    def asker(kind, how="create", **more):
        request = setups.chat("hi", f"{kind}/{kind}-model", max_tokens=99,
                              **more)
        return sdk("anthropic", node, request, how)

    return asker


def calls_of(seen):
    return [(call["name"], call["input"]) for call in seen["calls"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_answer(ask, mock, kind):
    mock.always("ok", text=TEXT, usage={"input": 17, "output": 23})
    seen = ask(kind)
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == TEXT and seen["stop"] == "end_turn"
    assert seen["role"] == "assistant" and seen["id"]
    assert seen["usage"]["input_tokens"] == 17
    assert seen["usage"]["output_tokens"] == 23


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream(ask, mock, kind, how):
    mock.always("ok", text=TEXT, split=3, usage={"input": 17, "output": 23})
    seen = ask(kind, how, stream=True)
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == TEXT and seen["stop"] == "end_turn"
    assert seen["usage"]["output_tokens"] == 23
    events = [event for event in seen["events"] if event != "ping"]
    assert events[0] == "message_start" and events[-1] == "message_stop"
    for event in ("message_start", "message_delta", "message_stop"):
        assert events.count(event) == 1, events
    assert events.count("content_block_delta") > 1, "more than one piece"


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_tools(ask, mock, kind, how):
    mock.always("ok", text="Let me see. ", tool_calls=CALLS)
    seen = ask(kind, how, stream=True, tools=[WEATHER])
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == "Let me see. " and seen["stop"] == "tool_use"
    assert calls_of(seen) == [(c["name"], c["arguments"]) for c in CALLS]
    assert len({call["id"] for call in seen["calls"]}) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_tools_of_a_whole_answer(ask, mock, kind):
    mock.always("ok", tool_calls=CALLS)
    seen = ask(kind, tools=[WEATHER])
    assert seen["error"] is None and seen["stop"] == "tool_use", seen
    assert calls_of(seen) == [(c["name"], c["arguments"]) for c in CALLS]


@pytest.mark.parametrize("plan", ["error_event", "cut", "no_done"])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_fails_in_the_middle_is_an_error(
        ask, mock, kind, how, plan):
    """SPEC 4: it ends with an error event, never as if complete."""
    mock.always(plan, after=AFTER[kind], text=TEXT)
    seen = ask(kind, how, stream=True)
    assert not seen["ended"], "the client took it for complete"
    assert seen["error"]["is_api_error"], seen["error"]
    assert seen["error"]["status"] is None, "in the stream, not before it"
    if how == "create":
        assert "message_stop" not in seen["events"]
        assert seen["text"] and TEXT.startswith(seen["text"])


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_went_on_elsewhere_is_one(
        start, sdk, mock, other, kind, how):
    """SPEC 4: what one provider began and another ended is one message."""
    node = start(setups.config(a=setups.dependency(mock, kind),
                               b=setups.dependency(other, "anthropic")))
    mock.always("cut", after=PREFACE[kind] + 2,
                chunks=["One ", "two ", "three"])
    other.always("ok", chunks=["and ", "so ", "on."])
    seen = sdk("anthropic", node, setups.chat(stream=True, max_tokens=99), how)
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == "One two and so on." and seen["stop"] == "end_turn"
    if how == "create":
        assert seen["events"].count("message_start") == 1
        assert seen["events"].count("message_stop") == 1
    assert (mock.calls, other.calls) == (1, 1)


def test_errors_become_the_clients_own(sdk, node, ask, mock):
    """SPEC 7: status and envelope are what the client expects of Anthropic."""
    seen = sdk("anthropic", node, setups.chat(model="nobody", max_tokens=9))
    assert seen["error"]["class"] == "NotFoundError", seen
    assert seen["error"]["type"] == "not_found_error"
    seen = ask("anthropic", temperature="hot")
    assert seen["error"]["class"] == "BadRequestError", seen
    assert seen["error"]["type"] == "invalid_request_error"
    seen = ask("closed", stream=True)
    assert seen["error"]["is_api_error"], seen
    assert seen["error"]["status"] == 503
    assert mock.calls == 0
