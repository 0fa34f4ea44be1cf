"""SPEC 11, 13: who may ask /mcp, and what comes of what is no MCP."""
import pytest

from harness import mcp
from harness.agent import OWN_TOOLS
from harness.limited import limits
from harness.mcp import Session, message, post
from harness.node import Node

PAGE = "http://localhost:3000"


@pytest.fixture(scope="module")
def node():
    with Node() as node:
        yield node


@pytest.fixture(scope="module")
def session(node):
    return Session(node)


# --- Host and Origin ------------------------------------------------------

@pytest.mark.parametrize("headers", [
    {"Host": "evil.example.com"}, {"Origin": "http://evil.example.com"},
    {"Host": "evil.example.com", "Origin": "http://evil.example.com"},
    {"Host": "localhost.evil.example.com"}, {"Origin": "null"}])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS"])
def test_strangers_are_refused(node, method, headers):
    reply = node.ask(method, "/mcp", message("ping") if method == "POST" else None,
                     {"Host": "localhost", "Accept": mcp.BOTH, **headers})
    assert reply.status == 403
    assert reply.json()["error"]["code"] == -32000
    assert reply.header("Access-Control-Allow-Origin") is None


def test_names_and_pages_are_allowed_by_config(start):
    node = start({"http": {"allowed_hosts": ["caisson.example.com"],
                           "allowed_origins": ["https://app.example.com"]}})
    for host, origin, status in (
            ("caisson.example.com", None, 200),
            ("caisson.example.com:8443", "https://app.example.com", 200),
            ("caisson.example.com", "https://other.example.com", 403),
            ("localhost", None, 403)):
        reply = mcp.initialize(node, headers={"Host": host, "Origin": origin})
        assert reply.status == status, (host, origin)
    node.rewrite({"http": {"allowed_hosts": ["new.example.com"]}})
    assert node.admin("/admin/reload").status == 200
    assert mcp.initialize(node,
                          headers={"Host": "new.example.com"}).status == 200


def test_a_page_can_read_its_answers(node, session):
    for reply in (mcp.initialize(node, headers={"Origin": PAGE}),
                  session.post(message("ping"), {"Origin": PAGE}),
                  session.post("nonsense", {"Origin": PAGE}),
                  post(node, message("ping"), {"Origin": PAGE,
                                               "Mcp-Session-Id": "x"})):
        assert reply.all("Access-Control-Allow-Origin") == [PAGE], reply
        exposed = reply.header("Access-Control-Expose-Headers")
        assert "Mcp-Session-Id" in exposed and "WWW-Authenticate" in exposed
        assert reply.header("Vary") == "Origin"


def test_a_page_may_ask_before_it_asks(node):
    reply = node.ask("OPTIONS", "/mcp", None, {
        "Host": "localhost", "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers":
            "content-type, mcp-session-id, mcp-param-region, x-strange"})
    assert reply.status == 204
    assert reply.header("Access-Control-Allow-Origin") == PAGE
    assert reply.header("Access-Control-Allow-Methods") \
        == "GET, POST, DELETE, OPTIONS"
    assert reply.header("Access-Control-Allow-Headers") \
        == "content-type, mcp-session-id, mcp-param-region"
    plain = node.ask("OPTIONS", "/mcp", None, {"Host": "localhost"})
    assert plain.status == 204
    assert plain.header("Allow") == "GET, POST, DELETE, OPTIONS"


# --- limits ---------------------------------------------------------------

def test_a_client_has_its_limit_here_too(start):
    node = start(limits(2))
    session = Session(node)
    assert session.ask("ping").header("X-RateLimit-Remaining") == "0"
    reply = session.post(message("ping"), {"Origin": PAGE})
    assert reply.status == 429
    assert int(reply.header("Retry-After")) >= 1
    error = reply.json()["error"]
    assert (reply.json()["jsonrpc"], reply.json()["id"]) == ("2.0", None)
    assert error["code"] == -31003
    assert error["data"]["code"] == "rate_limit.exceeded"
    assert error["data"]["metadata"]["limit"] == 2
    assert reply.header("Access-Control-Allow-Origin") == PAGE
    # A preflight has no credentials to be counted by.
    assert node.ask("OPTIONS", "/mcp", None,
                    {"Host": "localhost", "Origin": PAGE}).status == 204


