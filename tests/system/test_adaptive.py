"""adaptive = true (actors/policies/adaptive_limit.hpp): the bulkhead's limit
follows the measured latency, from 1 to `concurrency`."""
import contextlib
import statistics

from harness.callers import Caller
from harness.supervised import FAIL, one
from harness.waiting import eventually

FULL = 16
USUAL = {"do": "ok", "delay_ms": 100}
# Four at once are no slower than one; sixteen take four times as long.
CROWDED = {"do": "crowded", "delay_ms": 100, "places": 4}


@contextlib.contextmanager
def loaded(start, mock, adaptive=True):
    """A node whose places are all taken, and which knows what is usual."""
    node = start(one(mock, bulkhead={
        "concurrency": FULL, "queue": 100, "queue_timeout": "30s",
        "adaptive": adaptive}))
    mock.always(**USUAL)
    with Caller(node, "A", FULL) as caller:
        served(mock, 100)
        yield node, caller


def limit(node):
    return node.metrics().value("bulkhead_limit", service="a")


def served(mock, more):
    """So many calls later."""
    calls = mock.calls
    eventually(lambda: mock.calls >= calls + more, 30, "calls being served")


def usual_limit(node, mock):
    """The median over the next hundred calls: now and then it is half for a
    moment, to look anew at what is usual."""
    seen = []
    calls = mock.calls
    eventually(lambda: seen.append(limit(node))
               or mock.calls >= calls + 100, 30, "calls being served")
    return statistics.median(seen)


def falls(node, mock, to=10):
    eventually(lambda: usual_limit(node, mock) <= to, 20,
               "the limit falling")


def test_the_limit_falls_while_a_crowd_makes_it_slow(start, mock):
    """To about where nobody is slower for the others; who has no place waits,
    and nobody is refused."""
    with loaded(start, mock) as (node, caller):
        assert limit(node) == FULL
        mock.always(**CROWDED)
        falls(node, mock)
        eventually(lambda: mock.stats()["concurrent"] <= 10, 5)
        eventually(lambda: node.dependency("a")["bulkhead"]["limit"] <= 10, 5)
        eventually(lambda: node.dependency("a")["bulkhead"]["queue"] > 0, 5)
    assert not caller.refused


def test_the_limit_comes_back_with_the_latency(start, mock):
    with loaded(start, mock) as (node, _):
        mock.always(**CROWDED)
        falls(node, mock)
        mock.always(**USUAL)
        eventually(lambda: limit(node) == FULL, 20, "the limit coming back")
        eventually(lambda: mock.stats()["concurrent"] == FULL, 5)


def test_the_limit_falls_with_failures_too(start, mock):
    """What fails says as much as what is slow; but never below one."""
    with loaded(start, mock) as (node, _):
        mock.always(**FAIL)
        falls(node, mock, to=2)
        assert limit(node) >= 1
        mock.always(**USUAL)
        eventually(lambda: limit(node) > 2, 20, "the limit coming back")


def test_without_adaptive_the_limit_stays(start, mock):
    """It is an option, and off."""
    with loaded(start, mock, adaptive=False) as (node, _):
        mock.always(**CROWDED)
        served(mock, 200)
        assert limit(node) == FULL
        assert mock.stats()["concurrent"] > 10


def test_a_reload_switches_it_off(start, mock):
    """SPEC 2: a reload takes effect, and disturbs nobody."""
    with loaded(start, mock) as (node, caller):
        mock.always(**CROWDED)
        falls(node, mock)
        node.rewrite({"dependency": {"a": {"bulkhead": {"adaptive": False}}}})
        assert node.admin("/admin/reload").status == 200
        eventually(lambda: limit(node) == FULL, 5)
    assert not caller.refused


def test_steady_latency_leaves_the_limit_where_it_is(start, mock):
    """Apart from looking anew from time to time, at half the limit."""
    with loaded(start, mock) as (node, _):
        served(mock, 200)  # it has looked anew in between
        assert usual_limit(node, mock) >= FULL - 1
