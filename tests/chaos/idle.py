"""A cell without other load: one request at a time."""
from assertions import (Moved, answer, metrics, nothing_grows, settled,
                        whole)
from expectation import LONG, OPENS_AT, OVERLOAD_TRIES, SHORT, TRIES
from harness import setups
from harness.node import Node
from harness.toml import merged
from harness.waiting import Stopwatch, eventually

OPEN = "resilience.circuit_breaker_open"
QUICK = {"base": "1ms", "cap": "5ms", "jitter": "none", "budget": 1.0}


def ms(seconds):
    return f"{round(seconds * 1000)}ms"


def limits(fault):
    """Short is only the limit that the fault is to hit."""
    lasting = {expect.lasts for expect in (fault.whole, fault.stream)
               if expect is not None}
    return {name: ms(SHORT if name in lasting else LONG)
            for name in ("timeout", "connect_timeout", "idle_timeout")}


def dependency(fault, dialect, site, **tables):
    base = {"kind": dialect, "url": site.url(dialect), "models": ["m"],
            **limits(fault), **site.settings,
            "retry": {**QUICK, "attempts": 1},
            "breaker": {"mode": "disabled"},
            "bulkhead": {"concurrency": 200, "queue": 200}}
    return merged(base, tables)


def config(fault, dialect, site, calm):
    """The faulty upstream several times, each time for another question; a
    sound one; a chain from the one to the other."""
    def of(**tables):
        return dependency(fault, dialect, site, **tables)

    steady = {"breaker": {"mode": "auto", "failures": 1_000_000}}
    again = merged(steady, {"retry": {"attempts": TRIES}})
    return {
        "dependency": {
            "again": of(**again), "lead": of(**again), "once": of(),
            "trip": of(breaker={"mode": "auto", "failures": OPENS_AT,
                                "open_for": "60s"}),
            "calm": setups.dependency(calm, "openai", bulkhead={
                "concurrency": 200, "queue": 200}),
        },
        "models": {"chain": {"chain": ["lead/m", "calm/m"]}},
    }


