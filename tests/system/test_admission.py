"""Who would wait in vain for a place is refused at once (config/caisson.toml,
queue_timeout): as far as the recent calls tell, longer than the queue allows
or than their own deadline."""
import contextlib

from harness import setups, wire
from harness.supervised import FULL, one, two
from harness.waiting import Stopwatch, eventually


def paced(mock, node, ms=500):
    """The node knows that a call takes so long."""
    mock.always("ok", delay_ms=ms)
    assert node.chat(setups.chat(model="a/m")).status == 200


@contextlib.contextmanager
def crowd(node, waiting):
    """One call in flight and so many behind it."""
    with contextlib.ExitStack() as stack:
        for _ in range(1 + waiting):
            client = stack.enter_context(node.client(within=20))
            client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                           setups.chat(model="a/m")))
            stack.callback(client.read)
        eventually(lambda: node.dependency("a")["bulkhead"]["queue"]
                   == waiting, 5)
        yield


def places(queue_timeout="20s", **more):
    return {"bulkhead": {"concurrency": 1, "queue": 10,
                         "queue_timeout": queue_timeout, **more}}


def refused_as_too_late(reply, delta):
    assert (reply.status, reply.code) == (503, FULL), reply
    assert int(reply.header("Retry-After")) >= 1
    assert delta("bulkhead_rejections_total", service="a",
                 reason="too_late") == 1
    assert delta("bulkhead_rejections_total", service="a") == 1


def test_a_deadline_too_short_for_the_wait_is_refused_at_once(start, mock):
    """It is told now what its deadline would tell it later."""
    node = start(one(mock, **places()))
    paced(mock, node)
    delta = node.delta()
    calls = mock.calls
    with crowd(node, waiting=3):
        watch = Stopwatch()
        reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "1000"})
        assert watch.seconds < 0.9, "it waited for its deadline"
        refused_as_too_late(reply, delta)
    assert mock.calls == calls + 4, "it was called all the same"


def test_a_deadline_that_allows_for_the_wait_is_admitted(start, mock):
    node = start(one(mock, **places()))
    paced(mock, node)
    delta = node.delta()
    with crowd(node, waiting=2):
        reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "15000"},
                          within=20)
    assert reply.status == 200, reply
    assert delta("bulkhead_rejections_total", service="a") == 0


def test_a_wait_longer_than_the_queue_allows_is_refused_at_once(start, mock):
    node = start(one(mock, **places(queue_timeout="1400ms")))
    paced(mock, node, 1000)
    delta = node.delta()
    with crowd(node, waiting=2):
        watch = Stopwatch()
        reply = node.chat(setups.chat())
        assert watch.seconds < 1.3, "it waited for the queue's time limit"
        refused_as_too_late(reply, delta)


def test_before_anything_is_known_it_waits(start, mock):
    """Of a dependency that was never called, nothing tells."""
    node = start(one(mock, **places()))
    delta = node.delta()
    mock.always("ok", delay_ms=700)
    with crowd(node, waiting=1):
        reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "600"})
    assert (reply.status, reply.code) == (504, "resilience.timeout")
    assert delta("bulkhead_rejections_total", service="a",
                 reason="too_late") == 0


def test_a_free_place_is_given_whatever_is_left(start, mock):
    """Only waiting is judged: an attempt has min(own, what remains)."""
    node = start(one(mock, **places()))
    paced(mock, node, 1500)
    mock.always("ok")
    reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "600"})
    assert reply.status == 200, reply


def test_more_places_make_the_wait_shorter(start, mock):
    """What waits is shared by all places."""
    node = start(one(mock, **places(concurrency=4)))
    paced(mock, node)
    delta = node.delta()
    with crowd(node, waiting=0), crowd(node, 0), crowd(node, 0), \
            crowd(node, 2):
        reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "5000"})
        assert reply.status == 200, reply
    assert delta("bulkhead_rejections_total", service="a") == 0


def test_the_chain_goes_on_at_once(start, mock, other):
    """Refused in time, the next target still has time."""
    node = start(two(mock, other, places()))
    paced(mock, node)
    with crowd(node, waiting=3):
        reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "1000"})
        assert reply.status == 200, reply
        assert reply.header("X-Caisson-Provider") == "b"
    assert node.metrics().value("fallback_used_total", service="a",
                                strategy="bulkhead_full") == 1
