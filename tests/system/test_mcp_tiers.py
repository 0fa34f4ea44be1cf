"""SPEC 11: what clients of each tier are offered of the tools: what one may not
use is nowhere listed for him, and no tool of that name is there."""
import json

import pytest

from harness.agent import (OWN_TOOLS, call, failure, says, structured, thinking,
                           wants)
from harness.limited import SECRET, bearer, key
from harness.mcp import Session, ask_modern
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually

OTHER = "sk-tiers-other-0123456789"
KEYS = {"alice": key(tier="free"), "bob": key(OTHER, tier="premium")}
HIDDEN = "Invalid params: there is no tool of that name."


@pytest.fixture
def up():
    with ToolServer([tool("git_read"), tool("git_drop"), tool("mail")]) as up:
        yield up


def filtered(up, **tiers):
    return {"mcp": {"tiers": tiers}, "limits": {"keys": KEYS},
            "dependency": {"up": up.dependency()}}


def listed(node, headers=None):
    tools = Session(node, headers=headers).result("tools/list")["tools"]
    return [one["name"] for one in tools]


def listed_modern(node, headers=None):
    return ask_modern(node, "tools/list", **(headers or {})).json()["result"]


def served(start, up, **tiers):
    node = start(filtered(up, **tiers))
    # Premium sees all of them.
    eventually(lambda: "mail" in listed(node, bearer(OTHER)))
    return node


def test_each_tier_is_listed_what_is_its_own_in_one_order(start, up):
    node = served(start, up, anonymous={"allow": ["git_read"]},
                  free={"allow": ["git_*", "search_tools"],
                        "deny": ["git_drop"]})
    expected = {None: ["git_read"], SECRET: ["search_tools", "git_read"],
                OTHER: [*OWN_TOOLS, "git_read", "git_drop", "mail"]}
    for secret, names in expected.items():
        shown = bearer(secret) if secret else {}
        for _ in range(2):
            assert listed(node, shown) == names
            assert [one["name"] for one in
                    listed_modern(node, shown)["tools"]] == names


def test_nobody_may_keep_a_list_for_others(start, up):
    assert listed_modern(start())["cacheScope"] == "public"
    node = served(start, up, free={"deny": ["mail"]})
    for shown in ({}, bearer(), bearer(OTHER)):
        assert listed_modern(node, shown)["cacheScope"] == "private"


def test_a_hidden_tool_is_none(start, up):
    node = served(start, up, free={"deny": ["mail", "conversation_*"]})
    seen = node.delta()
    hidden, unknown = [], []
    for names, answers in ((("mail", "conversation_get"), hidden),
                           (("nothing", "nowhere"), unknown)):
        for name in names:
            params = {"name": name, "arguments": {}}
            answers.append(Session(node, headers=bearer()).error(
                "tools/call", params))
            reply = ask_modern(node, "tools/call", params, **bearer())
            assert reply.status == 200
            answers.append(reply.json()["error"])
    assert hidden == unknown
    assert hidden[0] == {"code": -32602, "message": HIDDEN}
    assert not up.calls("tools/call")
    assert seen("mcp_tool_calls_total", tool="unknown", status="refused") == 8
    # Others have it.
    assert Session(node, headers=bearer(OTHER)).call("mail")["content"]
    assert ask_modern(node, "tools/call", {"name": "mail"},
                      **bearer(OTHER)).json()["result"]["content"]


def test_a_hidden_tool_is_none_in_an_array_too(start, up):
    node = served(start, up, free={"deny": ["search_tools"]})
    session = Session(node, "2025-03-26", bearer())
    one, two = session.post([
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
         "params": {"name": "search_tools"}},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}]).json()
    assert one["error"]["message"] == HIDDEN
    assert "search_tools" not in [tool["name"]
                                  for tool in two["result"]["tools"]]


def test_a_search_finds_what_may_be_used(start, up):
    node = served(start, up, free={"deny": ["git_drop"]})

    def found(secret):
        result = Session(node, headers=bearer(secret)).call(
            "search_tools", query="git", detail="name")
        return [one["name"] for one in result["structuredContent"]["tools"]]

    assert found(SECRET) == ["git_read"]
    assert found(OTHER) == ["git_read", "git_drop"]


