"""SPEC 11: streams on which clients of MCP wait for notifications."""
import pytest

from harness import mcp
from harness.mcp import Session, begin, messages, modern
from harness.waiting import Stopwatch, eventually

CONFIG = "caisson://node/config"
CHANGES = "notifications/resources/updated"


def listen(client, **wanted):
    body, headers = modern("subscriptions/listen", {"notifications": wanted},
                           "sub")
    return begin(client, "POST", body, headers)


def change(node, size="2MiB"):
    node.rewrite({"http": {"max_body": size}})
    assert node.admin("/admin/reload").status == 200


def open_streams(node, count):
    eventually(lambda: node.metrics().value("mcp_streams_active") == count,
               5, f"{count} streams")


def test_a_session_hears_of_what_it_subscribes_to(start):
    node = start()
    session, deaf = Session(node), Session(node)
    with node.client() as client, node.client() as other:
        reply = session.listen(client)
        assert reply.status == 200
        assert reply.header("Content-Type") == "text/event-stream"
        assert reply.header("X-Accel-Buffering") == "no"
        assert reply.header("Cache-Control") == "no-cache"
        silence = deaf.listen(other)
        open_streams(node, 2)
        assert session.result("resources/subscribe", {"uri": CONFIG}) == {}
        change(node, "2MiB")
        heard = messages(client.stream(reply))
        assert next(heard) == {"jsonrpc": "2.0", "method": CHANGES,
                               "params": {"uri": CONFIG}}
        session.result("resources/unsubscribe", {"uri": CONFIG})
        change(node, "3MiB")
        assert (session.end().status, deaf.end().status) == (200, 200)
        assert list(heard) == []
        assert list(messages(other.stream(silence))) == []
    open_streams(node, 0)
    assert session.ask("ping").status == 404


def test_what_is_not_there_is_not_subscribed_to(start):
    session = Session(start())
    assert session.error("resources/subscribe", {"uri": "x:y"})["code"] == -32002
    assert session.error("resources/subscribe", {})["code"] == -32602


def test_a_session_has_one_stream(start):
    node = start()
    session = Session(node)
    with node.client() as first, node.client() as second:
        assert session.listen(first).status == 200
        assert session.listen(second).status == 409
        first.close()
        open_streams(node, 0)
        with node.client() as third:
            assert session.listen(third).status == 200


def test_a_modern_client_hears_of_what_it_listens_for(start):
    node = start()
    with node.client() as client:
        reply = listen(client, toolsListChanged=True,
                       resourceSubscriptions=[CONFIG, "x:y"])
        heard = messages(client.stream(reply))
        first = next(heard)
        assert first["method"] == "notifications/subscriptions/acknowledged"
        assert first["params"]["notifications"] == {
            "toolsListChanged": True, "resourceSubscriptions": [CONFIG]}
        tag = {mcp.META + "subscriptionId": "sub"}
        assert first["params"]["_meta"] == tag
        change(node)
        second = next(heard)
        assert (second["method"], second["params"]) == (
            CHANGES, {"_meta": tag, "uri": CONFIG})
    open_streams(node, 0)


def test_a_filter_of_another_shape_is_refused(start):
    node = start()
    body, headers = modern("subscriptions/listen", {"notifications": []})
    assert mcp.post(node, body, headers).json()["error"]["code"] == -32602
    open_streams(node, 0)


def test_streams_end_with_the_node_at_once(start):
    """And not when its patience for running requests does."""
    node = start({"node": {"drain_timeout": "30s"}})
    session = Session(node)
    with node.client() as one, node.client() as two:
        assert session.listen(one).status == 200
        reply = listen(two, resourceSubscriptions=[CONFIG])
        heard = messages(two.stream(reply))
        next(heard)
        watch = Stopwatch()
        node.terminate()
        last = next(heard)
        assert (last["id"], last["result"]["resultType"]) == ("sub", "complete")
        assert one.rest().endswith(b"0\r\n\r\n")
        assert node.wait(20) == 0
        assert watch.seconds < 15


def test_there_are_as_many_streams_as_may_be(start):
    node = start({"mcp": {"max_streams": 1}})
    with node.client() as one, node.client() as two:
        assert Session(node).listen(one).status == 200
        refused = Session(node).listen(two)
        assert refused.status == 503
        assert int(refused.header("Retry-After")) >= 1
        with node.client() as three:
            assert listen(three, toolsListChanged=True).status == 503


def test_a_stream_is_asked_for_properly(start):
    node = start()
    session = Session(node)

    def get(method="GET", **headers):
        return node.ask(method, "/mcp", None, {
            "Host": "localhost", "Accept": "text/event-stream",
            **session.headers, **headers}).status

    assert get(Accept="application/json") == 406
    assert get(**{"Mcp-Session-Id": None}) == 400
    assert get(**{"Mcp-Session-Id": "x"}) == 404
    assert get(**{"MCP-Protocol-Version": "1.0"}) == 400
    assert get("HEAD") == 405


def test_a_session_that_expires_loses_its_stream(start):
    node = start({"mcp": {"session_ttl": "1s"}})
    with node.client() as client:
        reply = Session(node).listen(client)
        assert reply.status == 200
        assert list(messages(client.stream(reply))) == []


@pytest.mark.slow
def test_a_silent_stream_shows_that_it_lives(start):
    node = start()
    with node.client(within=40) as client:
        body = client.body(Session(node).listen(client))
        assert next(body).startswith(b"retry: ")
        watch = Stopwatch()
        assert next(body) == b":\r\n\r\n"
        assert watch.seconds > 15
