"""SPEC 11: a client of a session that lost a stream comes back to it, and is told
what it missed."""
import threading

import pytest

from harness import mcp
from harness.mcp import Session, begin, numbered
from harness.offers import offered, text
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually

CONFIG = "caisson://node/config"
LISTS = [f"notifications/{one}/list_changed"
         for one in ("tools", "prompts", "resources")]
SHARED = {"mcp": {"session_secrets": "env:MCP_SECRETS"}}
SECRETS = {"MCP_SECRETS": "s" * 32}


def change(node, size):
    node.rewrite({"http": {"max_body": size}})
    assert node.admin("/admin/reload").status == 200


def log(data):
    return {"jsonrpc": "2.0", "method": "notifications/message",
            "params": {"level": "error", "data": data}}


class Work:
    """A tool that says something, and goes on when it is told to."""

    def __init__(self, *says, **more):
        self.says = says
        self.go = threading.Event()
        self.more = more

    def __call__(self, body, say):
        for one in self.says:
            say(log(one))
        assert self.go.wait(10)
        for one in self.more.get("then", ()):
            say(one)
        return {"content": [{"type": "text", "text": "done"}]}


@pytest.fixture
def up():
    with ToolServer([tool("work")]) as up:
        yield up


def start_work(start, up, work, **session):
    up.answers["work"] = work
    node = start({"dependency": {"up": up.dependency(refresh="1h")}})
    offered(node, "work")
    return node, Session(node, **session)


def call(client, session, number=7):
    response = begin(client, "POST", mcp.message(
        "tools/call", {"name": "work"}, number), session.headers)
    assert response.status == 200
    return numbered(client, response)


def status(node, session, last):
    return node.ask("GET", "/mcp", None, {
        "Host": "localhost", "Accept": "text/event-stream",
        "Last-Event-ID": last, **session.headers}).status


def test_news_that_were_missed_are_told(start):
    node = start()
    session = Session(node)
    session.result("resources/subscribe", {"uri": CONFIG})
    with node.client() as client:
        events = numbered(client, session.listen(client))
        first, nothing = next(events)
        assert first and nothing is None
        change(node, "2MiB")
        second, news = next(events)
        assert news["params"] == {"uri": CONFIG} and second != first
    change(node, "3MiB")
    change(node, "4MiB")
    for last, missed in ((second, 2), (first, 4)):
        with node.client() as client:
            events = numbered(client, session.listen(client, last))
            assert next(events) == (last, None)
            told = [next(events) for _ in range(missed)]
            assert {one["params"]["uri"] for _, one in told} == {CONFIG}
            ids = [name for name, _ in told]
            assert len(set(ids)) == missed and last not in ids
            change(node, f"{4 + missed}MiB")
            name, news = next(events)
            assert news["params"] == {"uri": CONFIG} and name not in ids


def test_who_comes_back_to_another_node_is_told_that_anything_may_be_new(start):
    one, two = (start(SHARED, env=SECRETS) for _ in range(2))
    session = Session(one)
    with one.client() as client:
        last, _ = next(numbered(client, session.listen(client)))
    session.node = two
    session.result("resources/subscribe", {"uri": CONFIG})
    with two.client() as client:
        events = numbered(client, session.listen(client, last))
        told = [next(events) for _ in range(4)]
        assert [news["method"] for _, news in told] == [
            *LISTS, "notifications/resources/updated"]
        # Whoever has seen the last of them has seen all.
        assert [name is not None for name, _ in told] == [
            False, False, False, True]


def test_who_comes_back_is_not_refused_for_a_connection_that_is_dead(start):
    node = start()
    session = Session(node)
    with node.client() as old, node.client() as new, node.client() as third:
        before = numbered(old, session.listen(old))
        last, _ = next(before)
        after = numbered(new, session.listen(new, last))
        assert next(after) == (last, None)
        # One of them has the stream, and that is the new one.
        assert list(before) == []
        assert session.listen(third).status == 409
    eventually(lambda: node.metrics().value("mcp_streams_active") == 0)


