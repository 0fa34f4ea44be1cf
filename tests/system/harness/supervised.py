"""What the tests of a protected dependency share."""
from . import setups

OPEN = "resilience.circuit_breaker_open"
FULL = "resilience.bulkhead_rejected"
FAIL = {"do": "status", "status": 500}
RETRY = {"attempts": 3, "base": "1ms", "cap": "5ms", "jitter": "none"}


def one(mock, **tables):
    """A chain with one dependency, `a`."""
    return setups.config(a=setups.dependency(mock, **tables))


def two(mock, other, first=None, second=None):
    """A chain of `a`, then `b`."""
    return setups.config(a=setups.dependency(mock, **(first or {})),
                         b=setups.dependency(other, **(second or {})))


def statuses(node, count, **more):
    return [node.chat(setups.chat(**more)).status for _ in range(count)]


def refused_open(reply):
    assert (reply.status, reply.code) == (503, OPEN), reply
    assert int(reply.header("Retry-After")) >= 1, reply.raw_head
