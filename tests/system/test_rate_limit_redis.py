"""SPEC 5 with a real Redis: nodes that share it admit N together; without it
each admits its part, and tells it afterwards."""

import pytest

from harness import setups
from harness.limited import MODELS, admitted, bearer, key, limits, rate
from harness.node import run, sanitized
from harness.parallel import together
from harness.supervised import FAIL
from harness.toml import merged
from harness.waiting import eventually
from test_rate_limits import FAKETIME

MINUTE = 40


def shared(redis, minute=MINUTE, **more):
    """A node's config; `more` over it."""
    store = redis.dependency(breaker={"failures": 1, "open_for": "100ms",
                                      "open_for_max": "100ms",
                                      "jitter": False},
                             retry={"attempts": 1})
    return merged(limits(minute), merged({
        "dependency": {"store": store, "simulated": {"kind": "simulated"}},
        "limits": {"nodes": 2}}, more))


def errors(node):
    return node.metrics().value("rate_limiter_redis_errors_total")


def windows(redis):
    return redis.keys("caisson:rl:*")


def test_two_nodes_admit_n_together(start, redis):
    nodes = [start(shared(redis)) for _ in range(2)]
    of_each = together(8, lambda i: admitted(nodes[i % 2], MINUTE // 2))
    assert sum(of_each) == MINUTE, of_each
    for node in nodes:
        reply = node.ask("GET", MODELS)
        assert (reply.status, *rate(reply)) == (429, MINUTE, 0)
        assert 1 <= int(reply.header("Retry-After")) <= 60
        assert errors(node) == 0
        assert node.metrics().value("rate_limiter_latency_seconds_count",
                                    store="redis") > 0


def test_all_limits_of_a_request_are_one_round_trip(start, redis):
    node = start(shared(redis, limits={"tiers": {"anonymous": {
        "hour": 100, "day": 1000}}, "endpoints": {"read": 60}}))
    assert rate(node.ask("GET", MODELS)) == (MINUTE, MINUTE - 1)
    assert len(windows(redis)) == 4
    redis.ask("CONFIG", "RESETSTAT")
    assert admitted(node, 5) == 5
    calls = redis.info("commandstats")
    assert int(calls["cmdstat_evalsha"].split("calls=")[1].split(",")[0]) == 5


def test_keys_tell_nothing_and_leave_by_themselves(start, redis):
    node = start(shared(redis, limits={"keys": {"alice": key()}}))
    assert node.ask("GET", MODELS).status == 200
    assert node.ask("GET", MODELS, headers=bearer()).status == 200
    names = windows(redis)
    assert len(names) == 4  # one by address; minute, hour, day of a user
    for name in names:
        prefix, client, slot = name.rsplit(":", 2)
        assert prefix == "caisson:rl"
        assert len(client) == 34 and client[0] + client[-1] == "{}"
        assert slot in ("minute", "hour", "day")
        span = {"minute": 60, "hour": 3600, "day": 86400}[slot]
        assert 0 < redis.ask("PTTL", name) <= span * 1000


def test_a_redis_that_dies_adds_no_more_than_each_nodes_part(start, redis):
    nodes = [start(shared(redis)) for _ in range(2)]
    before = sum(admitted(node, 5) for node in nodes)
    assert before == 10
    redis.kill()
    after = [admitted(node, MINUTE) for node in nodes]
    assert after == [MINUTE // 2] * 2, after
    for node in nodes:
        assert errors(node) > 0
        eventually(lambda: "the shared store does not count" in node.stderr)


def test_what_was_admitted_meanwhile_is_told_to_it(start, redis):
    nodes = [start(shared(redis)) for _ in range(2)]
    redis.kill()
    assert [admitted(node, 15) for node in nodes] == [15, 15]
    redis.start()
    for node in nodes:
        eventually(lambda: node.ask("GET", MODELS) and
                   "counts again" in node.stderr, 10)
    third = start(shared(redis))
    told = rate(third.ask("GET", MODELS))[1]
    # 30, what found out that it is back, and this one.
    assert told <= MINUTE - 30 - 2 - 1
    assert admitted(third, MINUTE) == told


def test_a_redis_that_says_nothing_holds_nobody_up_for_long(start, redis):
    node = start(shared(redis))
    assert admitted(node, 2) == 2
    redis.pause()
    try:
        reply = node.ask("GET", MODELS, within=5)
        assert (reply.status, *rate(reply)) == (200, MINUTE // 2,
                                                MINUTE // 2 - 1)
        assert errors(node) == 1
    finally:
        redis.go_on()


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.skipif(sanitized(),
                    reason="libfaketime and the sanitizer do not agree")
@pytest.mark.parametrize("skew", ["+1h", "-1h"])
def test_a_node_with_a_wrong_clock_changes_nothing(start, redis, skew):
    """T9: the clock is that of Redis."""
    right = start(shared(redis))
    wrong = start(shared(redis), env={"LD_PRELOAD": FAKETIME,
                                      "FAKETIME": skew})
    assert admitted(wrong, 15) == 15
    assert admitted(right, MINUTE) == MINUTE - 15
    assert admitted(wrong, 5) == 0
    assert int(wrong.ask("GET", MODELS).header("Retry-After")) <= 60


def garbage(node):
    return node.metrics().value("rate_limiter_redis_garbage_total")


def test_garbage_in_redis_is_an_empty_window_and_is_counted(start, redis):
    node = start(shared(redis))
    assert admitted(node, 1) == 1
    assert garbage(node) == 0
    (name,) = windows(redis)
    nonsense = ("nonsense", "\x93\x01\x02\x03", "\x92\xa1x\x01", "")
    for at, text in enumerate(nonsense, 1):
        redis.ask("SET", name, text)
        assert rate(node.ask("GET", MODELS)) == (MINUTE, MINUTE - 1)
        assert garbage(node) == at
    assert rate(node.ask("GET", MODELS)) == (MINUTE, MINUTE - 2)
    assert errors(node) == 0 and garbage(node) == len(nonsense)


def test_a_key_of_another_type_is_garbage_too(start, redis):
    node = start(shared(redis))
    assert admitted(node, 1) == 1
    (name,) = windows(redis)
    redis.ask("DEL", name)
    redis.ask("LPUSH", name, "x")
    assert rate(node.ask("GET", MODELS)) == (MINUTE, MINUTE - 1)
    assert (errors(node), garbage(node)) == (0, 1)
    assert redis.ask("TYPE", name) == "string"


def test_tokens_are_reserved_and_settled_in_redis(start, redis, mock):
    def node():
        return start(merged(
            shared(redis, limits={"keys": {"alice": key(
                tier="enterprise", tokens_per_minute=1000)}}),
            setups.config(a=setups.dependency(mock))))

    def ask(which, most):
        return which.chat(setups.chat(max_tokens=most), bearer()).status

    mock.always("ok", usage={"input": 20, "output": 30})
    nodes = [node(), node()]
    # What one node gives back may reach Redis a little after its answer.
    for i in range(8):
        eventually(lambda i=i: ask(nodes[i % 2], 500) == 200)
    assert [ask(one, 700) for one in nodes] == [429, 429]
    mock.always(**FAIL)
    for i in range(6):
        eventually(lambda i=i: ask(nodes[i % 2], 500) != 429)
    mock.always("hang")
    statuses = together(10, lambda i: nodes[i % 2].chat(
        setups.chat(max_tokens=250),
        {**bearer(), "X-Request-Timeout-Ms": "1500"}).status)
    assert statuses.count(429) == 8, statuses


def test_memory_leaves_redis_alone(start, redis):
    node = start(shared(redis, limits={"store": "memory"}))
    assert admitted(node, MINUTE + 5) == MINUTE
    assert windows(redis) == []


def test_redis_without_one_is_refused(tmp_path):
    file = tmp_path / "caisson.toml"
    file.write_text('[limits]\nstore = "redis"\n')
    done = run("check-config", "--config", file)
    assert done.returncode == 78
    assert f'{file}:2:9: limits.store is "redis", and there is none' \
        in done.stderr
