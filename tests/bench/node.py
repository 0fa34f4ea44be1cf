"""A node of its own for one study: any config, its telemetry, its processes."""

import json
import os
import subprocess
import time
import urllib.request

from cases import cpu_seconds
from targets import first_line, rss_kb, tree_of

HEAD = """
[node]
name = "{name}"
io_threads = 1
[http]
port = 0
[telemetry]
port = 0
[log]
level = "error"
# Counted as ever, but nobody reaches them.
[limits.tiers.anonymous]
minute = 1000000000
hour = 1000000000
day = 1000000000
"""


def dependency(name, port, more="", **tables):
    """A [dependency.NAME] on this machine; `tables` are its sub-tables, as text."""
    text = (f'[dependency.{name}]\nkind = "openai_compatible"\n'
            f'url = "http://127.0.0.1:{port}/v1"\n{more}\n')
    return text + "".join(f"[dependency.{name}.{table}]\n{lines}\n"
                          for table, lines in tables.items())


class Node:
    """Pinned like any proxy of the bench; ready when constructed. `sets` are
    KEY=VALUE; those of the command line come after them. `under` is a command that
    runs it, callgrind for one."""

    def __init__(self, lab, name, config, sets=(), under=()):
        path = lab.dir / f"{name}.toml"
        path.write_text(HEAD.format(name=name) + config)
        with open(lab.dir / f"{name}.stderr", "wb") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(lab.proxy_core), *under, str(lab.caisson), "serve",
                 "--config", str(path), *(word for one in sets for word in ("--set", one)),
                 *lab.caisson_options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        try:
            ready = json.loads(first_line(self.process))
        except BaseException:
            self.stop()
            raise
        self.name = name
        self.port = int(ready["http"].rsplit(":", 1)[1])
        self.telemetry = ready["telemetry"]
        self.cluster = ready.get("cluster")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def pids(self):
        return tree_of(self.process.pid)

    def rss_kb(self):
        return rss_kb(self.pids())

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())

    def look(self, path):
        with urllib.request.urlopen(f"http://{self.telemetry}{path}", timeout=5) as got:
            return json.load(got)

    def dependency(self, name):
        return next(one for one in self.look("/telemetry")["dependencies"]
                    if one["name"] == name)

    def metrics(self):
        """/metrics now: the value of each series, by its name with labels."""
        with urllib.request.urlopen(f"http://{self.telemetry}/metrics", timeout=5) as got:
            lines = got.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")
        return {name: float(value) for name, value in pairs}

    def set_breaker(self, name, mode):
        self.order(f"/admin/breakers/{name}", {"mode": mode})

    def order(self, path, what):
        """POST at the telemetry listener."""
        request = urllib.request.Request(
            f"http://{self.telemetry}{path}", json.dumps(what).encode(),
            {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=5).close()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Neighbours:
    """Processes that never stop, on the core of the node: they leave it one
    share of several, so that client and upstream can offer it too much."""

    def __init__(self, lab, count):
        self.processes = [subprocess.Popen(
            ["taskset", "-c", str(lab.proxy_core), "/usr/bin/python3", "-c",
             "while True: pass"], stdin=subprocess.DEVNULL) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.processes:
            one.kill()
            one.wait()

    def pids(self):
        return [one.pid for one in self.processes]


class Watch:
    """How much of a core went to processes that are not ours meanwhile."""

    def __init__(self, pids):
        self.ours = pids
        self.others = 0.0

    def __enter__(self):
        self.before, self.began = cpu_seconds(self.ours), time.monotonic()
        return self

    def __exit__(self, *_):
        now = cpu_seconds(self.ours)
        spent = (now[0] - self.before[0]) - (now[1] - self.before[1])
        self.others = max(0.0, spent / (time.monotonic() - self.began))


class Client:
    """bench_load, running; `result` waits for its end."""

    def __init__(self, lab, port, pids=(), seconds=5.0, warm_up=1.0, **options):
        self.patience = seconds + warm_up + 30
        words = [lab.client, "--port", port, "--seconds", seconds, "--warm-up", warm_up,
                 "--pids", ",".join(map(str, pids))]
        for name, value in options.items():
            words += ["--" + name.replace("_", "-"), value]
        self.process = subprocess.Popen(
            ["taskset", "-c", str(lab.load_core), *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def result(self):
        """What it printed, with `errors` empty where all went well."""
        try:
            said, wrong = self.process.communicate(timeout=self.patience)
        except subprocess.TimeoutExpired:
            self.stop()
            raise RuntimeError("bench_load hung") from None
        try:
            return json.loads(said)
        except ValueError:
            raise RuntimeError(f"bench_load: {wrong.decode().strip()}, status "
                               f"{self.process.returncode}") from None

    def stop(self):
        self.process.kill()
        self.process.wait()


def ask(lab, port, **options):
    """One run of the client."""
    client = Client(lab, port, **options)
    try:
        return client.result()
    except BaseException:
        client.stop()
        raise


def posts(port):
    """How many requests an upstream has had."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as got:
        return json.load(got)["posts"]

