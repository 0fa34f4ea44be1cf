"""A stream that dies in its middle goes on at the next provider (SPEC section
4, Streams), from each kind of provider to each, whatever breaks it off. What
does not go on, and why: test_stream_ends.py."""
import itertools

import pytest

from harness import setups
from harness.node import Node
from harness.parallel import Background, together
from harness.streams import PREFACE, Chunks, Messages, asked
from harness.waiting import eventually

KINDS = list(PREFACE)
PAIRS = list(itertools.product(KINDS, KINDS))
BEGUN, REST = ["One ", "tẅo "], ["\"three\"\n", "four."]
LOST = BEGUN + ["lost ", "words"]

# How a stream dies after two of its words, and what the breaker calls it.
FAULTS = {
    "cut": ({"do": "cut"}, {"framing", "eof"}),
    "reset": ({"do": "cut", "how": "rst", "grace_ms": 200},
              {"framing", "reset"}),
    "silence": ({"do": "gap"}, {"idle_timeout"}),
    "error event": ({"do": "error_event", "status": 500}, {"server_error"}),
    "overload event": ({"do": "error_event", "status": 529},
                       {"overloaded", "server_error"}),
    "garbage": ({"do": "garbage_event"}, {"decode"}),
}


@pytest.fixture(scope="module")
def node(session_mocks):
    """`openai-google` goes from an openai on the first mock to a google on
    the second, and so on."""
    dependencies = {
        f"{kind}{place}": setups.dependency(
            mock, kind, models=[f"{kind}-model{place}"],
            idle_timeout=("400ms", "5s")[place - 1])
        for kind in KINDS
        for place, mock in enumerate(session_mocks, 1)}
    models = {f"{first}-{second}": {"chain": [
        f"{first}1/{first}-model1", f"{second}2/{second}-model2"]}
        for first, second in PAIRS}
    with Node({"dependency": dependencies, "models": models}) as node:
        yield node


def dying(kind, how="cut"):
    plan, _ = FAULTS[how]
    return {**plan, "after": PREFACE[kind] + len(BEGUN), "chunks": LOST}


def script(mock, other, first, how="cut"):
    mock.always(**dying(first, how))
    other.always("ok", chunks=REST, usage={"input": 17, "output": 23})


def stream(node, first, second, **more):
    """The stream of the pair, and the names of its two dependencies."""
    reply = node.chat(setups.chat("hi", f"{first}-{second}", stream=True,
                                  **more))
    assert reply.status == 200, reply
    assert reply.header("Content-Type", "").startswith("text/event-stream")
    return Chunks(reply.events())


pairs = pytest.mark.parametrize(
    "first, second", PAIRS, ids=[f"{a} to {b}" for a, b in PAIRS])
firsts = pytest.mark.parametrize("first", KINDS)


# --- from each kind to each -------------------------------------------------

@pairs
def test_a_cut_stream_goes_on_and_stays_one(node, mock, other, first, second):
    """SPEC 4: the client's stream stays one well-formed stream, and the final
    event says that it is degraded."""
    script(mock, other, first)
    seen = stream(node, first, second).complete()
    assert seen.text == "".join(BEGUN + REST)
    assert seen.finishes == ["stop"]
    mark = {"degraded": "stream_failover", "provider": f"{second}2"}
    assert seen.marks == [mark] and seen.chunks[-1]["caisson"] == mark
    assert (mock.calls, other.calls) == (1, 1)


@pairs
def test_the_next_provider_is_shown_the_text_so_far(
        node, mock, other, first, second):
    """SPEC 4: it is given the text so far and asked to continue."""
    script(mock, other, first)
    stream(node, first, second)
    question, answer, wish = asked(second, other.last())
    assert question == ("user", "hi")
    assert answer == ("assistant", "".join(BEGUN))
    assert wish[0] == "user" and "cut off" in wish[1], wish


@pairs
def test_usage_that_was_asked_for_comes_once(
        node, mock, other, first, second):
    """continuation.hpp: the usage that is told is the next provider's."""
    script(mock, other, first)
    seen = stream(node, first, second,
                  stream_options={"include_usage": True}).complete()
    [usage] = seen.usages
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (17, 23)