def test_an_answer_is_taken_up_while_it_is_given(start, up):
    work = Work("one", "two", then=[log("three")])
    node, session = start_work(start, up, work)
    with node.client() as client:
        events = call(client, session)
        assert next(events)[1] is None
        last, said = next(events)
        assert said["params"]["data"] == "one"
    seen = node.delta()
    with node.client() as client:
        events = numbered(client, session.listen(client, last))
        assert next(events) == (last, None)
        assert next(events)[1]["params"]["data"] == "two"
        work.go.set()
        rest = [message for _, message in events]
        assert rest[0]["params"]["data"] == "three"
        assert rest[1]["id"] == 7 and text(rest[1]["result"]) == "done"
        assert len(rest) == 2
    assert seen("mcp_tool_calls_total", tool="work", status="ok") == 1
    assert len(up.calls("tools/call")) == 1


def test_an_answer_that_is_given_meanwhile_waits_for_its_client(start, up):
    work = Work("one")
    node, session = start_work(start, up, work)
    seen = node.delta()
    with node.client() as client:
        events = call(client, session)
        last, _ = next(events)
    work.go.set()
    eventually(lambda: seen("mcp_tool_calls_total", tool="work",
                            status="ok") == 1)
    for _ in range(2):
        with node.client() as client:
            events = list(numbered(client, session.listen(client, last)))
            assert events[0] == (last, None)
            assert events[1][1]["params"]["data"] == "one"
            assert text(events[2][1]["result"]) == "done"
            assert len(events) == 3


def test_what_is_asked_meanwhile_is_asked_when_the_client_comes_back(start, up):
    question = {"jsonrpc": "2.0", "id": "theirs", "method":
                "elicitation/create", "params": {"message": "who?"}}

    def work(body, say):
        say(log("one"))
        assert go.wait(10)
        say(question)
        up.wait_for(lambda seen: seen.get("id") == "theirs"
                    and "method" not in seen)
        return {"content": [{"type": "text", "text": "done"}]}

    go = threading.Event()
    node, session = start_work(start, up, work, can={"elicitation": {}})
    with node.client() as client:
        events = call(client, session)
        next(events)
        last, _ = next(events)
    go.set()
    with node.client() as client:
        events = numbered(client, session.listen(client, last))
        assert next(events) == (last, None)
        _, asked = next(events)
        assert asked["method"] == "elicitation/create"
        assert session.post({"jsonrpc": "2.0", "id": asked["id"],
                             "result": {"action": "decline"}}).status == 202
        assert text(next(events)[1]["result"]) == "done"


def test_nobody_takes_up_what_is_not_his(start, up):
    work = Work("one")
    node, session = start_work(start, up, work)
    with node.client() as client:
        last, _ = next(call(client, session))
        assert status(node, Session(node), last) == 400
        assert status(node, session, "nonsense") == 400
        assert status(node, session, last[:-1] + "9") == 400
        work.go.set()
    assert session.end().status == 200
    assert status(node, session, last) == 404


def test_a_call_that_is_cancelled_is_nowhere_taken_up(start, up):
    work = Work("one")
    node, session = start_work(start, up, work)
    with node.client() as client:
        last, _ = next(call(client, session))
    with node.client() as client:
        events = numbered(client, session.listen(client, last))
        assert [next(events)[1] for _ in range(2)][1]
        assert session.post(mcp.message("notifications/cancelled", {
            "requestId": 7}, None)).status == 202
        assert list(events) == []
    assert status(node, session, last) == 400
    work.go.set()


def test_clients_that_know_no_empty_events_get_none(start, up):
    work = Work("one")
    node, session = start_work(start, up, work, version="2025-06-18")
    with node.client() as client:
        last, said = next(call(client, session))
        assert said["params"]["data"] == "one"
    work.go.set()
    with node.client() as client:
        events = list(numbered(client, session.listen(client, last)))
        assert [text(one["result"]) for _, one in events] == ["done"]
