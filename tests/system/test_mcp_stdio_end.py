"""SPEC 2, 11: how `caisson mcp-stdio` ends, and how it is called."""
import json
import subprocess
import threading

from harness import mcp, node as nodes
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually


def text(result):
    return result["content"][0]["text"]


# --- its end ----------------------------------------------------------------

def test_the_end_of_input_lets_running_requests_finish(pipe):
    with ToolServer([tool("slow")]) as up:
        client = pipe({"dependency": {"up": up.dependency()}})
        client.initialize()
        client.result("tools/list")
        up.hang()
        number = client.begin("tools/call", {"name": "slow"})
        eventually(lambda: up.calls("tools/call"))
        client.end_input()
        eventually(lambda: "node drains" in client.stderr)
        up.behave()
        assert text(client.answer_to(number)["result"]) == "slow says hello"
        assert client.wait() == 0


def test_sigterm_lets_running_requests_finish_and_takes_no_more(pipe):
    with ToolServer([tool("slow")]) as up:
        client = pipe({"dependency": {"up": up.dependency()}})
        client.initialize()
        client.result("tools/list")
        up.hang()
        number = client.begin("tools/call", {"name": "slow"})
        eventually(lambda: up.calls("tools/call"))
        client.terminate()
        eventually(lambda: "node drains" in client.stderr)
        assert "error" in client.ask("ping")
        up.behave()
        assert text(client.answer_to(number)["result"]) == "slow says hello"
        assert client.wait() == 0


def test_what_does_not_finish_in_time_is_answered_by_a_fault(pipe):
    with ToolServer([tool("slow")]) as up:
        client = pipe({"dependency": {"up": up.dependency()},
                       "node": {"drain_timeout": "300ms"}})
        client.initialize()
        client.result("tools/list")
        up.hang()
        number = client.begin("tools/call", {"name": "slow"})
        eventually(lambda: up.calls("tools/call"))
        client.end_input()
        assert "error" in client.answer_to(number)
        assert client.wait() == 0


HELLO = mcp.message("initialize", {
    "protocolVersion": mcp.LATEST, "capabilities": {},
    "clientInfo": {"name": "a", "version": "1"}}, 0)


def bare():
    """A node with pipes that nobody reads unless told to."""
    return subprocess.Popen(
        [nodes.BINARY, "mcp-stdio"], env=nodes.clean_env(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)


def test_a_client_that_closes_its_end_ends_the_node():
    with bare() as child:
        child.stdin.write(json.dumps(HELLO).encode() + b"\n")
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["id"] == 0
        child.stdout.close()
        assert child.wait(10) == 0


def test_streams_hold_up_no_end(pipe):
    client = pipe({"node": {"drain_timeout": "60s"}})
    client.initialize()
    body, _ = mcp.modern("subscriptions/listen", {"notifications": {
        "toolsListChanged": True}}, 60)
    client.send(body)
    client.until(lambda one: "method" in one)
    client.end_input()
    assert client.answer_to(60)["result"]["resultType"] == "complete"
    assert client.wait() == 0


def test_a_client_that_reads_late_loses_nothing():
    """More is said to it than a pipe holds, and then read."""
    total = 2000
    with bare() as child:
        def ask():
            for number in range(total):
                child.stdin.write(json.dumps(mcp.message(
                    "tools/list", None, number)).encode() + b"\n")
            child.stdin.close()

        child.stdin.write(json.dumps(HELLO | {"id": "hello"}).encode() + b"\n")
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(0.5)
        ids = [json.loads(line)["id"] for line in child.stdout]
        asking.join()
        assert sorted(ids[1:]) == list(range(total))
        assert child.wait(10) == 0


# --- calling it -------------------------------------------------------------

def test_nothing_but_messages_is_on_stdout_and_no_address_is_opened(pipe):
    client = pipe({"mcp": {"stdio_telemetry": False}, "log": {"level": "trace"}})
    client.initialize()
    opened = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True,
                            check=False).stdout
    assert f"pid={client.pid}," not in opened
    client.end_input()
    assert client.wait() == 0
    assert client.lines.get(timeout=5) is None
    eventually(lambda: "node serves the process that has started it"
               in client.stderr)


def test_a_wrong_config_ends_it_with_78(tmp_path):
    file = tmp_path / "caisson.toml"
    file.write_text("[mcp]\nstdio_telmetry = true\n")
    done = nodes.run("mcp-stdio", "--config", file)
    assert done.returncode == 78
    assert not done.stdout and "mcp.stdio_telemetry" in done.stderr


def test_two_may_run_beside_each_other_and_beside_a_node(start, pipe):
    start()
    for one in (pipe(), pipe()):
        one.initialize()
        assert one.result("ping") == {}
