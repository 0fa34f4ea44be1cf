"""SPEC 5, 11: how often a client may call a tool, beside what its requests are
held to: for clients of both eras, by HTTP and by a pipe, and for the agent in
their name."""
import pytest

from harness.agent import call, says, structured, thinking, wants
from harness.limited import SECRET, bearer, key
from harness.mcp import Session, ask_modern
from harness.node import sanitized
from harness.parallel import together
from harness.toml import merged
from harness.tool_server import ToolServer, tool
from harness.waiting import Stopwatch, eventually
from test_rate_limits import FAKETIME

OTHER = "sk-tools-other-0123456789"
LIMITED = -31003


@pytest.fixture
def up():
    with ToolServer([tool("costly"), tool("cheap")]) as up:
        yield up


def counting(up, rules, **more):
    """Nothing is limited but calls of tools."""
    free = {"minute": 0, "hour": 0, "day": 0}
    return merged({
        "limits": {"mode": "enforce", "endpoints": {"llm": 0, "read": 0},
                   "tiers": {"anonymous": free, "free": {**free, "minute": 1000},
                             "standard": {**free, "minute": 2000},
                             "premium": free},
                   "keys": {"alice": key(tier="free"),
                            "bob": key(OTHER, tier="free")},
                   "tools": rules},
        "dependency": {"up": up.dependency(refresh="1h")}}, more)


def served(start, config, **options):
    node = start(config, **options)
    eventually(lambda: "cheap" in [one["name"] for one in Session(
        node).result("tools/list")["tools"]])
    return node


def legacy(node, name, secret=SECRET):
    return Session(node, headers=bearer(secret)).ask(
        "tools/call", {"name": name, "arguments": {}})


def modern(node, name, secret=SECRET):
    return ask_modern(node, "tools/call", {"name": name, "arguments": {}},
                      **bearer(secret))


def passes(reply):
    said = reply.json()
    assert reply.status == 200 and ("result" in said) != ("error" in said)
    return "result" in said


@pytest.mark.parametrize("ask", [legacy, modern])
def test_call_n_passes_and_the_next_is_refused(start, up, ask):
    node = served(start, counting(up, {"costly": {"minute": 3}}))
    seen = node.delta()
    assert [passes(ask(node, "costly")) for _ in range(3)] == [True] * 3
    refused = ask(node, "costly")
    assert refused.status == 200
    error = refused.json()["error"]
    assert refused.json()["id"] == 1
    assert error["code"] == LIMITED
    told = error["data"]
    assert told["code"] == "rate_limit.exceeded"
    assert 1 <= told["retry_after"] <= 60
    assert int(refused.header("Retry-After")) == told["retry_after"]
    assert told["metadata"] == {"tier": "free", "limit": 3,
                                "retry_after": told["retry_after"]}
    assert "3 calls of this tool in any minute" in error["message"]
    assert len(up.calls("tools/call")) == 3
    assert seen("mcp_tool_calls_total", tool="costly", status="ok") == 3
    assert seen("mcp_tool_calls_total", tool="costly", status="limited") == 1
    assert seen("rate_limit_exceeded_total", tier="free", endpoint="read",
                limit_type="tool") == 1
    assert seen("errors_total", code="rate_limit.exceeded") == 1
    # The others of the client, and those of others.
    assert passes(ask(node, "cheap"))
    assert passes(ask(node, "costly", OTHER))


def test_the_eras_share_one_count(start, up):
    node = served(start, counting(up, {"costly": {"minute": 2}}))
    assert passes(legacy(node, "costly"))
    assert passes(modern(node, "costly"))
    assert not passes(legacy(node, "costly"))
    assert not passes(modern(node, "costly"))


def test_each_tool_of_a_pattern_is_counted_by_itself(start, up):
    node = served(start, counting(up, {"c*": {"minute": 1},
                                       "cheap": {"minute": 2}}))
    assert [passes(legacy(node, "costly")) for _ in range(2)] == [True, False]
    assert [passes(legacy(node, "cheap")) for _ in range(3)] == [True, True,
                                                                 False]


def test_tiers_have_more_or_fewer(start, up):
    node = served(start, counting(
        up, {"costly": {"minute": 1}, "cheap": {"minute": 1, "standard": 3}},
        limits={"keys": {"alice": {"tier": "standard"}}}))
    assert [passes(legacy(node, "costly")) for _ in range(3)] == [
        True, True, False]
    assert [passes(legacy(node, "cheap")) for _ in range(4)] == [
        True, True, True, False]
    assert [passes(legacy(node, "costly", OTHER)) for _ in range(2)] == [
        True, False]


def test_many_at_once_admit_exactly_n(start, up):
    node = served(start, counting(up, {"costly": {"minute": 20}},
                                  node={"io_threads": 2}))
    of_each = together(6, lambda _: sum(passes(modern(node, "costly"))
                                        for _ in range(8)))
    assert sum(of_each) == 20


