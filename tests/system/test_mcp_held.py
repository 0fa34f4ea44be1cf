"""SPEC 11: servers with sessions ask modern clients in the midst of a call: by its
answer, to which these come again."""
import json
import threading

import pytest

from harness.mcp import ask_modern, begin, modern
from harness.offers import offered, text
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually
from harness.wire import request_bytes

ELICIT = {"elicitation": {}}
WHO = {"method": "elicitation/create", "params": {"message": "who?"}}


def answers_to(up, name):
    return [body for _, _, body in up.seen
            if body.get("id") == name and "method" not in body]


def asks(up, *questions):
    """A tool that asks all of them, one after another, and tells what it was
    told."""

    def ask(body, say):
        call = body["id"]
        told = []
        for number, question in enumerate(questions):
            name = f"{call}-{number}"
            say({"jsonrpc": "2.0", "id": name, **question})
            up.wait_for(lambda seen: seen.get("id") == name
                        and "method" not in seen)
            answer = answers_to(up, name)[-1]
            told.append(answer.get("result") or answer["error"]["code"])
        return {"content": [{"type": "text", "text": json.dumps(told)}]}

    return ask


@pytest.fixture
def up():
    with ToolServer([tool("ask"), tool("look", readOnlyHint=True)]) as up:
        up.answers["ask"] = up.answers["look"] = asks(up, WHO)
        yield up


def serve(start, up, env=None, **more):
    node = start({"dependency": {"up": up.dependency(refresh="1h")}, **more},
                 env=env)
    offered(node, "ask", "look")
    return node


def call(node, name="ask", can=None, number=1, headers=None, **more):
    return ask_modern(node, "tools/call", {"name": name, **more},
                      can=ELICIT if can is None else can, number=number,
                      **(headers or {})).json()


def wanted(answer):
    """What it asks, by its keys; and the state."""
    result = answer["result"]
    assert result["resultType"] == "input_required", answer
    return result["inputRequests"], result["requestState"]


def accept(name):
    return {"action": "accept", "content": {"name": name}}


def test_a_modern_client_is_asked_by_the_answer_and_comes_again(start, up):
    node = serve(start, up)
    seen = node.delta()
    questions, state = wanted(call(node, number=1))
    (key, question), = questions.items()
    assert question == WHO
    answer = call(node, number="again", requestState=state,
                  inputResponses={key: accept("me")})
    assert answer["id"] == "again"
    assert answer["result"]["resultType"] == "complete"
    assert json.loads(text(answer["result"])) == [accept("me")]
    assert len(up.calls("tools/call")) == 1
    assert seen("mcp_tool_calls_total", tool="ask", status="ok") == 1
    # It is over: there is nothing to come back to.
    assert call(node, requestState=state, inputResponses={})["error"]["code"] \
        == -32602
    assert len(up.calls("tools/call")) == 1


def test_each_question_is_a_round(start, up):
    up.answers["ask"] = asks(up, WHO, {"method": "roots/list"}, WHO)
    node = serve(start, up)
    can = {"elicitation": {}, "roots": {}}
    replies = [accept("me"), {"roots": []}, accept("you")]
    answer, keys = call(node, can=can), []
    for reply in replies:
        questions, state = wanted(answer)
        (key, _), = questions.items()
        keys.append(key)
        # Who answers nothing is asked the same again.
        assert wanted(call(node, can=can, requestState=state))[0] == questions
        answer = call(node, can=can, requestState=state,
                      inputResponses={key: reply})
    assert json.loads(text(answer["result"])) == replies
    assert len(set(keys)) == 3
    assert len(up.calls("tools/call")) == 1


def test_a_state_is_good_for_its_own_call_alone(start, up):
    node = serve(start, up)
    questions, state = wanted(call(node))
    (key, _), = questions.items()
    given = {"inputResponses": {key: accept("thief")}}
    for name, told in (("look", state), ("ask", state[:-4] + "AAAA")):
        assert call(node, name, requestState=told, **given)["error"]["code"] \
            == -32602
    answer = call(node, requestState=state, inputResponses={key: accept("me")})
    assert json.loads(text(answer["result"])) == [accept("me")]


@pytest.mark.parametrize("can, code", [
    ({}, -32601), ({"sampling": {}}, -32601),
    ({"elicitation": {"url": {}}}, -32602)])
def test_what_a_client_cannot_be_asked_is_refused_at_once(start, up, can, code):
    node = serve(start, up)
    answer = call(node, can=can)
    assert json.loads(text(answer["result"])) == [code]


