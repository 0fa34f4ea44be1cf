"""SPEC 11: /mcp for clients of 2026-07-28, whose requests stand alone."""
import pytest

from harness import mcp
from harness.agent import OWN_TOOLS
from harness.mcp import META, ask_modern, modern, post
from harness.node import Node


@pytest.fixture(scope="module")
def node():
    with Node() as node:
        yield node


def test_the_server_is_discovered(node):
    seen = node.delta()
    result = ask_modern(node, "server/discover").json()["result"]
    assert result["supportedVersions"] == ["2026-07-28"]
    assert result["resultType"] == "complete"
    assert (result["ttlMs"], result["cacheScope"]) == (60000, "public")
    assert result["_meta"][META + "serverInfo"]["name"] == "caisson"
    assert seen("mcp_requests_total", method="server/discover", era="modern",
                status="ok") == 1


@pytest.mark.parametrize("method, member", [
    ("tools/list", "tools"), ("prompts/list", "prompts"),
    ("resources/list", "resources"),
    ("resources/templates/list", "resourceTemplates")])
def test_lists_say_how_long_they_hold(node, method, member):
    first = ask_modern(node, method)
    assert first.header("Mcp-Session-Id") is None
    result = first.json()["result"]
    assert result[member] == ask_modern(node, method).json()["result"][member]
    assert (result["ttlMs"], result["cacheScope"]) == (60000, "public")


def test_what_is_offered_is_used(node):
    called = ask_modern(node, "tools/call", {
        "name": "search_tools", "arguments": {"detail": "name"}})
    assert called.json()["result"]["structuredContent"]["total"] \
        == len(OWN_TOOLS)
    got = ask_modern(node, "prompts/get", {
        "name": "code_review", "arguments": {"code": "x"}})
    assert got.json()["result"]["messages"]
    read = ask_modern(node, "resources/read", {"uri": "caisson://node/status"})
    assert read.json()["result"]["ttlMs"] == 0
    assert read.json()["result"]["cacheScope"] == "private"


def test_a_session_is_no_matter(node):
    reply = ask_modern(node, "tools/list", **{"Mcp-Session-Id": "nonsense",
                                              "Last-Event-ID": "1-1"})
    assert reply.status == 200
    assert reply.header("Mcp-Session-Id") is None


@pytest.mark.parametrize("method", [
    "initialize", "ping", "logging/setLevel", "resources/subscribe",
    "resources/unsubscribe", "nonsense"])
def test_methods_of_sessions_are_not_found(node, method):
    reply = ask_modern(node, method)
    assert (reply.status, reply.json()["error"]["code"]) == (404, -32601)
    assert reply.json()["id"] == 1


def test_errors_of_a_method_are_told_in_band(node):
    for method, params in (("tools/call", {"name": "x"}),
                           ("resources/read", {"uri": "x:y"}),
                           ("prompts/get", {"name": "x"})):
        reply = ask_modern(node, method, params)
        assert (reply.status, reply.json()["error"]["code"]) == (200, -32602)


@pytest.mark.parametrize("headers", [
    {"Mcp-Method": "tools/list"}, {"Mcp-Method": None}, {"Mcp-Name": "x"},
    {"Mcp-Name": None}, {"Mcp-Method": "TOOLS/CALL"},
    {"MCP-Protocol-Version": "2025-11-25"}])
def test_headers_say_what_the_body_says(node, headers):
    body, own = modern("tools/call", {"name": "search_tools"})
    reply = post(node, body, {**own, **headers})
    assert (reply.status, reply.json()["error"]["code"]) == (400, -32020)
    assert reply.json()["id"] == 1


def test_a_header_may_be_wrapped(node):
    body, own = modern("tools/call", {"name": "search_tools"})
    assert post(node, body, {
        **own, "Mcp-Name": "=?base64?c2VhcmNoX3Rvb2xz?="}).status == 200


def test_what_the_envelope_lacks_is_said(node):
    for missing in ("protocolVersion", "clientCapabilities"):
        body, headers = modern("tools/list")
        del body["params"]["_meta"][META + missing]
        reply = post(node, body, headers)
        assert (reply.status, reply.json()["error"]["code"]) == (400, -32602)
    body, headers = modern("tools/list")
    del body["params"]["_meta"]
    assert post(node, body, headers).json()["error"]["code"] == -32602


def test_a_revision_that_nobody_speaks_is_refused(node):
    body, headers = modern("tools/list", version="2031-01-01")
    reply = post(node, body, headers)
    assert reply.status == 400
    error = reply.json()["error"]
    assert error["code"] == -32022
    assert error["data"] == {"supported": ["2026-07-28"],
                             "requested": "2031-01-01"}


def test_a_notification_is_acknowledged(node):
    body, headers = modern("notifications/cancelled", {"requestId": 1}, None)
    assert post(node, body, headers).status == 202


def test_modern_requests_do_not_come_several_at_once(node):
    body, headers = modern("tools/list")
    reply = post(node, [body], headers)
    assert (reply.status, reply.json()["error"]["code"]) == (400, -32600)


def test_a_client_of_both_eras_is_served_by_its_body(node):
    """Bridges send modern headers with legacy requests."""
    session = mcp.Session(node)
    reply = session.post(mcp.message("tools/list"),
                         {"Mcp-Method": "tools/list"})
    assert reply.status == 200
    assert "resultType" not in reply.json()["result"]
