"""How a breaker comes back (actors/policies/breaker.hpp, ramp.hpp): waits that
grow, a slow start, probes that are lost, and results that come too late."""
import contextlib

import pytest

from harness import setups, wire
from harness.parallel import Background, together
from harness.supervised import FAIL, FULL, one, refused_open, statuses
from harness.waiting import eventually


def answered(node, *expected):
    """Asks until it is let through, which it then is as expected."""
    def let_through():
        reply = node.chat(setups.chat())
        return reply if reply.status != 503 else None

    reply = eventually(let_through, 10, "a call being let through")
    assert reply.status in expected, reply


def probed(node, mock, times):
    """So many probes fail; when the mock saw them, the first failure too."""
    mock.always(**FAIL)
    for _ in range(1 + times):
        answered(node, 502)
    return [seen["arrived"] for seen in mock.requests()]


# --- the waits --------------------------------------------------------------

WAITS = {"failures": 1, "open_for": "300ms", "open_for_max": "1s",
         "jitter": False}


def test_the_wait_doubles_from_the_second_failed_probe_on(start, mock):
    """W(n) = min(open_for * 2^max(0, n-2), open_for_max)."""
    node = start(one(mock, breaker=WAITS))
    arrived = probed(node, mock, 4)
    gaps = [after - before for before, after in zip(arrived, arrived[1:])]
    for gap, least in zip(gaps, (0.3, 0.3, 0.6, 1.0)):
        assert gap >= least - 0.01, gaps


def test_retry_after_says_the_longer_wait_until_a_close(start, mock):
    """A client that waits that long meets a probe, not a refusal."""
    node = start(one(mock, breaker={**WAITS, "open_for": "900ms",
                                    "open_for_max": "1m"}))

    def told_after_a_failure():
        mock.always(**FAIL)
        answered(node, 502)
        reply = node.chat(setups.chat())
        refused_open(reply)
        told = int(reply.header("Retry-After"))
        assert reply.json()["error"]["retry_after"] == told
        return told

    assert [told_after_a_failure() for _ in range(4)] == [1, 1, 2, 4]
    node.set_breaker("a", "disabled")
    node.set_breaker("a", "auto")
    assert node.breaker("a") == "closed"
    assert told_after_a_failure() == 1


def test_every_failed_probe_is_counted(start, mock):
    node = start(one(mock, breaker={**WAITS, "open_for_max": "300ms"}))
    probed(node, mock, 3)
    scrape = node.metrics()
    for change, times in ((("closed", "open"), 1), (("open", "half_open"), 3),
                          (("half_open", "open"), 3)):
        assert scrape.value("circuit_breaker_transitions_total", service="a",
                            **{"from": change[0], "to": change[1]}) == times


# --- the slow start ---------------------------------------------------------

def limit(node):
    return node.metrics().value("bulkhead_limit", service="a")


def closed_again(start, mock, ramp_up):
    """A node with eight places whose breaker has just closed."""
    node = start(one(mock, breaker={"failures": 1, "open_for": "200ms",
                                    "ramp_up": ramp_up},
                     bulkhead={"concurrency": 8, "queue": 0}))
    assert limit(node) == 8
    mock.script(FAIL)
    statuses(node, 1)
    answered(node, 200)
    eventually(lambda: node.breaker("a") == "closed", 1)
    return node


def test_after_a_close_a_quarter_of_the_places_is_open(start, mock):
    """What has just come back is not met with all the load at once."""
    node = closed_again(start, mock, "5m")
    assert limit(node) == 2
    assert node.dependency("a")["bulkhead"]["limit"] == 2
    mock.always("ok", delay_ms=400)
    replies = together(8, lambda _: node.chat(setups.chat()))
    assert sorted(reply.status for reply in replies) == [200] * 2 + [503] * 6
    assert {reply.code for reply in replies if reply.status == 503} == {FULL}
    assert mock.stats()["peak"] == 2


def test_the_places_open_one_by_one_until_all_are(start, mock):
    """The limit rises without calls, and never falls."""
    node = closed_again(start, mock, "2s")
    seen = [limit(node)]

    def all_open():
        seen.append(limit(node))
        return seen[-1] == 8

    eventually(all_open, 10, "all places being open")
    assert seen == sorted(seen), seen
    assert seen[0] < 8 and len(set(seen)) > 3, seen
    mock.always("ok", delay_ms=400)
    replies = together(8, lambda _: node.chat(setups.chat()))
    assert [reply.status for reply in replies] == [200] * 8


def test_without_a_ramp_all_places_open_at_once(start, mock):
    node = closed_again(start, mock, "0ms")
    assert limit(node) == 8
    mock.always("ok", delay_ms=400)
    replies = together(8, lambda _: node.chat(setups.chat()))
    assert [reply.status for reply in replies] == [200] * 8


def test_another_outage_starts_the_ramp_again(start, mock):
    node = closed_again(start, mock, "2s")
    eventually(lambda: limit(node) == 8, 10)
    mock.script(FAIL)
    statuses(node, 1)
    answered(node, 200)
    eventually(lambda: node.breaker("a") == "closed", 1)
    assert limit(node) < 8


# --- probes -----------------------------------------------------------------

def begun(node, mock, **more):
    """A call that has reached the mock, under way."""
    before = mock.calls

    def let_through():
        call = Background(lambda: node.chat(setups.chat(**more), within=20))
        eventually(lambda: mock.calls > before or call.done(), 5)
        return call if mock.calls > before else None

    return eventually(let_through, 10, "a call being let through")


