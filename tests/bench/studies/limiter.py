"""What the limiter adds: the same process with limits disabled and enforced, in
turns, open loop. Nobody reaches a limit, and each request is charged to four: of a
minute, an hour, a day, and of answers of a model in a minute.

With the memory store at a modest rate, where a request has a core for itself; with
a Redis of its own at 5 000/s, by chat completions and by GET /v1/models, which
needs no upstream. Of two cores the node has one; client, upstream and Redis share
the other, so what Redis adds holds the waits for that core, too. The upstream
alone is asked beside them: where that is late at p99 already, it is the machine, and
no figure tells what the limiter adds there."""

import os
import signal
import statistics

from cases import QUIET
from node import Node, ask, dependency
from store import Store
from study import Finding, interval, spread
from studies.cluster_cost import Cluster
from studies.common import busy_of, cpu_of, measured, say

MODES = ("disabled", "enforce")
DIRECT = "upstream alone"
MODEL = "bench-1k"
BULKHEAD = "concurrency = 512\nqueue = 1000"
RATE_MEMORY, RATE_REDIS = 1000, 5000
ADDED_MEMORY_MS, ADDED_REDIS_MS = 0.1, 2
LATE_MS = 0.5  # at p99 of the upstream alone
ROUTES = {
    "chat completion": dict(model=MODEL, min_bytes=1000),
    "GET /v1/models": dict(get="/v1/models"),
}
COLUMNS = ("route", "limits", "p50 ms", "p99 ms", "node busy", "other core busy", "others")
DECIDED = 'rate_limiter_latency_seconds_{0}{{store="{1}"{2}}}'
BY_KEEPER, BY_SHARE = (f'rate_limiter_cluster_decisions_total{{by="{by}"}}'
                       for by in ("keeper", "share"))
# Under [limits.tiers.anonymous], which comes last of what all nodes have.
CLUSTER_LIMITS = "tokens_per_minute = 1000000000\n"
REDIS_ERRORS = "rate_limiter_redis_errors_total"


def config(lab):
    return dependency("bench", lab.upstream_port, f'models = ["{MODEL}"]', bulkhead=BULKHEAD)


def one_run(lab, node, port, what, rate, options, more_pids=()):
    """One run of the client; how busy the core was that it shares with others."""
    beside = [lab.upstream.pid, *more_pids]

    def run():
        before = sum(map(cpu_of, beside))
        got = ask(lab, port, pids=node.pids(), seconds=options.seconds,
                  warm_up=0.3, rate=rate, **what)
        used = sum(map(cpu_of, beside)) - before
        return got | {"other_core": got["client_cpu_us"] / 1e6 / got["seconds"]
                      + used / (got["seconds"] + 0.3)}
    return measured(lab, [node], options.retakes, run, more_pids)


def pairs_of(lab, node, name, routes, rate, options, more_pids=()):
    """For each route, one run of each mode a pair, the order turning; and of the
    upstream alone."""
    pairs = {route: [] for route in routes}
    direct = []
    for number in range(options.blocks):
        for route, some in pairs.items():
            pair = {}
            for mode in MODES if number % 2 else reversed(MODES):
                node.order("/admin/limits", {"mode": mode})
                pair[mode] = one_run(lab, node, node.port, ROUTES[route], rate, options,
                                     more_pids)
            some.append(pair)
            say(f"{name} pair {number + 1} of {options.blocks}, {route}: " + "; ".join(
                f"{mode} p50 {pair[mode]['p50_us']:.0f} µs, p99 {pair[mode]['p99_us']:.0f}"
                for mode in MODES))
        direct.append(one_run(lab, node, lab.upstream_port, ROUTES["chat completion"], rate,
                              options, more_pids))
    return pairs, direct


def table(found, pairs, direct):
    groups = [(route, mode, [pair[mode] for pair in some])
              for route, some in pairs.items() for mode in MODES]
    rows = []
    for route, mode, runs in [*groups, (DIRECT, "–", direct)]:
        rows.append([
            route, mode, spread([one["p50_us"] / 1e3 for one in runs], "{:.3f}"),
            spread([one["p99_us"] / 1e3 for one in runs], "{:.3f}"),
            f"{statistics.median(map(busy_of, runs)):.0%}",
            f"{statistics.median(one['other_core'] for one in runs):.0%}",
            f"{statistics.median(one['others'] for one in runs):.0%}"])
        for one in runs:
            found.raw.append({"route": route, "limits": mode, **one})
            found.blame(one["errors"])
    for some in pairs.values():
        found.others += [max(one["others"] for one in pair.values()) for pair in some]
    found.tables.append((COLUMNS, rows))


def added_ms(pairs, key):
    """Within each pair beside which the machine was quiet, where enough were."""
    quiet = [pair for pair in pairs if max(one["others"] for one in pair.values()) <= QUIET]
    told = 2 * len(quiet) >= len(pairs)
    return told, [(pair["enforce"][key] - pair["disabled"][key]) / 1e3
                  for pair in (quiet if told else pairs)]


