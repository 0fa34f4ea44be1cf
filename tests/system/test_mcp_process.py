"""SPEC 11: upstream servers of MCP that are processes of the node's own: one
for all, supervised, and nobody's trouble but their own."""
import json
import os
import pathlib
import signal
import threading

import pytest

from harness.mcp import Session, ask_modern, begin, messages
from harness.pipe import Pipe
from harness.waiting import Stopwatch, eventually

SERVER = pathlib.Path(__file__).parent / "harness/stdio_server.py"


class Process:
    """What a test knows of the process behind a dependency."""

    def __init__(self, folder):
        self.folder = folder

    def dependency(self, *more, **settings):
        return {"kind": "mcp_stdio", "command": "/usr/bin/python3",
                "args": ["-B", str(SERVER), str(self.folder), *more],
                "refresh": "200ms", "retry": {"base": "1ms", "attempts": 3},
                **settings}

    @property
    def pids(self):
        file = self.folder / "pids"
        return [int(line) for line in file.read_text().split()] \
            if file.exists() else []

    @property
    def said(self):
        file = self.folder / "said"
        return [json.loads(line) for line in file.read_text().splitlines()] \
            if file.exists() else []

    def go(self):
        (self.folder / "go").touch()

    def waits(self, text=""):
        eventually(lambda: (self.folder / f"waiting-{text}").exists())


@pytest.fixture
def up(tmp_path):
    return Process(tmp_path)


