"""The log (SPEC section 2: to stderr, JSON or text)."""
import fcntl
import json
import os
import re
import subprocess

from harness import node as nodes
from harness import setups, wire
from harness.waiting import eventually

FAILS = setups.chat(model="simulated-fail")


class Unread:
    """A node whose stderr is a pipe that is full, and that nobody reads."""

    def __init__(self):
        self.read_end, write_end = os.pipe()
        size = fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 8192)
        os.write(write_end, b"x" * (size - 1) + b"\n")
        self.child = subprocess.Popen(
            [nodes.BINARY, "serve", "--set", "http.port=0",
             "--set", "telemetry.port=0", "--set",
             "dependency.simulated.retry.attempts=1"],
            env=nodes.clean_env(), stdout=subprocess.PIPE, stderr=write_end)
        os.close(write_end)
        self.http = json.loads(self.child.stdout.readline())["http"]

    def fail(self):
        """A request that is worth a line in the log."""
        reply = wire.ask(self.http, "POST", "/v1/chat/completions", FAILS)
        assert reply.status == 502, reply

    def read(self):
        return os.read(self.read_end, 1 << 16).decode()

    def close(self):
        self.child.terminate()
        try:
            return self.child.wait(10)
        finally:
            self.child.kill()
            os.close(self.read_end)


def test_who_does_not_read_the_log_stops_nobody():
    """DESIGN: nothing blocks in a pinned actor."""
    node = Unread()
    try:
        for _ in range(3):
            node.fail()
        assert node.read().strip("x\n") == "", "the pipe was full"
        node.fail()
        lines = [json.loads(line) for line in node.read().splitlines()]
        assert re.match(r"\d+ lines were left out", lines[0]["message"]), lines
        assert "request failed" in lines[-1]["message"], lines
    finally:
        assert node.close() == 0, "a full pipe held up the end"


def test_lines_are_json(start, mock):
    """SPEC 2: JSON, every line of a request with its trace id."""
    node = start(setups.config(a=setups.dependency(mock)))
    mock.always("status", status=500)
    reply = node.chat(setups.chat())
    eventually(lambda: "request failed" in node.stderr)
    lines = [json.loads(line) for line in node.stderr.splitlines()]
    assert all({"time", "level", "actor", "message"} <= set(line)
               for line in lines), lines
    told = next(line for line in lines if "request failed" in line["message"])
    assert told["trace_id"] == reply.json()["error"]["trace_id"]


def test_lines_may_be_text(start, mock):
    """log.format = "text", log.level = "off" by a reload."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    node = start({**setups.config(a=setups.dependency(mock)),
                  "log": {"format": "text"}})
    mock.always("status", status=500)
    node.chat(setups.chat(), {"traceparent":
                              f"00-{trace}-00f067aa0ba902b7-01"})
    eventually(lambda: re.search(rf"^\d{{4}}-.* warning .*request failed.*"
                                 rf" trace={trace}$", node.stderr, re.M),
               what="a line of text with the trace id")
    node.rewrite({"log": {"format": "text", "level": "off"}})
    assert node.admin("/admin/reload").status == 200
    before = node.stderr
    node.chat(setups.chat())
    assert node.stderr == before
