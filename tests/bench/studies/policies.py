"""What the policies cost on a good day, when none of them has to act: the same
binary with all of them and with none, one after the other in short rounds.

  all            the defaults, and adaptive, per_model, failure_rate, slow_call,
                 a chain of two with stream_failover and hedge_after
  all again      another process with the same: what this study cannot tell
  metrics_only   one target, breaker.mode = "metrics_only", none of the rest
  disabled       one target, breaker.mode = "disabled", none of the rest

Each block has each of them once, so that what drifts is the same for all; blocks
turn the order round; new processes every few blocks, since where a process
happens to lie in memory is worth a percent or two by itself.
"""

from cases import QUIET
from node import Node, ask, dependency
from study import MISSED, OK, OPEN, Finding, Goal, median_interval, spread
from studies.common import cpu_us, measured, say

TITLE = "CPU per unit on a good day, 64 connections, against the same node without policies"
BOUND = 2.0  # %
BULKHEAD = "concurrency = 512\nqueue = 1000\n"
ALL = ("all", "all again", "metrics_only", "disabled")
LOADS = {
    "json-1k": dict(model="bench-1k", min_bytes=1000),
    "sse": dict(model="bench-sse", stream=1, min_events=33),
    "json-1k at 4,000/s": dict(model="bench-1k", min_bytes=1000, rate=4000),
}
SHORT = ("json-1k", "sse")
COLUMNS = ("load", "pair", "CPU µs", "against µs", "paired difference", "95 % interval",
           "quiet blocks")
# Fewer blocks than this have no interval worth the name.
LEAST = 8


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


def cost(lab, node, load, options):
    """CPU µs per request, or per event: streams are longer than a window."""
    got = measured(lab, [node], options.retakes, lambda: ask(
        lab, node.port, pids=node.pids(), seconds=options.seconds, warm_up=0.2,
        **LOADS[load]))
    return got | {"cost": cpu_us(got) / max(got["events"] or got["requests"], 1)}


def block(lab, nodes, load, number, options):
    """Each once; forwards and backwards in turn, beginning with another one."""
    turn = number // 2 % len(ALL)
    order = list(ALL[turn:] + ALL[:turn])
    if number % 2:
        order.reverse()
    return {kind: cost(lab, nodes[kind], load, options) for kind in order}


def run(lab, options):
    found = Finding("policies-overhead", TITLE)
    loads = SHORT if options.short else list(LOADS)
    blocks = {load: [] for load in loads}
    done = 0
    while done < options.blocks:
        nodes = {}
        try:
            for kind in ALL:
                nodes[kind] = Node(lab, "policies-" + kind.replace(" ", "-"),
                                   config(lab, kind))
            for _ in range(min(options.blocks_of_a_process, options.blocks - done)):
                for load in loads:
                    blocks[load].append(block(lab, nodes, load, done, options))
                done += 1
                say(f"policies-overhead block {done} of {options.blocks}: " + "; ".join(
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
                       "Differences are taken within a block; the interval is that of "
                       "their median, from their order alone.")
    return found


def compare(found, rows, load, blocks):
    for one in blocks:
        for kind, got in one.items():
            found.raw.append({"load": load, "kind": kind, **got})
            found.blame(got["errors"])
        found.others.append(max(got["others"] for got in one.values()))
    quiet = [one for one in blocks if max(got["others"] for got in one.values()) <= QUIET]
    told = len(quiet) >= max(LEAST, len(blocks) / 2)
    used = quiet if told else blocks
    for kind, other in (("all", "metrics_only"), ("all", "disabled"), ("all", "all again")):
        shares = [100 * (one[kind]["cost"] / one[other]["cost"] - 1)
                  for one in used if one[other]["cost"]]
        middle, low, high = median_interval(shares)
        rows.append([load, f"{kind} / {other}",
                     spread([one[kind]["cost"] for one in used]),
                     spread([one[other]["cost"] for one in used]), f"{middle:+.2f} %",
                     f"{low:+.2f} … {high:+.2f} %", f"{len(quiet)} of {len(blocks)}"])
        if other != "all again":
            found.goals.append(goal(f"{load}: all against {other}", middle, low, high, told))


def goal(what, middle, low, high, told):
    """Met or missed only where the whole interval says so."""
    verdict = OPEN
    if told:
        verdict = OK if high <= BOUND else MISSED if low > BOUND else OPEN
    return Goal(what, f"{middle:+.2f} % ({low:+.2f} … {high:+.2f})", f"<= {BOUND:.0f} %",
                verdict)
