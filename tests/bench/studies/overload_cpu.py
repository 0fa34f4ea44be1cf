"""More comes than the node's own core can do, with `http.max_queue_delay` at its
default and, in pairs, off: of answers that cost little more than a refusal, and
of paced streams, which cost several of them.

Client and upstream must be able to offer twice of what the node can do, on one
core. So the node shares its own with neighbours that never stop: it gets a third.
"""

import shutil
import socket
import statistics
import subprocess
import threading

from node import Neighbours, Node, ask, dependency
from study import Finding, spread
from studies.common import WITHIN_MS, busy_of, cpu_of, load_core_busy, measured, say
from studies.overload import REFUSAL, goodput

NEIGHBOURS = 2
CONNECTIONS = 4000  # each may have a request that waits in the node
PROBES = 20
TIMES = (1, 1.25, 2)
# Of paced streams, which last a third of a second, many are under way.
ANSWERS = {"1 kB": {"model": "bench-1k", "min_bytes": 1000, "closed_loop": 256},
           "stream": {"model": "bench-sse-paced", "stream": 1, "min_events": 33,
                      "closed_loop": 1000}}
TITLE = (f"one I/O thread with a third of a core, {CONNECTIONS:,} connections, "
         "offered once and more of what it can")
VARIANTS = {"default": (), "off": ("http.max_queue_delay=1h",)}
COLUMNS = ("answers", "max_queue_delay", "offered", "in time/s", "answered/s", "p50 ms", "p99 ms",
           "shed/s", "shed p50", "shed p99", "no Retry-After", "unanswered", "reconnects",
           "most in accept queue", "node's core", "load's core", "others")


def config(lab):
    # Everything fits: the CPU is to be the limit, not a bulkhead.
    return dependency(
        "bench", lab.upstream_port, 'models = ["bench-1k", "bench-sse-paced"]',
        bulkhead="concurrency = 20000\nqueue = 20000")


class Probes:
    """Heads that announce a body and do not send it, while the load runs: who is
    shed early has an answer all the same. Connected before it begins."""

    def __init__(self, port):
        self.port = port
        self.refused = self.silent = self.bare = 0
        self.stopped = threading.Event()

    def __enter__(self):
        self.sockets = [socket.create_connection(("127.0.0.1", self.port), 5)
                        for _ in range(PROBES)]
        self.thread = threading.Thread(target=self.run, daemon=True)
        return self

    def __exit__(self, *_):
        self.stopped.set()
        if self.thread.is_alive():
            self.thread.join()
        for one in self.sockets:
            one.close()

    def run(self):
        self.stopped.wait(2)  # the load has begun
        asked = []
        for one in self.sockets:
            if self.stopped.wait(0.1):
                break
            one.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            asked.append(one)
        for one in asked:
            one.settimeout(1)
            try:
                said = one.recv(65536)
            except OSError:  # silence: the node waits for the body
                said = b""
            shed = said.startswith(b"HTTP/1.1 503")
            self.refused += shed
            self.silent += not shed
            self.bare += shed and b"\r\nRetry-After: " not in said


class AcceptQueue:
    """The most connections seen to wait for their accept: what waits there waits
    before all that the node can measure of its own. -1: there is no `ss`."""

    def __init__(self, port):
        self.port, self.most = port, -1
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def run(self):
        while shutil.which("ss") and not self.stopped.wait(0.25):
            said = subprocess.run(["ss", "-Hltn", f"sport = :{self.port}"],
                                  capture_output=True, text=True).stdout.split()
            if len(said) > 1:
                self.most = max(self.most, int(said[1]))


def load(lab, node, neighbours, options, **more):
    before = cpu_of(lab.upstream.pid)
    got = measured(lab, [node], options.retakes, lambda: ask(
        lab, node.port, pids=node.pids(), allow=503, within_ms=WITHIN_MS, **more),
        neighbours.pids())
    got["load_core"] = load_core_busy(lab, got, cpu_of(lab.upstream.pid) - before)
    return got


def one_round(lab, node, neighbours, options, answers):
    """What it can do, closed loop; then that, and more, open loop."""
    asked = dict(ANSWERS[answers])
    clients = asked.pop("closed_loop")
    peak = load(lab, node, neighbours, options, connections=clients,
                seconds=options.seconds, **asked)
    rate = peak["completed"] / peak["seconds"]
    got = {"peak": peak}
    for times in TIMES:
        with Probes(node.port) as probes, AcceptQueue(node.port) as waiting:
            if times == 2:
                probes.thread.start()
            got[times] = load(lab, node, neighbours, options, connections=CONNECTIONS,
                              rate=round(rate * times), seconds=options.seconds, warm_up=3,
                              **asked)
        got[times]["probes"] = {"refused": probes.refused, "silent": probes.silent,
                                "bare": probes.bare}
        got[times]["accept_queue"] = waiting.most
    return got