def decided(node, store):
    """How many decisions there were so far, and by their times."""
    now = node.metrics()
    return {part: now.get(DECIDED.format(*words), 0.0) for part, words in {
        "all": ("count", store, ""), "in time": ("bucket", store, ',le="0.002"'),
        "in 50 ms": ("bucket", store, ',le="0.05"'),
        "seconds": ("sum", store, "")}.items()} | {"errors": now.get(REDIS_ERRORS, 0.0)}


def since(before, after):
    return {part: after[part] - before[part] for part in after}


def own_account(found, took, which):
    found.notes.append(
        f"By its own account (`rate_limiter_latency_seconds`, {which}): "
        f"{took['all']:,.0f} decisions, "
        f"{1e6 * took['seconds'] / max(took['all'], 1):.1f} µs on average.")


def memory(lab, options):
    found = Finding("limiter-memory", "what limits add with the memory store, "
                    f"{RATE_MEMORY:,}/s open loop, by pairs of runs of one process")
    route = "chat completion"
    with Node(lab, "limiter-memory", config(lab)) as node:
        before = decided(node, "memory")
        pairs, direct = pairs_of(lab, node, found.name, [route], RATE_MEMORY, options)
        took = since(before, decided(node, "memory"))
    table(found, pairs, direct)
    told, added = added_ms(pairs[route], "p50_us")
    found.median_at_most("added at p50", added, ADDED_MEMORY_MS, " ms", told)
    own_account(found, took, "memory")
    return found


def redis(lab, options):
    found = Finding("limiter-redis", f"what limits add with Redis, {RATE_REDIS:,}/s open loop, "
                    "by pairs of runs of one process")
    with Store(lab) as store, Node(
            lab, "limiter-redis", config(lab) + store.dependency()
            + '[limits]\nstore = "redis"\n[cache]\nenabled = false\n') as node:
        before = decided(node, "redis")
        pairs, direct = pairs_of(lab, node, found.name, list(ROUTES), RATE_REDIS, options,
                                 [store.pid])
        took = since(before, decided(node, "redis"))
    table(found, pairs, direct)
    on_time = statistics.median(one["p99_us"] for one in direct) <= LATE_MS * 1e3
    for route, some in pairs.items():
        told, added = added_ms(some, "p99_us")
        found.median_at_most(f"{route}: added at p99", added, ADDED_REDIS_MS, " ms",
                             told and on_time)
        _, middle = added_ms(some, "p50_us")
        found.notes.append(f"{route}: added at p50 {interval(middle, ' ms')}.")
    found.at_least("decisions within 2 ms", 100 * took["in time"] / max(took["all"], 1), 99,
                   " %", on_time)
    found.at_most("decisions that Redis did not make", took["errors"], 0)
    own_account(found, took, "redis")
    return found


def cluster(lab, options):
    """Asked is a node that does not keep the client's windows. A chat completion has
    tokens reserved, which its keeper is asked for each time; of GET /v1/models most
    are let in beforehand. At the end the keeper is stopped, as a machine that hangs."""
    found = Finding("limiter-cluster", f"what limits add that three nodes keep together, "
                    f"{RATE_MEMORY:,}/s open loop, by pairs of runs of one process")
    with Cluster(lab, 3, CLUSTER_LIMITS) as nodes:
        for one in nodes.nodes:
            ask(lab, one.port, pids=one.pids(), seconds=0.1, warm_up=0.0, rate=50,
                **ROUTES["GET /v1/models"])
        keeper = next(one for one in nodes.nodes if one.metrics()[BY_KEEPER] > 0)
        asked = next(one for one in nodes.nodes if one is not keeper)
        pairs, direct = pairs_of(lab, asked, found.name, list(ROUTES), RATE_MEMORY, options,
                                 [keeper.process.pid])
        alone = asked.metrics()[BY_SHARE]
        os.kill(keeper.process.pid, signal.SIGSTOP)
        try:
            before = decided(asked, "cluster")
            one_run(lab, asked, asked.port, ROUTES["GET /v1/models"], RATE_MEMORY, options)
            took = since(before, decided(asked, "cluster"))
        finally:
            os.kill(keeper.process.pid, signal.SIGCONT)
    table(found, pairs, direct)
    for route, some in pairs.items():
        told, added = added_ms(some, "p99_us")
        found.median_at_most(f"{route}: added at p99", added, ADDED_REDIS_MS, " ms", told)
        _, middle = added_ms(some, "p50_us")
        found.notes.append(f"{route}: added at p50 {interval(middle, ' ms')}.")
    found.at_most("decisions without the keeper while it was there", alone, 0)
    found.at_most("decisions that took more than 50 ms, the keeper stopped",
                  took["all"] - took["in 50 ms"], 0)
    own_account(found, took, "the keeper stopped")
    return found
