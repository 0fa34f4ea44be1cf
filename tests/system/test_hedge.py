"""Hedges (config/caisson.toml, hedge_after): when the first target has sent
nothing by then, the next is asked beside it, and the first answer wins."""
import math

import pytest

from harness import node as nodes
from harness import setups, toml, wire
from harness.parallel import together
from harness.streams import Chunks
from harness.supervised import FAIL, two
from harness.toml import merged
from harness.waiting import Stopwatch, eventually

TEXT = "Hello from openai."
both = pytest.mark.parametrize("stream", [False, True],
                               ids=["whole", "stream"])


def hedged(mock, other, after="100ms", first=None, second=None, **more):
    """A chain of `a`, then `b`, hedged after that time."""
    return merged(two(mock, other, first, second),
                  {"models": {"chain": {"hedge_after": after}}, **more})


def answered(reply, by):
    """The whole answer, from that target."""
    assert reply.status == 200, reply
    assert reply.header("X-Caisson-Provider") == by, reply.raw_head
    if reply.header("Content-Type").startswith("text/event-stream"):
        assert Chunks(reply.events()).complete().text == TEXT
    else:
        assert reply.json()["choices"][0]["message"]["content"] == TEXT


def results(delta):
    return {how: delta("hedged_requests_total", service="b", result=how)
            for how in ("started", "won", "lost", "over_budget")}


def race(started=0, won=0, lost=0, over_budget=0):
    return {"started": started, "won": won, "lost": lost,
            "over_budget": over_budget}


def untouched(node, delta, name):
    """Nothing was held against it, and it holds nothing."""
    shown = node.dependency(name)
    assert shown["breaker"]["state"] == "closed"
    assert shown["breaker"]["consecutive_failures"] == 0
    assert shown["bulkhead"]["active"] == 0
    assert delta("circuit_breaker_failures_total", service=name) == 0
    assert delta("timeout_violations_total", service=name) == 0


# --- the race ---------------------------------------------------------------

@both
def test_the_second_answers_for_a_slow_first(start, mock, other, stream):
    node = start(hedged(mock, other, first={"breaker": {"failures": 1}}))
    delta = node.delta()
    mock.always("hang")
    watch = Stopwatch()
    answered(node.chat(setups.chat(stream=stream)), "b")
    assert 0.1 <= watch.seconds < 1.0, watch.seconds
    assert (mock.calls, other.calls) == (1, 1)
    assert results(delta) == race(started=1, won=1)


@both
def test_the_first_is_cancelled_when_the_second_wins(
        start, mock, other, stream):
    """Its connection is closed; that is no failure of it."""
    node = start(hedged(mock, other, first={"breaker": {"failures": 1}}))
    delta = node.delta()
    mock.always("hang")
    answered(node.chat(setups.chat(stream=stream)), "b")
    eventually(lambda: mock.stats()["cancelled"] == 1, 2,
               "the first connection being closed")
    eventually(lambda: delta("dependency_cancellations_total",
                             service="a") == 1, 2)
    untouched(node, delta, "a")
    assert other.stats()["cancelled"] == 0


@both
def test_the_second_is_cancelled_when_the_first_wins(
        start, mock, other, stream):
    node = start(hedged(mock, other, second={"breaker": {"failures": 1}}))
    delta = node.delta()
    mock.always("ok", delay_ms=600)
    other.always("hang")
    answered(node.chat(setups.chat(stream=stream)), "a")
    eventually(lambda: other.stats()["cancelled"] == 1, 2,
               "the second connection being closed")
    assert results(delta) == race(started=1, lost=1)
    eventually(lambda: delta("dependency_cancellations_total",
                             service="b") == 1, 2)
    untouched(node, delta, "b")


@both
def test_a_first_in_time_is_alone(start, mock, other, stream):
    node = start(hedged(mock, other, "5s"))
    delta = node.delta()
    mock.always("ok", delay_ms=50)
    answered(node.chat(setups.chat(stream=stream)), "a")
    assert other.calls == 0 and results(delta) == race()


def test_a_stream_that_has_begun_is_not_hedged(start, mock, other):
    """Its first word is its answer, however slow the rest."""
    node = start(hedged(mock, other))
    delta = node.delta()
    mock.always("gap", after=2, ms=500)
    answered(node.chat(setups.chat(stream=True)), "a")
    assert other.calls == 0 and results(delta) == race()


