"""A node in front of one server of MCP, which offers nothing of its own."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

CONFIG = """
[node]
name = "gateway"
[http]
port = 0
[telemetry]
port = 0
[limits]
mode = "disabled"
[log]
level = "warn"
[mcp]
own_offers = false
[dependency.fixture]
kind = "mcp_http"
url = "{url}"
prefix = "never"
"""

ANSWERED = r'^circuit_breaker_success_total{service="fixture"} (\S+)$'
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {
    "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
              "io.modelcontextprotocol/clientCapabilities": {}}}}


def opened(request):
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({})).open(request, timeout=5)


class Gateway:
    def __init__(self, ready):
        port = ready["http"].rsplit(":", 1)[1]
        self.url = f"http://localhost:{port}/mcp"
        self.telemetry = ready["telemetry"]

    def authorization(self):
        """How far it is with the server's token."""
        with opened(f"http://{self.telemetry}/telemetry") as reply:
            known = json.load(reply)["dependencies"]
        return next(one["authorization"]["state"] for one in known
                    if one["name"] == "fixture")

    def consent_page(self):
        """Where a person says yes; nothing where the node knows of none."""
        request = urllib.request.Request(
            f"http://{self.telemetry}/admin/oauth/fixture", b"{}",
            {"Content-Type": "application/json"})
        try:
            with opened(request) as reply:
                return json.load(reply)["authorization_url"]
        except urllib.error.HTTPError:
            return None

    def offers_tools(self):
        """Whether it knows by now what the server offers."""
        request = urllib.request.Request(
            self.url, json.dumps(LIST_TOOLS).encode(),
            {"Content-Type": "application/json", "Mcp-Method": "tools/list",
             "MCP-Protocol-Version": "2026-07-28"})
        with opened(request) as reply:
            return json.load(reply)["result"]["tools"]

    def has_asked(self):
        """Whether it has an answer to all that it asks a server by itself: its
        four lists."""
        with opened(f"http://{self.telemetry}/metrics") as reply:
            answered = re.search(ANSWERED, reply.read().decode(), re.MULTILINE)
        return bool(answered) and float(answered[1]) >= 4


def wait_until(true, what):
    until = time.monotonic() + 30
    while not true():
        if time.monotonic() > until:
            sys.exit(f"the node does not {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def gateway(path, upstream, more=""):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "caisson.toml"
        config.write_text(CONFIG.format(url=upstream) + more,
                          encoding="utf-8")
        env = {name: value for name, value in os.environ.items()
               if not name.startswith("CAISSON_")}
        with subprocess.Popen([path, "serve", "--config", config], env=env,
                              stdout=subprocess.PIPE, text=True) as node:
            try:
                yield Gateway(json.loads(node.stdout.readline()))
            finally:
                node.kill()