@firsts
def test_a_stream_that_moved_on_is_counted(node, mock, other, first):
    """SPEC 4 and 10: request, effect, /metrics, /telemetry."""
    delta = node.delta()
    script(mock, other, first)
    stream(node, first, "openai")
    assert delta("stream_failovers_total") == 1
    assert delta("stream_failovers_total", service=f"{first}1",
                 result="moved_on") == 1
    assert delta("fallback_used_total", service=f"{first}1") == 1
    assert delta("circuit_breaker_failures_total", service=f"{first}1") == 1
    assert delta("circuit_breaker_failures_total", service="openai2") == 0
    eventually(lambda: delta("circuit_breaker_success_total",
                             service="openai2") == 1, 2)
    assert node.dependency(f"{first}1")["breaker"]["consecutive_failures"] > 0
    for name in (f"{first}1", "openai2"):
        assert node.dependency(name)["bulkhead"]["active"] == 0


# --- whatever breaks it off -------------------------------------------------

@pytest.mark.parametrize("how", FAULTS)
@firsts
def test_any_fault_in_the_middle_moves_it_on(node, mock, other, first, how):
    """SPEC 4: a stream that dies in mid-stream goes on."""
    delta = node.delta()
    script(mock, other, first, how)
    seen = stream(node, first, "openai").complete()
    assert seen.text == "".join(BEGUN + REST) and len(seen.marks) == 1
    assert sum(delta("circuit_breaker_failures_total", service=f"{first}1",
                     exception_type=kind) for kind in FAULTS[how][1]) == 1
    eventually(lambda: mock.stats()["concurrent"] == 0, 2,
               "the first provider's socket being closed")


@firsts
def test_wherever_its_bytes_stop_the_client_sees_one_stream(
        node, mock, other, first):
    """The same for every place in a reply: half of a head, half of an event,
    all but the end."""
    other.always("ok", chunks=REST)
    plan = {"chunks": BEGUN, "close": True}
    mock.always("ok", **plan)
    stream(node, first, "openai")
    whole = mock.requests()[0]["sent"]
    for at in range(1, whole, 29):
        before = other.calls
        mock.always("cut_bytes", after=at, **plan)
        seen = stream(node, first, "openai").complete()
        if other.calls == before:
            assert seen.text == "".join(BEGUN), f"cut after {at} bytes"
            continue
        turns = asked("openai", other.last())
        so_far = turns[1][1] if len(turns) > 1 else ""
        assert "".join(BEGUN).startswith(so_far), f"cut after {at} bytes"
        assert seen.text == so_far + "".join(REST), f"cut after {at} bytes"
        assert bool(seen.marks) == bool(so_far), f"cut after {at} bytes"


@pytest.mark.parametrize("first", ["openai", "anthropic"])
def test_what_lacks_only_its_end_is_ended_here(node, mock, other, first):
    """continuation.hpp: all was said but the end: nobody needs to be asked."""
    events = {"openai": 1 + len(BEGUN) + 1, "anthropic": 3 + len(BEGUN) + 2}
    mock.always("cut", how="rst", grace_ms=200, chunks=BEGUN,
                after=events[first])
    seen = stream(node, first, "openai").complete()
    assert seen.text == "".join(BEGUN)
    assert (mock.calls, other.calls) == (1, 0)


# --- the clients of another dialect -----------------------------------------

@pairs
def test_an_anthropic_client_sees_one_message(
        node, mock, other, first, second):
    """SPEC 3 and 4: POST /v1/messages: one message_start, one message_stop,
    blocks that open and close."""
    script(mock, other, first)
    reply = node.ask("POST", "/v1/messages", setups.chat(
        "hi", f"{first}-{second}", stream=True, max_tokens=99))
    assert reply.status == 200, reply
    seen = Messages(reply.events()).complete()
    assert seen.text == "".join(BEGUN + REST)
    [last] = seen.of("message_delta")
    assert last["delta"]["stop_reason"] == "end_turn"
    assert asked(second, other.last())[1] == ("assistant", "".join(BEGUN))


def test_an_anthropic_client_is_told_as_well(node, mock, other):
    """SPEC 4: X-Caisson-Degraded or the final event says so."""
    script(mock, other, "openai")
    reply = node.ask("POST", "/v1/messages", setups.chat(
        "hi", "openai-openai", stream=True, max_tokens=99))
    said = Messages(reply.events()).complete().said[-2:]
    assert any(data.get("caisson", {}).get("degraded") == "stream_failover"
               for _, data in said), said


# --- nothing else -----------------------------------------------------------

