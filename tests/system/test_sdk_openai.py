"""What OpenAI's own client makes of the node, whoever is the provider.

An application of today parses with it: what it takes for a well-formed answer
is one, and what it does not throw was no error to the application.
"""
import json

import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node
from harness.streams import PREFACE

KINDS = ["openai", "anthropic", "google"]
# Chunks one by one, or put together and checked by the client.
HOWS = ["create", "helper"]
# Events of each wire until there is text, and some more.
AFTER = {"openai": 3, "anthropic": 5, "google": 2}
TEXT = "Grüße aus Kiel 🚢 and a \"quote\"\nof two lines"
CALLS = [{"id": "call_7", "name": "weather", "arguments": {"city": "Kiel"}},
         {"id": "call_8", "name": "weather", "arguments": {"city": "Rome"}}]


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
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


@pytest.fixture
def ask(node, sdk):
    def asker(kind, how="create", **more):
        request = setups.chat("hi", f"{kind}/{kind}-model", **more)
        return sdk("openai", node, request, how, "/v1")

    return asker


def calls_of(seen):
    return [(call["name"], json.loads(call["arguments"]))
            for call in seen["calls"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_answer(ask, mock, kind):
    mock.always("ok", text=TEXT, usage={"input": 17, "output": 23})
    seen = ask(kind)
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == TEXT and seen["finish"] == ["stop"]
    assert seen["usage"]["total_tokens"] == 40


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream(ask, mock, kind, how):
    mock.always("ok", text=TEXT, split=3)
    seen = ask(kind, how, stream=True)
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == TEXT and seen["finish"] == ["stop"]
    assert seen["chunks"] > 3, "more than one piece"
    assert len(seen["ids"]) == 1 and len(seen["models"]) == 1
    assert seen["marks"] == []


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_tools(ask, mock, kind, how):
    mock.always("ok", text="Let me see. ", tool_calls=CALLS)
    seen = ask(kind, how, stream=True, tools=[setups.WEATHER])
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == "Let me see. "
    assert seen["finish"] == ["tool_calls"]
    assert calls_of(seen) == [(c["name"], c["arguments"]) for c in CALLS]
    assert len({call["id"] for call in seen["calls"]}) == 2


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_usage(ask, mock, kind, how):
    mock.always("ok", usage={"input": 17, "output": 23})
    wish = {"include_usage": True}
    seen = ask(kind, how, stream=True, stream_options=wish)
    assert seen["error"] is None and seen["ended"], seen
    assert seen["usage"]["prompt_tokens"] == 17
    assert seen["usage"]["completion_tokens"] == 23
    assert ask(kind, how, stream=True)["usage"] is None


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
        assert seen["text"] and TEXT.startswith(seen["text"])


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_went_on_elsewhere_is_one(
        start, sdk, mock, other, kind, how):
    """SPEC 4: what one provider began and another ended is one stream."""
    node = start(setups.config(a=setups.dependency(mock, kind),
                               b=setups.dependency(other)))
    mock.always("cut", after=PREFACE[kind] + 2,
                chunks=["One ", "two ", "three"])
    other.always("ok", chunks=["and ", "so ", "on."])
    seen = sdk("openai", node, setups.chat(stream=True), how, "/v1")
    assert seen["error"] is None and seen["ended"], seen
    assert seen["text"] == "One two and so on." and seen["finish"] == ["stop"]
    assert len(seen["ids"]) == 1 and len(seen["models"]) == 1
    if how == "create":
        assert seen["roles"] == 1
        assert [one["degraded"] for one in seen["marks"]] == [
            "stream_failover"]
    assert (mock.calls, other.calls) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_error_of_a_stream_says_what_it_was(ask, mock, kind):
    """SPEC 7: codes say what to do, in a stream too."""
    mock.always("error_event", after=AFTER[kind])
    error = ask(kind, stream=True)["error"]
    assert error["code"].startswith("external."), error
    assert error["body"]["retry"] in ("always", "conditional"), error
    assert error["body"]["trace_id"], error


def test_errors_become_the_clients_own(sdk, node, ask, mock):
    """SPEC 7: status and envelope are what the client expects of OpenAI."""
    seen = sdk("openai", node, setups.chat(model="nobody"), "create", "/v1")
    assert seen["error"]["class"] == "NotFoundError", seen
    assert seen["error"]["status"] == 404
    seen = ask("openai", temperature=7)
    assert seen["error"]["class"] == "BadRequestError", seen
    seen = ask("closed", stream=True)
    assert seen["error"]["class"] == "InternalServerError", seen
    assert seen["error"]["status"] == 503
    assert seen["error"]["code"] == "resilience.circuit_breaker_open"
    assert mock.calls == 0


def test_models(sdk, node):
    seen = sdk("openai", node, {}, "models", "/v1")
    assert seen["error"] is None and seen["ended"], seen
    for kind in KINDS:
        assert any(kind + "-model" in name for name in seen["models"])


@pytest.mark.parametrize("kind", ["openai", "google"])
def test_embeddings(sdk, node, mock, kind):
    """SPEC 3: the client asks for base64 unless told otherwise."""
    mock.always("ok", usage={"input": 17})
    request = {"model": f"{kind}/{kind}-model", "input": ["one", "two", "one"],
               "dimensions": 5}
    seen = sdk("openai", node, request, "embeddings", "/v1")
    assert seen["error"] is None and seen["ended"], seen
    first, second, third = seen["vectors"]
    assert first == third != second and len(first) == 5
    assert seen["usage"]["prompt_tokens"] == 17
    plain = sdk("openai", node, {**request, "encoding_format": "float"},
                "embeddings", "/v1")
    assert plain["vectors"][0] == pytest.approx(first, rel=1e-6)
