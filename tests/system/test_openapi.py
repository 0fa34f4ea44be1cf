"""SPEC 11: an API that OpenAPI describes, offered as tools; a protected
dependency like the others."""
import base64

import pytest

from harness.api_server import PICTURE, SPEC, ApiServer
from harness.mcp import Session, ask_modern
from harness.waiting import eventually


def names(node):
    return [one["name"] for one in Session(node).result("tools/list")["tools"]]


def offered(node, name="get_item"):
    eventually(lambda: name in names(node), what=f"{name} is offered")


@pytest.fixture
def api():
    with ApiServer() as api:
        yield api


def serving(start, api, **settings):
    node = start({"dependency": {"shop": api.dependency(**settings)}},
                 env={"SHOP_KEY": "s3cret"})
    offered(node)
    return node


def text(result, index=0):
    return result["content"][index]["text"]


def test_each_operation_is_a_tool(start, api):
    node = serving(start, api)
    tools = {one["name"]: one
             for one in Session(node).result("tools/list")["tools"]}
    assert {"list_items", "add_item", "get_item", "drop_item",
            "picture"} <= set(tools)
    assert "add_file" not in tools  # its body is a file
    assert tools["get_item"]["annotations"]["readOnlyHint"] is True
    assert tools["add_item"]["inputSchema"] == {
        "type": "object", "required": ["body"], "additionalProperties": False,
        "properties": {"body": {"$ref": "#/$defs/Item"}},
        "$defs": {"Item": {
            "type": "object", "required": ["name"], "properties": {
                "name": {"type": ["string", "null"]},
                "parts": {"type": "array",
                          "items": {"$ref": "#/$defs/Item"}}}}}}
    assert not api.seen  # nothing is asked to know that


def test_what_is_no_tool_is_told_once_with_the_reason(start, api):
    node = serving(start, api)
    eventually(lambda: "no tool" in node.stderr)
    lines = [one for one in node.stderr.splitlines() if "no tool" in one]
    assert len(lines) == 1, lines
    assert "shop" in lines[0] and "/files" in lines[0]
    assert "warn" in lines[0]
    assert node.dependency("shop")["operations_left_out"] == 1
    # The same description read again tells nothing new.
    assert node.admin("/admin/reload").status == 200
    assert node.dependency("shop")["operations_left_out"] == 1
    eventually(lambda: "no tool" in node.stderr)
    assert sum("no tool" in one for one in node.stderr.splitlines()) == 1


def test_a_call_is_one_request(start, api):
    node = serving(start, api, api_key="env:SHOP_KEY")
    seen = node.delta()
    session = Session(node)
    got = session.call("get_item", id="1")
    assert got["structuredContent"] == {"name": "hammer"}
    assert text(got) == '{"name": "hammer"}'
    session.call("list_items", tag=["a b", "c"])
    session.call("add_item", body={"name": "saw"})
    assert text(session.call("drop_item", id="2")) \
        == "status 204, without a body"
    assert [(verb, target, body) for verb, target, _, body in api.seen] == [
        ("GET", "/v1/items/1", b""),
        ("GET", "/v1/items?tag=a%20b&tag=c", b""),
        ("POST", "/v1/items", b'{"name":"saw"}'),
        ("DELETE", "/v1/items/2", b"")]
    assert {head.get("X-Shop-Key") for _, _, head, _ in api.seen} == {"s3cret"}
    assert seen("mcp_tool_calls_total", tool="get_item", status="ok") == 1


def test_clients_of_the_modern_era_call_it_too(start, api):
    node = serving(start, api)
    result = ask_modern(node, "tools/call", {
        "name": "picture", "arguments": {}}).json()["result"]
    assert result["content"] == [{
        "type": "image", "mimeType": "image/png",
        "data": base64.b64encode(PICTURE).decode()}]


def test_what_the_api_refuses_is_an_error_of_the_tool(start, api):
    node = serving(start, api)
    result = Session(node).call("get_item", id="99")
    assert result["isError"] is True
    assert text(result) == "the API answered 404"
    assert text(result, 1) == '{"error": "no such item"}'
    assert node.breaker("shop") == "closed"


def test_wrong_arguments_get_nowhere(start, api):
    node = serving(start, api)
    session = Session(node)
    for arguments, why in (({}, "the argument id is missing"),
                           ({"id": ".."}, "the argument id cannot stand in a path"),
                           ({"id": "1", "x": 2},
                            "the argument x is none of this tool")):
        result = session.call("get_item", **arguments)
        assert (result["isError"], text(result)) == (True, why)
    session.call("get_item", id="../picture")
    assert [target for _, target, _, _ in api.seen] == [
        "/v1/items/..%2Fpicture"]


def test_what_does_no_harm_is_asked_again(start, api):
    node = serving(start, api, breaker={"failures": 50},
                   retry={"base": "1ms", "attempts": 3, "budget": 1.0})
    api.refuse(503)
    for tool, arguments, times in (("get_item", {"id": "1"}, 3),
                                   ("drop_item", {"id": "1"}, 3),
                                   ("add_item", {"body": {}}, 1)):
        api.seen.clear()
        reply = Session(node).ask("tools/call", {
            "name": tool, "arguments": arguments})
        assert "words of the API" not in reply.text
        assert len(api.seen) == times, tool


def test_its_breaker_opens_and_it_stays_listed(start, api):
    node = serving(start, api, breaker={"failures": 3},
                   retry={"attempts": 1})
    api.refuse(500)
    for _ in range(3):
        Session(node).ask("tools/call", {"name": "get_item",
                                         "arguments": {"id": "1"}})
    assert node.breaker("shop") == "open"
    api.seen.clear()
    Session(node).ask("tools/call", {"name": "get_item",
                                     "arguments": {"id": "1"}})
    assert not api.seen
    assert "get_item" in names(node)


def test_a_new_description_is_taken_by_a_reload(start, api, tmp_path):
    spec = tmp_path / "api.yaml"
    spec.write_text(SPEC.read_text())
    node = serving(start, api, spec=str(spec))
    spec.write_text(SPEC.read_text().replace("get_item", "show_item"))
    assert node.admin("/admin/reload").status == 200
    offered(node, "show_item")
    assert "get_item" not in names(node)
    spec.write_text("openapi: 2")
    assert "dependency.shop.spec" in node.admin("/admin/reload").text
    assert "show_item" in names(node)
