"""SPEC 11: upstream servers of MCP over HTTP, offered as one catalogue, each a
protected dependency of its own."""
import json

import pytest

from harness import mcp
from harness.agent import OWN_TOOLS
from harness.mcp import Session, ask_modern
from harness.offers import names, offered, text
from harness.tool_server import ToolServer, tool
from harness.waiting import Stopwatch, eventually


# Sessions at servers are of one thread each.
ALONE = {"io_threads": 1}


@pytest.fixture(params=["legacy", "modern"])
def up(request):
    with ToolServer([tool("read", readOnlyHint=True), tool("write")],
                    era=request.param,
                    prompts=[{"name": "greet"}],
                    resources=[{"uri": "a://b", "name": "b"}],
                    templates=[{"uriTemplate": "t://{x}", "name": "t"}]) as up:
        yield up


def test_tools_of_either_era_are_called_by_clients_of_either(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "search_tools", "read", "write")
    seen = node.delta()
    result = Session(node).call("read", x=1)
    assert text(result) == "read says hello"
    result = ask_modern(node, "tools/call", {
        "name": "read", "arguments": {"x": 1}}).json()["result"]
    assert text(result) == "read says hello"
    assert result["resultType"] == "complete"
    assert [call["params"]["arguments"] for call in up.calls("tools/call")] \
        == [{"x": 1}] * 2
    assert seen("mcp_tool_calls_total", tool="read", status="ok") == 2
    for era in ("legacy", "modern"):
        assert seen("mcp_requests_total", method="tools/call", era=era,
                    status="ok") == 1


def test_prompts_resources_and_completion_go_to_who_has_them(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "read")
    session = Session(node)
    assert "greet" in [one["name"] for one in
                       session.result("prompts/list")["prompts"]]
    assert session.result("prompts/get", {"name": "greet"})["messages"]
    assert session.result("resources/read", {"uri": "a://b"})["contents"] == [
        {"uri": "a://b", "text": "read"}]
    assert session.result("resources/read", {"uri": "t://5"})["contents"]
    assert session.error("resources/read", {"uri": "u://5"})["code"] == -32002
    assert session.result("completion/complete", {
        "ref": {"type": "ref/prompt", "name": "greet"},
        "argument": {"name": "a", "value": ""}})["completion"]["values"] == [
            "greet"]


def test_search_finds_what_others_offer(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "write")
    found = Session(node).call("search_tools", query="write", detail="name")
    assert found["structuredContent"] == {"total": 1,
                                          "tools": [{"name": "write"}]}


def test_two_servers_with_the_same_names(start):
    with ToolServer([tool("read")]) as one, ToolServer([tool("read")]) as two:
        node = start({"dependency": {"one": one.dependency(),
                                     "two": two.dependency()}})
        offered(node, "read", "two__read")
        assert names(node) == [*OWN_TOOLS, "read", "two__read"]
        assert names(node) == names(node)
        Session(node).call("two__read")
        assert not one.calls("tools/call")
        assert two.calls("tools/call")[0]["params"]["name"] == "read"


def test_what_is_denied_is_neither_listed_nor_called(start):
    with ToolServer([tool("read_a"), tool("read_b"), tool("drop")]) as up:
        node = start({"dependency": {"up": up.dependency(
            allow=["read_*"], deny=["read_b"])}})
        offered(node, "read_a")
        assert names(node) == [*OWN_TOOLS, "read_a"]
        for hidden in ("read_b", "drop"):
            assert Session(node).error("tools/call", {"name": hidden})["code"] \
                == -32602
        assert not up.calls("tools/call")


def test_only_others_are_offered_where_that_is_wished(start):
    with ToolServer([tool("read")]) as up:
        node = start({"mcp": {"own_offers": False},
                      "dependency": {"up": up.dependency()}})
        offered(node, "read")
        session = Session(node)
        assert names(node) == ["read"]
        assert session.result("prompts/list")["prompts"] == []
        assert session.result("resources/list")["resources"] == []
        assert session.error("tools/call", {"name": "search_tools"})


