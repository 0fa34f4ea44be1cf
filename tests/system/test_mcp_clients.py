"""config/clients: what people paste into their clients is whole, and starts."""
import hashlib
import json
import pathlib
import re
import shutil
import tomllib

import pytest

from harness import node as nodes, wire
from harness.mcp import BOTH, LATEST, message
from harness.pipe import Pipe

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "config/clients"
SERVERS = ("mcpServers", "servers", "context_servers", "mcp_servers")
KEY = "sk-of-the-test"


def entries(file):
    """name -> entry, wherever the client keeps them."""
    text = file.read_text()
    parsed = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    found = [parsed[key] for key in SERVERS if key in parsed]
    assert len(found) == 1, f"{file.name} has no servers"
    return found[0]


FILES = sorted(one for one in FOLDER.iterdir()
               if one.suffix == ".json" or one.name == "codex.config.toml")


def of_kind(field):
    return [pytest.param(entry, id=f"{file.name}-{name}") for file in FILES
            for name, entry in entries(file).items() if field(entry)]


def url_of(entry):
    return next((entry[key] for key in ("url", "httpUrl", "serverUrl")
                 if key in entry), None)


def test_every_client_of_the_readme_has_its_file():
    readme = (FOLDER / "README.md").read_text()
    named = set(re.findall(r"^\| [^|]+ \| `([^`]+)` \|", readme, re.M))
    assert named == {file.name for file in FILES}


@pytest.mark.parametrize("entry", of_kind(lambda one: "command" in one))
def test_what_a_client_starts_serves_it(entry, tmp_path):
    config = tmp_path / "caisson.toml"
    config.write_text("[log]\nlevel = \"warn\"\n")
    assert entry["command"] == "/usr/local/bin/caisson"
    args = [str(config) if one == "/etc/caisson/caisson.toml" else one
            for one in entry["args"]]
    with Pipe(command=[nodes.BINARY, *args], env=entry.get("env")) as client:
        client.initialize()
        listed = client.result("tools/list")["tools"]
        assert "search_tools" in [one["name"] for one in listed]


@pytest.mark.parametrize("entry", of_kind(url_of))
def test_what_a_client_asks_is_a_node_with_a_key(start, entry):
    node = start({"limits": {
        "mode": "enforce", "unknown_keys": "refuse", "keys": {"desk": {
            "sha256": hashlib.sha256(KEY.encode()).hexdigest()}}}})
    assert url_of(entry) == "http://127.0.0.1:8080/mcp"
    shown = entry.get("headers", {}).get("Authorization") \
        or f"Bearer ${entry['bearer_token_env_var']}"
    assert re.fullmatch(r"Bearer (\S+)", shown)
    # What the client puts in place of its variable.
    answer = wire.ask(node.http, "POST", "/mcp", message("initialize", {
        "protocolVersion": LATEST, "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"}}),
        {"Host": "127.0.0.1:8080", "Accept": BOTH,
         "Authorization": f"Bearer {KEY}"}, 10)
    assert answer.status == 200, answer


def test_the_config_of_the_example_is_valid(tmp_path):
    """Where npx is not installed something else stands for it."""
    text = (FOLDER / "caisson.toml").read_text()
    if not shutil.which("npx"):
        text = text.replace('"npx"', '"/bin/sh"')
    file = tmp_path / "caisson.toml"
    file.write_text(text)
    done = nodes.run("check-config", "--config", file)
    assert done.returncode == 0, done.stderr
