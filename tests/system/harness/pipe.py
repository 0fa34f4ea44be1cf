"""A client that has started a node as its server of MCP: a process with pipes.

    pipe = Pipe(config)
    pipe.initialize()
    pipe.result("tools/list")
    pipe.send({...}); pipe.next()      # exactly what is said, in order
    pipe.end_input(); pipe.wait()      # 0
"""
import json
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading

from . import mcp, toml, wire
from .metrics import Delta, Metrics
from .node import BINARY, UNLIMITED, clean_env
from .waiting import eventually

LOOK = {"telemetry": {"bind": "127.0.0.1", "port": 0},
        "mcp": {"stdio_telemetry": True}}


class Pipe:
    """`config` is laid over no limits and a telemetry address of its own."""

    def __init__(self, config=None, *, env=None, command=None):
        assert BINARY.exists(), f"{BINARY} does not exist: build it first"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caisson-pipe-"))
        self.file = self.dir / "caisson.toml"
        self.config = toml.merged(
            {"node": {"name": "test", "drain_timeout": "5s"}, **LOOK,
             **UNLIMITED}, config or {})
        self.file.write_text(toml.dumps(self.config))
        self.child = subprocess.Popen(
            command or [BINARY, "mcp-stdio", "--config", self.file],
            env=clean_env(env), cwd=self.dir, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self.child.pid
        self.lines = queue.Queue()    # as bytes; None at the end
        self.aside = []               # what came while something else was due
        self.log = []
        self.number = 0
        for read in (self._read_out, self._read_err):
            threading.Thread(target=read, daemon=True).start()

    def _read_out(self):
        for line in self.child.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_err(self):
        for line in self.child.stderr:
            self.log.append(line.decode(errors="replace"))

    @property
    def stderr(self):
        return "".join(list(self.log))

    # --- saying and hearing -----------------------------------------------
    def send_bytes(self, data):
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def send(self, body):
        self.send_bytes(json.dumps(body).encode() + b"\n")

    def tell(self, method, params=None):
        self.send(mcp.message(method, params, None))

    def next(self, within=10.0):
        """The next line; it must be one message and nothing else."""
        try:
            line = self.lines.get(timeout=within)
        except queue.Empty:
            raise AssertionError(
                f"nothing came within {within} s; log:\n{self.stderr[-3000:]}"
            ) from None
        assert line is not None, f"it has ended; log:\n{self.stderr[-3000:]}"
        assert line.endswith(b"\n"), line
        return json.loads(line)

    def until(self, predicate, within=10.0):
        """The first message that is meant; the others are put aside."""
        for one in self.aside:
            if predicate(one):
                self.aside.remove(one)
                return one
        while True:
            one = self.next(within)
            if predicate(one):
                return one
            self.aside.append(one)

    def answer_to(self, number, within=10.0):
        return self.until(lambda one: one.get("id") == number
                          and "method" not in one, within)

    def begin(self, method, params=None):
        """Asks and waits for nothing: the id."""
        self.number += 1
        self.send(mcp.message(method, params, self.number))
        return self.number

    def ask(self, method, params=None, within=10.0):
        return self.answer_to(self.begin(method, params), within)

    def result(self, method, params=None, within=10.0):
        answer = self.ask(method, params, within)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method, params=None):
        return self.ask(method, params)["error"]

    def call(self, tool, within=10.0, **arguments):
        return self.result("tools/call",
                           {"name": tool, "arguments": arguments}, within)

    def initialize(self, version=mcp.LATEST, capabilities=None):
        result = self.result("initialize", {
            "protocolVersion": version, "capabilities": capabilities or {},
            "clientInfo": {"name": "test", "version": "1"}})
        self.tell("notifications/initialized")
        return result

    def ask_modern(self, method, params=None, **meta):
        self.number += 1
        body, _ = mcp.modern(method, params, self.number)
        body["params"]["_meta"].update(meta)
        self.send(body)
        return self.answer_to(self.number)

    # --- seeing -----------------------------------------------------------
    def address(self):
        """Where its telemetry is."""
        def found():
            return re.search(r"telemetry at ([0-9.]+:\d+)", self.stderr)
        return eventually(found, what="telemetry opens")[1]

    def metrics(self):
        return Metrics(wire.ask(self.address(), "GET", "/metrics", None,
                                None).text)

    def delta(self):
        return Delta(self.metrics)

    # --- ending -----------------------------------------------------------
    def end_input(self):
        self.child.stdin.close()

    def terminate(self):
        self.child.send_signal(signal.SIGTERM)

    def wait(self, within=10.0):
        """The exit code."""
        return self.child.wait(within)

    def stop(self):
        """Ends it as its clients do, and asserts that it ends well."""
        if self.child.poll() is None:
            try:
                self.child.stdin.close()
            except OSError:
                pass
        try:
            code = self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(5)
            raise AssertionError(
                f"it did not end with its input; log:\n{self.stderr[-3000:]}"
            ) from None
        shutil.rmtree(self.dir, ignore_errors=True)
        for mark in ("ERROR: AddressSanitizer", "runtime error:",
                     "ERROR: LeakSanitizer"):
            assert mark not in self.stderr, f"sanitizer:\n{self.stderr}"
        assert code == 0, f"it ended with {code}; log:\n{self.stderr[-3000:]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
