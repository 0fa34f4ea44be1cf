"""What one node has found of a dependency, the others half-trust (SPEC 12)."""
import os
import signal

import pytest

from harness import setups
from harness.cluster import NAMES, Papers, join, sees, whole
from harness.parallel import together
from harness.waiting import eventually

FAILURES = 3
PROBES = {"breaker": {"failures": FAILURES, "open_for": "60s"}}


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("news"))


def failing(mock):
    return setups.config(a=setups.dependency(mock, **PROBES))


def trio(start, papers, *mocks):
    """Three nodes, each with the dependency "a" at its own mock."""
    nodes = []
    for name, mock in zip(NAMES, mocks, strict=True):
        nodes.append(join(start, papers, name, nodes, **failing(mock)))
    whole(nodes)
    return nodes


def trusted(node):
    """The state of its breaker, and whether others are why."""
    breaker = node.dependency("a")["breaker"]
    return breaker["state"], breaker["half_trusted"]


def opened(node, mock):
    """Asks until its breaker opens."""
    mock.always("status", status=500)
    for _ in range(FAILURES):
        node.chat(setups.chat())
    assert trusted(node) == ("open", False)


def doubts(node):
    eventually(lambda: trusted(node) == ("half_open", True), 10,
               "the doubt of a node that was told")


def test_a_dependency_that_is_down_is_found_by_one_node_and_one_call_of_each(
        start, papers, mock):
    """The calls that reach it: those of one node alone, and a probe of each
    other node, whatever is asked of them."""
    a, b, c = trio(start, papers, mock, mock, mock)
    opened(a, mock)
    for node in (b, c):
        doubts(node)
    for node in (b, c):
        said = together(8, lambda _, n=node: n.chat(setups.chat()))
        codes = sorted(reply.code for reply in said)
        assert codes.count("resilience.circuit_breaker_open") == 7, codes
        assert trusted(node) == ("open", False)
    for node in (a, b, c):
        assert node.chat(setups.chat()).status == 503
    assert mock.calls == FAILURES + 2
    assert b.metrics().value("cluster_messages_total", kind="breaker") > 0


def test_a_node_that_alone_cannot_reach_it_costs_the_others_nothing(
        start, papers, mock, other):
    """Who asks meanwhile waits for the one probe, and is answered."""
    a, b, c = trio(start, papers, mock, other, other)
    opened(a, mock)
    for node in (b, c):
        doubts(node)
        said = together(8, lambda _, n=node: n.chat(setups.chat()))
        assert [reply.status for reply in said] == [200] * 8
        assert trusted(node) == ("closed", False)
    assert trusted(a) == ("open", False), "good news closes nothing"


def test_a_doubt_dies_with_the_node_that_had_it(start, papers, mock):
    a, b, c = trio(start, papers, mock, mock, mock)
    opened(a, mock)
    doubts(b)
    a.end_expected = True
    os.kill(a.pid, signal.SIGKILL)
    eventually(lambda: sees(b, a="gone"), 20, "the death of a")
    for node in (b, c):
        eventually(lambda n=node: trusted(n) == ("closed", False), 10,
                   "the end of the doubt")
    assert mock.calls == FAILURES


def test_a_node_that_comes_later_hears_what_stands(start, papers, mock):
    a = join(start, papers, "a", **failing(mock))
    opened(a, mock)
    b = join(start, papers, "b", [a], **failing(mock))
    doubts(b)
    a.set_breaker("a", "disabled")
    eventually(lambda: trusted(b) == ("closed", False), 10,
               "the end of the doubt")
