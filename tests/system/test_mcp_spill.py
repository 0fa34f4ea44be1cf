"""SPEC 11: results of tools that are too large are kept, and read as resources:
by whoever called the tool, for a while, part by part."""
import json

import pytest

from harness import mcp
from harness.agent import call, says, structured, thinking, wants
from harness.limited import SECRET, bearer, key
from harness.mcp import Session, ask_modern
from harness.toml import merged
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually

OTHER = "sk-spill-other-0123456789"
MUCH = "".join(f"line {at} says €\n" for at in range(400))


@pytest.fixture
def up():
    with ToolServer([tool("much"), tool("more")]) as up:
        up.answers["much"] = {
            "content": [{"type": "text", "text": MUCH}],
            "structuredContent": {"lines": 400}}
        yield up


def spilling(up, spill=None, **more):
    return merged({
        "mcp": {"spill": spill or {}},
        "limits": {"keys": {"alice": key(), "bob": key(OTHER)}},
        "dependency": {"up": up.dependency(
            max_result="2KiB", on_large_result="spill")}}, more)


def served(start, config):
    node = start(config)
    eventually(lambda: "much" in [one["name"] for one in Session(
        node).result("tools/list")["tools"]])
    return node


class Legacy:
    def __init__(self, node, secret=SECRET, version=mcp.LATEST):
        self.session = Session(node, version, bearer(secret) if secret else {})

    def __call__(self, method, params):
        return self.session.ask(method, params).json()


class Modern:
    def __init__(self, node, secret=SECRET):
        self.node, self.headers = node, bearer(secret) if secret else {}

    def __call__(self, method, params):
        return ask_modern(self.node, method, params, **self.headers).json()


def spilled(ask, name="much"):
    """Calls the tool: its result, and the link in it."""
    result = ask("tools/call", {"name": name, "arguments": {}})["result"]
    link, = [one for one in result["content"]
             if one["type"] == "resource_link"]
    return result, link


def read(ask, uri):
    return ask("resources/read", {"uri": uri})


def whole(ask, uri):
    """The texts of all parts, in their order."""
    texts = []
    while uri:
        one, = read(ask, uri)["result"]["contents"]
        assert one["uri"] == uri
        texts.append(one["text"])
        uri = one["_meta"].get("caisson/next")
    assert len(texts) == one["_meta"]["caisson/parts"]
    return texts


def missing(answer):
    return answer.get("error", {}).get("code") in (-32002, -32602)


@pytest.mark.parametrize("era", [Legacy, Modern])
def test_a_large_result_is_read_part_by_part(start, up, era):
    node = served(start, spilling(up))
    ask = era(node)
    seen = node.delta()
    result, link = spilled(ask)
    assert "structuredContent" not in result
    assert len(json.dumps(result, ensure_ascii=False).encode()) < 2048
    assert link["mimeType"] == "text/plain"
    assert link["size"] == len(MUCH.encode())
    assert link["uri"].startswith("caisson://spill/")
    told, _, begins = result["content"]
    assert link["uri"] in told["text"] and "600 s" in told["text"]
    assert begins["text"].startswith("It begins: line 0 says €")
    texts = whole(ask, link["uri"])
    assert "".join(texts) == MUCH
    assert len(texts) > 2
    assert f"{link['uri']}/{len(texts)}" in told["text"]
    for one in texts:
        assert len(json.dumps(one, ensure_ascii=False).encode()) <= 2048 + 2
    assert seen("mcp_large_results_total", service="up", result="spill") == 1
    assert seen("mcp_tool_calls_total", tool="much", status="ok") == 1
    assert node.metrics().value("mcp_spilled_bytes") == len(MUCH.encode())


def test_what_is_read_is_for_nobody_else_to_keep(start, up):
    ask = Modern(served(start, spilling(up)))
    _, link = spilled(ask)
    result = read(ask, link["uri"])["result"]
    assert (result["resultType"], result["cacheScope"]) == ("complete",
                                                            "private")


@pytest.mark.parametrize("era", [Legacy, Modern])
def test_another_may_not_read_it(start, up, era):
    node = served(start, spilling(up))
    ask = era(node)
    _, link = spilled(ask)
    for stranger in (era(node, OTHER), era(node, None)):
        answer = read(stranger, link["uri"])
        assert missing(answer)
        # As one that never was.
        never = read(stranger, "caisson://spill/" + "0" * 32)
        assert answer["error"]["message"] == never["error"]["message"]
    assert whole(ask, link["uri"])
    # All keys and eras of one are one's.
    assert whole(Legacy(node), link["uri"]) == whole(Modern(node), link["uri"])


def test_who_has_no_key_reads_what_he_was_told_of(start, up):
    node = served(start, spilling(up))
    _, link = spilled(Modern(node, None))
    assert "".join(whole(Modern(node, None), link["uri"])) == MUCH
    assert missing(read(Modern(node), link["uri"]))


