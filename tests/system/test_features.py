"""SPEC 7: features that are on for a stable share of the callers, and are
changed while the node runs."""
import pytest

from harness import setups
from harness.limited import MODELS, bearer, key, limits
from harness.streams import PREFACE, Chunks
from harness.supervised import FAIL, RETRY, two
from harness.toml import merged

NAMES = ["resilience", "rate_limiting", "caching", "semantic_cache",
         "stream_failover", "hedging"]
WHOLE = {"enabled": True, "percent": 100}


def off(*names):
    return {"features": {name: {"enabled": False} for name in names}}


def shown(node):
    return node.telemetry()["features"]


def roll_out(node, **features):
    reply = node.admin("/admin/features", features)
    assert reply.status == 200, reply
    return reply.json()["features"]


# --- shown and changed -------------------------------------------------------

def test_all_are_on_for_all_unless_it_is_said(start, mock):
    node = start(merged(setups.config(a=setups.dependency(mock)),
                        {"features": {"hedging": {"percent": 10},
                                      "caching": {"enabled": False}}}))
    wanted = {**dict.fromkeys(NAMES, WHOLE),
              "hedging": {"enabled": True, "percent": 10},
              "caching": {"enabled": False, "percent": 100}}
    assert shown(node) == wanted
    assert node.look("/admin/features").json() == {"features": wanted}
    metrics = node.metrics()
    for name, share in (("hedging", 0.1), ("caching", 0), ("resilience", 1)):
        assert metrics.value("feature_rollout_ratio", feature=name) == share


def test_what_is_changed_is_changed_and_nothing_else(start):
    node = start()
    told = roll_out(node, hedging={"percent": 50}, caching={"enabled": False})
    assert told == shown(node)
    assert told["hedging"] == {"enabled": True, "percent": 50}
    assert told["caching"] == {"enabled": False, "percent": 100}
    assert roll_out(node, caching={"enabled": True})["caching"] == WHOLE
    assert shown(node)["hedging"]["percent"] == 50


@pytest.mark.parametrize("body, param", [
    ({}, None),
    ({"hedgin": {"percent": 5}}, "hedgin"),
    ({"hedging": {"percent": 5}, "cashing": {"percent": 5}}, "cashing"),
    ({"hedging": {}}, "hedging"),
    ({"hedging": True}, "hedging"),
    ({"hedging": {"percent": 101}}, "hedging.percent"),
    ({"hedging": {"percent": -1}}, "hedging.percent"),
    ({"hedging": {"percent": 1.5}}, "hedging.percent"),
    ({"hedging": {"percent": "5"}}, "hedging.percent"),
    ({"hedging": {"enabled": 1}}, "hedging.enabled"),
    ({"hedging": {"share": 5}}, "hedging.share")])
def test_what_is_wrong_is_said_and_changes_nothing(start, body, param):
    node = start()
    reply = node.admin("/admin/features", body)
    assert reply.status == 400, reply
    assert reply.json()["error"]["param"] == param, reply.text
    assert shown(node) == dict.fromkeys(NAMES, WHOLE)


def test_an_unknown_name_is_answered_with_those_that_there_are(start):
    reply = start().admin("/admin/features", {"magic": {"percent": 5}})
    assert all(name in reply.json()["error"]["message"] for name in NAMES)


def test_a_reload_changes_what_the_file_has_changed(start):
    node = start({"features": {"hedging": {"percent": 10}}})
    roll_out(node, hedging={"percent": 20}, caching={"percent": 30})
    node.rewrite({"features": {"caching": {"percent": 40}}})
    assert node.admin("/admin/reload").status == 200
    assert shown(node)["hedging"]["percent"] == 20
    assert shown(node)["caching"]["percent"] == 40


# --- who has them ------------------------------------------------------------

def limited(node, secret):
    """Whether the limits hold for who shows that key."""
    reply = node.ask("GET", MODELS, headers=bearer(secret))
    assert reply.status == 200, reply
    return reply.header("X-RateLimit-Limit") is not None