def test_streams_beside_it_stay_where_they_are(node, mock, other):
    """One stream's death is no other's, on the same dependency."""
    slow = {"do": "ok", "event_delay_ms": 60, "chunks": ["x"] * 12}
    mock.script(default=slow)
    beside = [Background(lambda: stream(node, "openai", "openai"))
              for _ in range(3)]
    eventually(lambda: mock.stats()["concurrent"] == 3)
    mock.always(**dying("openai"))
    other.always("ok", chunks=REST)
    assert stream(node, "openai", "openai").complete().marks
    for each in beside:
        seen = each.result().complete()
        assert seen.text == "x" * 12 and not seen.marks
    assert other.calls == 1


def test_many_streams_move_on_at_once(node, mock, other):
    """Each with its own words."""
    mock.always(**dying("openai"))
    other.always("ok", delay_ms=50, chunks=REST)
    for seen in together(12, lambda _: stream(node, "openai", "anthropic")):
        assert seen.complete().text == "".join(BEGUN + REST)
    assert (mock.calls, other.calls) == (12, 12)


def test_a_stream_that_lives_is_left_alone(node, mock, other):
    delta = node.delta()
    mock.always("ok", chunks=BEGUN)
    seen = stream(node, "openai", "openai").complete()
    assert seen.text == "".join(BEGUN) and not seen.marks
    assert other.calls == 0 and delta("stream_failovers_total") == 0


# --- along the whole chain --------------------------------------------------

@pytest.fixture
def three(start, mock, other):
    """`chain` goes from `a` to `b` to `c`; `b` and `c` are one upstream."""
    return start(setups.config(
        a=setups.dependency(mock, models=["ma"]),
        b=setups.dependency(other, "anthropic", ["mb"]),
        c=setups.dependency(other, "google", ["mc"])))


def test_a_stream_may_die_twice(three, mock, other):
    """SPEC 4: at the next provider in the chain, as long as there is one."""
    mock.always(**dying("openai"))
    other.script({**dying("anthropic"), "chunks": ["and ", "so ", "on"],
                  "match": {"model": "mb"}},
                 default={"do": "ok", "chunks": REST})
    reply = three.chat(setups.chat(stream=True))
    seen = Chunks(reply.events()).complete()
    assert seen.text == "".join(BEGUN) + "and so " + "".join(REST)
    assert [mark["provider"] for mark in seen.marks] == ["c"]
    assert asked("google", other.last())[1][1] == "".join(BEGUN) + "and so "
    for service in ("a", "b"):
        assert three.metrics().value("stream_failovers_total",
                                     service=service, result="moved_on") == 1


@pytest.mark.parametrize("plan", [
    {"do": "status", "status": 500}, {"do": "status", "status": 401},
    {"do": "reset"}, {"do": "cut", "after": 0}, {"do": "html"}],
    ids=["500", "401", "reset", "only a head", "html"])
def test_a_next_provider_without_a_word_is_passed_over(
        three, mock, other, plan):
    """SPEC 4: a stream that dies before its first token is failed over
    unseen; so is the rest of one."""
    mock.always(**dying("openai"))
    other.script({**plan, "match": {"model": "mb"}},
                 default={"do": "ok", "chunks": REST})
    seen = Chunks(three.chat(setups.chat(stream=True)).events()).complete()
    assert seen.text == "".join(BEGUN + REST)
    assert [mark["provider"] for mark in seen.marks] == ["c"]


@firsts
def test_the_simulated_provider_goes_on_as_well(start, mock, first):
    """The last resort of a chain; it says that it is one."""
    node = start(setups.config(
        a=setups.dependency(mock, first),
        b={"kind": "simulated", "models": ["pretend"]}))
    mock.always(**dying(first))
    seen = Chunks(node.chat(setups.chat(stream=True)).events()).complete()
    assert seen.text.startswith("".join(BEGUN))
    assert "simulated" in seen.text[len("".join(BEGUN)):]
    assert [mark["provider"] for mark in seen.marks] == ["b"]


def test_an_open_breaker_is_passed_over_in_mid_stream(three, mock, other):
    """An open breaker of one never blocks another."""
    three.set_breaker("b", "forced_open")
    mock.always(**dying("openai"))
    other.always("ok", chunks=REST)
    seen = Chunks(three.chat(setups.chat(stream=True)).events()).complete()
    assert [mark["provider"] for mark in seen.marks] == ["c"]
    assert other.calls == 1