def test_who_waits_for_a_place_is_hedged_too(start, mock, other):
    """Then nobody waits there any more."""
    node = start(hedged(mock, other, first={
        "bulkhead": {"concurrency": 1, "queue": 10, "queue_timeout": "9s"}}))
    delta = node.delta()
    mock.always("ok", delay_ms=2000)
    with node.client() as holder:
        holder.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat(model="a/m")))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        answered(node.chat(setups.chat()), "b")
        assert results(delta) == race(started=1, won=1)
        eventually(lambda: node.dependency("a")["bulkhead"]["queue"] == 0, 1)
        assert holder.read().status == 200
    assert mock.calls == 1


def test_without_hedge_after_nothing_is_hedged(start, mock, other):
    node = start(two(mock, other))
    mock.always("ok", delay_ms=600)
    answered(node.chat(setups.chat()), "a")
    assert other.calls == 0


def test_a_stream_that_won_may_still_move_on(start, mock, other):
    """The winner is cut in its middle: the next of the chain goes on, and
    the loser of the race stays out of it."""
    node = start(merged(
        hedged(mock, other),
        {"dependency": {"c": setups.dependency(other, models=["mc"])},
         "models": {"chain": {"chain": ["a/m", "b/m", "c/mc"]}}}))
    delta = node.delta()
    mock.always("hang")
    other.script({"do": "cut", "after": 2, "chunks": ["Hello ", "lost"],
                  "match": {"model": "m"}},
                 default={"do": "ok", "chunks": ["from ", "openai."]})
    seen = Chunks(node.chat(setups.chat(stream=True)).events()).complete()
    assert seen.text == TEXT
    assert [mark["provider"] for mark in seen.marks] == ["c"]
    assert mock.calls == 1 and results(delta) == race(started=1, won=1)


# --- when one of the two fails ----------------------------------------------

@both
def test_the_first_answers_though_its_hedge_failed(
        start, mock, other, stream):
    node = start(hedged(mock, other))
    delta = node.delta()
    mock.always("ok", delay_ms=500)
    other.always(**FAIL)
    answered(node.chat(setups.chat(stream=stream)), "a")
    assert other.calls == 1 and results(delta) == race(started=1)


@both
def test_the_hedge_answers_though_the_first_failed(
        start, mock, other, stream):
    node = start(hedged(mock, other))
    delta = node.delta()
    mock.always("reset", delay_ms=300)
    other.always("ok", delay_ms=600)
    answered(node.chat(setups.chat(stream=stream)), "b")
    assert (mock.calls, other.calls) == (1, 1), "it was asked once more"
    assert results(delta) == race(started=1)


def test_when_both_fail_the_client_hears_it_once(start, mock, other):
    node = start(hedged(mock, other))
    delta = node.delta()
    mock.always("reset", delay_ms=400)
    other.always(**FAIL)
    reply = node.chat(setups.chat())
    assert (reply.status, reply.code) == (502, "external.llm.error")
    assert (mock.calls, other.calls) == (1, 1)
    assert delta("errors_total") == 1 and results(delta) == race(started=1)


def test_a_client_that_leaves_cancels_both(start, mock, other):
    """SPEC 4: a client that goes away cancels its work upstream."""
    node = start(hedged(mock, other))
    delta = node.delta()
    mock.always("hang")
    other.always("hang")
    with node.client() as client:
        client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat()))
        eventually(lambda: other.stats()["concurrent"] == 1)
        client.reset()
    for one, name in ((mock, "a"), (other, "b")):
        eventually(lambda: one.stats()["cancelled"] == 1, 2)
        untouched(node, delta, name)


def test_the_deadline_cancels_both(start, mock, other):
    """SPEC 4: each request has one deadline."""
    node = start(hedged(mock, other))
    mock.always("hang")
    other.always("hang")
    reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "500"})
    assert (reply.status, reply.code) == (504, "resilience.timeout")
    for one in (mock, other):
        eventually(lambda: one.stats()["cancelled"] == 1, 2)


# --- where there is no room for one -----------------------------------------

def test_a_hedge_never_waits_for_a_place(start, mock, other):
    """It would only add to the load."""
    node = start(hedged(mock, other, second={
        "bulkhead": {"concurrency": 1, "queue": 10, "queue_timeout": "9s"}}))
    delta = node.delta()
    mock.always("ok", delay_ms=600)
    other.always("hang")
    with node.client() as holder:
        holder.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat(model="b/m")))
        eventually(lambda: other.stats()["concurrent"] == 1)
        answered(node.chat(setups.chat()), "a")
        assert other.calls == 1 and results(delta) == race()
        assert node.dependency("b")["bulkhead"]["queue"] == 0


