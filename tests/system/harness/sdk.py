"""The vendors' own clients, which run in Node: tests/system/sdk."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from . import wire

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "sdk"
# Both clients ask for it (their READMEs, "Requirements").
OLDEST_NODE = 20
# npm's words for a registry out of reach; anything else is a failure.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET",
               "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET",
               "network request")


def cache(scripts=SCRIPTS):
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    lock = (scripts / "package-lock.json").read_bytes()
    return (pathlib.Path(home) / "caisson/npm"
            / hashlib.sha256(lock).hexdigest()[:16])


def installed(scripts=SCRIPTS):
    """The folder that holds node_modules as locked; outside the repository,
    made once and reused without a network. Skips the test where that cannot
    be done."""
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    version = subprocess.run(["node", "--version"], text=True,
                             capture_output=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node {version} is older than the clients ask for")
    where = cache(scripts)
    if where.is_dir():
        return where
    where.parent.mkdir(parents=True, exist_ok=True)
    # Two workers may both install: the first to be ready is the one.
    fresh = pathlib.Path(tempfile.mkdtemp(dir=where.parent, prefix="new-"))
    try:
        install(fresh, scripts)
        fresh.rename(where)
    except OSError:
        assert where.is_dir(), f"cannot move {fresh} to {where}"
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return where


def install(folder, scripts=SCRIPTS):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(scripts / name, folder)
    try:
        npm = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
             "--fetch-retries=1", "--fetch-timeout=30000"],
            cwd=folder, text=True, capture_output=True, timeout=180,
            stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not reach its registry in time")
    if npm.returncode and any(word in npm.stderr for word in UNREACHABLE):
        pytest.skip("npm cannot reach its registry: " + npm.stderr[-300:])
    assert npm.returncode == 0, f"npm ci failed:\n{npm.stderr[-4000:]}"


class Sdk:
    """`sdk("openai", node, request)`: what the vendor's client made of it."""

    def __init__(self, modules):
        self.modules = modules

    def __call__(self, vendor, node, request, how="create", path=""):
        host, port = wire.split(node.http)
        url = f"http://{host}:{port}{path}"
        run = subprocess.run(
            ["node", SCRIPTS / f"{vendor}.cjs", url, how], text=True,
            input=json.dumps(request), capture_output=True, timeout=60,
            env={**clean(), "NODE_PATH": str(self.modules / "node_modules")})
        assert run.returncode == 0, f"{vendor}.cjs:\n{run.stderr[-4000:]}"
        return json.loads(run.stdout)


def clean():
    """No proxy, no key, no other address: only the node is asked."""
    return {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")
            and not name.startswith(("OPENAI_", "ANTHROPIC_", "NODE_"))}