def test_a_body_has_its_bounds(start):
    node = start({"http": {"max_body": "1KiB"}})
    reply = post(node, message("ping", {"x": "x" * 2000}))
    assert reply.status == 413
    assert reply.json()["error"]["code"] == -32600
    assert reply.json()["error"]["data"]["code"] == "validation.body_too_large"


def test_other_methods_are_not_taken(node):
    assert node.ask("PUT", "/mcp", "{}", {"Host": "localhost"}).status >= 400


# --- JSON-RPC -------------------------------------------------------------

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
REFUSED = [
    # no JSON
    (b"", -32700), (b"{", -32700), (b"nonsense", -32700), (b"{'a':1}", -32700),
    (PING + b"x", -32700), (PING + PING, -32700), (b"\xef\xbb\xbf" + PING, -32700),
    (PING[:-1] + b',"x":"\xff"}', -32700), (PING[:-1] + b',"x":1e999}', -32600),
    (PING[:-1] + b',"x":' + b"[" * 100 + b"]" * 100 + b"}", -32700),
    (PING[:-1] + b',"x":' + b"[" * 100_000 + b"}", -32700),
    (PING[:-1] + b',"x":01}', -32700), (PING[:-1] + b',"x":"\t"}', -32700),
    # JSON, but no message
    (b"1", -32600), (b"null", -32600), (b'"ping"', -32600), (b"{}", -32600),
    (b"[]", -32600), (b"[1]", -32600), (b"[[]]", -32600),
    (PING.replace(b"2.0", b"1.0"), -32600), (PING.replace(b'"2.0"', b"2.0"), -32600),
    (PING.replace(b'"id":1', b'"id":null'), -32600),
    (PING.replace(b'"id":1', b'"id":1.5'), -32600),
    (PING.replace(b'"id":1', b'"id":{}'), -32600),
    (PING.replace(b'"id":1', b'"id":true'), -32600),
    (PING.replace(b'"id":1', b'"id":"' + b"x" * 300 + b'"'), -32600),
    (PING.replace(b'"ping"', b"1"), -32600), (PING.replace(b'"ping"', b'""'), -32600),
    (PING[:-1] + b',"params":[]}', -32600), (PING[:-1] + b',"params":1}', -32600),
    (PING[:-1] + b',"id":2}', -32600), (PING[:-1] + b',"result":{}}', -32600),
    (b'{"jsonrpc":"2.0","result":{}}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', -32600),
]


@pytest.mark.parametrize("body, code", REFUSED,
                         ids=[str(i) for i in range(len(REFUSED))])
def test_what_is_no_message_is_refused(session, body, code):
    reply = session.post(body)
    assert (reply.status, reply.json()["error"]["code"]) == (400, code)
    assert session.result("ping") == {}


@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, "", "x", "\u00e9\"", "null"])
def test_an_id_comes_back_as_it_was(session, number):
    assert session.ask("ping", number=number).json()["id"] == number


def test_members_that_nobody_knows_are_no_matter(session):
    reply = session.post({**message("ping", {"x": [1, {"y": None}]}), "z": 1})
    assert reply.json() == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_what_is_refused_is_counted(node, session):
    seen = node.delta()
    session.post("nonsense")
    session.post({"jsonrpc": "2.0"})
    assert seen("mcp_requests_total", method="none", era="unknown",
                status="parse_error") == 1
    assert seen("mcp_requests_total", method="none", era="unknown",
                status="invalid_request") == 1


def test_labels_are_of_this_house(node, session):
    for name in ("x" * 50, "tools/\ncall", "é"):
        session.ask(name)
        session.ask("tools/call", {"name": name})
    metrics = node.metrics()
    for have in metrics.labels("mcp_requests_total"):
        assert have["method"] in {
            "other", "none", "initialize", "ping", "tools/list", "tools/call",
            "server/discover"}
    for have in metrics.labels("mcp_tool_calls_total"):
        assert have["tool"] in {"unknown", *OWN_TOOLS}