def test_an_open_breaker_is_not_asked_to_hedge(start, mock, other):
    node = start(hedged(mock, other))
    node.set_breaker("b", "forced_open")
    delta = node.delta()
    mock.always("ok", delay_ms=400)
    answered(node.chat(setups.chat()), "a")
    assert other.calls == 0 and results(delta) == race()


def test_the_budget_bounds_the_hedges(start, mock, other):
    """A tenth of the calls is hedged, but three a second always may be: a
    first target that hangs does not double the load on the second."""
    places = {"bulkhead": {"concurrency": 200}}
    node = start(hedged(mock, other, "300ms", places, places,
                        node={"io_threads": 1}))
    delta = node.delta()
    mock.always("hang")
    headers = {"X-Request-Timeout-Ms": "3000"}
    replies = together(100, lambda _: node.chat(setups.chat(), headers))
    arrived = [seen["arrived"] for seen in mock.requests()]
    assert len(arrived) == 100
    # The hedges fell due as the calls had come; each second that they touch
    # has three of its own.
    seconds = math.ceil(max(arrived) - min(arrived)) + 1
    seen = results(delta)
    assert 3 <= seen["started"] <= 10 + 3 * seconds, seen
    assert seen["started"] + seen["over_budget"] == 100
    assert seen["won"] == seen["started"] == other.calls
    good = sum(reply.status == 200 for reply in replies)
    assert good == other.calls
    assert all(reply.status in (200, 504) for reply in replies)


# --- p95 --------------------------------------------------------------------

def test_p95_hedges_what_takes_longer_than_usual(start, mock, other):
    """The time to a first byte that 95 in 100 of the recent calls took."""
    node = start(hedged(mock, other, "p95"))
    delta = node.delta()
    mock.always("ok", delay_ms=30)
    for _ in range(50):  # it is told anew every 250 ms
        node.chat(setups.chat(model="a/m"))
    assert other.calls == 0
    mock.always("hang")
    watch = Stopwatch()
    reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "4000"})
    answered(reply, "b")
    assert watch.seconds >= 0.03, "sooner than is usual"
    assert results(delta) == race(started=1, won=1)


def test_p95_of_too_few_calls_hedges_nothing(start, mock, other):
    """Fewer than twenty have no 95th percentile to speak of."""
    node = start(hedged(mock, other, "p95"))
    delta = node.delta()
    for _ in range(5):
        node.chat(setups.chat())
    mock.always("ok", delay_ms=800)
    answered(node.chat(setups.chat()), "a")
    assert other.calls == 0 and results(delta) == race()


# --- config -----------------------------------------------------------------

def checked(tmp_path, mock, other, after):
    file = tmp_path / "caisson.toml"
    file.write_text(toml.dumps(hedged(mock, other, after)))
    return file, nodes.run("check-config", "--config", file)


@pytest.mark.parametrize("after", ["1ms", "800ms", "p95", "5m"])
def test_a_time_or_p95_may_be_said(tmp_path, mock, other, after):
    _, done = checked(tmp_path, mock, other, after)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("after", ["p99", "P95", "soon", "0ms", "-1s", "",
                                   "0.5s", "95"])
def test_nonsense_is_said_with_its_place(tmp_path, mock, other, after):
    """SPEC 2: FILE:LINE:COLUMN: what is wrong, what was expected; exit 78."""
    file, done = checked(tmp_path, mock, other, after)
    assert done.returncode == 78, done.stderr
    lines = file.read_text().split("\n")
    line, text = next((number, text) for number, text in enumerate(lines, 1)
                      if text.startswith("hedge_after"))
    place = f"{file}:{line}:{text.index('=') + 3}: "
    assert place in done.stderr, (place, done.stderr)
    assert "hedge_after" in done.stderr and '"p95"' in done.stderr


@pytest.mark.parametrize("after", [100, True, ["1s"]])
def test_another_type_is_said_with_its_place(tmp_path, mock, other, after):
    _, done = checked(tmp_path, mock, other, after)
    assert done.returncode == 78 and "hedge_after" in done.stderr, done.stderr
