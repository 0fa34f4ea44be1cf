"""SPEC 11: /mcp for clients that begin with `initialize` and hold a session."""
import pytest

from harness import mcp
from harness.limited import bearer, key
from harness.agent import OWN_TOOLS
from harness.mcp import Session, message
from harness.node import Node
from harness.waiting import eventually

SECRET = "a-secret-of-sessions-0123456789abcdef"
OTHER = "another-secret-of-sessions-0123456789"
SHARED = {"mcp": {"session_secrets": "env:MCP_SECRETS"}}


@pytest.fixture(scope="module")
def node():
    with Node() as node:
        yield node


def test_a_session_begins(node):
    seen = node.delta()
    reply = mcp.initialize(node)
    told = reply.json()
    assert told["id"] == 0
    assert told["result"]["protocolVersion"] == "2025-11-25"
    assert told["result"]["serverInfo"]["name"] == "caisson"
    assert set(told["result"]["capabilities"]) == {
        "tools", "prompts", "resources", "logging", "completions"}
    assert all(0x21 <= ord(c) <= 0x7e for c in reply.header("Mcp-Session-Id"))
    assert seen("mcp_requests_total", method="initialize", era="legacy",
                status="ok") == 1


@pytest.mark.parametrize("asked, agreed", [
    ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"),
    ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
    ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25")])
def test_the_revision_is_agreed_on(node, asked, agreed):
    assert Session(node, asked).greeting["protocolVersion"] == agreed


def test_what_initialize_lacks_is_refused(node):
    reply = mcp.post(node, message("initialize", {"protocolVersion": "x"}, 5))
    assert reply.json()["error"]["code"] == -32602
    assert reply.json()["id"] == 5
    assert reply.header("Mcp-Session-Id") is None


def test_what_is_offered_is_listed_and_used(node):
    session = Session(node)
    assert [tool["name"] for tool in session.result("tools/list")["tools"]] \
        == OWN_TOOLS
    seen = node.delta()
    found = session.call("search_tools", query="tools", detail="full")
    assert found["structuredContent"]["tools"][0]["definition"]["inputSchema"]
    assert seen("mcp_tool_calls_total", tool="search_tools", status="ok") == 1
    assert session.call("search_tools", limit=0)["isError"] is True
    assert seen("mcp_tool_calls_total", tool="search_tools",
                status="failed") == 1
    prompts = session.result("prompts/list")["prompts"]
    assert [prompt["name"] for prompt in prompts] == [
        "code_review", "summarize_conversation", "debug_error"]
    got = session.result("prompts/get", {"name": "debug_error",
                                         "arguments": {"error": "E42"}})
    assert "E42" in got["messages"][0]["content"]["text"]
    completed = session.result("completion/complete", {
        "ref": {"type": "ref/prompt", "name": "code_review"},
        "argument": {"name": "language", "value": "py"}})
    assert completed["completion"]["values"] == ["python"]
    assert session.result("ping") == {}
    assert session.result("logging/setLevel", {"level": "info"}) == {}
    assert session.result("resources/templates/list") == {
        "resourceTemplates": []}


def test_errors_are_told_in_band(node):
    session = Session(node)
    seen = node.delta()
    assert session.error("tools/call", {"name": "x"})["code"] == -32602
    assert session.error("prompts/get", {"name": "x"})["code"] == -32602
    assert session.error("resources/read", {"uri": "x:y"})["code"] == -32002
    assert session.error("nonsense")["code"] == -32601
    assert session.error("tools/list", {"cursor": "x"})["code"] == -32602
    assert session.error("logging/setLevel", {"level": "x"})["code"] == -32602
    assert session.ask("nonsense").status == 200
    assert seen("mcp_requests_total", method="other", era="legacy",
                status="method_not_found") == 2
    assert seen("mcp_tool_calls_total", tool="unknown", status="refused") == 1


def test_the_node_is_read(start):
    node = start({"dependency": {"a": {"kind": "simulated"}}})
    session = Session(node)
    uris = [one["uri"] for one in session.result("resources/list")["resources"]]
    assert uris == ["caisson://node/status", "caisson://node/config"]

    def read(uri):
        import json
        content = session.result("resources/read", {"uri": uri})["contents"][0]
        assert (content["uri"], content["mimeType"]) == (uri,
                                                         "application/json")
        return json.loads(content["text"])

    node.set_breaker("a", "forced_open")
    status = read(uris[0])
    assert (status["node"], status["state"]) == ("test", "serving")
    assert status["dependencies"] == [
        {"name": "a", "kind": "simulated", "breaker": "closed",
         "mode": "forced_open"},
        {"name": "storage", "kind": "sqlite", "breaker": "closed",
         "mode": "auto"}]
    assert read(uris[1])["http"]["max_body"] == "4MiB"
    node.rewrite({"http": {"max_body": "1MiB"}})
    assert node.admin("/admin/reload").status == 200
    assert read(uris[1])["http"]["max_body"] == "1MiB"


def test_no_secret_is_read(start):
    node = start({"telemetry": {"admin_token": "env:TOKEN"}, **SHARED,
                  "dependency": {"a": {
                      "kind": "openai_compatible", "api_key": "env:TOKEN",
                      "url": "http://canary.internal:1", "models": ["m"]}}},
                 env={"TOKEN": "CANARY-token", "MCP_SECRETS": SECRET})
    session = Session(node)
    for uri in ("caisson://node/status", "caisson://node/config"):
        told = session.ask("resources/read", {"uri": uri}).text
        for secret in ("CANARY", "canary.internal", SECRET, "127.0.0.1"):
            assert secret not in told


# --- which session --------------------------------------------------------

def test_a_request_needs_its_session(node):
    seen = node.delta()
    assert mcp.post(node, message("ping")).status == 400
    for wrong in ("x", "", "a" * 3000, Session(node).id[:-2] + "AA"):
        reply = mcp.post(node, message("ping", number=9),
                         {"Mcp-Session-Id": wrong})
        assert reply.status == 404, wrong
        assert reply.json()["id"] == 9
    assert seen("mcp_sessions_refused_total") == 4


def test_a_session_begins_once(node):
    session = Session(node)
    reply = session.ask("initialize", {"protocolVersion": "2025-11-25",
                                       "capabilities": {}, "clientInfo": {}})
    assert reply.status == 400
    assert session.result("ping") == {}


def test_a_session_ends(node):
    session = Session(node)
    assert session.end().status == 200
    assert session.ask("ping").status == 404
    assert session.end().status == 404
    assert node.ask("DELETE", "/mcp", None,
                    {"Host": "localhost"}).status == 400


def test_a_session_lives_as_long_as_was_said(start):
    session = Session(start({"mcp": {"session_ttl": "1s"}}))
    eventually(lambda: session.ask("ping").status == 404, 5, "its end")


def test_a_restart_ends_no_session(start):
    env = {"MCP_SECRETS": SECRET}
    session = Session(start(SHARED, env=env))
    session.node.terminate()
    assert session.node.wait() == 0
    session.node = start(SHARED, env=env)
    assert session.result("ping") == {}


def test_without_a_secret_a_session_is_of_one_process(start):
    session = Session(start())
    session.node = start()
    assert session.ask("ping").status == 404


def test_the_secret_changes_while_the_node_runs(start):
    env = {"MCP_SECRETS": SECRET, "MCP_BOTH": f"{OTHER},{SECRET}",
           "MCP_NEW": OTHER}
    node = start(SHARED, env=env)
    old = Session(node)
    for reference, status in (("env:MCP_BOTH", 200), ("env:MCP_NEW", 404)):
        node.rewrite({"mcp": {"session_secrets": reference}})
        assert node.admin("/admin/reload").status == 200
        assert old.ask("ping").status == status
    assert Session(node).result("ping") == {}


@pytest.mark.parametrize("mode", ["enforce", "disabled"])
def test_a_session_is_its_users_alone(start, mode):
    node = start({"limits": {"mode": mode, "keys": {
        "alice": key("secret-a", user="alice", tier="enterprise"),
        "laptop": key("secret-b", user="alice", tier="enterprise"),
        "bob": key("secret-c", tier="enterprise")}}})
    session = Session(node, headers=bearer("secret-a"))
    for headers, status in ((bearer("secret-a"), 200), (bearer("secret-b"), 200),
                            (bearer("secret-c"), 404), ({}, 404),
                            (bearer("unknown"), 404)):
        session.own = headers
        assert session.ask("ping").status == status, headers


def test_who_is_nobody_is_refused_where_that_is_wanted(start):
    node = start({"limits": {"unknown_keys": "refuse"}})
    reply = mcp.initialize(node, headers=bearer("unknown"))
    assert reply.status == 401
    assert reply.header("WWW-Authenticate") == "Bearer"
    assert reply.json()["error"]["data"]["code"] == "auth.invalid_credentials"


# --- the transport --------------------------------------------------------

def test_what_needs_no_answer_is_acknowledged(node):
    session = Session(node)
    seen = node.delta()
    for body in (message("notifications/initialized", number=None),
                 message("notifications/strange", {}, None),
                 {"jsonrpc": "2.0", "id": 1, "result": {}},
                 {"jsonrpc": "2.0", "id": "x",
                  "error": {"code": 1, "message": "no"}}):
        reply = session.post(body)
        assert (reply.status, reply.body) == (202, b""), body
    assert seen("mcp_requests_total", method="notifications/initialized",
                era="legacy", status="ok") == 1
    assert seen("mcp_requests_total", method="none", era="legacy") == 2


def test_media_are_looked_at(node):
    session = Session(node)
    assert session.post(message("ping"),
                        {"Content-Type": "text/plain"}).status == 415
    for accept in ("application/json", "text/event-stream", "*/*", None):
        assert session.post(message("ping"), {"Accept": accept}).status == 406


def test_a_revision_that_nobody_speaks_is_refused(node):
    session = Session(node)
    for version in ("2025-06-18", "2025-11-25", None):
        assert session.post(message("ping"), {
            "MCP-Protocol-Version": version}).status == 200
    reply = session.post(message("ping"), {"MCP-Protocol-Version": "1.0"})
    assert reply.status == 400
    assert "2025-11-25" in reply.json()["error"]["message"]


def test_several_messages_at_once_are_for_who_knows_them(node):
    batch = [message("ping", number="a"),
             message("notifications/initialized", number=None),
             message("tools/call", {"name": "search_tools"}, 2),
             message("initialize", {}, 3), message("nonsense", number=4)]
    old = Session(node, "2025-03-26")
    answers = old.post(batch).json()
    assert [answer["id"] for answer in answers] == ["a", 2, 3, 4]
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        None, None, -32600, -32601]
    assert old.post(batch[1:2]).status == 202
    assert old.post([]).json()["error"]["code"] == -32600
    assert old.post([*batch, 1]).json()["error"]["code"] == -32600
    for version in ("2025-06-18", "2025-11-25"):
        reply = Session(node, version).post(batch)
        assert (reply.status, reply.json()["error"]["code"]) == (400, -32600)
