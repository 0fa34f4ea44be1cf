"""Streams that die in their middle and may not go on (SPEC section 4): they
end with an error, never as if they were complete. Those that go on:
test_stream_failover.py."""
import pytest

from harness import setups, wire
from harness.streams import PREFACE, Chunks, Messages
from harness.toml import merged
from harness.waiting import Stopwatch, eventually

KINDS = list(PREFACE)
WORDS = ["One ", "two ", "three"]
CALLS = [{"name": "weather", "arguments": {"city": "Kiel"}},
         {"name": "weather", "arguments": {"city": "Rome"}}]
# Events until half of the first call's arguments; Google's wire has no halves:
# until all of it.
HALF_A_CALL = {"openai": 3, "anthropic": 5, "google": 1}

kinds = pytest.mark.parametrize("kind", KINDS)


def chain(mock, other, kind="openai", **more):
    """`a` on the first mock, then `b`, an openai, on the second."""
    return merged(setups.config(a=setups.dependency(mock, kind),
                                b=setups.dependency(other)), more)


def cut(kind="openai", **more):
    return {"do": "cut", "after": PREFACE[kind] + 2, "chunks": WORDS, **more}


def stream(node, headers=None, **more):
    reply = node.chat(setups.chat(stream=True, **more), headers)
    assert reply.status == 200, reply
    return Chunks(reply.events())


def ended(node, delta, service):
    """It is counted as what it is."""
    assert delta("stream_failovers_total", service=service,
                 result="ended") == 1
    assert node.dependency(service)["bulkhead"]["active"] == 0


# --- what may not go on -----------------------------------------------------

@kinds
def test_a_half_sent_tool_call_is_not_continued(start, mock, other, kind):
    """Nobody else can say the other half of its arguments."""
    node = start(chain(mock, other, kind))
    mock.always("cut", after=HALF_A_CALL[kind], tool_calls=CALLS)
    seen = stream(node, tools=[setups.WEATHER]).broken()
    assert seen.errors[0]["code"] == "external.llm.error"
    assert (mock.calls, other.calls) == (1, 0)


@kinds
def test_a_half_sent_tool_call_after_words_is_not_either(
        start, mock, other, kind):
    node = start(chain(mock, other, kind))
    more = {"openai": 2, "anthropic": 4, "google": 1}  # of the call
    mock.always("cut", after=PREFACE[kind] + len(WORDS) + more[kind],
                chunks=WORDS, tool_calls=CALLS)
    seen = stream(node, tools=[setups.WEATHER]).broken()
    assert seen.text == "".join(WORDS)
    assert other.calls == 0


def test_what_nobody_can_take_up_is_booked_where_it_broke_off(
        start, mock, other):
    node = start(chain(mock, other))
    delta = node.delta()
    mock.always("cut", after=HALF_A_CALL["openai"], tool_calls=CALLS)
    seen = stream(node, tools=[setups.WEATHER]).broken()
    assert seen.errors[0]["metadata"]["dependency"] == "a"
    assert delta("llm_requests_total", provider="b") == 0
    ended(node, delta, "a")


def test_words_go_on_though_tools_were_offered(start, mock, other):
    """Offered is not called."""
    node = start(chain(mock, other))
    mock.always(**cut())
    other.always("ok", tool_calls=CALLS)
    seen = stream(node, tools=[setups.WEATHER]).complete()
    assert seen.text == "One two " and seen.finishes == ["tool_calls"]


@pytest.mark.parametrize("asked", [
    {"response_format": {"type": "json_object"}}, {"n": 2}],
    ids=["JSON", "two choices"])
def test_an_answer_that_cannot_be_joined_ends(start, mock, other, asked):
    """continuation.hpp: a model that is held to JSON begins a new document;
    nobody knows which of two choices goes on."""
    node = start(chain(mock, other))
    mock.always(**cut())
    assert stream(node, **asked).broken().text == "One two "
    assert other.calls == 0


def test_what_the_provider_refuses_in_the_middle_ends(start, mock, other):
    """chain_rules.hpp: the request's own fault is the same elsewhere."""
    node = start(chain(mock, other))
    delta = node.delta()
    mock.always("error_event", status=400, after=3, chunks=WORDS)
    seen = stream(node).broken()
    assert seen.errors[0]["code"] == "external.llm.refused"
    assert other.calls == 0
    ended(node, delta, "a")


def test_a_stream_too_long_to_be_kept_ends(start, mock, other):
    """shared_reply.hpp: 2 MiB are kept."""
    node = start(chain(mock, other))
    delta = node.delta()
    long = ["x" * 100_000] * 22
    mock.always("cut", after=1 + 21, chunks=long)
    seen = stream(node).broken()
    assert len(seen.text) == 2_100_000
    assert other.calls == 0
    ended(node, delta, "a")


