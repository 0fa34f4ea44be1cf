"""An open breaker answers at once and touches nothing upstream: opened by hand,
and opened by failures. Beside it, what nginx and HAProxy need to say 503 by
themselves, and the upstream to say it directly."""

import shutil
import statistics

from node import Node, ask, dependency, posts
from study import Finding
from studies.common import cpu_us, measured, say
from targets import Target

TITLE = "503 of an open breaker, 64 connections, closed loop"
OPEN_CODE = "503 resilience.circuit_breaker_open"
COLUMNS = ("target", "per s", "of direct", "p50 ms", "p99 ms", "CPU µs", "× nginx",
           "no Retry-After", "upstream asked", "others")
PEERS = ("direct", "nginx", "haproxy")


def config(lab):
    # The second fails: its model is one that the upstream has only errors for.
    return (dependency("forced", lab.upstream_port, 'models = ["bench-1k"]',
                       bulkhead="concurrency = 512\nqueue = 1000")
            + dependency("failed", lab.upstream_port, 'models = ["bench-503"]',
                         breaker='open_for = "1h"\nopen_for_max = "1h"',
                         retry="attempts = 1",
                         bulkhead="concurrency = 512\nqueue = 1000"))


def open_by_failures(lab, node):
    """Real calls fail until it opens."""
    ask(lab, node.port, seconds=0.3, warm_up=0.1, model="bench-503", allow="502,503")
    state = node.dependency("failed")["breaker"]["state"]
    if state != "open":
        raise RuntimeError(f"fail-fast: the breaker is {state} after failures only")


def refuse(lab, target, options, port, model):
    before = posts(lab.upstream_port)
    got = measured(lab, [target], options.retakes, lambda: ask(
        lab, port, pids=target.pids(), seconds=options.seconds, warm_up=0.5, model=model,
        allow=503))
    return got | {"asked": posts(lab.upstream_port) - before}


def run(lab, options):
    found = Finding("fail-fast", TITLE)
    rounds = {}
    started = []
    try:
        # Where each is asked: how, by whom, and for what.
        ways = {}
        for name in PEERS:
            if name == "direct" or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin"):
                started.append(Target(name, lab))
                ways[name] = (started[-1], started[-1].ports["fail"], "bench-503")
        node = Node(lab, "fail-fast", config(lab))
        started.append(node)
        node.set_breaker("forced", "forced_open")
        open_by_failures(lab, node)
        ways["caisson, forced_open"] = (node, node.port, "bench-1k")
        ways["caisson, after failures"] = (node, node.port, "bench-503")
        names = list(ways)
        for number in range(options.rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                target, port, model = ways[name]
                one = refuse(lab, target, options, port, model)
                rounds.setdefault(name, []).append(one)
                say(f"fail-fast round {number + 1} {name}: "
                    f"{one['refused'] / one['seconds']:,.0f}/s, "
                    f"p99 {one['refused_p99_us'] / 1e3:.2f} ms, others {one['others']:.0%}")
    finally:
        for target in started:
            target.stop()
    tell(found, {name: rounds[name] for name in ways})
    return found


def tell(found, rounds):
    def per_second(name):
        return statistics.median(one["refused"] / one["seconds"] for one in rounds[name])

    def cost(name):
        return statistics.median(cpu_us(one) / max(one["refused"], 1)
                                 for one in rounds[name])
    rows = []
    for name, some in rounds.items():
        bare, p50, p99 = (statistics.median(one[key] for one in some)
                          for key in ("bare", "refused_p50_us", "refused_p99_us"))
        asked = sum(one["asked"] for one in some)
        rows.append([name, f"{per_second(name):,.0f}",
                     f"{per_second(name) / per_second('direct'):.2f}", f"{p50 / 1e3:.3f}",
                     f"{p99 / 1e3:.3f}", "–" if name == "direct" else f"{cost(name):.2f}",
                     f"{cost(name) / cost('nginx'):.2f}"
                     if "nginx" in rounds and name != "direct" else "–",
                     f"{bare:.0f}", "–" if name == "direct" else f"{asked:,}",
                     f"{statistics.median(one['others'] for one in some):.0%}"])
        for one in some:
            found.raw.append({"target": name, **one})
            found.others.append(one["others"])
            found.blame(one["errors"])
        if name.startswith("caisson"):
            judge(found, name.removeprefix("caisson, "), some, per_second(name), p99, asked)
    found.tables.append((COLUMNS, rows))


def judge(found, how, some, per_second, p99, asked):
    found.at_least(f"{how}: refusals", per_second, 30_000, "/s")
    found.at_most(f"{how}: p99", p99 / 1e3, 5, " ms")
    right = sum(one["refusals"].get(OPEN_CODE, 0) - one["bare"] for one in some)
    all_of_them = sum(one["refused"] + one["requests"] for one in some)
    found.holds(f"{how}: answers that are {OPEN_CODE} with Retry-After", int(right),
                int(all_of_them))
    found.at_most(f"{how}: requests that reached the upstream", asked, 0)