def run(lab, options):
    found = Finding("overload-cpu", TITLE)
    rounds = {(answers, name): [] for answers in ANSWERS for name in VARIANTS}
    nodes = {}
    try:
        for name in VARIANTS:
            nodes[name] = Node(lab, f"overload-cpu-{name}", config(lab), VARIANTS[name])
        with Neighbours(lab, NEIGHBOURS) as neighbours:
            for number in range(options.rounds):
                for answers, name in sorted(rounds, reverse=number % 2 == 1):
                    got = one_round(lab, nodes[name], neighbours, options, answers)
                    rounds[answers, name].append(got)
                    say(f"overload-cpu round {number + 1}, {answers}, max_queue_delay "
                        f"{name}: in time " + ", ".join(
                            f"{what} {goodput(one):,.0f}/s" for what, one in got.items()))
    finally:
        for node in nodes.values():
            node.stop()
    tell(found, rounds)
    for (answers, name), some in rounds.items():
        judge(found, answers, name, some)
    return found


def tell(found, rounds):
    rows = []
    for (answers, name), some in rounds.items():
        for what in ("peak", *TIMES):
            these = [one[what] for one in some]
            rows.append([answers, *row(
                name, "closed loop" if what == "peak" else f"{what}×", these)])
            for one in these:
                found.raw.append({"answers": answers, "max_queue_delay": name,
                                  "offered": what, **one})
                found.others.append(one["others"])
                found.blame(one["errors"])
    found.tables.append((COLUMNS, rows))


def row(name, what, some):
    def of(key, scale=1.0):
        return statistics.median(one[key] for one in some) / scale

    def rate(key):
        return f"{statistics.median(one[key] / one['seconds'] for one in some):,.0f}"
    return [name, what, f"{statistics.median(map(goodput, some)):,.0f}", rate("completed"),
            f"{of('p50_us', 1e3):.1f}", f"{of('p99_us', 1e3):.1f}", rate("refused"),
            f"{of('refused_p50_us', 1e3):.1f}", f"{of('refused_p99_us', 1e3):.1f}",
            f"{sum(one['bare'] for one in some):.0f}", f"{of('unanswered'):,.0f}",
            f"{of('reconnects'):,.0f}",
            f"{max(one.get('accept_queue', -1) for one in some):,}",
            f"{statistics.median(map(busy_of, some)):.0%}",
            f"{of('load_core'):.0%}", f"{of('others'):.0%}"]


def judge(found, answers, name, rounds):
    """Only the default has goals; what it is without stands in the notes."""
    ratios = [goodput(one[2]) / max(goodput(one["peak"]), goodput(one[1]), 1)
              for one in rounds]
    work = [one[2]["completed"] / one[2]["seconds"]
            / (one["peak"]["completed"] / one["peak"]["seconds"]) for one in rounds]
    twice = [one[2] for one in rounds]
    shed = [one["refused_p99_us"] / 1e3 for one in twice]
    # A load core that is full could not offer what it should have.
    told = max(one["load_core"] for one in twice) < 0.9
    found.notes.append(
        f"{answers}, max_queue_delay {name}, at 2×: in time {spread(ratios)} of the peak, answered at "
        f"all {spread(work)}, shed p99 {spread(shed, '{:.0f}')} ms."
        + ("" if told else " **The load's core was full.**"))
    if name != "default":
        return
    found.at_least(f"{answers}: goodput at 2× of the peak", statistics.median(ratios), 0.9, told=told)
    refused = int(sum(one["refused"] for one in twice))
    found.at_most(f"{answers}: shed answers, p99", statistics.median(shed), 10, " ms",
                  told=told and refused > 0)
    right = sum(one["refusals"].get(REFUSAL, 0) - one["bare"] for one in twice)
    found.holds(f"{answers}: shed answers that are 503 with Retry-After", int(right), refused)
    early = sum(one["probes"]["refused"] for one in twice)
    asked = early + sum(one["probes"]["silent"] for one in twice)
    found.at_least(f"{answers}: of {asked} heads without their body, refused", early, 1)
