"""A dependency goes and comes back under 64 connections in a closed loop: how
soon the breaker opens, and how soon after the return somebody has an answer.

Calls are tried once, so that each failure is seen when it happens: with retries
the first refusal would wait for a back-off. Times are the client's, of answers:
no polling that would get in the way, and nothing earlier than a user sees it.

  within the first wait    it is back when half of open_for has passed
  after a failed probe     it is back just after a probe has failed: the worst
                           case while waits are not doubled
  after a long outage      it is back after three failed probes; the wait has
                           doubled by then, which is told and has no goal
"""

import os
import signal
import statistics
import time

from node import Client, Node, Watch, dependency
from study import Finding, spread
from studies.common import say
from targets import Upstream

OPEN_CODE = "503 resilience.circuit_breaker_open"
JITTER = 1.1     # of waits after a failed probe
SLACK = 0.5      # s, of the goal
LONG = "after a long outage"
HEALTHY = 0.5    # s, before it goes
COLUMNS = ("it", "comes back", "first failure to open, ms", "back to first success, s",
           "by open_for", "answers while it was away")


def config(port, open_for):
    # The pool's idle connections and the queue play no part in it.
    return dependency("back", port, 'models = ["bench-1k"]',
                      breaker=f'open_for = "{open_for}s"\nopen_for_max = "60s"',
                      retry="attempts = 1", bulkhead="concurrency = 128\nqueue = 128")


class Refused:
    """The process is killed, and started again on its port."""
    name = "refuses connections"

    def __init__(self, lab):
        self.lab = lab
        self.upstream = Upstream(lab)
        self.port = self.upstream.port

    def go(self):
        self.upstream.stop()

    def come_back(self):
        self.upstream = Upstream(self.lab, self.port)
        return self.upstream.since

    def stop(self):
        self.upstream.stop()


class Failing(Refused):
    """Every answer is a 500."""
    name = "answers 500"

    def go(self):
        os.kill(self.upstream.pid, signal.SIGUSR1)

    def come_back(self):
        os.kill(self.upstream.pid, signal.SIGUSR2)
        return time.monotonic_ns()


def whens(open_for, short):
    """How long it is away, s, and how long the next probe may then take."""
    after_probe = open_for + 0.15
    third = open_for * (1 + JITTER + 2 * JITTER) + 0.15
    cases = {"within the first wait": (open_for / 2, open_for),
             "after a failed probe": (after_probe, open_for * JITTER)}
    return cases if short else cases | {
        LONG: (third, 4 * open_for * JITTER)}


def outage(lab, node, dependency_, away, patience):
    """One: what the client saw, with the times of the change."""
    client = Client(lab, node.port, pids=node.pids(), warm_up=0.2, connections=64,
                    seconds=HEALTHY + away + patience + 1.5, model="bench-1k",
                    min_bytes=1000, allow="502,503,504", changes=1)
    try:
        time.sleep(0.2 + HEALTHY)
        gone = time.monotonic_ns()
        dependency_.go()
        with Watch([*node.pids(), client.process.pid]) as watch:
            time.sleep(max(0, away - (time.monotonic_ns() - gone) / 1e9))
        back = dependency_.come_back()
        seen = client.result()
    except BaseException:
        client.stop()
        raise
    seen["others"] = watch.others

    def first(after, wanted):
        return next((ns for ns, kind in seen["changes"] if ns >= after and wanted(kind)), None)
    opened = first(gone, lambda kind: kind == OPEN_CODE)
    served = first(back, lambda kind: kind == "200")
    failed = first(gone, lambda kind: kind != "200")
    if not (opened and served and failed):
        return seen | {"errors": {**seen["errors"],
                                  "it never opened" if not opened else "no success": 1}}
    return seen | {"to_open_ms": (opened - gone) / 1e6, "to_success_s": (served - back) / 1e9,
                   "bare_failures": sum(count for kind, count in seen["refusals"].items()
                                        if kind != OPEN_CODE)}


def run(lab, options):
    open_for = 1 if options.short else 5
    found = Finding("recovery", f"64 connections, open_for {open_for} s, no retries; "
                                "the goals are of the worst round")
    rows = []
    for kind in (Refused, Failing):
        away = kind(lab)
        try:
            with Node(lab, "recovery", config(away.port, open_for)) as node:
                for when, (length, patience) in whens(open_for, options.short).items():
                    some = []
                    # Once is enough where nothing is held against a goal.
                    for number in range(1 if when == LONG else options.rounds):
                        one = outage(lab, node, away, length, patience)
                        found.raw.append({"it": away.name, "back": when, **one})
                        found.others.append(one["others"])
                        found.blame({f"{away.name}, {when}: {why}": count
                                     for why, count in one["errors"].items()})
                        if not one["errors"]:
                            some.append(one)
                            say(f"recovery {away.name}, back {when}, round {number + 1}: open "
                                f"after {one['to_open_ms']:.1f} ms, success after "
                                f"{one['to_success_s']:.2f} s")
                    if some:
                        rows.append(row(found, away.name, when, some, open_for))
        finally:
            away.stop()
    found.tables.append((COLUMNS, rows))
    found.notes.append("Counted from before the dependency is told to go, and from when it "
                       "listens again.")
    return found


def row(found, name, when, some, open_for):
    opened = [one["to_open_ms"] for one in some]
    served = [one["to_success_s"] for one in some]
    found.at_most(f"{name}: first failure to open, {when}", max(opened), 50, " ms")
    if when != LONG:
        found.at_most(f"{name}: return to first success, {when}", max(served),
                      open_for + SLACK, " s")
    failures = statistics.median(one["bare_failures"] for one in some)
    return [name, when, spread(opened, "{:.1f}"), spread(served),
            f"{statistics.median(served) / open_for:.2f}",
            f"{failures:,.0f} failed, "
            f"{statistics.median(one['refused'] for one in some) - failures:,.0f} refused"]
