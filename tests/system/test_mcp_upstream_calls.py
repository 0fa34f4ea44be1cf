"""SPEC 11: calls of upstream servers of MCP while they run: what they say, what
they ask, how they end."""
import json
import threading

import pytest

from harness import mcp
from harness.mcp import META, Session, ask_modern, begin, modern
from harness.offers import offered, text
from harness.tool_server import Cut, ToolServer, tool
from harness.waiting import eventually
from harness.wire import parse_events, request_bytes


# Sessions at servers are of one thread each.
ALONE = {"io_threads": 1}


def reports(body, say):
    token = body["params"].get("_meta", {}).get("progressToken")
    for step in (1, 2) if token is not None else ():
        say({"jsonrpc": "2.0", "method": "notifications/progress",
             "params": {"progressToken": token, "progress": step}})
    say({"jsonrpc": "2.0", "method": "notifications/message",
         "params": {"level": "debug", "data": "detail"}})
    say({"jsonrpc": "2.0", "method": "notifications/message",
         "params": {"level": "error", "data": "grave"}})
    return {"content": [{"type": "text", "text": "done"}]}


def streamed(node, body, headers):
    """The messages of an answer that is a stream."""
    with node.client() as client:
        response = begin(client, "POST", body, headers)
        assert response.header("Content-Type") == "text/event-stream"
        return list(mcp.messages(client.stream(response)))


def test_progress_and_the_log_come_to_who_asked(start):
    with ToolServer([tool("work")]) as up:
        up.answers["work"] = reports
        node = start({"dependency": {"up": up.dependency()}})
        offered(node, "work")
        session = Session(node)
        call = mcp.message("tools/call", {
            "name": "work", "_meta": {"progressToken": "mine"}}, 9)
        first, second, grave, answer = streamed(node, call, session.headers)
        assert [one["params"]["progressToken"] for one in (first, second)] \
            == ["mine", "mine"]
        assert grave["params"]["data"] == "grave"
        assert answer["id"] == 9 and text(answer["result"]) == "done"
        session.result("logging/setLevel", {"level": "debug"})
        assert len(streamed(node, call, session.headers)) == 5
        assert up.levels == ["debug"]


def test_who_takes_no_stream_gets_the_answer_alone(start):
    with ToolServer([tool("work")]) as up:
        up.answers["work"] = reports
        node = start({"dependency": {"up": up.dependency()}})
        offered(node, "work")
        reply = ask_modern(node, "tools/call", {
            "name": "work", "_meta": {"progressToken": 1}})
        assert reply.header("Content-Type") == "application/json"


