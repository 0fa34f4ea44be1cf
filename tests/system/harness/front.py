"""A real HAProxy or nginx with the shipped config, in front of these nodes."""
import os
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

from . import wire
from .node import ROOT
from .process import Process
from .waiting import eventually

FOLDER = ROOT / "config/front"
FILES = {"haproxy": FOLDER / "haproxy.cfg", "nginx": FOLDER / "nginx.conf"}
# The addresses that the files have: the front's own, and its nodes'.
OWN = "127.0.0.1:8000"
NODES = tuple(f"127.0.0.1:{port}" for port in (8081, 8082, 8083))


def installed(kind):
    if not shutil.which(kind):
        pytest.skip(f"{kind} is not installed (tools/packages test)")
    return shutil.which(kind)


def check(kind):
    """What the proxy says of the file as it is shipped: status and text."""
    program = installed(kind)
    words = {"haproxy": ["-c", "-f", FILES[kind]],
             "nginx": ["-t", "-c", FILES[kind]]}[kind]
    done = subprocess.run([program, *words], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


class Front:
    """Starts on construction, with a socket that was bound before: its port is
    free, and stays so."""

    def __init__(self, kind, nodes):
        program = installed(kind)
        self.dir = tempfile.mkdtemp(prefix="caisson-front-")
        with socket.create_server(("127.0.0.1", 0), backlog=512) as door:
            # Each of nginx' workers would wait in its own accept.
            door.setblocking(False)
            self.address = "127.0.0.1:%d" % door.getsockname()[1]
            file = self._config(kind, nodes, door.fileno())
            command, env = {
                "haproxy": ([program, "-db", "-f", file], {}),
                # Its own way to hand sockets to the next binary.
                "nginx": ([program, "-p", self.dir, "-c", file],
                          {"NGINX": f"{door.fileno()};"}),
            }[kind]
            os.set_inheritable(door.fileno(), True)
            self.process = Process(command, env={**os.environ, **env},
                                   fds=[door.fileno()])
        try:
            eventually(self._answers, 10, f"an answer through {kind}")
        except BaseException:
            self.stop()
            raise

    def _answers(self):
        assert self.process.running(), self.process.stderr[-4000:]
        return wire.ask(self.address, "GET", "/health/live").status == 200

    def _config(self, kind, nodes, door):
        text = FILES[kind].read_text()
        for shipped, real in zip(NODES, nodes, strict=True):
            text = text.replace(shipped, real)
        if kind == "haproxy":
            text = text.replace(f"bind {OWN}", f"bind fd@{door}")
        else:
            text = text.replace(OWN, self.address)
            text = re.sub(r"^pid .*", f"pid {self.dir}/pid;\ndaemon off;",
                          text, flags=re.MULTILINE)
        file = f"{self.dir}/{FILES[kind].name}"
        with open(file, "w", encoding="utf-8") as out:
            out.write(text)
        return file

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