def test_a_lost_session_is_repaired_unseen(start):
    with ToolServer([tool("write")]) as up:
        node = start({"node": ALONE,
                      "dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "write")
        session = Session(node)
        session.call("write")
        up.forget_sessions()
        assert text(session.call("write")) == "write says hello"
        # It was refused once, and made once.
        assert len(up.calls("tools/call")) == 3
        assert node.breaker("up") == "closed"


def test_a_server_may_come_back_in_another_era(start):
    with ToolServer([tool("read")], era="modern") as up:
        node = start({"node": ALONE,
                      "dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "read")
        up.era = "legacy"
        assert text(Session(node).call("read")) == "read says hello"


def test_only_what_does_no_harm_is_tried_again(start):
    with ToolServer([tool("read", readOnlyHint=True), tool("write")]) as up:
        node = start({"node": ALONE,
                      "dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "read", "write")
        session = Session(node)
        up.refuse(500)
        for name in ("read", "write"):
            error = session.error("tools/call", {"name": name})
            assert error["code"] == -31006
            assert error["data"]["code"] == "external.mcp.error"
            assert error["data"]["metadata"]["dependency"] == "up"
        made = [call["params"]["name"] for call in up.calls("tools/call")]
        assert (made.count("read"), made.count("write")) == (3, 1)


def test_one_dead_server_takes_nobody_with_it(start):
    with ToolServer([tool("here")]) as good, ToolServer([tool("gone")]) as bad:
        node = start({"dependency": {
            "bad": bad.dependency(breaker={"open_for": "200ms",
                                           "open_for_max": "200ms"}),
            "good": good.dependency()}})
        offered(node, "here", "gone")
        bad.stop()
        session = Session(node)
        seen = node.delta()
        error = session.error("tools/call", {"name": "gone"})
        assert error["code"] in (-31001, -31005)
        assert seen("mcp_tool_calls_total", tool="gone", status="error") == 1
        # It is still listed, as it last was; the others work.
        assert names(node) == [*OWN_TOOLS, "gone", "here"]
        assert text(session.call("here")) == "here says hello"
        node.set_breaker("bad", "forced_open")
        assert session.error("tools/call", {"name": "gone"})["code"] == -31005
        node.set_breaker("bad", "auto")
        bad.start()
        eventually(lambda: "result" in session.ask(
            "tools/call", {"name": "gone"}).json(), within=10)


def test_lists_are_answered_while_a_server_is_silent(start):
    with ToolServer([tool("slow")]) as up:
        node = start({"dependency": {"up": up.dependency(timeout="500ms")}})
        offered(node, "slow")
        up.hang()
        watch = Stopwatch()
        assert names(node) == [*OWN_TOOLS, "slow"]
        assert watch.seconds < 5
        error = Session(node).error("tools/call", {"name": "slow"})
        assert error["code"] in (-31002, -31005)


def test_a_large_result_is_bounded(start):
    with ToolServer([tool("much")]) as up:
        up.answers["much"] = {"content": [{"type": "text", "text": "x" * 5000}]}
        node = start({"dependency": {"up": up.dependency(max_result="1KiB")}})
        offered(node, "much")
        first, note = Session(node).call("much")["content"]
        assert len(first["text"]) == 1024
        assert "1024" in note["text"]
    with ToolServer([tool("much")]) as up:
        up.answers["much"] = {"content": [{"type": "text", "text": "x" * 5000}]}
        node = start({"dependency": {"up": up.dependency(
            max_result="1KiB", on_large_result="error")}})
        offered(node, "much")
        seen = node.delta()
        assert Session(node).call("much")["isError"] is True
        assert seen("mcp_tool_calls_total", tool="much", status="failed") == 1


def test_sessions_at_servers_end_with_the_node(start):
    with ToolServer([tool("read")]) as up:
        node = start({"dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "read")
        Session(node).call("read")
        assert up.sessions
        node.terminate()
        eventually(lambda: not up.sessions)


def test_sessions_at_servers_end_when_nobody_needs_them(start):
    with ToolServer([tool("one")]) as one, ToolServer([tool("two")]) as two:
        node = start({"dependency": {"up": one.dependency(refresh="1h")}})
        offered(node, "one")
        node.rewrite({"dependency": {"up": two.dependency(refresh="1h")}})
        assert node.admin("/admin/reload").status == 200
        eventually(lambda: not one.sessions)
        offered(node, "two")
        assert two.sessions and not two.ended
        node.terminate()
        assert node.wait(20) == 0
        eventually(lambda: not two.sessions)


def test_what_changes_is_told(start):
    with ToolServer([tool("first")]) as up:
        node = start({"dependency": {"up": up.dependency()}})
        offered(node, "first")
        session = Session(node)
        with node.client() as client:
            stream = mcp.messages(client.stream(session.listen(client)))
            up.lists["tools"].append(tool("second"))
            assert next(stream)["method"] == \
                "notifications/tools/list_changed"
        offered(node, "second")


def test_a_reload_adds_and_takes_away_servers(start):
    with ToolServer([tool("one")]) as one, ToolServer([tool("two")]) as two:
        node = start({"dependency": {"one": one.dependency()}})
        offered(node, "one")
        node.config["dependency"] = {"two": two.dependency()}
        node.rewrite({})
        assert node.admin("/admin/reload").status == 200
        eventually(lambda: names(node) == [*OWN_TOOLS, "two"])
        assert Session(node).error("tools/call", {"name": "one"})


def test_a_key_is_shown_to_the_server_and_a_clients_is_not(start):
    with ToolServer([tool("read")]) as up:
        node = start({"dependency": {"up": up.dependency(
            api_key="env:TOOLS_SECRET")}}, env={"TOOLS_SECRET": "hush"})
        offered(node, "read")
        Session(node, headers={"Authorization": "Bearer theirs"}).call("read")
        assert up.headers("tools/call")["Authorization"] == "Bearer hush"
        assert "hush" not in node.stderr


def test_changes_of_a_resource_come_to_who_has_subscribed(start, up):
    node = start({"dependency": {"up": up.dependency(refresh="1h")}})
    offered(node, "read")
    session = Session(node)
    with node.client() as client:
        stream = mcp.messages(client.stream(session.listen(client)))
        assert session.result("resources/subscribe", {"uri": "a://b"}) == {}
        up.wait_for(lambda body: "a://b" in wishes(body))
        up.tell("notifications/resources/updated", {"uri": "a://b"})
        assert next(stream)["params"] == {"uri": "a://b"}


def test_a_server_is_told_when_nobody_wants_to_hear_more(start, up):
    node = start({"dependency": {"up": up.dependency(refresh="1h")}})
    offered(node, "read")
    eventually(lambda: up.streams, what="the node listens")
    first, second = Session(node), Session(node)
    for session in (first, second):
        assert session.result("resources/subscribe", {"uri": "a://b"}) == {}
    up.wait_for(lambda body: "a://b" in wishes(body))
    first.result("resources/unsubscribe", {"uri": "a://b"})
    assert second.end().status == 200
    if up.era == "legacy":
        up.wait_for(lambda body: body.get("method") == "resources/unsubscribe"
                    and body["params"] == {"uri": "a://b"})
        assert len(up.calls("resources/unsubscribe")) == 1
    else:
        eventually(lambda: [wishes(body) for _, _, body in up.seen
                            if "listening" in body][-1] == [])


def wishes(body):
    """The resources of which the node wants to hear by that message."""
    if "listening" in body:
        return body["listening"].get("resourceSubscriptions", [])
    return ([body["params"]["uri"]]
            if body.get("method") == "resources/subscribe" else [])


def test_news_of_a_server_are_not_waited_for(start, up):
    node = start({"dependency": {"up": up.dependency(refresh="1h")}})
    offered(node, "read")
    up.lists["tools"].append(tool("fresh"))
    eventually(lambda: up.streams, what="the node listens")
    up.tell("notifications/tools/list_changed", {})
    offered(node, "fresh")
