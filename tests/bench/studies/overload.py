"""More comes than can be done. Once the dependency is what bounds it, once the
node's own core.

The dependency answers after 20 ms and takes 50 at a time: 2 500/s, far below
what the node's CPU can do. Offered that, then twice that, open loop."""

import statistics

from node import Node, ask, dependency
from study import Finding, spread
from studies.common import WITHIN_MS, busy_of, measured, say

SERVICE_MS, CONCURRENCY, QUEUE, QUEUE_TIMEOUT_MS = 20, 50, 100, 100
MODEL = f"bench-1k-after-{SERVICE_MS}ms"
CAPACITY = CONCURRENCY * 1000 // SERVICE_MS
REFUSAL = "503 resilience.bulkhead_rejected"
TITLE = (f"a dependency of {CAPACITY:,}/s ({CONCURRENCY} at a time, {SERVICE_MS} ms each), "
         "offered once and twice that")


def config(lab):
    return dependency("bench", lab.upstream_port, f'models = ["{MODEL}"]',
                      bulkhead=f"concurrency = {CONCURRENCY}\nqueue = {QUEUE}\n"
                               f'queue_timeout = "{QUEUE_TIMEOUT_MS}ms"')


def offer(lab, node, times, options):
    return measured(lab, [node], options.retakes, lambda: ask(
        lab, node.port, pids=node.pids(), seconds=options.seconds, warm_up=1,
        model=MODEL, min_bytes=1000, rate=CAPACITY * times, connections=512,
        most_connections=2000, allow=503, within_ms=WITHIN_MS))


def goodput(one):
    """Whole answers in time, a second."""
    return (one["requests"] - one["late"]) / one["seconds"]


def row(times, some):
    def of(key, scale=1.0):
        return statistics.median(one[key] for one in some) / scale
    return [f"{times}×", f"{statistics.median(map(goodput, some)):,.0f}",
            f"{of('p50_us', 1e3):.1f}", f"{of('p99_us', 1e3):.1f}",
            f"{statistics.median(one['refused'] / one['seconds'] for one in some):,.0f}",
            f"{of('refused_p50_us', 1e3):.2f}", f"{of('refused_p99_us', 1e3):.2f}",
            f"{sum(one['bare'] for one in some):.0f}",
            f"{sum(one['unanswered'] for one in some):.0f}",
            f"{statistics.median(map(busy_of, some)):.0%}",
            f"{statistics.median(one['others'] for one in some):.0%}"]


COLUMNS = ("offered", "good/s", "p50 ms", "p99 ms", "shed/s", "shed p50", "shed p99",
           "no Retry-After", "unanswered", "busy", "others")


def run(lab, options):
    found = Finding("overload", TITLE)
    rounds = []
    with Node(lab, "overload", config(lab)) as node:
        for number in range(options.rounds):
            pair = {times: offer(lab, node, times, options) for times in (1, 2)}
            rounds.append(pair)
            say(f"overload round {number + 1}: good "
                + ", ".join(f"{times}x {goodput(one):,.0f}/s" for times, one in pair.items()))
    for pair in rounds:
        for times, one in pair.items():
            found.raw.append({"offered": times, **one})
            found.others.append(one["others"])
            found.blame(one["errors"])
    twice = [pair[2] for pair in rounds]
    found.tables.append((COLUMNS, [row(times, [pair[times] for pair in rounds])
                                   for times in (1, 2)]))
    judge(found, rounds, twice)
    return found


def judge(found, rounds, twice):
    shares = [goodput(pair[2]) / max(goodput(pair[1]), goodput(pair[2]), 1)
              for pair in rounds]
    shed = [one["refused_p99_us"] / 1e3 for one in twice]
    admitted = [one["p99_us"] / 1e3 for one in twice]
    # Where a core is full, it is not the dependency that was too small.
    roomy = max(map(busy_of, twice)) < 0.8
    found.at_least("goodput at 2× of the peak", statistics.median(shares), 0.9, told=roomy)
    refused = int(sum(one["refused"] for one in twice))
    found.at_most("shed answers, p99", statistics.median(shed), 10, " ms",
                  told=roomy and refused > 0)
    found.at_most("admitted, p99", statistics.median(admitted),
                  QUEUE_TIMEOUT_MS + SERVICE_MS, " ms", told=roomy)
    right = sum(one["refusals"].get(REFUSAL, 0) - one["bare"] for one in twice)
    found.holds("shed answers that are 503 with Retry-After", int(right), refused)
    unanswered = int(sum(one["unanswered"] for one in twice))
    found.at_most("requests without any answer", unanswered, 0)
    found.notes.append(
        f"Rounds: goodput ratio {spread(shares)}, shed p99 {spread(shed)} ms, admitted p99 "
        f"{spread(admitted, '{:.0f}')} ms. Good: whole and within {WITHIN_MS} ms of when it "
        "was due; all latencies count from then."
        + ("" if roomy else " **The node's core was full**: this says nothing of the "
           "dependency."))