def test_who_cannot_search_is_not_told_to(start, up):
    node = served(start, up, free={"deny": ["search_tools"]})
    for secret, told in ((SECRET, False), (OTHER, True)):
        greeting = Session(node, headers=bearer(secret)).greeting
        found = ask_modern(node, "server/discover",
                           **bearer(secret)).json()["result"]
        assert ("instructions" in greeting) == told
        assert ("instructions" in found) == told


def test_cursors_lead_through_the_tools_of_a_tier(start):
    every = [f"{'odd' if at % 2 else 'even'}_{at:03}" for at in range(700)]
    with ToolServer([tool(name) for name in every]) as up:
        node = start(filtered(up, free={"allow": ["even_*"]}))
        eventually(lambda: len(listed(node, bearer())) > 0)
        for ask in (lambda params: Session(node, headers=bearer()).result(
                        "tools/list", params),
                    lambda params: ask_modern(node, "tools/list", params,
                                              **bearer()).json()["result"]):
            names, cursor, pages = [], None, 0
            while pages == 0 or cursor:
                page = ask({"cursor": cursor} if cursor else {})
                names += [one["name"] for one in page["tools"]]
                cursor, pages = page.get("nextCursor"), pages + 1
            assert names == [name for name in every if "even" in name]
            assert pages == 2


def test_the_agent_uses_what_its_caller_may(start, mock, up):
    node = start(thinking(mock, **filtered(up, free={"deny": ["mail"]})))
    eventually(lambda: "mail" in listed(node, bearer(OTHER)))
    mock.script(wants("mail", "git_read"), says("Done."))
    answer = structured(call(node, "agent_chat", bearer(), message="go",
                             response_format="detailed"))
    assert [(one["name"], one["failed"]) for one in answer["tools"]] == [
        ("mail", True), ("git_read", False)]
    assert [one["params"]["name"] for one in up.calls("tools/call")] == [
        "git_read"]
    told = [one["function"]["name"] for one in
            json.loads(mock.requests()[0]["body"])["tools"]]
    assert "git_read" in told and "mail" not in told


def test_the_agent_itself_may_be_kept_from_a_tier(start, mock, up):
    node = start(thinking(mock, **filtered(up, free={"deny": ["agent_chat"]})))
    error = Session(node, headers=bearer()).error(
        "tools/call", {"name": "agent_chat", "arguments": {"message": "x"}})
    assert error["message"] == HIDDEN
    assert mock.calls == 0


def test_a_pipe_is_of_its_tier(pipe, up):
    client = pipe({**filtered(up, free={"allow": ["git_read"]}),
                   "mcp": {"stdio_tier": "free",
                           "tiers": {"free": {"allow": ["git_read"]}}}})
    client.initialize()
    eventually(lambda: [one["name"] for one in client.result("tools/list")[
        "tools"]] == ["git_read"])
    assert client.error("tools/call", {"name": "mail"})["message"] == HIDDEN
    modern = client.ask_modern("tools/call", {"name": "mail", "arguments": {}})
    assert modern["error"]["message"] == HIDDEN
    assert client.call("git_read")["content"]


def test_a_reload_changes_what_is_offered(start, up):
    node = served(start, up, free={"deny": ["mail"]})
    node.rewrite({"mcp": {"tiers": {"free": {"deny": ["git_*"]}}}})
    assert node.admin("/admin/reload").status == 200
    eventually(lambda: listed(node, bearer()) == [*OWN_TOOLS, "mail"])


@pytest.mark.parametrize("table, nearest", [
    ("[mcp.tiers.gold]\nallow = []\n", "mcp.tiers.gold"),
    ("[mcp.tiers.free]\nallows = []\n", "mcp.tiers.free.allows")])
def test_an_unknown_tier_is_an_error_with_its_place(start, table, nearest):
    node = start()
    node.rewrite(text=table)
    refused = node.admin("/admin/reload")
    assert refused.status == 500
    assert nearest in node.stderr or nearest in refused.text