def test_a_cancelled_call_is_cancelled_at_the_server(start):
    with ToolServer([tool("wait")]) as up:
        going = threading.Event()

        def wait(body, say):
            going.wait(10)
            return {"content": []}

        up.answers["wait"] = wait
        node = start({"dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "wait")
        session = Session(node)
        with node.client() as client:
            client.send(request_bytes(
                "POST", "/mcp", mcp.message("tools/call", {"name": "wait"}, 5),
                {"Host": "localhost", "Accept": mcp.BOTH, **session.headers}))
            up.wait_for(lambda body: body.get("method") == "tools/call")
            asked = up.calls("tools/call")[0]["id"]
            assert session.post(mcp.message(
                "notifications/cancelled", {"requestId": 5}, None)).status == 202
            up.wait_for(lambda body: body.get("params", {}).get("requestId")
                        == asked)
            assert client.head().status == 202
        going.set()


def test_a_modern_client_cancels_by_hanging_up(start):
    with ToolServer([tool("wait")]) as up:
        going = threading.Event()
        up.answers["wait"] = lambda body, say: going.wait(10) and {
            "content": []}
        node = start({"dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "wait")
        body, headers = modern("tools/call", {"name": "wait"})
        with node.client() as client:
            client.send(request_bytes("POST", "/mcp", body,
                                      {"Host": "localhost", **headers}))
            up.wait_for(lambda body: body.get("method") == "tools/call")
        up.wait_for(lambda body: body.get("method")
                    == "notifications/cancelled")
        going.set()


@pytest.mark.parametrize("era", ["legacy", "both"])
def test_a_server_asks_the_client_that_called_it(start, era):
    with ToolServer([tool("ask")], era=era) as up:

        def ask(body, say):
            say({"jsonrpc": "2.0", "id": "theirs", "method":
                 "elicitation/create", "params": {"message": "who?"}})
            up.wait_for(lambda seen: seen.get("id") == "theirs")
            answer = [seen for _, _, seen in up.seen
                      if seen.get("id") == "theirs"][-1]
            return {"content": [{"type": "text",
                                 "text": json.dumps(answer["result"])}]}

        up.answers["ask"] = ask
        node = start({"dependency": {"up": up.dependency()}})
        offered(node, "ask")
        headers = Session(node, can={"elicitation": {}}).headers
        with node.client() as client:
            response = begin(client, "POST", mcp.message(
                "tools/call", {"name": "ask"}, 3), headers)
            stream = mcp.messages(client.stream(response))
            question = next(stream)
            assert question["method"] == "elicitation/create"
            assert question["params"] == {"message": "who?"}
            assert mcp.post(node, {
                "jsonrpc": "2.0", "id": question["id"],
                "result": {"action": "accept", "content": {"name": "me"}}},
                headers).status == 202
            answer = next(stream)
            assert json.loads(text(answer["result"]))["content"] == {
                "name": "me"}


def asked_beside(up, number, member="result", within=5):
    """Asks on the streams of all sessions, also those that open meanwhile, and
    waits for that kind of answer: where no call is under way, nobody can be
    asked."""
    told = []

    def answered():
        for stream in [one for one in list(up.streams) if one not in told]:
            told.append(stream)
            stream.put({"jsonrpc": "2.0", "id": number, "method":
                        "elicitation/create", "params": {"message": "who?"}})
        return [seen for _, _, seen in up.seen
                if seen.get("id") == number and member in seen]

    answer = eventually(answered, within, "an answer")[-1]
    return {"content": [{"type": "text", "text": json.dumps(answer)}]}


@pytest.mark.parametrize("era", ["legacy", "both"])
def test_a_server_may_ask_on_the_stream_of_the_session(start, era):
    """As servers of the reference SDK do that do not say whose question it is."""
    with ToolServer([tool("ask")], era=era) as up:
        up.answers["ask"] = lambda body, say: asked_beside(up, "theirs")
        node = start({"dependency": {"up": up.dependency()}})
        offered(node, "ask")
        headers = Session(node, can={"elicitation": {}}).headers
        with node.client() as client:
            response = begin(client, "POST", mcp.message(
                "tools/call", {"name": "ask"}, 3), headers)
            stream = mcp.messages(client.stream(response))
            question = next(stream)
            assert question["params"] == {"message": "who?"}
            assert mcp.post(node, {
                "jsonrpc": "2.0", "id": question["id"],
                "result": {"action": "accept", "content": {"name": "me"}}},
                headers).status == 202
            answer = json.loads(text(next(stream)["result"]))
            assert answer["result"]["content"] == {"name": "me"}


def test_a_question_that_might_be_anothers_is_refused(start):
    with ToolServer([tool("ask"), tool("wait")]) as up:
        asks, over = threading.Event(), threading.Event()

        def wait(body, say):
            asks.set()
            over.wait(10)

        up.answers["ask"] = lambda body, say: asked_beside(
            up, "theirs", "error")
        up.answers["wait"] = wait
        node = start({"node": ALONE, "dependency": {"up": up.dependency()}})
        offered(node, "ask", "wait")
        one, other = (Session(node, can={"elicitation": {}}) for _ in "ab")
        waiting = threading.Thread(target=one.ask, args=(
            "tools/call", {"name": "wait"}))
        waiting.start()
        asks.wait(10)
        answer = json.loads(text(other.call("ask")))
        assert answer["error"]["message"] == "Nobody can be asked now."
        over.set()
        waiting.join()


def wants(**asked):
    """What a modern server says that wants to know that first."""
    return {"resultType": "input_required", "requestState": "where I was",
            "inputRequests": {name: {"method": "elicitation/create",
                                     "params": {"message": message}}
                              for name, message in asked.items()}}


def test_a_modern_server_asks_the_client_of_a_session(start):
    with ToolServer([tool("ask")], era="modern") as up:

        def ask(body, say):
            params = body["params"]
            if "inputResponses" not in params:
                assert params["_meta"][META + "clientCapabilities"] == {
                    "elicitation": {}}
                return wants(first="who?", second="when?")
            assert params["requestState"] == "where I was"
            assert params["arguments"] == {"x": 1}
            return {"content": [{"type": "text", "text": json.dumps(
                {name: answer["content"] for name, answer
                 in params["inputResponses"].items()})}]}

        up.answers["ask"] = ask
        node = start({"dependency": {"up": up.dependency()}})
        offered(node, "ask")
        session = Session(node, can={"elicitation": {}})
        seen = node.delta()
        with node.client() as client:
            response = begin(client, "POST", mcp.message("tools/call", {
                "name": "ask", "arguments": {"x": 1}}, 3), session.headers)
            stream = mcp.messages(client.stream(response))
            questions = [next(stream), next(stream)]
            assert [one["params"]["message"] for one in questions] == [
                "who?", "when?"]
            for one in reversed(questions):
                assert session.post({
                    "jsonrpc": "2.0", "id": one["id"], "result": {
                        "action": "accept",
                        "content": one["params"]["message"]}}).status == 202
            answer = next(stream)
            assert answer["id"] == 3
            assert json.loads(text(answer["result"])) == {
                "first": "who?", "second": "when?"}
        assert seen("mcp_tool_calls_total", tool="ask", status="ok") == 1
        assert len(up.calls("tools/call")) == 2


def test_what_a_modern_server_wants_in_vain_is_an_error(start):
    with ToolServer([tool("ask")], era="modern") as up:
        up.answers["ask"] = wants(first="who?")
        node = start({"http": {"request_timeout": "1s"},
                      "dependency": {"up": up.dependency()}})
        offered(node, "ask")
        # One that cannot be asked; one that will not answer; one that does not.
        assert Session(node).error("tools/call", {"name": "ask"})["code"] \
            == -32600
        session = Session(node, can={"elicitation": {}})
        for refuses in (True, False):
            with node.client() as client:
                response = begin(client, "POST", mcp.message(
                    "tools/call", {"name": "ask"}, 3), session.headers)
                stream = mcp.messages(client.stream(response))
                question = next(stream)
                if refuses:
                    session.post({"jsonrpc": "2.0", "id": question["id"],
                                  "error": {"code": -1, "message": "no"}})
                error = next(stream)["error"]
                assert (error["code"] == -1) is refuses
                if not refuses:
                    assert error["data"]["code"] == "external.mcp.timeout"


@pytest.mark.parametrize("greets", [False, True])
def test_who_could_be_asked_is_served_by_who_never_asks(start, greets):
    with ToolServer([tool("read")], era="modern") as up:
        up.greets = greets
        node = start({"node": ALONE, "dependency": {"up": up.dependency()}})
        offered(node, "read")
        session = Session(node, can={"elicitation": {}})
        for _ in range(2):
            assert text(session.call("read")) == "read says hello"
        # It was asked for a session once, and has none.
        assert len(up.calls("initialize")) == 1


def test_an_answer_ends_a_call_whatever_becomes_of_its_stream(start):
    with ToolServer([tool("work")]) as up:
        up.answers["work"] = reports
        up.keeps_open = True
        node = start({"dependency": {"up": up.dependency(
            refresh="1h", idle_timeout="300ms", retry={"attempts": 1})}})
        offered(node, "work")
        session = Session(node)
        seen = node.delta()
        call = mcp.message("tools/call", {
            "name": "work", "_meta": {"progressToken": "mine"}}, 9)
        assert streamed(node, call, session.headers)[-1]["id"] == 9
        eventually(lambda: seen("circuit_breaker_success_total",
                                service="up") == 1)
        assert seen("bulkhead_active_operations", service="up") == 0
        assert seen("circuit_breaker_failures_total", service="up") == 0


def test_a_stream_that_is_cut_is_taken_up_where_it_was(start):
    with ToolServer([tool("work")]) as up:

        def work(body, say):
            up.rests["e1"] = [{"jsonrpc": "2.0", "id": body["id"], "result": {
                "content": [{"type": "text", "text": "the rest"}]}}]
            say({"jsonrpc": "2.0", "method": "notifications/message",
                 "params": {"level": "error", "data": "first"}}, "e1")
            raise Cut

        up.answers["work"] = work
        node = start({"dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "work")
        session = Session(node)
        first, answer = streamed(node, mcp.message(
            "tools/call", {"name": "work"}, 9), session.headers)
        assert first["params"]["data"] == "first"
        assert answer["id"] == 9 and text(answer["result"]) == "the rest"
        # It was called once, and is not called again where there is no rest.
        assert len(up.calls("tools/call")) == 1
        up.answers["work"] = lambda body, say: cut_without_rest(say)
        *_, answer = streamed(node, mcp.message(
            "tools/call", {"name": "work"}, 10), session.headers)
        assert answer["error"]["data"]["code"] == "external.mcp.error"
        assert len(up.calls("tools/call")) == 2


def cut_without_rest(say):
    say({"jsonrpc": "2.0", "method": "notifications/message",
         "params": {"level": "error", "data": "first"}}, "unknown")
    raise Cut


def test_a_call_that_takes_its_time_shows_that_it_is_alive(start):
    with ToolServer([tool("wait")]) as up:
        going = threading.Event()
        up.answers["wait"] = lambda body, say: going.wait(10) and {
            "content": [{"type": "text", "text": "done"}]}
        node = start({"mcp": {"keep_alive": "100ms"},
                      "dependency": {"up": up.dependency(refresh="1h")}})
        offered(node, "wait")
        with node.client() as client:
            response = begin(client, "POST", mcp.message(
                "tools/call", {"name": "wait"}, 7), Session(node).headers)
            pieces = client.body(response)
            # By the first it can come back, the others are comments.
            assert next(pieces).startswith(b"retry: ")
            assert next(pieces) == next(pieces) == b":\r\n\r\n"
            going.set()
            said = b"".join(pieces)
            answer = json.loads(parse_events(said)[-1][1])
            assert text(answer["result"]) == "done"
