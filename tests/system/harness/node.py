"""The node under test: the real binary with a config of the test."""
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import toml, wire
from .metrics import Delta, Metrics
from .process import Process

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("CAISSON_BINARY",
                                     ROOT / "build/release/caisson"))
# What limits do is test_rate_limits.py's subject, and in the way of all others.
UNLIMITED = {"limits": {"mode": "disabled"}}
FREE_PORTS = {"http": {"bind": "127.0.0.1", "port": 0},
              "telemetry": {"bind": "127.0.0.1", "port": 0}}


def clean_env(extra=None):
    """The environment without anything that would configure a node."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("CAISSON_") and not name.endswith("_KEY")
            and name != "LOCAL_LLM_URL"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            kept[name] = os.environ[name]
    return {**kept, **(extra or {})}


@functools.cache
def sanitized():
    """Whether the binary was built with a sanitizer: then nothing may be loaded
    before its runtime."""
    linked = subprocess.run(["ldd", BINARY], capture_output=True, text=True,
                            check=False)
    return "libasan" in linked.stdout or "libtsan" in linked.stdout


def run(*arguments, env=None, cwd=None, within=10):
    """Runs the binary to its end: returncode, stdout, stderr."""
    assert BINARY.exists(), (f"{BINARY} does not exist: build it first, or "
                             "set CAISSON_BINARY")
    return subprocess.run([BINARY, *map(str, arguments)], text=True,
                          env=clean_env(env), cwd=cwd, timeout=within,
                          capture_output=True, stdin=subprocess.DEVNULL)


class Node:
    """Starts on construction and is ready afterwards.

    `config` is a dict of tables, laid over free ports, no limits and a data
    directory of its own; `text` replaces it all. `prefix` goes before the command; it must
    end with an exec, so that the process keeps its pid. `binary` is another
    build of the node; `stdin`: its process can be told things.
    """

    def __init__(self, config=None, *, text=None, env=None, arguments=(),
                 within=10.0, prefix=(), binary=BINARY, stdin=False):
        assert BINARY.exists(), (f"{BINARY} does not exist: build it first, "
                                 "or set CAISSON_BINARY")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caisson-test-"))
        self.file = self.dir / "caisson.toml"
        self.config = toml.merged(
            {"node": {"name": "test", "drain_timeout": "1s"},
             **FREE_PORTS, **UNLIMITED}, config or {})
        self.file.write_text(text or toml.dumps(self.config))
        self.process = Process(
            [*prefix, binary, "serve", "--config", self.file, *arguments],
            env=clean_env(env), cwd=self.dir, stdin=stdin)
        try:
            self.ready = self.process.ready(within)
        except BaseException:
            self.process.stop()
            raise
        self.http = self.ready["http"]
        self.telemetry_address = self.ready["telemetry"]
        self.pid = self.ready["pid"]
        self.end_expected = False

    # --- talking ----------------------------------------------------------
    def client(self, within=10.0, **options):
        return wire.Client(self.http, within, **options)

    def ask(self, method, target, body=None, headers=None, within=10.0):
        return wire.ask(self.http, method, target, body, headers, within)

    def chat(self, body, headers=None, within=10.0):
        return self.ask("POST", "/v1/chat/completions", body, headers, within)

    def look(self, target, headers=None):
        """GET on the telemetry listener."""
        return wire.ask(self.telemetry_address, "GET", target, None, headers)

    def admin(self, target, body=None, headers=None):
        """POST on the telemetry listener."""
        return wire.ask(self.telemetry_address, "POST", target,
                        {} if body is None else body, headers)

    # --- seeing -----------------------------------------------------------
    def metrics(self):
        response = self.look("/metrics")
        assert response.status == 200, f"GET /metrics: {response!r}"
        return Metrics(response.text)

    def delta(self):
        return Delta(self.metrics)

    def telemetry(self):
        response = self.look("/telemetry")
        assert response.status == 200, f"GET /telemetry: {response!r}"
        return response.json()

    def dependency(self, name):
        """The entry of /telemetry for one dependency."""
        found = [entry for entry in self.telemetry()["dependencies"]
                 if entry["name"] == name]
        assert len(found) == 1, f"{name} stands {len(found)} times"
        return found[0]

    def breaker(self, name):
        return self.dependency(name)["breaker"]["state"]

    def set_breaker(self, name, mode):
        response = self.admin(f"/admin/breakers/{name}", {"mode": mode})
        assert response.status == 200, f"breaker {name} to {mode}: {response}"

    @property
    def stderr(self):
        return self.process.stderr

    def rss(self):
        """Resident bytes."""
        return self._memory("VmRSS")

    def anonymous(self):
        """Resident bytes that are the node's own: no file's, as its code is."""
        return self._memory("RssAnon")

    def peak_rss(self):
        """The most that was ever resident, in bytes."""
        return self._memory("VmHWM")

    def _memory(self, field):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(l for l in status.splitlines() if l.startswith(field))
        return int(line.split()[1]) * 1024

    def descriptors(self):
        """How many files and sockets are open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # --- changing and ending ----------------------------------------------
    def rewrite(self, config=None, text=None):
        """Puts another config into the file; nothing is told to the node."""
        if config is not None:
            self.config = toml.merged(self.config, config)
        self.file.write_text(text or toml.dumps(self.config))

    def hang_up(self):
        self.process.signal(signal.SIGHUP)

    def terminate(self):
        self.end_expected = True
        self.process.signal(signal.SIGTERM)

    def wait(self, within=10.0):
        """The exit code of a node that the test has told to end."""
        self.end_expected = True
        return self.process.wait(within)

    def stop(self):
        """Ends it and asserts that it was well until then and ends well."""
        alive = self.process.running()
        code = self.process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
        for mark in ("ERROR: AddressSanitizer", "runtime error:",
                     "ERROR: LeakSanitizer"):
            assert mark not in self.stderr, f"sanitizer:\n{self.stderr}"
        assert self.end_expected or (alive and code == 0), (
            f"the node ended {'with' if alive else 'by itself with'} {code}; "
            f"stderr:\n{self.stderr[-4000:]}")
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
