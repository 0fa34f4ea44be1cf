"""What an answer costs that the cache has: out of the first layer, and out of a
Redis of its own with the first layer off. 500 prompts in turns, so that no two
equal ones run at once, and all of them are there before it begins.

Latency at a modest rate, open loop; beside it the same node's /health/live, which
does nothing, and the way to the upstream, which answers at once. Throughput at 64
connections, closed loop, against /health/live, in pairs."""

import statistics

from cases import QUIET
from node import Node, ask, dependency, posts
from store import Store
from study import Finding, spread
from studies.common import busy_of, cpu_us, measured, say

MODEL = "bench-1k"
PROMPTS = 500
RATE = 500
L1_MS, L2_MS, SHARE = 0.3, 1.0, 0.6
CONFIG = """
[cache]
l1_ttl = "1h"
l1_entries = {entries}
l2 = "{l2}"
"""


def config(lab, entries, l2):
    return (dependency("bench", lab.upstream_port, f'models = ["{MODEL}"]',
                       bulkhead="concurrency = 512\nqueue = 1000")
            + CONFIG.format(entries=entries, l2=l2))


def prompts(lab):
    path = lab.dir / "cache-prompts"
    path.write_text("\n".join(map(str, range(PROMPTS))) + "\n")
    return dict(model=MODEL, min_bytes=1000, temperature=0, prompts=path)


def fill(lab, node):
    """Asks all of them once: from then on the cache has them."""
    got = ask(lab, node.port, seconds=2 * PROMPTS / 1000, warm_up=0, rate=1000,
              connections=1, **prompts(lab))
    if got["errors"]:
        raise RuntimeError(f"the cache could not be filled: {got['errors']}")


def run_of(lab, node, options, rate, more_pids=(), **what):
    """One run of the client, and how often the upstream was asked in it."""
    before = posts(lab.upstream_port)
    got = measured(lab, [node], options.retakes, lambda: ask(
        lab, node.port, pids=node.pids(), seconds=options.seconds, warm_up=0.3, rate=rate,
        **what), more_pids)
    return got | {"asked": posts(lab.upstream_port) - before}


# -- latency ------------------------------------------------------------------

LATENCY_COLUMNS = ("what", "p50 ms", "p99 ms", "CPU µs", "upstream asked", "others")


def latency(lab, options):
    found = Finding("cache-latency", f"answers that the cache has, {RATE}/s open loop, "
                    "end to end")
    rounds = {}
    with Store(lab) as store, \
            Node(lab, "cache-l1", config(lab, 1000, "off")) as first, \
            Node(lab, "cache-l2", config(lab, 0, "redis") + store.dependency()) as second:
        fill(lab, first)
        fill(lab, second)
        ways = {
            "L1 hit": (first, prompts(lab)),
            "L2 hit": (second, prompts(lab)),
            "from the upstream": (first, dict(model=MODEL, min_bytes=1000)),
            "/health/live": (first, dict(get="/health/live")),
        }
        names = list(ways)
        for number in range(options.blocks):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                node, what = ways[name]
                one = run_of(lab, node, options, RATE, [store.pid], **what)
                rounds.setdefault(name, []).append(one)
            say(f"cache-latency round {number + 1} of {options.blocks}: " + ", ".join(
                f"{name} {rounds[name][-1]['p50_us']:.0f} µs" for name in names))
    rows = []
    for name in ways:
        runs = rounds[name]
        rows.append([name, *(spread([one[key] / 1e3 for one in runs], "{:.3f}")
                             for key in ("p50_us", "p99_us")),
                     f"{statistics.median(cpu_us(one) / one['requests'] for one in runs):.1f}",
                     f"{sum(one['asked'] for one in runs):,}",
                     f"{statistics.median(one['others'] for one in runs):.0%}"])
        for one in runs:
            found.raw.append({"what": name, **one})
            found.others.append(one["others"])
            found.blame(one["errors"])
    found.tables.append((LATENCY_COLUMNS, rows))
    for name, bound in (("L1 hit", L1_MS), ("L2 hit", L2_MS)):
        found.median_at_most(f"{name}, p50", [one["p50_us"] / 1e3 for one in rounds[name]],
                             bound, " ms")
        found.at_most(f"{name}: requests that reached the upstream",
                      sum(one["asked"] for one in rounds[name]), 0)
    return found


# -- throughput ---------------------------------------------------------------

THROUGHPUT_COLUMNS = ("what", "per s", "p50 ms", "p99 ms", "CPU µs", "node busy", "client busy",
                      "others")


def throughput(lab, options):
    found = Finding("cache-throughput", "L1 hits against /health/live of the same node, "
                    "64 connections, closed loop, in pairs")
    pairs = []
    with Node(lab, "cache-throughput", config(lab, 1000, "off")) as node:
        fill(lab, node)
        ways = {"L1 hit": prompts(lab), "/health/live": dict(get="/health/live")}
        for number in range(options.blocks):
            pair = {}
            for name in ways if number % 2 else reversed(ways):
                pair[name] = run_of(lab, node, options, 0, **ways[name])
            pairs.append(pair)
            say(f"cache-throughput pair {number + 1} of {options.blocks}: " + ", ".join(
                f"{name} {per_second(pair[name]):,.0f}/s" for name in ways))
    rows = []
    for name in ways:
        runs = [pair[name] for pair in pairs]
        rows.append([name, spread([per_second(one) for one in runs], "{:,.0f}"),
                     *(f"{statistics.median(one[key] for one in runs) / 1e3:.3f}"
                       for key in ("p50_us", "p99_us")),
                     spread([cpu_us(one) / one["requests"] for one in runs]),
                     f"{statistics.median(map(busy_of, runs)):.0%}",
                     f"{statistics.median(map(client_busy, runs)):.0%}",
                     f"{statistics.median(one['others'] for one in runs):.0%}"])
        for one in runs:
            found.raw.append({"what": name, **one})
            found.blame(one["errors"])
    found.others += [max(one["others"] for one in pair.values()) for pair in pairs]
    found.tables.append((THROUGHPUT_COLUMNS, rows))
    judge(found, pairs)
    return found


def per_second(one):
    return one["requests"] / one["seconds"]


def client_busy(one):
    return one["client_cpu_us"] / one["seconds"] / 1e6


def judge(found, pairs):
    quiet = [pair for pair in pairs if max(one["others"] for one in pair.values()) <= QUIET]
    told = 2 * len(quiet) >= len(pairs)
    used = quiet if told else pairs
    shares = [per_second(pair["L1 hit"]) / per_second(pair["/health/live"]) for pair in used]
    # Where the client could do no more, /health/live would look slower than it is.
    free = statistics.median(client_busy(pair["/health/live"]) for pair in used) < 0.95
    found.median_at_least("throughput of L1 hits by that of /health/live", shares, SHARE, "",
                          told and free)
    found.at_most("requests that reached the upstream",
                  sum(one["asked"] for pair in pairs for one in pair.values()), 0)
    if not free:
        found.notes.append("**The client was the limit** of /health/live: what the node can "
                           "do of it is more.")
