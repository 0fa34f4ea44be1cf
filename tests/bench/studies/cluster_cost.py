"""What it costs to be one of several.

  cpu        a request's CPU at a node alone and at one of three, in blocks of new
             processes that take turns (see turns.py); the other two are idle
  messages   what nodes say to each other, idle and while one of them is asked: by
             `cluster_messages_total` of all of them
"""

import json
import pathlib
import subprocess
import time

from cases import QUIET
from node import Node, ask, dependency
from study import Finding, median_interval, spread
from studies.common import say
from studies.turns import LEAST, block, difference, loudest

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = "bench-1k"
LOAD = dict(model=MODEL, min_bytes=1000)
BOUND = 2.0  # % of a request's CPU
SIZES = (1, 3, 5, 9)
MODELLED = 100
WINDOW = {True: 5.0, False: 20.0}  # s, by `short`
RATE = 500
LIMITS = "quota"  # the kind of message that grows with clients
COUNTER = 'cluster_messages_total{kind="'


class Cluster:
    """Nodes that have met each other; `more` goes on where what all nodes of a bench
    have ends."""

    def __init__(self, lab, size, more=""):
        self.lab, self.folder = lab, lab.dir / f"cluster-{size}-{time.monotonic_ns()}"
        self.names = [f"node-{at + 1}" for at in range(size)]
        subprocess.run([ROOT / "tools/cluster", str(size), "--certificates", self.folder],
                       check=True)
        self.nodes = []
        try:
            for name in self.names:
                self.nodes.append(Node(lab, name, more + config(lab) + self.table(name)))
            until = time.monotonic() + 20
            while not all(self.whole(one) for one in self.nodes):
                if time.monotonic() > until:
                    raise RuntimeError("the nodes do not find each other")
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise

    def table(self, name):
        keys = {"nodes": self.names, "seeds": [one.cluster for one in self.nodes],
                "port": 0, "enabled": True, "ca": f"{self.folder}/ca.pem",
                "cert": f"{self.folder}/{name}.pem", "key": f"{self.folder}/{name}.key"}
        return "[cluster]\n" + "".join(f"{key} = {json.dumps(value)}\n"
                                       for key, value in keys.items())

    def whole(self, node):
        return node.metrics()['cluster_members{state="alive"}'] == len(self.names)

    def heard(self):
        """Messages so far, by kind, all nodes together."""
        kinds = {}
        for node in self.nodes:
            for name, value in node.metrics().items():
                if name.startswith(COUNTER):
                    kind = name.removeprefix(COUNTER).removesuffix('"}')
                    kinds[kind] = kinds.get(kind, 0) + value
        return kinds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for node in self.nodes:
            node.stop()


def config(lab):
    return dependency("bench", lab.upstream_port, f'models = ["{MODEL}"]',
                      bulkhead="concurrency = 512\nqueue = 1000")


def cpu(lab, options):
    found = Finding("cluster-cpu", "CPU per request at one of three nodes, 64 connections, "
                    "against the same node alone")
    blocks = []
    for number in range(options.blocks):
        with Node(lab, "alone", config(lab)) as alone, Cluster(lab, 3) as cluster:
            one = block(lab, {"alone": alone, "clustered": cluster.nodes[0]}, LOAD, number,
                        options)
        blocks.append(one)
        for kind, got in one.items():
            found.raw.append({"kind": kind, **got})
            found.blame(got["errors"])
        found.others.append(loudest(one))
        say(f"cluster-cpu block {number + 1} of {options.blocks}: " + ", ".join(
            f"{kind} {got['cost']:.2f}" for kind, got in one.items()))
    quiet = [one for one in blocks if loudest(one) <= QUIET]
    told = len(quiet) >= max(LEAST, len(blocks) / 2)
    used = quiet if told else blocks
    costs = {kind: [one[kind]["cost"] for one in used] for kind in ("clustered", "alone")}
    middle, low, high = median_interval(
        [100 * (a / b - 1) for a, b in zip(costs["clustered"], costs["alone"])])
    found.tables.append((
        ("node", "CPU µs", "quiet blocks"),
        [[kind, spread(some), f"{len(quiet)} of {len(blocks)}"]
         for kind, some in costs.items()]))
    found.goals.append(difference("one of three against alone", middle, low, high, BOUND,
                                  told))
    return found


def rates(cluster, meanwhile):
    """Messages a second, by kind."""
    before, began = cluster.heard(), time.monotonic()
    meanwhile()
    took, after = time.monotonic() - began, cluster.heard()
    return {kind: (after[kind] - before.get(kind, 0)) / took for kind in after}


def messages(lab, options):
    found = Finding("cluster-messages", "messages a second between nodes, idle and while one "
                    f"of them is asked {RATE}/s")
    seconds = WINDOW[options.short]
    rows, per_pair = [], []
    for size in SIZES:
        with Cluster(lab, size) as cluster:
            first = cluster.nodes[0]
            idle = rates(cluster, lambda: time.sleep(seconds))
            got = {}
            loaded = rates(cluster, lambda: got.update(ask(
                lab, first.port, pids=first.pids(), seconds=seconds, warm_up=0.0,
                rate=RATE, **LOAD)))
        found.blame(got["errors"])
        say(f"cluster-messages, {size} nodes: idle {idle}, asked {loaded}")
        pairs = size * (size - 1)
        totals = [sum(rate for kind, rate in one.items() if kind != LIMITS)
                  for one in (idle, loaded)]
        per_pair += [total / pairs for total in totals if pairs]
        found.raw.append({"nodes": size, "idle": idle, "asked": loaded})
        rows.append([str(size), *(f"{total:.1f}" for total in totals),
                     *(f"{total / size:.2f}" for total in totals),
                     f"{loaded.get(LIMITS, 0):.1f}",
                     ", ".join(sorted(kind for kind, rate in idle.items() if rate)) or "–"])
    pairs = MODELLED * (MODELLED - 1)
    rows.append([f"{MODELLED} (model)", *[f"{pairs * max(per_pair):,.0f}"] * 2,
                 *[f"{(MODELLED - 1) * max(per_pair):.1f}"] * 2, "as above",
                 "one for each other node"])
    found.tables.append((("nodes", "idle", "asked", "idle, each node", "asked, each node",
                          "about limits, asked", "of what kind, idle"), rows))
    found.at_most("messages a second from each node to each other", max(per_pair), 1.1)
    found.at_most("nodes alone say", sum(found.raw[0]["asked"].values()), 0)
    found.notes.append("Each node says to each other one thing a second, the beat with all "
                       "that is news in it: N × (N − 1), whatever it is asked. What is "
                       "said about limits is said to a client's keeper alone, however many "
                       "nodes there are; a busy client's next requests are let in beforehand.")
    return found
