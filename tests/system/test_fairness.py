"""Callers share a bulkhead (actors/policies/fair_queue.hpp, fair_share.hpp):
who opens ten times as many connections does not get ten times as much."""
import json
import threading

import pytest

from harness import setups
from harness.callers import Caller
from harness.supervised import FULL, one
from harness.waiting import eventually

PLACES = {"concurrency": 4, "queue": 40, "queue_timeout": "10s"}


def key(name):
    return {"Authorization": f"Bearer {name}"}


def granted(mock, since):
    """Whose calls reached the mock, in order, from that one on."""
    seen = mock.requests()[since:]
    return [json.loads(one["body"])["messages"][0]["content"] for one in seen]


def jain(shares):
    """Jain's index: 1 where all have the same, 1/n where one has all."""
    return sum(shares) ** 2 / (len(shares) * sum(x * x for x in shares))


def counted(node, mock, grants=200):
    """How many of the next grants each caller got, once all wait."""
    eventually(lambda: node.dependency("a")["bulkhead"]["queue"] >= 4, 5,
               "callers waiting")
    since = mock.calls
    eventually(lambda: mock.calls >= since + grants, 40, "the grants")
    names = granted(mock, since)[:grants]
    return {name: names.count(name) for name in set(names)}


@pytest.fixture
def node(start, mock):
    mock.always("ok", delay_ms=40)
    return start(one(mock, bulkhead=PLACES))


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
def test_ten_times_the_connections_get_no_more(node, mock, header):
    """Jain's index over what two callers got while both waited is at least
    0.95."""
    with Caller(node, "A", 60, {header: "one"}), \
            Caller(node, "B", 6, {header: "two"}):
        got = counted(node, mock)
    assert jain([got["A"], got["B"]]) >= 0.95, got


def test_connections_of_one_caller_are_one_caller(node, mock):
    """What shares is who asks, not the socket: here nobody may be told from
    the other, and the connections decide."""
    with Caller(node, "A", 30, key("same")), Caller(node, "B", 3,
                                                    key("same")):
        got = counted(node, mock)
    assert jain([got["A"], got.get("B", 0)]) < 0.8, got


def test_who_has_filled_its_share_is_told_so(node, mock):
    """The greedy one is refused as over its share, the modest one waits."""
    delta = node.delta()
    with Caller(node, "A", 60, key("A")) as greedy, \
            Caller(node, "B", 6, key("B")) as modest:
        counted(node, mock)
        refused = len(modest.refused)
        counted(node, mock, 100)
        assert len(modest.refused) == refused, "the modest one was refused"
    assert set(greedy.refused) == {FULL}
    assert delta("bulkhead_rejections_total", service="a",
                 reason="over_share") > 0


def test_a_third_modest_caller_is_admitted(node, mock):
    """While two saturate the dependency. It finds the queue full; but then the
    two drain to their shares, and it does not wait for all who came before."""
    with Caller(node, "A", 60, key("A")), Caller(node, "B", 60, key("B")):
        counted(node, mock)
        eventually(lambda: node.chat(setups.chat("C"), key("C"),
                                     within=20).status == 200, 5)
        since = mock.calls
        for _ in range(5):
            reply = node.chat(setups.chat("C"), key("C"), within=20)
            assert reply.status == 200, reply
        names = granted(mock, since)
    turns = [at for at, name in enumerate(names) if name == "C"]
    assert len(turns) == 5
    assert turns[0] < 20, f"{turns[0]} others were granted first"


def test_a_third_caller_that_waits_as_told_is_admitted(node, mock):
    """As SPEC 5 has it for limits: a client that waits that long is
    admitted."""
    wait = threading.Event().wait
    statuses = []
    with Caller(node, "A", 60, key("A")), Caller(node, "B", 60, key("B")):
        for _ in range(20):
            eventually(lambda: node.dependency("a")["bulkhead"]["queue"] > 37,
                       5, "the two having filled the queue")
            first = node.chat(setups.chat("C"), key("C"), within=20)
            if first.status == 200:
                continue
            wait(float(first.header("Retry-After")))
            statuses.append(node.chat(setups.chat("C"), key("C"),
                                      within=20).status)
            if len(statuses) == 5:
                break
    assert statuses == [200] * 5, "it was refused again"


def test_one_alone_may_fill_the_queue(node, mock):
    """A share is of what several want."""
    delta = node.delta()
    with Caller(node, "A", 40, key("A")) as alone:
        eventually(lambda: node.dependency("a")["bulkhead"]["queue"] > 30, 9)
        counted(node, mock, 100)
        assert not alone.refused
    assert delta("bulkhead_rejections_total", service="a") == 0


def test_without_a_key_callers_are_addresses(node, mock):
    """Whoever comes from one address is one."""
    with Caller(node, "A", 30, {}), Caller(node, "B", 10, {}):
        got = counted(node, mock)
    assert got["A"] > 1.5 * got["B"], got
