"""SPEC 11, 12: a session of MCP is served by any node of a cluster: what its
client has said to one of them holds at all, and what a modern client listens to
it hears at any."""
import pytest

from harness import mcp
from harness.cluster import NAMES, Papers, cluster_of, join
from harness.mcp import Session, modern
from harness.offers import offered
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually

SECRET = {"MCP_SECRETS": "a-secret-of-sessions-0123456789abcdef"}
SHARED = {"mcp": {"session_secrets": "env:MCP_SECRETS"}}
URI = "a://b"
CHANGED = "notifications/resources/updated"


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("sessions"))


@pytest.fixture(params=["legacy", "modern"])
def up(request):
    with ToolServer([tool("work")], era=request.param,
                    resources=[{"uri": URI, "name": "b"}]) as up:
        yield up


def config(up):
    return {**SHARED, "dependency": {"up": up.dependency(refresh="1h")}}


@pytest.fixture
def sharing(start):
    return lambda given: start(given, env=SECRET)


@pytest.fixture
def nodes(sharing, papers, up):
    made = list(cluster_of(sharing, papers, **config(up)).values())
    for node in made:
        offered(node, "work")
    eventually(lambda: len(up.streams) >= 3, what="all listen")
    return made


def wishes(up):
    """How many nodes have asked to hear of changes, so far."""
    heard = [body for _, _, body in list(up.seen)]
    return len([body for body in heard if URI in str(body.get(
        "listening", "")) or (body.get("method") == "resources/subscribe")])


def test_a_session_subscribes_at_one_node_and_hears_at_another(
        nodes, up):
    """And ends it at a third."""
    a, b, c = nodes
    session = Session(a)
    with b.client() as client:
        heard = mcp.messages(client.stream(session.at(b).listen(client)))
        assert session.at(c).result("resources/subscribe", {"uri": URI}) == {}
        eventually(lambda: wishes(up) >= 3, what="all nodes listen for it")
        up.tell(CHANGED, {"uri": URI})
        assert next(heard)["params"] == {"uri": URI}
        assert session.result("resources/unsubscribe", {"uri": URI}) == {}
        if up.era == "legacy":
            eventually(lambda: len(up.calls("resources/unsubscribe")) == 3)
        assert session.at(b).end().status == 200
        assert list(heard) == []


def test_a_node_that_comes_later_knows_what_sessions_hear_of(
        sharing, papers, up):
    a, b = cluster_of(sharing, papers, NAMES[:2], **config(up)).values()
    offered(a, "work")
    session = Session(a)
    assert session.result("resources/subscribe", {"uri": URI}) == {}
    c = join(sharing, papers, "c", [b], **config(up))
    with c.client() as client:
        offered(c, "work")
        heard = mcp.messages(client.stream(session.at(c).listen(client)))
        eventually(lambda: wishes(up) >= 3, what="all nodes listen for it")
        up.tell(CHANGED, {"uri": URI})
        assert next(heard)["params"] == {"uri": URI}


def test_the_level_of_logs_is_the_session_s_at_every_node(nodes, up):
    """Each node passes on what the servers that it asks say."""
    def reports(body, say):
        for level in ("debug", "error"):
            say({"jsonrpc": "2.0", "method": "notifications/message",
                 "params": {"level": level, "data": level}})
        return {"content": [{"type": "text", "text": "done"}]}

    up.answers["work"] = reports
    a, b, _ = nodes
    session = Session(a)
    call = mcp.message("tools/call", {"name": "work"}, 9)

    def levels():
        with b.client() as client:
            reply = mcp.begin(client, "POST", call, session.headers)
            return [one["params"]["level"] for one in
                    mcp.messages(client.stream(reply)) if "params" in one]

    if up.era == "modern":
        pytest.skip("such servers are asked for logs with each call")
    assert levels() == ["error"]
    session.result("logging/setLevel", {"level": "debug"})
    eventually(lambda: levels() == ["debug", "error"], 10)


@pytest.mark.parametrize("place", range(3))
def test_a_modern_client_listens_at_any_node(nodes, up, place):
    node = nodes[place]
    with node.client() as client:
        body, headers = modern("subscriptions/listen", {
            "notifications": {"resourceSubscriptions": [URI]}}, "sub")
        heard = mcp.messages(client.stream(
            mcp.begin(client, "POST", body, headers)))
        next(heard)
        eventually(lambda: wishes(up) >= 1)
        up.tell(CHANGED, {"uri": URI})
        assert next(heard)["params"]["uri"] == URI
