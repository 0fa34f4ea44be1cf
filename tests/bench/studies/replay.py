"""A day of prompts, over again: 100 000 of 10 000 different ones, as often as Zipf
has them (the k-th most frequent with weight 1/k), at a steady rate through the
socket to an upstream that takes as long as a model does: lognormal, half of the
answers within 300 ms, 5 % later than 950 ms. Once without a cache and once with a
first layer of 1 000 answers, in one shard and in two.

Saved is each call that the upstream did not have. That counts those who waited for
the call of an equal prompt that was under way: an ideal LRU store takes a value the
moment it is asked for, so those are its hits. What that would reach is computed
from the same prompts in the same order. Under way there are values beyond those
that are kept, so that more can be saved; hence the prompts once more one by one, to
an upstream that answers at once, which shows the store alone."""

import collections
import itertools
import random

from node import Node, Watch, ask, dependency, posts
from study import Finding
from studies.common import busy_of, say

MODEL = "bench-1k-around-300ms"
DISTINCT, ENTRIES, RATE = 10_000, 1_000, 2500
REQUESTS = {True: 10_000, False: 100_000}  # short, long
WITHIN_POINTS, LOWER = 1.0, 30.0  # %
USD_IN, USD_OUT = 1.25, 10.0  # a million tokens
CONFIG = """
[cache]
enabled = {enabled}
l1_entries = {entries}
l1_ttl = "1h"
l2 = "off"
[prices."bench/{model}"]
input = {usd_in}
output = {usd_out}
[prices."bench/bench-1k"]
input = {usd_in}
output = {usd_out}
"""
SLOW = dict(model=MODEL, rate=RATE, connections=64, most_connections=5000)
ONE_BY_ONE = dict(model="bench-1k", rate=4000, connections=1)
# Whether there is a cache, in how many shards, and how it is asked.
WAYS = {
    "no cache": ("false", 1, SLOW),
    "one shard": ("true", 1, SLOW),
    "two shards": ("true", 2, SLOW),
    "two shards, one by one": ("true", 2, ONE_BY_ONE),
}
COLUMNS = ("", "requests", "upstream calls", "saved", "L1 hits", "waited for an equal one",
           "tokens", "tokens saved", "USD", "USD saved", "p50 ms", "p95 ms", "p99 ms",
           "node busy", "others")


def sequence(count):
    weights = itertools.accumulate(1 / k for k in range(1, DISTINCT + 1))
    return random.Random(1).choices(range(DISTINCT), cum_weights=list(weights), k=count)


def ideal_rate(numbers, entries):
    """The share that an LRU store of that many has."""
    kept, hits = collections.OrderedDict(), 0
    for one in numbers:
        if one in kept:
            hits += 1
            kept.move_to_end(one)
            continue
        kept[one] = True
        if len(kept) > entries:
            kept.popitem(last=False)
    return hits / len(numbers)


def config(lab, enabled):
    return (dependency("bench", lab.upstream_port, f'models = ["{MODEL}", "bench-1k"]',
                       bulkhead="concurrency = 5000\nqueue = 1000")
            + CONFIG.format(enabled=enabled, entries=ENTRIES, model=MODEL, usd_in=USD_IN,
                            usd_out=USD_OUT))


def replay(lab, name, path, count):
    """All of the prompts, to a new node; the client's figures and the node's."""
    enabled, threads, how = WAYS[name]
    with Node(lab, "replay-" + "".join(filter(str.isalpha, name)), config(lab, enabled),
              [f"node.io_threads={threads}"]) as node:
        before = posts(lab.upstream_port)
        with Watch([lab.upstream.pid, *node.pids()]) as watch:
            got = ask(lab, node.port, pids=node.pids(), seconds=count / how["rate"],
                      warm_up=0, min_bytes=1000, temperature=0, prompts=path, **how)
        seen = node.metrics()
        got |= {"others": watch.others, "posts": posts(lab.upstream_port) - before}

    def total(family):
        return sum(value for series, value in seen.items()
                   if series.split("{")[0] == family)
    return got | {"l1": seen.get('cache_hits_total{layer="l1",cache_type="llm"}', 0.0),
                  "joined": total("cache_coalesced_total"),
                  "tokens": total("llm_tokens_total"),
                  "tokens_saved": total("cache_saved_tokens_total"),
                  "usd": total("llm_cost_usd_total")}


def run(lab, options):
    count = REQUESTS[options.short]
    found = Finding("cache-replay", f"{count:,} prompts by Zipf(1.0) out of {DISTINCT:,}, "
                    f"{RATE:,}/s open loop, {ENTRIES:,} answers kept")
    numbers = sequence(count)
    path = lab.dir / "replay-prompts"
    path.write_text("\n".join(map(str, numbers)) + "\n")
    runs = {}
    for name in WAYS:
        runs[name] = one = replay(lab, name, path, count)
        say(f"cache-replay {name}: {one['posts']:,} calls of {one['requests']:,.0f}, "
            f"p95 {one['p95_us'] / 1e3:.0f} ms")
        found.raw.append({"way": name, **one})
        found.others.append(one["others"])
        found.blame(one["errors"])
    tell(found, runs, ideal_rate(numbers, ENTRIES), len(set(numbers)))
    return found


def saved_rate(one):
    return 1 - one["posts"] / max(one["requests"], 1)


def tell(found, runs, ideal, distinct):
    bare = runs["no cache"]
    found.tables.append((COLUMNS, [
        [name, f"{one['requests']:,.0f}", f"{one['posts']:,}", f"{saved_rate(one):.2%}",
         f"{one['l1']:,.0f}", f"{one['joined']:,.0f}", f"{one['tokens']:,.0f}",
         f"{one['tokens_saved']:,.0f}", f"{one['usd']:.2f}", f"{bare['usd'] - one['usd']:.2f}",
         *(f"{one[key] / 1e3:.1f}" for key in ("p50_us", "p95_us", "p99_us")),
         f"{busy_of(one):.0%}", f"{one['others']:.0%}"] for name, one in runs.items()]))
    for name, one in runs.items():
        if one is bare:
            continue
        found.at_least(f"{name}: saved, against {ideal:.2%} of an ideal LRU store",
                       100 * (saved_rate(one) - ideal), -WITHIN_POINTS, " points")
        if WAYS[name][2] is SLOW:
            lower = 100 * (1 - one["p95_us"] / bare["p95_us"])
            found.at_least(f"{name}: p95 lower than without", lower, LOWER, " %")
        found.holds(f"{name}: tokens that the node says it saved or used",
                    int(one["tokens"] + one["tokens_saved"]), int(bare["tokens"]))
    most = 1 - distinct / bare["requests"]
    found.notes.append(
        f"{distinct:,} different prompts came, so no store of any size saves more than "
        f"{most:.2%}. Tokens and USD are those of /metrics, by prices "
        f"of {USD_IN} and {USD_OUT} USD for a million tokens in and out; USD saved is the "
        "difference to the run without a cache. Saved counts the calls that the upstream "
        "did not get, those included who waited for an equal one.")