@pytest.fixture
def other(tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    return Process(folder)


def names(node):
    return [one["name"] for one in Session(node).result("tools/list")["tools"]]


def offered(node, *wanted, within=10):
    eventually(lambda: set(wanted) <= set(names(node)), within,
               what=f"{wanted} are offered")


def text(result):
    return result["content"][0]["text"]


def gone(pid):
    """Not even a zombie is left of it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# --- asking it --------------------------------------------------------------

@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_tools_of_a_process_are_called_by_clients_of_either_era(start, up, era):
    node = start({"dependency": {"up": up.dependency("--era", era)}})
    offered(node, "search_tools", "echo")
    seen = node.delta()
    assert text(Session(node).call("echo", text="a\u00e9\n")) == "a\u00e9\n"
    result = ask_modern(node, "tools/call", {
        "name": "echo", "arguments": {"text": "two"}}).json()["result"]
    assert text(result) == "two" and result["resultType"] == "complete"
    assert seen("mcp_tool_calls_total", tool="echo", status="ok") == 2
    assert node.metrics().value("mcp_processes_started_total",
                                service="up") == 1
    assert node.dependency("up")["breaker"]["state"] == "closed"


def test_one_process_serves_all_threads_at_once(start, up):
    node = start({"node": {"io_threads": 3},
                  "dependency": {"up": up.dependency()}})
    offered(node, "echo")
    wrong = []

    def ask(number):
        session = Session(node)
        for turn in range(10):
            said = f"{number}-{turn}"
            if text(session.call("echo", text=said)) != said:
                wrong.append(said)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong
    assert len(up.pids) == 1


def test_a_process_that_says_nothing_before_its_session_is_met(start, up):
    node = start({"dependency": {"up": up.dependency(
        "--mute-before-session", "--greet")}})
    offered(node, "echo", within=15)
    assert text(Session(node).call("echo", text="x")) == "x"
    eventually(lambda: "Welcome to this server!" in node.stderr)


def test_pipes_on_both_sides(up):
    with Pipe({"dependency": {"up": up.dependency()}}) as client:
        client.initialize()
        listed = [one["name"] for one in client.result("tools/list")["tools"]]
        assert "echo" in listed
        assert text(client.call("echo", text="through")) == "through"
        pid = int(text(client.call("pid")))
    assert gone(pid)


# --- what it has of the node ------------------------------------------------

def test_a_process_gets_what_the_config_says_and_nothing_else(start, up):
    node = start(
        {"dependency": {"up": up.dependency(
            env=["PLAIN=word", "TOKEN=env:UPSTREAM_TOKEN"],
            directory=str(up.folder))}},
        env={"UPSTREAM_TOKEN": "canary-1", "OTHER_SECRET": "canary-2",
             "LANG": "C.UTF-8"})
    offered(node, "env")
    session = Session(node)
    env = json.loads(text(session.call("env")))
    assert env["PLAIN"] == "word" and env["TOKEN"] == "canary-1"
    assert env["LANG"] == "C.UTF-8" and env["PATH"]
    assert set(env) <= {"PLAIN", "TOKEN", "PATH", "HOME", "LANG", "TZ",
                        "TMPDIR", "LC_CTYPE"}
    where = json.loads(text(session.call("where")))
    assert where["cwd"] == str(up.folder)
    assert where["files"][:3] == ["0", "1", "2"] and len(where["files"]) <= 4
    seen = node.stderr + node.metrics().text + json.dumps(node.telemetry()) \
        + json.dumps(session.result("resources/read",
                                    {"uri": "caisson://node/config"}))
    assert "canary-1" not in seen


def test_only_what_is_named_is_inherited(start, up):
    node = start({"dependency": {"up": up.dependency(inherit=["MINE"])}},
                 env={"MINE": "1", "YOURS": "2"})
    offered(node, "env")
    env = json.loads(text(Session(node).call("env")))
    assert set(env) <= {"MINE", "LC_CTYPE"} and env["MINE"] == "1"


# --- how it ends ------------------------------------------------------------

def test_a_process_that_dies_is_started_again(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "die")
    session = Session(node)
    seen = node.delta()
    assert "error" in session.ask("tools/call", {"name": "die"}).json()
    assert text(session.call("echo", text="again")) == "again"
    assert len(up.pids) == 2 and gone(up.pids[0])
    assert seen("mcp_processes_ended_total", service="up", cause="itself") == 1
    assert seen("mcp_tool_calls_total", tool="die", status="error") == 1
    eventually(lambda: "up: it exited with 3" in node.stderr)


def test_a_call_that_does_no_harm_is_made_again_at_the_next_process(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "die_once")
    assert text(Session(node).call("die_once")) == "alive again"
    assert len(up.pids) == 2


def test_a_process_that_dies_too_often_stays_down_for_a_while(start, up, other):
    node = start({"dependency": {
        "up": up.dependency(restarts=1, restarts_within="60s",
                            retry={"attempts": 1}),
        "other": other.dependency(prefix="always")}})
    offered(node, "die", "other__echo")
    session = Session(node)
    for _ in range(2):
        assert "error" in session.ask("tools/call", {"name": "die"}).json()
        eventually(lambda: gone(up.pids[-1]))
    error = session.error("tools/call", {"name": "echo"})
    assert error["data"]["code"] == "external.mcp.unavailable", error
    eventually(lambda: "it stays down for a while" in node.stderr)
    assert len(up.pids) == 2
    assert text(session.call("other__echo", text="well")) == "well"
    assert {"echo", "other__echo"} <= set(names(node))


def test_a_program_that_cannot_serve_is_not_started_for_ever(start, up):
    node = start({"dependency": {"up": up.dependency(
        restarts=2, restarts_within="60s", command="/bin/false")}})
    eventually(lambda: "it stays down for a while" in node.stderr, 20)
    assert node.metrics().value("mcp_processes_started_total",
                                service="up") == 3
    assert "search_tools" in names(node)


def test_a_process_that_hangs_is_killed_and_started_again(start, up, other):
    node = start({"dependency": {
        "up": up.dependency(timeout="500ms", connect_timeout="300ms",
                            retry={"attempts": 1},
                            breaker={"failures": 1000}),
        "other": other.dependency(prefix="always")}})
    offered(node, "echo", "other__echo")
    session = Session(node)
    seen = node.delta()
    os.kill(up.pids[0], signal.SIGSTOP)
    error = session.error("tools/call", {"name": "echo"})
    assert error["data"]["code"] == "external.mcp.timeout", error
    watch = Stopwatch()
    assert text(session.call("other__echo", text="well")) == "well"
    assert {"echo", "other__echo"} <= set(names(node))
    assert watch.seconds < 5
    eventually(lambda: gone(up.pids[0]), 10, what="it is killed")
    eventually(lambda: text(session.call("echo", text="back")) == "back", 10)
    assert seen("mcp_processes_ended_total", service="up",
                cause="silence") == 1


def test_a_process_that_is_only_slow_is_left_alone(start, up):
    node = start({"dependency": {"up": up.dependency(
        timeout="300ms", connect_timeout="5s", retry={"attempts": 1})}})
    offered(node, "wait")
    session = Session(node)
    error = session.error("tools/call", {"name": "wait"})
    assert error["data"]["code"] == "external.mcp.timeout"
    assert text(session.call("echo", text="here")) == "here"
    eventually(lambda: [one for one in up.said
                        if one.get("method") == "notifications/cancelled"])
    assert len(up.pids) == 1


def test_a_node_that_ends_leaves_nothing_behind(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "child")
    child = int(text(Session(node).call("child")))
    pid = up.pids[0]
    node.terminate()
    assert node.wait() == 0
    eventually(lambda: gone(pid) and gone(child), what="all have ended")


def test_a_process_that_ignores_its_end_is_killed(start, up):
    node = start({"dependency": {"up": up.dependency(
        command="/bin/sh", args=["-c", f"trap '' TERM; /usr/bin/python3 -B "
                                 f"{SERVER} {up.folder}; sleep 1000"])}})
    offered(node, "echo")
    pid = up.pids[0]
    node.terminate()
    assert node.wait() == 0
    eventually(lambda: gone(pid))


def test_a_reload_ends_what_is_no_more_and_keeps_what_stays(start, up, other):
    node = start({"dependency": {"up": up.dependency(),
                                 "other": other.dependency(prefix="always")}})
    offered(node, "echo", "other__echo")
    first, kept = up.pids[0], other.pids[0]
    node.rewrite({"dependency": {"up": {"env": ["NEW=1"]}}})
    assert node.admin("/admin/reload").status == 200
    eventually(lambda: gone(first))
    session = Session(node)
    env = eventually(lambda: json.loads(text(session.call("env"))))
    assert env["NEW"] == "1"
    assert not gone(kept) and len(other.pids) == 1


# --- what it says -----------------------------------------------------------

def test_what_is_no_message_is_shown_and_passed_over(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "garbage")
    session = Session(node)
    assert text(session.call("garbage")) == "after garbage"
    assert text(session.call("echo", text="fine")) == "fine"
    eventually(lambda: "a line of a program" in node.stderr)
    assert len(up.pids) == 1


def test_a_line_without_an_end_ends_the_process_and_not_the_node(start, up):
    node = start({"dependency": {"up": up.dependency(retry={"attempts": 1})}})
    offered(node, "flood")
    session = Session(node)
    before = node.rss()
    assert "error" in session.ask("tools/call", {"name": "flood"}).json()
    assert text(session.call("echo", text="fine")) == "fine"
    assert node.metrics().value("mcp_processes_ended_total", service="up",
                                cause="nonsense") == 1
    assert node.rss() - before < 64 << 20


def test_so_much_of_its_standard_error_is_in_the_log_and_no_more(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "loud")
    session = Session(node)
    session.call("loud", lines=5_000)
    eventually(lambda: "up: complaint 0" in node.stderr)
    assert node.stderr.count("complaint") <= 60
    session.call("loud", lines=1)
    assert "x" * 2000 not in node.stderr


def test_progress_comes_to_whoever_asked_for_it(start, up):
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "talk")
    session = Session(node)
    with node.client() as client:
        stream = begin(client, "POST", {
            "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {
                "name": "talk", "_meta": {"progressToken": "mine"}}},
            session.headers)
        said = list(messages(client.stream(stream)))
    assert [one["params"]["progressToken"] for one in said[:-1]] == ["mine"] * 2
    assert text(said[-1]["result"]) == "talked"


def test_a_question_is_put_to_the_client_of_the_only_call(up):
    with Pipe({"dependency": {"up": up.dependency()}}) as client:
        client.initialize(capabilities={"elicitation": {}})
        client.result("tools/list")
        number = client.begin("tools/call", {"name": "ask"})
        asked = client.until(lambda one: one.get("method")
                             == "elicitation/create")
        client.send({"jsonrpc": "2.0", "id": asked["id"],
                     "result": {"action": "decline"}})
        assert json.loads(text(client.answer_to(number)["result"])) == {
            "action": "decline"}


def test_a_question_that_may_be_anybodys_is_put_to_nobody(start, up):
    """Two users are served at once: neither may see what the other is asked."""
    node = start({"dependency": {"up": up.dependency()}})
    offered(node, "ask", "wait")
    session = Session(node)
    waiting = threading.Thread(target=lambda: session.call("wait", text="a"))
    waiting.start()
    up.waits("a")
    answer = json.loads(text(Session(node).call("ask")))
    assert answer["code"] == -32601
    up.go()
    waiting.join()


def test_what_is_offered_anew_is_known_at_once_and_told(up):
    with Pipe({"dependency": {"up": up.dependency(refresh="1h")}}) as client:
        client.initialize()
        client.result("tools/list")
        client.call("more")
        client.until(lambda one: one.get("method")
                     == "notifications/tools/list_changed")
        assert "late" in [one["name"] for one in
                          client.result("tools/list")["tools"]]


def test_a_call_that_is_cancelled_is_cancelled_there(up):
    with Pipe({"dependency": {"up": up.dependency()}}) as client:
        client.initialize()
        client.result("tools/list")
        number = client.begin("tools/call", {"name": "wait"})
        up.waits()
        client.tell("notifications/cancelled", {"requestId": number})
        eventually(lambda: [one for one in up.said if one.get("method")
                            == "notifications/cancelled"])
        up.go()
        assert client.result("ping") == {}
        assert not client.aside


# --- under load -------------------------------------------------------------

def test_kills_under_load_cost_only_calls_of_the_killed(start, up, other):
    node = start({"dependency": {
        "up": up.dependency(restarts=1000, breaker={"failures": 1000}),
        "other": other.dependency(prefix="always")}})
    offered(node, "echo", "other__echo")
    over = threading.Event()
    wrong, answered = [], [0]

    def load(tool, must):
        session = Session(node)
        while not over.is_set():
            body = session.ask("tools/call", {
                "name": tool, "arguments": {"text": "x"}}).json()
            good = "result" in body and text(body["result"]) == "x"
            answered[0] += good
            if must and not good:
                wrong.append(body)
            listed = {one["name"] for one in
                      session.result("tools/list")["tools"]}
            if not {"echo", "other__echo"} <= listed:
                wrong.append(listed)

    threads = [threading.Thread(target=load, args=(tool, must))
               for tool, must in (("echo", False), ("other__echo", True)) * 2]
    for one in threads:
        one.start()
    for turn in range(5):
        pids = len(up.pids)
        os.kill(up.pids[-1], signal.SIGKILL)
        eventually(lambda: len(up.pids) > pids, 15, what="it is back")
    over.set()
    for one in threads:
        one.join()
    assert not wrong, wrong[:3]
    assert answered[0] > 10
    assert text(Session(node).call("echo", text="end")) == "end"