# --- nowhere to go ----------------------------------------------------------

@kinds
def test_without_another_provider_it_ends(start, mock, kind):
    """SPEC 4: never as if it were complete."""
    node = start(setups.config(a=setups.dependency(mock, kind)))
    delta = node.delta()
    mock.always(**cut(kind))
    seen = stream(node).broken()
    assert seen.text == "One two "
    assert seen.errors[0]["code"] == "external.llm.error"
    ended(node, delta, "a")


def test_when_the_last_one_dies_too_it_ends(start, mock, other):
    node = start(chain(mock, other))
    delta = node.delta()
    mock.always(**cut())
    other.always(**cut(chunks=["and ", "so ", "on"]))
    seen = stream(node).broken()
    assert seen.text == "One two and so "
    assert delta("stream_failovers_total", service="a",
                 result="moved_on") == 1
    ended(node, delta, "b")
    assert delta("errors_total", code="external.llm.error") == 1


@pytest.mark.parametrize("plan", [
    {"do": "status", "status": 500}, {"do": "reset"}, {"do": "html"}],
    ids=["500", "reset", "html"])
def test_when_the_last_one_says_nothing_it_ends(start, mock, other, plan):
    node = start(chain(mock, other))
    mock.always(**cut())
    other.always(**plan)
    seen = stream(node).broken()
    assert seen.text == "One two "
    assert other.calls == 1


def test_when_the_last_one_is_open_it_ends(start, mock, other):
    node = start(chain(mock, other))
    node.set_breaker("b", "forced_open")
    mock.always(**cut())
    seen = stream(node).broken()
    assert seen.errors[0]["code"] == "resilience.circuit_breaker_open"
    assert other.calls == 0


def test_where_it_is_switched_off_it_ends(start, mock, other):
    """SPEC 4: stream_failover = true is the default, false an option."""
    node = start(chain(mock, other,
                       models={"chain": {"stream_failover": False}}))
    delta = node.delta()
    mock.always(**cut())
    assert stream(node).broken().text == "One two "
    assert other.calls == 0
    ended(node, delta, "a")


def test_switched_off_it_still_fails_over_unseen(start, mock, other):
    """SPEC 4: before the first token there is nothing to go on from."""
    node = start(chain(mock, other,
                       models={"chain": {"stream_failover": False}}))
    mock.always("cut", after=0)
    assert not stream(node).complete().marks
    assert (mock.calls, other.calls) == (1, 1)


def test_a_reload_switches_it_off(start, mock, other):
    """SPEC 2: a reload takes effect."""
    node = start(chain(mock, other))
    mock.always(**cut())
    assert stream(node).complete().marks
    node.rewrite({"models": {"chain": {"stream_failover": False}}})
    assert node.admin("/admin/reload").status == 200
    assert stream(node).broken().text == "One two "


# --- no time, no client -----------------------------------------------------

def test_the_deadline_holds_for_both_parts(start, mock, other):
    """SPEC 4: each request has one deadline."""
    node = start(chain(mock, other))
    mock.always(**cut())
    other.always("hang")
    watch = Stopwatch()
    seen = stream(node, {"X-Request-Timeout-Ms": "500"}).broken()
    assert 0.45 <= watch.seconds < 1.0, watch.seconds
    assert seen.errors[0]["code"] == "resilience.timeout"
    eventually(lambda: other.stats()["cancelled"] == 1, 2)
    assert node.breaker("b") == "closed"


def test_a_client_that_leaves_meanwhile_cancels_the_second(
        start, mock, other):
    """SPEC 4: a client that goes away cancels its work upstream."""
    node = start(chain(mock, other))
    mock.always(**cut())
    other.always("hang")
    with node.client() as client:
        client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat(stream=True)))
        eventually(lambda: other.stats()["concurrent"] == 1)
        client.reset()
    eventually(lambda: other.stats()["cancelled"] == 1, 2)
    assert node.metrics().value("circuit_breaker_failures_total",
                                service="b") == 0


# --- the clients of another dialect -----------------------------------------

@kinds
def test_an_anthropic_client_hears_the_error(start, mock, kind):
    """SPEC 7: /v1/messages uses Anthropic's envelope."""
    node = start(setups.config(a=setups.dependency(mock, kind)))
    mock.always(**cut(kind))
    reply = node.ask("POST", "/v1/messages", setups.chat(
        stream=True, max_tokens=99))
    seen = Messages(reply.events()).broken()
    assert seen.text == "One two "
    assert seen.of("error")[0]["error"]["type"] == "api_error"