def test_what_only_looks_is_called_anew_where_nobody_knows_the_call(start, up):
    one, two = (serve(start, up, mcp={"session_secrets": "env:MCP_SECRETS"},
                      env={"MCP_SECRETS": "s" * 32})
                for _ in range(2))
    for name, calls in (("look", 2), ("ask", 1)):
        before = len(up.calls("tools/call"))
        questions, state = wanted(call(one, name))
        (key, _), = questions.items()
        answer = call(two, name, requestState=state,
                      inputResponses={key: accept("me")})
        if name == "look":
            # It asks the same again, and is told the same.
            assert json.loads(text(answer["result"])) == [accept("me")]
        else:
            assert answer["error"]["code"] == -32602
        assert len(up.calls("tools/call")) == before + calls


def test_a_response_that_comes_meanwhile_waits_for_its_client(start, up):
    go = threading.Event()

    def impatient(body, say):
        say({"jsonrpc": "2.0", "id": "theirs", **WHO})
        assert go.wait(10)
        return {"content": [{"type": "text", "text": "never mind"}]}

    up.answers["ask"] = impatient
    node = serve(start, up)
    _, state = wanted(call(node))
    go.set()
    eventually(lambda: node.metrics().value("bulkhead_active_operations",
                                            service="up") == 0)
    answer = call(node, number=9, requestState=state, inputResponses={})
    assert answer["id"] == 9 and text(answer["result"]) == "never mind"


def test_a_call_is_held_no_longer_than_its_request_may_take(start, up):
    node = serve(start, up)
    seen = node.delta()
    questions, state = wanted(call(
        node, headers={"X-Request-Timeout-Ms": "500"}))
    eventually(lambda: seen("mcp_tool_calls_total", tool="ask",
                            status="error") == 1)
    (key, _), = questions.items()
    assert call(node, requestState=state, inputResponses={key: accept("me")})[
        "error"]["code"] == -32602
    eventually(lambda: seen("bulkhead_active_operations", service="up") == 0)


def test_who_hangs_up_when_it_has_come_back_cancels(start, up):
    go = threading.Event()

    def slow(body, say):
        say({"jsonrpc": "2.0", "id": "theirs", **WHO})
        up.wait_for(lambda seen: seen.get("id") == "theirs"
                    and "method" not in seen)
        go.wait(10)
        return {"content": []}

    up.answers["ask"] = slow
    node = serve(start, up)
    seen = node.delta()
    questions, state = wanted(call(node))
    (key, _), = questions.items()
    body, headers = modern("tools/call", {
        "name": "ask", "requestState": state,
        "inputResponses": {key: accept("me")}}, can=ELICIT)
    with node.client() as client:
        client.send(request_bytes("POST", "/mcp", body,
                                  {"Host": "localhost", **headers}))
        up.wait_for(lambda seen: seen.get("id") == "theirs"
                    and "method" not in seen)
    up.wait_for(lambda seen: seen.get("method") == "notifications/cancelled")
    go.set()
    assert seen("mcp_tool_calls_total", tool="ask", status="cancelled") == 1


def test_progress_comes_to_the_request_that_waits(start, up):
    def reports(body, say):
        say({"jsonrpc": "2.0", "id": "theirs", **WHO})
        up.wait_for(lambda seen: seen.get("id") == "theirs"
                    and "method" not in seen)
        say({"jsonrpc": "2.0", "method": "notifications/progress", "params": {
            "progressToken": body["params"]["_meta"]["progressToken"],
            "progress": 1}})
        return {"content": [{"type": "text", "text": "done"}]}

    up.answers["ask"] = reports
    node = serve(start, up)
    body, headers = modern("tools/call", {"name": "ask"}, can=ELICIT)
    body["params"]["_meta"]["progressToken"] = "first"
    with node.client() as client:
        client.send(request_bytes("POST", "/mcp", body,
                                  {"Host": "localhost", **headers}))
        questions, state = wanted(client.read().json())
    (key, _), = questions.items()
    body, headers = modern("tools/call", {
        "name": "ask", "requestState": state,
        "inputResponses": {key: accept("me")}}, 2, can=ELICIT)
    body["params"]["_meta"]["progressToken"] = "second"
    headers["Accept"] = "application/json, text/event-stream"
    with node.client() as client:
        stream = client.stream(begin(client, "POST", body, headers))
        progress, answer = (json.loads(data) for _, data in stream)
    assert progress["params"]["progressToken"] == "second"
    assert answer["id"] == 2 and text(answer["result"]) == "done"