class Idle:
    def __init__(self, cell, lab, site, checks, options):
        self.expect = cell.expect
        self.streamed = cell.form == "stream"
        self.more = cell.fault.mock_seconds / 10
        self.site = site
        self.checks = checks
        self.repeats = options.repeats
        self.node = Node(config(cell.fault, cell.dialect, site, lab.calm),
                         prefix=site.prefix)
        self.figures = {}

    def run(self):
        """Returns the figures of the cell."""
        with self.node:
            self.warm_up()
            self.tried_again()
            self.trips()
            self.moves_on()
            self.leaves_nothing()
            self.next_door()
            self.heals()
        return self.figures

    def ask(self, model, headers=None):
        watch = Stopwatch()
        reply = self.node.chat(
            setups.chat(model=model, stream=self.streamed), headers, within=20)
        return reply, watch.seconds

    def warm_up(self):
        """Names are resolved, pools and arenas are there."""
        self.ask("once/m")
        self.ask("calm/m")
        self.site.drop()

    # --- status, code, Retry-After, time, retries, metrics ----------------------
    def tried_again(self):
        expect, checks = self.expect, self.checks
        calls = 5
        if expect.tries == OVERLOAD_TRIES:
            calls = 2
            self.save_up()
        before, seen = settled(self.node), self.site.calls()
        for _ in range(calls):
            reply, seconds = self.ask("again/m")
            answer(checks, expect, reply, expect.tries)
            checks.took("an answer", seconds,
                        *expect.seconds(expect.tries, self.more))
        tries = calls * expect.tries
        checks.same("requests at the upstream", self.site.calls() - seen,
                    tries if expect.reaches else 0)
        metrics(checks, expect, Moved(before, settled(self.node), "again"),
                calls, tries)
        state = self.node.dependency("again")["breaker"]["state"]
        checks.same("breaker that allows for more", state, "closed")

    def save_up(self):
        """Good calls first: they earn the budget for so many retries."""
        self.site.heal()
        for _ in range(20):
            self.ask("again/m")
        self.site.inflict()

    # --- the breaker ------------------------------------------------------------
    def trips(self):
        if not self.expect.counted:
            return self.does_not_trip()
        checks, seen = self.checks, self.site.calls()
        before, failures = settled(self.node), 0
        while failures < OPENS_AT:
            if not checks.same(f"breaker after {failures} failures",
                               self.node.breaker("trip"), "closed"):
                return
            reply, _ = self.ask("trip/m")
            answer(checks, self.expect, reply)
            moved = Moved(before, settled(self.node), "trip")
            now = moved("circuit_breaker_failures_total", service="trip")
            if not checks.true("a failure was not counted", now > failures):
                return
            failures = now
        checks.same("failures when it opened", failures, OPENS_AT)
        checks.soon("an open breaker", lambda: self.node.breaker("trip")
                    == "open", 1)
        reply, seconds = self.ask("trip/m")
        checks.same("status while open", reply.status, 503)
        checks.same("code while open", reply.code, OPEN)
        checks.between("Retry-After while open",
                       int(reply.header("Retry-After") or 0), 50, 60)
        checks.took("a refusal", seconds, 0, 0.005)
        checks.same("requests at the upstream when it opened",
                    self.site.calls() - seen,
                    OPENS_AT if self.expect.reaches else 0)
        moved = Moved(before, settled(self.node), "trip")
        checks.same("transitions to open", moved(
            "circuit_breaker_transitions_total", service="trip",
            **{"from": "closed", "to": "open"}), 1)
        checks.same("state gauge", moved.after.breaker("trip"), "open")

    def does_not_trip(self):
        for _ in range(2 * OPENS_AT):
            reply, _ = self.ask("trip/m")
            answer(self.checks, self.expect, reply)
        self.checks.same("breaker after what is no failure",
                         self.node.breaker("trip"), "closed")

    # --- the chain --------------------------------------------------------------
    def moves_on(self):
        expect, checks = self.expect, self.checks
        if expect.mid_stream:
            return  # stories.continued
        seen, before = self.site.calls(), settled(self.node)
        tries = expect.tries_before_moving
        reply, seconds = self.ask("chain")
        if expect.moves_on:
            whole(checks, reply, "calm")
            checks.same("attempts of the chain",
                        reply.header("X-Caisson-Attempts"), str(tries + 1))
        else:
            answer(checks, expect, reply, expect.tries)
        checks.took("the chain", seconds, *expect.seconds(tries, self.more))
        checks.same("requests at the first of the chain",
                    self.site.calls() - seen, tries if expect.reaches else 0)
        moved = Moved(before, settled(self.node), "lead")
        checks.same("fallback_used_total", moved(
            "fallback_used_total", service="lead"), int(expect.moves_on))

    # --- afterwards -------------------------------------------------------------
    def leaves_nothing(self):
        checks, expect = self.checks, self.expect
        if self.repeats > 20:
            for _ in range(20):
                self.ask("once/m")

        def repeat():
            for _ in range(self.repeats):
                reply, _ = self.ask("once/m")
                if not checks.same("status of a repeat", reply.status,
                                   expect.status):
                    break

        self.figures = nothing_grows(checks, self.node, self.site, repeat,
                                     f"{self.repeats} repeats")

    def next_door(self):
        reply, seconds = self.ask("calm/m")
        whole(self.checks, reply, "calm")
        self.checks.took("another dependency", seconds, 0, 0.02)

    def heals(self):
        """What was refused or broken is used again as soon as it is well."""
        if self.site.heal is None:
            return
        self.site.heal()
        reply, _ = self.ask("once/m")
        whole(self.checks, reply, "once")


def idle(cell, lab, site, checks, options):
    return Idle(cell, lab, site, checks, options).run()
