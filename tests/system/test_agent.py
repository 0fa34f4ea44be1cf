"""SPEC 11: agent_chat, a bounded loop over a model and the tools that its caller
may use, with what was said kept."""
import json
import threading

import pytest

from harness import mcp
from harness.agent import (OWN_TOOLS, call, failure, says, structured, thinking,
                           wants)
from harness.limited import SECRET, bearer, key
from harness.mcp import Session, begin, modern
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually
from harness.wire import request_bytes


def tools(node):
    return [one["name"] for one in Session(node).result("tools/list")["tools"]]


def with_tools(start, mock, up, kind="openai", **tables):
    node = start(thinking(mock, kind, dependency={"up": up.dependency(
        refresh="1h")}, **tables))
    eventually(lambda: len(tools(node)) > len(OWN_TOOLS))
    return node


def asked(mock, at):
    """The body of one of the questions that the model has heard."""
    return json.loads(mock.requests()[at]["body"])


def test_the_own_tools_are_listed_whole(start, mock):
    node = start(thinking(mock))
    listed = Session(node).result("tools/list")["tools"]
    assert [one["name"] for one in listed] == OWN_TOOLS
    for one in listed:
        assert one["title"] and one["description"] and one["annotations"]
        for schema in ("inputSchema", "outputSchema"):
            assert one[schema]["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
def test_a_message_is_answered_with_the_help_of_tools(start, mock, kind):
    with ToolServer([tool("read")]) as up:
        node = with_tools(start, mock, up, kind)
        mock.script(wants(("read", {"a": 1})), says("It says hello."))
        seen = node.delta()
        result = Session(node).call("agent_chat", message="What does it say?",
                                    response_format="detailed")
        answer = structured(result)
        assert answer["answer"] == "It says hello."
        assert result["content"] == [{"type": "text",
                                      "text": "It says hello."}]
        assert answer["kept"] is True
        assert answer["steps"] == 2
        assert answer["tokens"] == {"input": 18, "output": 24}
        used, = answer["tools"]
        assert (used["name"], used["failed"]) == ("read", False)
        assert json.loads(used["arguments"]) == {"a": 1}
        assert [one["params"] for one in up.calls("tools/call")] == [
            {"name": "read", "arguments": {"a": 1}}]
        assert "read says hello" in mock.requests()[1]["body"]
        assert seen("mcp_tool_calls_total", tool="agent_chat", status="ok") == 1
        assert seen("mcp_tool_calls_total", tool="read", status="ok") == 1
        assert seen("agent_runs_total", outcome="ok") == 1
        assert seen("agent_steps_total", kind="model") == 2
        assert seen("agent_steps_total", kind="tool") == 1
        assert seen("llm_requests_total", provider="a", status="ok") == 2


def test_both_eras_are_served(start, mock):
    node = start(thinking(mock))
    mock.always("ok", text="well")
    for result in (Session(node).call("agent_chat", message="hi"),
                   call(node, "agent_chat", message="hi")):
        answer = structured(result)
        assert set(answer) == {"thread", "answer", "kept"}
        assert answer["answer"] == "well"


def test_a_thread_goes_on(start, mock):
    node = start(thinking(mock))
    session = Session(node)
    mock.script(says("Blue."), says("Because."))
    thread = structured(session.call(
        "agent_chat", message="Which colour?"))["thread"]
    again = structured(session.call("agent_chat", message="Why?",
                                    thread=thread))
    assert again["thread"] == thread
    said = [(one["role"], one["content"]) for one in asked(mock, 1)["messages"]]
    assert said[1:] == [("user", "Which colour?"), ("assistant", "Blue."),
                        ("user", "Why?")]
    kept = structured(session.call("conversation_get", thread=thread))
    assert kept["title"] == "Which colour?"
    assert [one["text"] for one in kept["page"]] == [
        "Which colour?", "Blue.", "Why?", "Because."]


def test_a_thread_that_is_none_is_not_begun(start, mock):
    node = start(thinking(mock))
    text = failure(Session(node).call("agent_chat", message="hi", thread="no"))
    assert text == "There is no conversation of that name. (validation.failed)"
    assert mock.calls == 0


def test_bad_arguments_are_the_callers_to_mend(start, mock):
    session = Session(start(thinking(mock)))
    for bad in ({}, {"message": ""}, {"message": "x" * 10001},
                {"message": "x", "response_format": "short"},
                {"message": "x", "surprise": 1}):
        assert failure(session.call("agent_chat", **bad))
    assert structured(session.call("agent_chat", message="x" * 10000))


def test_tools_of_one_step_run_at_the_same_time(start, mock):
    with ToolServer([tool("one"), tool("two")]) as up:
        both = threading.Barrier(2)

        def wait(body, say):
            both.wait(5)
            return {"content": [{"type": "text", "text": "met"}]}

        up.answers = {"one": wait, "two": wait}
        node = with_tools(start, mock, up)
        mock.script(wants("one", "two"), says("done"))
        answer = structured(Session(node).call(
            "agent_chat", message="go", response_format="detailed"))
        assert [one["failed"] for one in answer["tools"]] == [False, False]


def test_the_own_tools_are_the_models_too(start, mock):
    with ToolServer([tool("far_away")]) as up:
        node = with_tools(start, mock, up, agent={"max_tools": 3})
        mock.script(wants(("search_tools", {"query": "far"})),
                    wants("far_away"), says("done"))
        answer = structured(Session(node).call(
            "agent_chat", message="go", response_format="detailed"))
        offered = [[one["function"]["name"] for one in
                    asked(mock, at)["tools"]] for at in (0, 1)]
        assert offered[0] == ["search_tools", "conversation_get",
                              "conversation_search"]
        assert offered[1] == [*offered[0], "far_away"]
        assert [one["failed"] for one in answer["tools"]] == [False, False]


def test_it_uses_only_what_it_may(start, mock):
    with ToolServer([tool("read_a"), tool("read_b"), tool("drop")]) as up:
        node = with_tools(start, mock, up, agent={
            "allow": ["read_*", "search_tools"], "deny": ["read_b"]})
        mock.script(wants("drop", "read_b", "agent_chat", "read_a"),
                    says("done"))
        answer = structured(Session(node).call(
            "agent_chat", message="go", response_format="detailed"))
        assert [one["failed"] for one in answer["tools"]] == [
            True, True, True, False]
        assert [one["params"]["name"] for one in up.calls("tools/call")] == [
            "read_a"]
        assert sorted(one["function"]["name"] for one in
                      asked(mock, 0)["tools"]) == ["read_a", "search_tools"]


def test_a_tool_that_fails_is_told_to_the_model(start, mock):
    with ToolServer([tool("broken"), tool("sad")]) as up:
        up.answers["sad"] = {"content": [{"type": "text", "text": "no luck"}],
                             "isError": True}
        node = with_tools(start, mock, up)
        mock.script(wants("sad", "nobody"), says("I could not."))
        seen = node.delta()
        answer = structured(Session(node).call(
            "agent_chat", message="go", response_format="detailed"))
        assert answer["answer"] == "I could not."
        assert [one["failed"] for one in answer["tools"]] == [True, True]
        assert "Error: no luck" in mock.requests()[1]["body"]
        assert seen("mcp_tool_calls_total", tool="sad", status="failed") == 1
        up.refuse(500)
        mock.script(wants("broken"), says("It is down."))
        answer = structured(Session(node).call(
            "agent_chat", message="go", response_format="detailed"))
        assert answer["tools"][0]["failed"] is True
        assert seen("mcp_tool_calls_total", tool="broken", status="error") == 1


def messages_of(node, headers, body):
    """The messages of an answer that is a stream."""
    with node.client() as client:
        response = begin(client, "POST", body, headers)
        assert response.header("Content-Type") == "text/event-stream"
        return list(mcp.messages(client.stream(response)))


def test_each_step_is_told_to_who_asked_for_progress(start, mock):
    with ToolServer([tool("read")]) as up:
        node = with_tools(start, mock, up)
        session = Session(node)
        mock.script(wants("read"), says("done"))
        params = {"name": "agent_chat", "arguments": {"message": "go"},
                  "_meta": {"progressToken": "mine"}}
        *steps, answer = messages_of(node, session.headers, mcp.message(
            "tools/call", params, 9))
        assert [(one["params"]["progressToken"], one["params"]["progress"],
                 one["params"]["message"]) for one in steps] == [
            ("mine", 1, "Asking the model, step 1"),
            ("mine", 2, "Calling read"),
            ("mine", 3, "Asking the model, step 2")]
        assert answer["id"] == 9
        assert structured(answer["result"])["answer"] == "done"
        # Who takes no stream is told the end alone.
        mock.script(wants("read"), says("done"))
        assert structured(call(node, "agent_chat", message="go"))


def busy(node, service):
    return node.metrics().value("bulkhead_active_operations", service=service)


def test_a_client_that_leaves_frees_the_model(start, mock):
    node = start(thinking(mock))
    mock.always("hang")
    seen = node.delta()
    body, headers = modern("tools/call", {
        "name": "agent_chat", "arguments": {"message": "hi"}})
    with node.client() as client:
        client.send(request_bytes("POST", "/mcp", body,
                                  {"Host": "localhost", **headers}))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        client.reset()
    eventually(lambda: mock.stats()["cancelled"] == 1,
               what="the upstream socket being closed")
    eventually(lambda: busy(node, "a") == 0)
    assert seen("agent_runs_total", outcome="cancelled") == 1
    assert seen("mcp_tool_calls_total", tool="agent_chat",
                status="cancelled") == 1


def test_a_client_that_leaves_frees_the_tools(start, mock):
    with ToolServer([tool("wait")]) as up:
        going = threading.Event()
        up.answers["wait"] = lambda body, say: going.wait(10) and {
            "content": []}
        node = with_tools(start, mock, up)
        mock.script(wants("wait"))
        body, headers = modern("tools/call", {
            "name": "agent_chat", "arguments": {"message": "hi"}})
        with node.client() as client:
            client.send(request_bytes("POST", "/mcp", body,
                                      {"Host": "localhost", **headers}))
            up.wait_for(lambda body: body.get("method") == "tools/call")
        up.wait_for(lambda body: body.get("method")
                    == "notifications/cancelled")
        eventually(lambda: busy(node, "up") == 0)
        going.set()


def test_a_client_of_a_session_cancels_by_saying_so(start, mock):
    node = start(thinking(mock))
    mock.always("hang")
    session = Session(node)
    with node.client() as client:
        client.send(request_bytes(
            "POST", "/mcp", mcp.message("tools/call", {
                "name": "agent_chat", "arguments": {"message": "hi"}}, 5),
            {"Host": "localhost", "Accept": mcp.BOTH, **session.headers}))
        eventually(lambda: busy(node, "a") == 1)
        assert session.post(mcp.message(
            "notifications/cancelled", {"requestId": 5}, None)).status == 202
        assert client.head().status == 202
    eventually(lambda: busy(node, "a") == 0)


def test_steps_are_bounded(start, mock):
    with ToolServer([tool("read")]) as up:
        node = with_tools(start, mock, up, agent={"max_steps": 2})
        mock.always("ok", tool_calls=[{"name": "read"}])
        text = failure(Session(node).call("agent_chat", message="go"))
        assert "in step 2, after 1 call of a tool: read" in text
        assert "wanted more tools after 2 steps" in text
        assert mock.calls == 2
        assert asked(mock, 1)["tool_choice"] == "none"


def test_tokens_are_bounded(start, mock):
    with ToolServer([tool("read")]) as up:
        node = with_tools(start, mock, up, agent={"max_tokens": 5000})
        mock.always("ok", tool_calls=[{"name": "read"}],
                    usage={"input": 2400, "output": 100})
        text = failure(Session(node).call("agent_chat", message="go"))
        assert "the 5000 tokens for one message are used up" in text.lower()
        assert mock.calls == 2
        assert asked(mock, 1)["max_completion_tokens"] < 5000 - 2500


def test_the_model_that_is_down_is_a_failure_of_the_tool(start, mock):
    node = start(thinking(mock))
    session = Session(node)
    seen = node.delta()
    mock.always("status", status=503)
    text = failure(session.call("agent_chat", message="hi"))
    assert "(external.llm." in text and "Ask again in" in text
    node.set_breaker("a", "forced_open")
    text = failure(session.call("agent_chat", message="hi"))
    assert "(resilience.circuit_breaker_open)" in text
    assert seen("agent_runs_total", outcome="failed") == 2
    assert seen("mcp_tool_calls_total", tool="agent_chat", status="failed") == 2
    # The others of its node are as well as before.
    assert structured(session.call("search_tools"))["total"] == len(OWN_TOOLS)


def test_a_chain_is_walked_as_for_a_client(start, mock, other):
    from harness.setups import config, dependency
    node = start({**config(a=dependency(mock), b=dependency(other)),
                  "agent": {"model": "chain"}})
    mock.always("status", status=500)
    other.always("ok", text="from b")
    assert structured(Session(node).call(
        "agent_chat", message="hi"))["answer"] == "from b"


def test_each_question_is_held_against_the_callers_limits(start, mock):
    node = start(thinking(mock, limits={
        "mode": "enforce", "endpoints": {"llm": 2, "read": 0},
        "keys": {"k": key(tier="free")}}))
    mock.always("ok", text="well")
    session = Session(node, headers=bearer())
    for _ in range(2):
        assert structured(session.call("agent_chat", message="hi"))
    text = failure(session.call("agent_chat", message="hi"))
    assert "at most 2 requests of this kind in any minute" in text
    assert "(rate_limit.exceeded)" in text
    assert mock.calls == 2
    # What is no question to a model goes on.
    assert structured(session.call("conversation_search"))


def test_tokens_are_charged_as_the_provider_counts_them(start, mock):
    node = start(thinking(mock, limits={
        "mode": "enforce", "endpoints": {"llm": 0, "read": 0},
        "keys": {"k": key(tier="enterprise", tokens_per_minute=50000)}}))
    session = Session(node, headers=bearer())
    mock.always("ok", text="well", usage={"input": 49000, "output": 900})
    assert structured(session.call("agent_chat", message="hi"))
    text = failure(session.call("agent_chat", message="hi"))
    assert "at most 50000 tokens in any minute" in text
    assert mock.calls == 1


def test_no_secret_of_its_caller_goes_to_model_or_tool(start, mock):
    with ToolServer([tool("read")]) as up:
        node = with_tools(start, mock, up, limits={
            "mode": "log_only", "keys": {"k": key(tier="enterprise")}})
        mock.script(wants("read"), says("done"))
        assert structured(call(node, "agent_chat", bearer(), message="go"))
        assert SECRET not in json.dumps(mock.requests())
        assert SECRET not in json.dumps([dict(head) for _, head, _ in up.seen])
