"""SPEC 2, 11: `caisson mcp-stdio`, the endpoint of MCP for clients that start
their servers: both eras, the same catalogue, limits and drain as at /mcp."""
import json
import subprocess

import pytest

from harness import mcp, node as nodes
from harness.tool_server import ToolServer, tool
from harness.waiting import Stopwatch, eventually

# Sessions at servers are of one thread each.
ALONE = {"node": {"io_threads": 1}}


@pytest.fixture(params=["legacy", "modern"])
def up(request):
    with ToolServer([tool("read", readOnlyHint=True), tool("write")],
                    era=request.param) as up:
        yield up


def names(result):
    return [one["name"] for one in result["tools"]]


def text(result):
    return result["content"][0]["text"]


# --- both eras --------------------------------------------------------------

@pytest.mark.parametrize("version", [
    "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_a_client_of_sessions_is_served(pipe, version):
    client = pipe()
    hello = client.initialize(version)
    assert hello["protocolVersion"] == version
    assert hello["serverInfo"]["name"] == "caisson"
    assert "search_tools" in names(client.result("tools/list"))
    assert client.result("ping") == {}
    assert "structuredContent" in client.call("search_tools", query="search")
    status = client.result("resources/read", {"uri": "caisson://node/status"})
    assert json.loads(status["contents"][0]["text"])["state"] == "serving"
    assert client.error("tools/lost")["code"] == -32601


def test_a_modern_client_is_served(pipe):
    client = pipe()
    found = client.ask_modern("server/discover")["result"]
    assert mcp.MODERN in found["supportedVersions"]
    listed = client.ask_modern("tools/list")["result"]
    assert "search_tools" in names(listed)
    assert listed["resultType"] == "complete"
    assert client.ask_modern("ping")["error"]["code"] == -32601
    called = client.ask_modern("tools/call", {
        "name": "search_tools", "arguments": {"query": "search"}})
    assert called["result"]["resultType"] == "complete"


def test_both_eras_may_be_spoken_on_one_pipe(pipe):
    client = pipe()
    client.initialize()
    assert "resultType" not in client.result("tools/list")
    assert client.ask_modern("tools/list")["result"]["resultType"]


def test_a_legacy_client_begins_with_initialize(pipe):
    client = pipe()
    assert client.result("ping") == {}
    assert client.error("tools/list")["code"] == -32600
    client.initialize()
    client.result("tools/list")
    assert client.error("initialize", {
        "protocolVersion": mcp.LATEST, "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"}})["code"] == -32600


def test_arrays_are_for_revisions_that_have_them(pipe):
    old = pipe()
    old.initialize("2025-03-26")
    old.send([mcp.message("ping", number=71), mcp.message("ping", number=72),
              mcp.message("notifications/progress", {}, None)])
    assert [one["id"] for one in old.next()] == [71, 72]
    new = pipe()
    new.initialize()
    new.send([mcp.message("ping", number=71)])
    assert new.next()["error"]["code"] == -32600


# --- the wire ---------------------------------------------------------------

@pytest.mark.parametrize("line, code", [
    (b"hello", -32700),
    (b"{", -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping\xff"}', -32700),
    (b"\xef\xbb\xbf{}", -32700),
    (b"{}\x00", -32700),
    (b"[" * 100_000, -32700),
    (b"[]", -32600),
    (b"42", -32600),
    (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32600),
])
def test_what_is_no_message_is_answered_and_nothing_ends(pipe, line, code):
    client = pipe()
    client.send_bytes(line + b"\n")
    assert client.next()["error"]["code"] == code
    assert client.result("ping") == {}


def test_a_line_that_is_too_long_is_refused_and_skipped(pipe):
    client = pipe({"http": {"max_body": "64KiB"}})
    client.send_bytes(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"'
                      + b"x" * 1_000_000 + b'"}}\n')
    told = client.next()
    assert told["id"] is None and told["error"]["code"] == -32600
    assert client.result("ping") == {}


def test_ids_come_back_as_they_were_and_once_at_a_time(pipe):
    client = pipe()
    for number in ("a\u00e9\u2028", 0, -7, 2**53):
        client.send(mcp.message("ping", number=number))
        assert client.next() == {"jsonrpc": "2.0", "id": number, "result": {}}
    with ToolServer([tool("slow")]) as up:
        up.hang()
        other = pipe({"dependency": {"up": up.dependency()}})
        other.initialize()
        up.behave()
        eventually(lambda: "slow" in names(other.result("tools/list")))
        up.hang()
        other.send(mcp.message("tools/call", {"name": "slow"}, "one"))
        other.send(mcp.message("ping", number="one"))
        assert other.answer_to("one")["error"]["code"] == -32600
        up.behave()
        assert text(other.answer_to("one")["result"]) == "slow says hello"


def test_notifications_and_strange_responses_are_not_answered(pipe):
    client = pipe()
    client.initialize()
    client.tell("notifications/roots/list_changed")
    client.tell("notifications/of/no/kind", {"a": 1})
    client.send({"jsonrpc": "2.0", "id": 99, "result": {}})
    client.send({"jsonrpc": "2.0", "id": 98,
                 "error": {"code": 1, "message": "no"}})
    client.send_bytes(b"\n\r\n")
    assert client.result("ping") == {}
    assert client.lines.empty() and not client.aside


def test_everything_may_be_written_before_anything_is_read():
    """As `printf … | caisson mcp-stdio` does; the last line has no end."""
    lines = [mcp.message("initialize", {
        "protocolVersion": mcp.LATEST, "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"}}, 1),
        mcp.message("notifications/initialized", None, None),
        mcp.message("tools/list", None, 2), mcp.message("ping", None, 3)]
    done = subprocess.run(
        [nodes.BINARY, "mcp-stdio"], env=nodes.clean_env(), timeout=20,
        input="\n".join(json.dumps(line) for line in lines).encode(),
        capture_output=True)
    assert done.returncode == 0, done.stderr
    answers = {one["id"]: one for one in
               map(json.loads, done.stdout.splitlines())}
    assert set(answers) == {1, 2, 3}
    assert "search_tools" in names(answers[2]["result"])


def test_input_and_output_may_be_files(tmp_path):
    asked, said = tmp_path / "asked", tmp_path / "said"
    asked.write_text(json.dumps(mcp.message("ping", None, 1)) + "\n")
    with asked.open() as source, said.open("w") as sink:
        done = subprocess.run(
            [nodes.BINARY, "mcp-stdio"], env=nodes.clean_env(), timeout=20,
            stdin=source, stdout=sink, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert json.loads(said.read_text()) == {"jsonrpc": "2.0", "id": 1,
                                            "result": {}}


# --- what stands behind it --------------------------------------------------

def test_tools_of_servers_are_there_from_the_first_list_on(pipe, up):
    client = pipe({"dependency": {"up": up.dependency()}})
    client.initialize()
    assert {"search_tools", "read", "write"} <= set(
        names(client.result("tools/list")))
    seen = client.delta()
    assert text(client.call("read", x=1)) == "read says hello"
    called = client.ask_modern("tools/call", {"name": "read",
                                              "arguments": {"x": 2}})
    assert text(called["result"]) == "read says hello"
    assert [call["params"]["arguments"] for call in up.calls("tools/call")] \
        == [{"x": 1}, {"x": 2}]
    assert seen("mcp_tool_calls_total", tool="read", status="ok") == 2
    for era in ("legacy", "modern"):
        assert seen("mcp_requests_total", method="tools/call", era=era,
                    status="ok") == 1


def test_a_server_that_hangs_holds_nobody_else_up(pipe):
    with ToolServer([tool("slow")]) as slow, ToolServer([tool("quick")]) as up:
        client = pipe({"dependency": {
            "slow": slow.dependency(timeout="30s"), "up": up.dependency()}})
        client.initialize()
        slow.hang()
        waiting = client.begin("tools/call", {"name": "slow"})
        watch = Stopwatch()
        assert text(client.call("quick")) == "quick says hello"
        assert {"slow", "quick"} <= set(names(client.result("tools/list")))
        assert watch.seconds < 5
        slow.behave()
        assert text(client.answer_to(waiting)["result"]) == "slow says hello"


def test_a_server_that_is_not_there_delays_the_start_and_nothing_else(pipe):
    watch = Stopwatch()
    client = pipe({"dependency": {"gone": {
        "kind": "mcp_http", "url": "http://127.0.0.1:9/mcp",
        "retry": {"attempts": 1}}}})
    client.initialize()
    assert "search_tools" in names(client.result("tools/list"))
    assert watch.seconds < 15


def test_the_breaker_stands_before_a_dead_server(pipe):
    with ToolServer([tool("read")]) as up:
        client = pipe({"dependency": {"up": up.dependency(
            breaker={"failures": 1, "open_for": "60s"})}})
        client.initialize()
        client.result("tools/list")
        up.stop()
        eventually(lambda: client.metrics().value(
            "circuit_breaker_state_gauge", service="up", state="open") == 1,
            what="the breaker opens")
        error = client.error("tools/call", {"name": "read"})
        assert error["data"]["code"].startswith("resilience"), error
        assert "read" in names(client.result("tools/list"))


def test_calls_are_held_against_the_limits_of_the_client(pipe):
    client = pipe({"mcp": {"stdio_tier": "anonymous"}, "limits": {
        "mode": "enforce", "tiers": {"anonymous": {"minute": 3}}}})
    client.initialize()
    answers = [client.ask("ping") for _ in range(5)]
    refused = [one for one in answers if "error" in one]
    assert len(refused) == 2, answers
    assert refused[0]["id"] is not None
    assert refused[0]["error"]["data"]["code"] \
        == "rate_limit.exceeded", refused
    metrics = client.metrics()
    assert metrics.value("rate_limit_exceeded_total", tier="anonymous",
                       endpoint="read", limit_type="minute") == 2


def test_whoever_starts_a_node_is_no_stranger_to_it(pipe):
    client = pipe({"limits": {
        "mode": "enforce", "tiers": {"anonymous": {"minute": 1}}}})
    client.initialize()
    assert all("result" in client.ask("ping") for _ in range(20))


def test_the_key_of_the_config_says_who_the_client_is(pipe):
    import hashlib
    config = {"limits": {
        "mode": "enforce", "unknown_keys": "refuse",
        "tiers": {"anonymous": {"minute": 1}, "premium": {"minute": 100}},
        "keys": {"desk": {"sha256": hashlib.sha256(b"sk-desk").hexdigest(),
                          "tier": "premium"}}},
        "mcp": {"stdio_key": "env:DESK"}}
    client = pipe(config, env={"DESK": "sk-desk"})
    client.initialize()
    for _ in range(5):
        assert client.result("ping") == {}
    stranger = pipe(config, env={"DESK": "sk-other"})
    assert "error" in stranger.ask("ping")


# --- what servers and clients say meanwhile ---------------------------------

def streaming(up, *said, result=None):
    """A tool "talk" that says these first."""
    def talk(body, say):
        for one in said:
            say(one(body) if callable(one) else one)
        return result or {"content": [{"type": "text", "text": "said"}]}
    up.answers["talk"] = talk


def notification(method, **params):
    return {"jsonrpc": "2.0", "method": method, "params": params}


def progress(body):
    return notification("notifications/progress", progress=1, total=2,
                        progressToken=body["params"]["_meta"]["progressToken"])


def test_progress_and_logs_of_a_call_come_before_its_answer(pipe):
    with ToolServer([tool("talk")]) as up:
        streaming(up, progress, notification("notifications/message",
                                             level="warning", data="careful"),
                  notification("notifications/message", level="debug",
                               data="details"))
        client = pipe({"dependency": {"up": up.dependency()}, **ALONE})
        client.initialize()
        assert client.result("logging/setLevel", {"level": "info"}) == {}
        number = client.begin("tools/call", {
            "name": "talk", "_meta": {"progressToken": "mine"}})
        said = [client.next() for _ in range(3)]
        assert said[0]["params"]["progressToken"] == "mine"
        assert said[1]["params"]["data"] == "careful"
        assert said[2]["id"] == number


def test_a_server_asks_the_client_and_gets_its_answer(pipe):
    with ToolServer([tool("talk")]) as up:
        def talk(body, say):
            say({"jsonrpc": "2.0", "id": "q", "method": "elicitation/create",
                 "params": {"message": "Who?", "requestedSchema": {
                     "type": "object", "properties": {}}}})
            up.wait_for(lambda one: one.get("id") == "q"
                        and one.get("result") == {"action": "decline"})
            return {"content": [{"type": "text", "text": "said"}]}

        up.answers["talk"] = talk
        client = pipe({"dependency": {"up": up.dependency()}, **ALONE})
        client.initialize(capabilities={"elicitation": {}})
        number = client.begin("tools/call", {"name": "talk"})
        asked = client.until(lambda one: one.get("method")
                             == "elicitation/create")
        assert asked["params"]["message"] == "Who?"
        client.send({"jsonrpc": "2.0", "id": asked["id"],
                     "result": {"action": "decline"}})
        assert text(client.answer_to(number)["result"]) == "said"


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_a_request_that_is_cancelled_is_not_answered(pipe, era):
    with ToolServer([tool("slow")], era=era) as up:
        client = pipe({"dependency": {"up": up.dependency()}, **ALONE})
        client.initialize()
        up.hang()
        number = client.begin("tools/call", {"name": "slow"})
        eventually(lambda: up.calls("tools/call"))
        client.tell("notifications/cancelled", {"requestId": number})
        eventually(lambda: client.metrics().value(
            "mcp_tool_calls_total", tool="slow", status="cancelled") == 1)
        up.behave()
        assert client.result("ping") == {}
        assert not client.aside


def test_a_modern_request_is_cancelled_by_a_message(pipe):
    with ToolServer([tool("slow")], era="modern") as up:
        client = pipe({"dependency": {"up": up.dependency()}, **ALONE})
        client.ask_modern("tools/list")
        up.hang()
        body, _ = mcp.modern("tools/call", {"name": "slow"}, 50)
        client.send(body)
        eventually(lambda: up.calls("tools/call"))
        client.tell("notifications/cancelled", {"requestId": 50})
        eventually(lambda: client.metrics().value(
            "mcp_tool_calls_total", tool="slow", status="cancelled") == 1)
        up.behave()
        assert client.ask_modern("tools/list")["result"]
        assert not client.aside


def test_a_session_hears_that_something_else_is_offered(pipe):
    with ToolServer([tool("one")]) as up:
        client = pipe({"dependency": {"up": up.dependency()}})
        client.initialize()
        assert "one" in names(client.result("tools/list"))
        up.lists["tools"].append(tool("two"))
        client.until(lambda one: one.get("method")
                     == "notifications/tools/list_changed")
        assert "two" in names(client.result("tools/list"))


def test_a_modern_client_subscribes_and_is_told_and_ends_it(pipe):
    with ToolServer([tool("one")]) as up:
        client = pipe({"dependency": {"up": up.dependency()}})
        client.ask_modern("tools/list")
        body, _ = mcp.modern("subscriptions/listen",
                             {"notifications": {"toolsListChanged": True}}, 60)
        client.send(body)
        first = client.until(lambda one: "method" in one)
        assert first["method"] == "notifications/subscriptions/acknowledged"
        up.lists["tools"].append(tool("two"))
        told = client.until(lambda one: "method" in one)
        assert told["method"] == "notifications/tools/list_changed"
        assert told["params"]["_meta"][mcp.META + "subscriptionId"] == 60
        client.tell("notifications/cancelled", {"requestId": 60})
        up.lists["tools"].append(tool("three"))
        eventually(lambda: "three" in names(
            client.ask_modern("tools/list")["result"]))
        assert not client.aside


def test_a_change_of_a_resource_is_told_who_has_subscribed(pipe):
    with ToolServer(resources=[{"uri": "a://b", "name": "b"}]) as up:
        client = pipe({"dependency": {"up": up.dependency()}})
        client.initialize()
        client.result("resources/list")
        assert client.result("resources/subscribe", {"uri": "a://b"}) == {}
        up.wait_for(lambda body: body.get("method") == "resources/subscribe")
        eventually(lambda: up.streams)
        up.tell("notifications/resources/updated", {"uri": "a://b"})
        told = client.until(lambda one: one.get("method")
                            == "notifications/resources/updated")
        assert told["params"] == {"uri": "a://b"}