def test_no_two_are_called_the_same_and_none_is_listed(start, up):
    node = served(start, spilling(up))
    ask = Legacy(node)
    links = {spilled(ask)[1]["uri"] for _ in range(3)}
    assert len(links) == 3
    listed = ask("resources/list", {})["result"]["resources"]
    assert not [one for one in listed if "spill" in one["uri"]]


@pytest.mark.parametrize("rest", ["", "0", "/2", "/9999", "/0", "/x", "?a=b"])
def test_what_is_no_part_is_not_found(start, up, rest):
    up.answers["much"] = {"content": [{"type": "text", "text": "x" * 2040}]}
    node = served(start, spilling(up))
    ask = Legacy(node)
    _, link = spilled(ask)
    assert len(whole(ask, link["uri"])) == 1
    uri = link["uri"] + rest if rest else "caisson://spill/"
    assert missing(read(ask, uri))


def test_no_server_can_answer_for_it(start, up):
    """One that says it has all of them, that is."""
    up.lists["resourceTemplates"] = [
        {"uriTemplate": "caisson://spill/{id}", "name": "all"}]
    node = served(start, spilling(up))
    assert missing(read(Legacy(node), "caisson://spill/" + "0" * 32))
    assert not up.calls("resources/read")


def test_more_than_a_text_is_kept_as_it_came(start, up):
    content = [{"type": "text", "text": "a picture"},
               {"type": "image", "data": "A" * 4000, "mimeType": "image/png"}]
    up.answers["much"] = {"content": content, "isError": True}
    ask = Modern(served(start, spilling(up)))
    result, link = spilled(ask)
    assert result["isError"] is True
    assert link["mimeType"] == "application/json"
    kept = json.loads("".join(whole(ask, link["uri"])))
    assert kept["content"] == content


def test_revisions_without_links_are_told_in_words(start, up):
    node = served(start, spilling(up))
    ask = Legacy(node, version="2025-03-26")
    content = ask("tools/call", {"name": "much"})["result"]["content"]
    assert {one["type"] for one in content} == {"text"}
    uri = next(word.rstrip(".") for word in content[0]["text"].split()
               if word.startswith("caisson://"))
    assert "".join(whole(ask, uri)) == MUCH


def test_what_is_past_its_time_is_gone(start, up):
    node = served(start, spilling(up, {"ttl": "1s"}))
    ask = Legacy(node)
    _, link = spilled(ask)
    eventually(lambda: missing(read(ask, link["uri"])), 10)
    eventually(lambda: node.metrics().value("mcp_spilled_bytes") == 0)


def test_who_keeps_much_makes_room_and_others_lose_nothing(start, up):
    node = served(start, spilling(up, {"max_entries": 3}))
    mine, other = Legacy(node), Legacy(node, OTHER)
    kept = spilled(other)[1]["uri"]
    uris = [spilled(mine)[1]["uri"] for _ in range(4)]
    assert [missing(read(mine, uri)) for uri in uris] == [True, True, False,
                                                          False]
    assert whole(other, kept)
    assert node.metrics().value("mcp_spilled_bytes") == 3 * len(MUCH.encode())


def test_what_is_too_large_to_be_kept_is_cut(start, up):
    node = served(start, spilling(up, {"max_bytes": "4KiB"}))
    seen = node.delta()
    result = Legacy(node)("tools/call", {"name": "much"})["result"]
    assert "The rest was left out" in result["content"][-1]["text"]
    assert seen("mcp_large_results_total", service="up", result="truncate") == 1
    assert node.metrics().value("mcp_spilled_bytes") == 0


def test_a_node_that_comes_back_knows_none_of_them(start, up):
    """As another node does not: what it kept was in its memory."""
    node = served(start, spilling(up))
    _, link = spilled(Modern(node))
    again = served(start, spilling(up))
    assert missing(read(Modern(again), link["uri"]))


def test_the_agent_which_reads_no_resources_gets_a_beginning(start, mock, up):
    node = served(start, thinking(mock, **spilling(up)))
    seen = node.delta()
    mock.script(wants("much"), says("Much."))
    assert structured(call(node, "agent_chat", bearer(), message="go"))
    told = mock.requests()[1]["body"]
    assert "The rest was left out" in told and "caisson://spill" not in told
    assert seen("mcp_large_results_total", service="up", result="truncate") == 1


def test_a_pipe_reads_what_its_client_was_told_of(pipe, up):
    client = pipe(spilling(up))
    client.initialize()
    eventually(lambda: "much" in [one["name"] for one in client.result(
        "tools/list")["tools"]])
    link = client.call("much")["content"][1]
    texts = []
    uri = link["uri"]
    while uri:
        one, = client.result("resources/read", {"uri": uri})["contents"]
        texts.append(one["text"])
        uri = one["_meta"].get("caisson/next")
    assert "".join(texts) == MUCH
    modern = client.ask_modern("resources/read", {"uri": link["uri"]})
    assert modern["result"]["contents"][0]["text"] == texts[0]
