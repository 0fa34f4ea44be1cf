"""Nodes with limits, for the tests whose subject they are."""
import hashlib

from .toml import merged

SECRET = "sk-limits-canary-0123456789"
MODELS = "/v1/models"


def limits(minute=3, **more):
    """One thread's worth of config: so many requests a minute for anybody
    without a key, and nothing else in the way."""
    return merged({"limits": {
        "mode": "enforce",
        "tiers": {"anonymous": {"minute": minute, "hour": 0, "day": 0}},
        "endpoints": {"llm": 0, "read": 0}}}, more)


def key(secret=SECRET, **more):
    return {"sha256": hashlib.sha256(secret.encode()).hexdigest(), **more}


def bearer(secret=SECRET):
    return {"Authorization": f"Bearer {secret}"}


def rate(reply):
    """Limit and what remains, as the headers tell."""
    assert len(reply.all("X-RateLimit-Limit")) <= 1, reply.raw_head
    found = [reply.header(f"X-RateLimit-{name}")
             for name in ("Limit", "Remaining")]
    return tuple(int(one) if one is not None else None for one in found)


def admitted(node, times, headers=None, target=MODELS):
    """How many of so many requests were let in."""
    with node.client() as client:
        replies = [client.ask("GET", target, headers=headers)
                   for _ in range(times)]
    for reply in replies:
        assert reply.status in (200, 429), reply
    return sum(reply.status == 200 for reply in replies)
