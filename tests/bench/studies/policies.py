"""What the policies cost on a good day, when none of them has to act: the same
binary with all of them and with none, one after the other in short rounds.

  all            the defaults, and adaptive, per_model, failure_rate, slow_call,
                 a chain of two with stream_failover and hedge_after
  all again      another process with the same: what this study cannot tell
  metrics_only   one target, breaker.mode = "metrics_only", none of the rest
  disabled       one target, breaker.mode = "disabled", none of the rest

Where a process happens to lie in memory is worth a percent or two by itself, for as
long as it lives, and the machine is slower by a half for seconds at a time. So a block
is four new processes that take turns of 40 ms, and what is counted is blocks. `all` is
the mean of both processes that have them, but in its own comparison.
"""

import statistics

from cases import QUIET
from node import Node, dependency
from study import Finding, median_interval, spread
from studies.common import say
from studies.turns import LEAST, block, difference, loudest

TITLE = "CPU per unit on a good day, 64 connections, against the same node without policies"
BOUND = 2.0  # %
BULKHEAD = "concurrency = 512\nqueue = 1000\n"
ALL = ("all", "all again", "metrics_only", "disabled")
LOADS = {
    "json-1k": dict(model="bench-1k", min_bytes=1000),
    "sse": dict(model="bench-sse", stream=1, min_events=33),
    # All four at a time, open loop.
    "json-1k at 1000/s": dict(model="bench-1k", min_bytes=1000, rate=1000),
}
SHORT = ("json-1k", "sse")
COLUMNS = ("load", "pair", "CPU µs", "against µs", "paired difference", "95 % interval",
           "quiet blocks")


def config(lab, kind):
    if kind in ("metrics_only", "disabled"):
        chain, hedge = '["bench/{0}"]', ""
        targets = dependency("bench", lab.upstream_port, bulkhead=BULKHEAD,
                             breaker=f'mode = "{kind}"')
    else:
        chain, hedge = '["bench/{0}", "spare/{0}"]', 'hedge_after = "10s"\n'
        targets = "".join(dependency(
            name, lab.upstream_port, bulkhead=BULKHEAD + "adaptive = true",
            breaker='per_model = true\nfailure_rate = 0.5\nslow_call = "20s"')
            for name in ("bench", "spare"))
    return targets + "".join(
        f"[models.{model}]\nchain = {chain.format(model)}\n{hedge}"
        for model in ("bench-1k", "bench-sse"))


def run(lab, options):
    found = Finding("policies-overhead", TITLE)
    loads = options.loads or (SHORT if options.short else list(LOADS))
    blocks = {load: [] for load in loads}
    for number in range(options.blocks):
        nodes = {}
        try:
            for kind in ALL:
                nodes[kind] = Node(lab, "policies-" + kind.replace(" ", "-"),
                                   config(lab, kind))
            for load in loads:
                blocks[load].append(block(lab, nodes, LOADS[load], number, options))
            say(f"policies-overhead block {number + 1} of {options.blocks}: " + "; ".join(
                f"{load} " + ", ".join(f"{some[-1][kind]['cost']:.2f}" for kind in ALL)
                for load, some in blocks.items()))
            limits = [one["bulkhead"]["limit"]
                      for one in nodes["all"].look("/telemetry")["dependencies"]]
        finally:
            for node in nodes.values():
                node.stop()
    rows = []
    for load, some in blocks.items():
        compare(found, rows, load, some)
    found.tables.append((COLUMNS, rows))
    found.notes.append(f"Limits of the adaptive bulkheads at the end: {limits} of 512. "
                       "Differences are taken within a block of new processes; the "
                       "interval is that of their median, from their order alone.")
    return found


def compare(found, rows, load, blocks):
    for one in blocks:
        for kind, got in one.items():
            found.raw.append({"load": load, "kind": kind, **got})
            found.blame(got["errors"])
        found.others.append(loudest(one))
    quiet = [one for one in blocks if loudest(one) <= QUIET]
    told = len(quiet) >= max(LEAST, len(blocks) / 2)
    used = quiet if told else blocks
    for other in ("metrics_only", "disabled", "all again"):
        kinds = ("all",) if other == "all again" else ("all", "all again")
        ours = [statistics.fmean(one[kind]["cost"] for kind in kinds)
                for one in used]
        theirs = [one[other]["cost"] for one in used]
        middle, low, high = median_interval(
            [100 * (a / b - 1) for a, b in zip(ours, theirs) if b])
        rows.append([load, f"all / {other}", spread(ours), spread(theirs),
                     f"{middle:+.2f} %", f"{low:+.2f} … {high:+.2f} %",
                     f"{len(quiet)} of {len(blocks)}"])
        if other != "all again":
            found.goals.append(difference(f"{load}: all against {other}", middle, low,
                                          high, BOUND, told))
