"""Requests that are due at even distances, whether or not answers come: the
client of the bench (tests/bench/load.cpp)."""
import json
import os
import pathlib
import signal
import subprocess

from .node import ROOT

BINARY = pathlib.Path(os.environ.get(
    "CAISSON_LOAD", ROOT / "build/release/bench_load"))


class OpenLoop:
    """Asks from its construction to the end of the `with`, or for ten minutes;
    then `result` is what the client says of it. `address` is on 127.0.0.1."""

    def __init__(self, address, rate, connections=64):
        assert BINARY.exists(), (f"{BINARY} does not exist: build bench_load "
                                 "first, or set CAISSON_LOAD")
        self.result = None
        self._child = subprocess.Popen(
            [BINARY, "--port", address.rpartition(":")[2], "--model", "pretend",
             "--rate", str(rate), "--connections", str(connections),
             "--most-connections", "1000", "--seconds", "600", "--warm-up", "0"],
            stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # By itself it ends where all goes wrong, and says what.
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        try:
            said, _ = self._child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self._child.kill()
            raise
        assert self._child.returncode in (0, 2), (
            f"the client ended with {self._child.returncode}")
        self.result = json.loads(said)
