"""What one node of a cluster is told, all do (SPEC 12): modes, features, keys,
ends of sessions, and what the cache is to forget."""
import os
import signal

import pytest

from harness import setups
from harness.cluster import NAMES, Papers, cluster_of, join, sees, whole
from harness.limited import MODELS, bearer, key
from harness.mcp import Session
from harness.toml import merged
from harness.waiting import eventually

SECRET = {"MCP_SECRETS": "a-secret-of-sessions-0123456789abcdef"}
SHARED = {"mcp": {"session_secrets": "env:MCP_SECRETS"}}
WITHIN = 10


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("orders"))


def breaker_mode(node):
    return node.dependency("a")["breaker"]["mode"]


def limit_mode(node):
    return node.telemetry()["limits"]["mode"]


def set_limits(node, mode):
    assert node.admin("/admin/limits", {"mode": mode}).status == 200


def all_at(nodes, of, mode):
    for node in nodes:
        eventually(lambda n=node: of(n) == mode, WITHIN, f"the mode {mode}")


# --- modes -------------------------------------------------------------------

def test_a_breakers_mode_is_every_nodes_whoever_was_told(start, papers, mock):
    nodes = cluster_of(start, papers,
                       **setups.config(a=setups.dependency(mock)))
    a, b, c = nodes.values()
    a.set_breaker("a", "forced_open")
    all_at((a, b, c), breaker_mode, "forced_open")
    assert c.chat(setups.chat()).status == 503 and mock.calls == 0
    c.set_breaker("a", "auto")
    all_at((a, b, c), breaker_mode, "auto")
    assert a.chat(setups.chat()).status == 200
    assert b.metrics().value("cluster_messages_total", kind="order") > 0


def test_the_mode_of_limits_is_every_nodes_and_of_two_the_later_holds(
        start, papers):
    nodes = cluster_of(start, papers).values()
    for teller, mode in zip(nodes, ("log_only", "disabled", "enforce")):
        set_limits(teller, mode)
        all_at(nodes, limit_mode, mode)


def test_a_node_that_comes_later_does_what_stands(start, papers, mock):
    config = setups.config(a=setups.dependency(mock))
    two = cluster_of(start, papers, NAMES[:2], **config)
    a, b = two.values()
    a.set_breaker("a", "forced_open")
    set_limits(b, "disabled")
    all_at((a, b), breaker_mode, "forced_open")
    all_at((a, b), limit_mode, "disabled")
    c = join(start, papers, "c", [b], **config)
    all_at((c,), breaker_mode, "forced_open")
    all_at((c,), limit_mode, "disabled")


def test_a_node_is_not_told_of_what_it_does_not_have(start, papers, mock):
    """Configurations may differ: what one lacks does not trouble it."""
    a = join(start, papers, "a", **setups.config(a=setups.dependency(mock)))
    b = join(start, papers, "b", [a],
             **setups.config(b=setups.dependency(mock)))
    whole((a, b))
    a.set_breaker("a", "forced_open")
    eventually(lambda: b.metrics().value("cluster_messages_total",
                                         kind="order"), WITHIN)
    assert b.chat(setups.chat()).status == 200


# --- features and keys -------------------------------------------------------

def rolled_out(node):
    return node.telemetry()["features"]["hedging"]


def test_a_feature_is_rolled_out_on_all_nodes_whoever_was_told(start, papers):
    nodes = list(cluster_of(start, papers, NAMES[:2]).values())
    for teller, said in zip(nodes, ({"percent": 50}, {"enabled": False})):
        assert teller.admin("/admin/features",
                            {"hedging": said}).status == 200
        wanted = {"enabled": True, "percent": 50, **said}
        all_at(nodes, rolled_out, wanted)
    later = join(start, papers, "c", nodes[:1])
    all_at([later], rolled_out, wanted)


def admitted(node):
    return node.ask("GET", MODELS, headers=bearer()).status


def told(node, mode):
    assert node.admin("/admin/keys/ci", {"mode": mode}).status == 200


KEYED = {"limits": {"mode": "enforce", "keys": {"ci": key(tier="enterprise")}}}


def test_a_key_that_is_revoked_at_one_node_is_refused_by_all(start, papers):
    a, b = cluster_of(start, papers, NAMES[:2], **KEYED).values()
    assert [admitted(a), admitted(b)] == [200, 200]
    told(a, "revoked")
    all_at((a, b), admitted, 401)
    c = join(start, papers, "c", [b], **KEYED)
    all_at((c,), admitted, 401)
    told(c, "active")
    all_at((a, b, c), admitted, 200)


def test_a_node_that_has_kept_a_revocation_tells_those_who_never_heard_it(
        start, papers, tmp_path):
    """The order is gone with those who were given it, but one has kept it."""
    keeps = merged(KEYED, {"node": {"data_dir": str(tmp_path)}})
    first = join(start, papers, "a", **keeps)
    told(first, "revoked")
    first.terminate()
    assert first.wait() == 0
    a = join(start, papers, "a", **keeps)
    b = join(start, papers, "b", [a], **KEYED)
    all_at((a, b), admitted, 401)


# --- the cache ---------------------------------------------------------------

def cached(mock):
    return merged(setups.config(a=setups.dependency(mock)),
                  {"cache": {"l2": "off"}})


def layer(node):
    reply = node.chat(setups.chat("hi", temperature=0))
    assert reply.status == 200, reply
    return reply.header("X-Caisson-Cache")


def test_what_one_forgets_all_forget_without_a_store_too(start, papers, mock):
    nodes = cluster_of(start, papers, **cached(mock))
    for node in nodes.values():
        # What another node has just fetched it gives to who asks, but that is
        # not kept here: perhaps the first time.
        eventually(lambda n=node: layer(n) == "l1", WITHIN)
    reply = nodes["a"].admin("/admin/cache/invalidate", {"namespace": "llm"})
    assert reply.status == 200
    assert layer(nodes["a"]) == "miss"
    for name in ("b", "c"):
        eventually(lambda n=name: layer(nodes[n]) == "miss", WITHIN)
        assert nodes[name].metrics().value("cache_invalidations_total",
                                           origin="gap") == 0


def test_who_was_away_when_it_was_said_forgets_all_it_has(start, papers, mock):
    a, b = cluster_of(start, papers, NAMES[:2], **cached(mock)).values()
    assert [layer(b), layer(b)] == ["miss", "l1"]
    os.kill(b.pid, signal.SIGSTOP)
    try:
        eventually(lambda: sees(a, b="gone"), 20, "the silence of b")
        a.admin("/admin/cache/invalidate", {"namespace": "llm"})
    finally:
        os.kill(b.pid, signal.SIGCONT)
    eventually(lambda: layer(b) == "miss", 20, "a miss at b")
    assert b.metrics().value("cache_invalidations_total", origin="gap") == 1


# --- sessions ----------------------------------------------------------------

def test_a_session_that_ends_at_one_node_has_ended_at_all(start, papers):
    def sharing(config):
        return start({**config, **SHARED}, env=SECRET)

    a, b = cluster_of(sharing, papers, NAMES[:2]).values()
    session = Session(a)
    assert session.at(b).result("ping") == {}
    assert session.end().status == 200
    eventually(lambda: session.at(b).ask("ping").status == 404, WITHIN,
               "its end at b")
    c = join(sharing, papers, "c", [b])
    eventually(lambda: session.at(c).ask("ping").status == 404, WITHIN,
               "its end at c")