def failing(mock, *then, **breaker):
    """One failure opens it; what the mock does then, and the config."""
    mock.script(FAIL, *then)
    return one(mock, timeout="60s", breaker={
        "failures": 1, "open_for": "200ms", **breaker})


def test_a_probe_that_is_lost_gives_its_place_to_the_next(start, mock):
    """probe_lease: it cannot keep the breaker half-open for ever; and what
    comes of it after all does not count."""
    late = {**FAIL, "delay_ms": 3000}
    node = start(failing(mock, late, probe_lease="800ms"))
    statuses(node, 1)
    lost = begun(node, mock)
    refused_open(node.chat(setups.chat()))
    answered(node, 200)
    eventually(lambda: node.breaker("a") == "closed", 1)
    assert not lost.done()
    assert lost.result(20).status == 502
    assert node.breaker("a") == "closed"
    assert statuses(node, 2) == [200] * 2
    assert node.metrics().value(
        "circuit_breaker_transitions_total", service="a",
        **{"from": "half_open", "to": "closed"}) == 1


def test_a_probe_keeps_its_place_as_long_as_its_lease(start, mock):
    node = start(failing(mock, {"do": "ok", "delay_ms": 1500}))
    statuses(node, 1)
    slow = begun(node, mock)
    for _ in range(5):
        refused_open(node.chat(setups.chat()))
    assert node.breaker("a") == "half_open"
    assert slow.result().status == 200
    assert mock.calls == 2
    eventually(lambda: node.breaker("a") == "closed", 1)


@pytest.mark.xfail(strict=True, reason="a success that outlasts its lease "
                   "is thrown away, so it never closes")
def test_calls_longer_than_the_lease_close_it_as_well(start, mock):
    """A dependency that answers all it is asked is not down."""
    node = start(failing(mock, probe_lease="300ms"))
    statuses(node, 1)
    mock.always("ok", delay_ms=600)
    for _ in range(3):
        answered(node, 200)
    assert node.breaker("a") == "closed"


def test_a_probe_whose_client_leaves_says_nothing(start, mock):
    """SPEC 4: cancellation is no failure: the next call is the probe."""
    node = start(failing(mock, "hang"))
    statuses(node, 1)
    calls = mock.calls

    def left():
        with node.client(within=0.5) as client:
            client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                           setups.chat()))
            with contextlib.suppress(TimeoutError):
                client.more()  # a refusal
            client.reset()
        return mock.calls > calls

    eventually(left, 5, "a probe being sent")
    eventually(lambda: mock.stats()["cancelled"] == 1, 2)
    answered(node, 200)
    assert node.metrics().value(
        "circuit_breaker_transitions_total", service="a",
        **{"from": "half_open", "to": "open"}) == 0


def test_as_many_probes_as_are_allowed_at_a_time(start, mock):
    """SPEC 4: exactly half_open_probes calls pass at a time."""
    slow = {"do": "ok", "delay_ms": 2000}
    node = start(failing(mock, slow, slow, half_open_probes=2))
    statuses(node, 1)
    probes = [begun(node, mock) for _ in range(2)]
    for _ in range(5):
        refused_open(node.chat(setups.chat()))
    assert mock.stats()["concurrent"] == 2
    assert node.breaker("a") == "half_open"
    assert [probe.result().status for probe in probes] == [200] * 2
    assert mock.calls == 3


def test_a_stream_that_has_begun_is_a_good_probe(start, mock):
    """It may last for minutes: a probe has seen enough."""
    node = start(failing(mock, {"do": "gap", "after": 3, "ms": 1500}))
    statuses(node, 1)
    stream = begun(node, mock, stream=True)
    eventually(lambda: node.breaker("a") == "closed", 5)
    assert statuses(node, 3) == [200] * 3
    assert not stream.done(), "it closed only with the stream's end"
    assert stream.result().status == 200


# --- results that come too late ---------------------------------------------

def slowly(**plan):
    """For the call whose text is `slow`."""
    return {**plan, "delay_ms": 2000, "match": {"body": "slow"}}


def slow_call(node, mock):
    return begun(node, mock, messages=[{"role": "user", "content": "slow"}])


def test_a_success_from_before_does_not_close_it(start, mock):
    mock.script(slowly(do="ok"), default=FAIL)
    node = start(one(mock, breaker={"failures": 1, "open_for": "60s"}))
    slow = slow_call(node, mock)
    statuses(node, 1)
    eventually(lambda: node.breaker("a") == "open", 1)
    assert slow.result().status == 200
    refused_open(node.chat(setups.chat()))
    assert node.breaker("a") == "open"


def test_a_failure_from_before_does_not_open_it_again(start, mock):
    mock.script(slowly(**FAIL), FAIL)
    node = start(one(mock, breaker={"failures": 1, "open_for": "200ms"}))
    slow = slow_call(node, mock)
    statuses(node, 1)
    answered(node, 200)
    eventually(lambda: node.breaker("a") == "closed", 1)
    assert not slow.done()
    assert slow.result().status == 502
    assert node.breaker("a") == "closed"
    assert statuses(node, 1) == [200]


def test_a_failure_from_before_does_not_judge_a_probe(start, mock):
    mock.script(slowly(**FAIL), FAIL, {"do": "ok", "delay_ms": 4000})
    node = start(one(mock, breaker={"failures": 1, "open_for": "200ms"}))
    slow = slow_call(node, mock)
    statuses(node, 1)
    probe = begun(node, mock)
    assert slow.result().status == 502
    assert node.breaker("a") == "half_open"
    assert probe.result().status == 200
    eventually(lambda: node.breaker("a") == "closed", 1)