@pytest.mark.parametrize("ask", [legacy, modern])
def test_the_nodes_own_tools_are_counted_likewise(start, up, ask):
    node = served(start, counting(up, {"search_tools": {"minute": 1},
                                       "conversation_get": {"minute": 1}}))
    for name in ("search_tools", "conversation_get"):
        assert passes(ask(node, name))
        refused = ask(node, name)
        assert refused.json()["error"]["code"] == LIMITED
        assert refused.header("Retry-After")


def test_an_array_is_no_way_around(start, up):
    node = served(start, counting(up, {"search_tools": {"minute": 1}}))
    session = Session(node, "2025-03-26", bearer())
    answers = session.post([
        {"jsonrpc": "2.0", "id": number, "method": "tools/call",
         "params": {"name": "search_tools"}} for number in (1, 2)]).json()
    assert [one["error"]["code"] for one in answers] == [-32600] * 2


@pytest.mark.parametrize("mode, let_in", [("log_only", 1), ("disabled", 0)])
def test_what_is_only_counted_passes(start, up, mode, let_in):
    node = served(start, counting(up, {"costly": {"minute": 1}},
                                  limits={"mode": mode}))
    seen = node.delta()
    assert [passes(legacy(node, "costly")) for _ in range(2)] == [True] * 2
    assert seen("rate_limit_exceeded_total", tier="free", endpoint="read",
                limit_type="tool") == let_in


def test_the_agent_is_held_to_its_callers_limit(start, mock, up):
    node = served(start, thinking(mock, **counting(
        up, {"costly": {"minute": 2}})))
    assert passes(legacy(node, "costly"))
    seen = node.delta()
    mock.script(wants("costly", "costly"), says("Well."))
    answer = structured(call(node, "agent_chat", bearer(), message="go",
                             response_format="detailed"))
    assert [one["failed"] for one in answer["tools"]] == [False, True]
    assert len(up.calls("tools/call")) == 2
    told = mock.requests()[1]["body"]
    assert "rate_limit.exceeded" in told and "Ask again in" in told
    assert seen("mcp_tool_calls_total", tool="costly", status="limited") == 1
    assert not passes(legacy(node, "costly"))
    # It is nobody else's limit.
    mock.script(wants("costly"), says("Well."))
    answer = structured(call(node, "agent_chat", bearer(OTHER), message="go",
                             response_format="detailed"))
    assert [one["failed"] for one in answer["tools"]] == [False]


def test_a_pipe_is_counted_as_its_tier(pipe, up):
    config = counting(up, {"c*": {"minute": 1000, "standard": 2}})
    client = pipe(merged(config, {"mcp": {"stdio_tier": "standard"}}))
    client.initialize()
    eventually(lambda: "cheap" in [one["name"] for one in client.result(
        "tools/list")["tools"]])
    for _ in range(2):
        assert client.call("costly")["content"]
    error = client.error("tools/call", {"name": "costly"})
    assert error["code"] == LIMITED
    assert error["data"]["metadata"]["tier"] == "standard"
    assert client.call("cheap")["content"]


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.skipif(sanitized(),
                    reason="libfaketime and the sanitizer do not agree")
def test_who_waits_as_told_is_admitted_again(start, up):
    """The node's clock runs twelve times as fast: a minute is five seconds."""
    node = served(start, counting(up, {"costly": {"minute": 1}}),
                  env={"LD_PRELOAD": FAKETIME, "FAKETIME": "+0 x12"})
    assert passes(legacy(node, "costly"))
    refused = legacy(node, "costly")
    assert not passes(refused)
    told = refused.json()["error"]["data"]["retry_after"]
    watch = Stopwatch()
    eventually(lambda: watch.seconds * 12 >= told, 10)
    assert passes(legacy(node, "costly"))


def test_nodes_with_one_redis_count_together(start, redis, up):
    store = {"dependency": {"store": redis.dependency()}}
    nodes = [served(start, counting(up, {"costly": {"minute": 3}}, **store))
             for _ in range(2)]
    got = [passes(ask(nodes[at % 2], "costly"))
           for at, ask in enumerate([legacy, modern] * 3)]
    assert got == [True] * 3 + [False] * 3
    assert not [name for name in redis.keys("caisson:rl:*")
                if "costly" in name]


def test_a_reload_changes_the_limits(start, up):
    node = served(start, counting(up, {"costly": {"minute": 1}}))
    assert [passes(legacy(node, "costly")) for _ in range(2)] == [True, False]
    node.rewrite({"limits": {"tools": {"costly": {"minute": 3}}}})
    assert node.admin("/admin/reload").status == 200
    # What was spent stays spent.
    assert [passes(legacy(node, "costly")) for _ in range(3)] == [True, True,
                                                                  False]


def test_names_of_limits_are_nobodys_business(start, up):
    node = served(start, counting(up, {"costly": {"minute": 1}}))
    shown = Session(node).result("resources/read",
                                 {"uri": "caisson://node/config"})
    assert "costly" not in shown["contents"][0]["text"]