def test_a_share_of_the_callers_has_it_and_keeps_it(start):
    secrets = [f"secret-{i}" for i in range(60)]
    keys = {f"k{i}": key(one, tier="standard")
            for i, one in enumerate(secrets)}
    config = merged(limits(0), {"limits": {"keys": keys}})
    node, other = start(config), start(config)
    before = set()
    for percent in (0, 10, 50, 90, 100):
        for each in (node, other):
            roll_out(each, rate_limiting={"percent": percent})
        now = {one for one in secrets if limited(node, one)}
        assert now == {one for one in secrets if limited(other, one)}, \
            "the share is the same on every node"
        assert before <= now, "who had it has it still"
        assert abs(len(now) - 0.6 * percent) <= 14, (percent, len(now))
        before = now
    assert len(before) == len(secrets)


def test_who_shows_the_same_key_in_another_field_is_the_same_caller(start):
    keys = {f"k{i}": key(f"secret-{i}") for i in range(20)}
    node = start(merged(limits(0), {
        "limits": {"keys": keys}, "features": {"rate_limiting": {"percent": 50}}}))
    for i in range(20):
        reply = node.ask("GET", MODELS, headers={"x-api-key": f"secret-{i}"})
        assert limited(node, f"secret-{i}") == (
            reply.header("X-RateLimit-Limit") is not None)


def test_without_limits_callers_are_told_apart_all_the_same(start, mock, other):
    keys = {f"k{i}": key(f"secret-{i}") for i in range(40)}
    node = start(merged(two(mock, other), {
        "limits": {"mode": "disabled", "keys": keys},
        "features": {"resilience": {"percent": 50}}}))
    mock.always(**FAIL)
    statuses = [node.chat(setups.chat(), bearer(f"secret-{i}")).status
                for i in range(40)]
    assert 8 <= statuses.count(200) <= 32, statuses
    assert set(statuses) == {200, 502}


# --- what they do ------------------------------------------------------------

def test_without_resilience_a_call_is_made_once(start, mock, other):
    node = start(merged(two(mock, other, {"retry": RETRY}),
                        off("resilience")))
    mock.always(**FAIL)
    assert node.chat(setups.chat()).status == 502
    assert (mock.calls, other.calls) == (1, 0)
    roll_out(node, resilience={"enabled": True})
    assert node.chat(setups.chat()).status == 200
    assert (mock.calls, other.calls) == (4, 1)


def test_without_rate_limiting_nobody_is_refused_or_counted(start):
    node = start(merged(limits(1), off("rate_limiting")))
    with node.client() as client:
        assert {client.ask("GET", MODELS).status for _ in range(5)} == {200}
    roll_out(node, rate_limiting={"enabled": True})
    assert node.ask("GET", MODELS).status == 200
    assert node.ask("GET", MODELS).status == 429


def layer(node):
    reply = node.chat(setups.chat("hi", temperature=0))
    assert reply.status == 200, reply
    return reply.header("X-Caisson-Cache")


def test_without_caching_every_answer_is_new(start, mock):
    node = start(merged(setups.config(a=setups.dependency(mock)),
                        off("caching")))
    assert [layer(node), layer(node)] == ["bypass", "bypass"]
    roll_out(node, caching={"enabled": True})
    assert [layer(node), layer(node)] == ["miss", "l1"]
    roll_out(node, caching={"enabled": False})
    assert layer(node) == "bypass" and mock.calls == 4


def test_without_stream_failover_a_stream_that_is_cut_ends_with_an_error(
        start, mock, other):
    node = start(merged(two(mock, other), off("stream_failover")))
    mock.always("cut", after=PREFACE["openai"] + 2, chunks=["one ", "two "])
    reply = node.chat(setups.chat(stream=True))
    assert Chunks(reply.events()).broken().text == "one two "
    assert other.calls == 0


def test_without_hedging_a_slow_target_is_waited_for(start, mock, other):
    node = start(merged(two(mock, other), {
        **off("hedging"), "models": {"chain": {"hedge_after": "50ms"}}}))
    mock.always("ok", delay_ms=400)
    delta = node.delta()
    reply = node.chat(setups.chat())
    assert reply.header("X-Caisson-Provider") == "a", reply
    assert other.calls == 0
    assert delta("hedged_requests_total", service="b", result="started") == 0
