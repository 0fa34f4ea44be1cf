"""Rows that are a sequence and not a state: one function each, by the name that
`story` says in faults.py. Returns figures for the report.

Reason for length: one function a story.
"""
import contextlib
import itertools

import idle
from assertions import (Moved, answer, at_rest, nothing_grows, settled,
                        well_formed, whole)
from expectation import ANSWER, OPENS_AT
from harness import setups, wire
from harness.mock import Mock
from harness.node import Node, sanitized
from harness.parallel import together
from harness.toml import merged
from harness.waiting import Stopwatch, eventually
from leaving import (amplification, client_leaves,  # noqa: F401
                     leaves_the_queue)

PATH = "/v1/chat/completions"
TWICE = {"retry": {"attempts": 2},
         "breaker": {"mode": "auto", "failures": 1_000_000},
         "bulkhead": {"queue_timeout": "10s"}}


class Scene:
    """A node with the dependency `a`, the sound one `calm`, and the chain of
    both."""

    def __init__(self, cell, lab, site, tables=None, threads=2):
        self.cell = cell
        self.site = site
        a = idle.dependency(cell.fault, cell.dialect, site,
                            **merged(TWICE, tables or {}))
        self.node = Node({**setups.config(
            a=a, calm=setups.dependency(lab.calm)),
            "node": {"io_threads": threads}}, prefix=site.prefix)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.node.stop()

    def ask(self, model="a/m", headers=None):
        watch = Stopwatch()
        body = setups.chat(model=model, stream=self.cell.form == "stream")
        reply = self.node.chat(body, headers, within=20)
        return reply, watch.seconds


def passed(seconds):
    watch = Stopwatch()
    eventually(lambda: watch.seconds >= seconds, seconds + 5, "the wait")


def repeated(checks, scene, once, options):
    """`once()` before and after; nothing may have grown."""
    def repeat(count=options.repeats):
        for _ in range(count):
            once()

    repeat(20 if options.repeats > 20 else 1)
    return nothing_grows(checks, scene.node, scene.site, repeat,
                         f"{options.repeats} repeats")


# --- rows 6 and 9 ------------------------------------------------------------

def continued(cell, lab, site, checks, options):
    """SPEC 4, Streams: what dies in mid-stream goes on at the next target: it
    is given the text so far, the stream stays one, and says that it is not
    what was asked for."""
    lab.calm.always("ok", chunks=["and ", "so ", "on."])
    with Scene(cell, lab, site) as scene:
        before = settled(scene.node)
        for turn in range(1, 6):
            reply, seconds = scene.ask("chain")
            checks.took("a continued stream", seconds,
                        *cell.expect.seconds(1))
            if not checks.same("status", reply.status, 200):
                return {}
            events = reply.events()
            text = well_formed(checks, events)
            checks.true(f"first the one's words, then the other's: {text!r}",
                        text.startswith("one ") and text.endswith("so on."))
            checks.true("nothing says that the answer is degraded",
                        reply.header("X-Caisson-Degraded")
                        or "degraded" in reply.text.lower())
            if checks.same("requests at the next target", lab.calm.calls,
                           turn):
                checks.true("the next target is given the text so far",
                            "one " in lab.calm.last().body)
            checks.same("requests at the first target", site.calls(), turn)
        moved = Moved(before, settled(scene.node), "a")
        checks.same("failures counted", sum(moved.by(
            "circuit_breaker_failures_total", "exception_type").values()), 5)
        return repeated(checks, scene, lambda: scene.ask("chain"), options)


# --- row 8 -------------------------------------------------------------------

def free_retry(cell, lab, site, checks, options):
    """A kept connection that the peer has closed meanwhile: a new one at once,
    which is no retry and no failure."""
    plan = {"do": "stale", "how": cell.fault.given["how"]}

    def pair():
        lab.mock.script(plan)
        for _ in range(2):
            reply, seconds = scene.ask()
            whole(checks, reply, "a")
            checks.same("attempts", reply.header("X-Caisson-Attempts"), "1")
            checks.took("an answer", seconds, 0, 0.05)
        site.drop()

    # One I/O thread: idle connections belong to the thread that used them.
    with Scene(cell, lab, site, {"retry": {"attempts": 1}, "breaker": {
            "failures": 1}}, threads=1) as scene:
        before = settled(scene.node)
        figures = repeated(checks, scene, pair, options)
        moved = Moved(before, settled(scene.node), "a")
        pairs = lab.mock.stats(0)["stale"]
        checks.true("no kept connection was used", pairs >= options.repeats)
        checks.same("requests", site.calls(), 2 * pairs)
        checks.same("failures", moved("circuit_breaker_failures_total"), 0)
        checks.same("retries", moved("retry_attempt_counter"), 0)
        checks.same("breaker", scene.node.breaker("a"), "closed")
        return figures


# --- rows 11, 12, 15, 16 -----------------------------------------------------

def waits(cell, lab, site, checks, options):
    """A Retry-After of a second: the last target waits for it, another is
    asked at once."""
    plan = cell.fault.plan_for(cell.dialect)
    with Scene(cell, lab, site) as scene:
        before = settled(scene.node)
        lab.mock.script(plan)
        reply, seconds = scene.ask()
        whole(checks, reply, "a")
        checks.took("a wait of 1 s", seconds, 1, 1.1 + ANSWER)
        checks.same("requests", site.calls(), 2)
        checks.same("attempts", reply.header("X-Caisson-Attempts"), "2")
        first, second = lab.mock.requests()[:2]
        checks.took("the pause that the upstream saw",
                    second["arrived"] - first["ended"], 1, 1.1)
        moved = Moved(before, settled(scene.node), "a")
        checks.same("failures", moved.by("circuit_breaker_failures_total",
                                         "exception_type"),
                    {"rate_limited": 1})
        checks.same("calls saved by a retry",
                    moved("retry_success_after_retry_total"), 1)
        lab.mock.script(plan)
        reply, seconds = scene.ask("chain")
        whole(checks, reply, "calm")
        checks.took("moving on", seconds, 0, ANSWER)
        return crowd_waits(checks, lab, site, scene, plan, options)


def crowd_waits(checks, lab, site, scene, plan, options):
    """Many at once, half of them meet the 429: all of them wait, all are
    answered."""
    def crowd():
        lab.mock.script({**plan, "times": 10})
        samples = lab.clients().run(
            address=scene.node.http, connections=20, count=1, within=20,
            bodies=[setups.chat(model="a/m",
                                stream=scene.cell.form == "stream")])
        checks.same("answers", {one.verdict for one in samples}, {"ok"})

    def repeat():
        for _ in range(-(-options.repeats // 20)):
            crowd()

    crowd()
    return nothing_grows(checks, scene.node, site, repeat,
                         f"{options.repeats} repeats")


def held_back(cell, lab, site, checks, options):
    """A Retry-After past the deadline: 503 at once with the time to come back,
    and until then nobody asks the provider again."""
    low, high = cell.fault.given["said"]
    hurry = cell.fault.given["headers"]
    with Scene(cell, lab, site) as scene:
        before = settled(scene.node)

        def once():
            reply, seconds = scene.ask(headers=hurry)
            checks.same("status", reply.status, 503)
            checks.among("code", reply.code, (
                cell.expect.code, "external.llm.rate_limited"))
            checks.between("Retry-After",
                           int(reply.header("Retry-After") or 0),
                           max(1, low - options.repeats), high)
            checks.took("a refusal", seconds, 0, ANSWER)
            return reply

        answer(checks, cell.expect, once(), 1)
        checks.same("requests after the first", site.calls(), 1)
        figures = repeated(checks, scene, once, options)
        checks.same("requests while it is held back", site.calls(), 1)
        moved = Moved(before, settled(scene.node), "a")
        checks.same("failures", moved.by("circuit_breaker_failures_total",
                                         "exception_type"),
                    {cell.expect.kinds[0]: 1})
        checks.same("breaker", scene.node.breaker("a"), "closed")
        reply, seconds = scene.ask("chain")
        whole(checks, reply, "calm")
        checks.took("moving on", seconds, 0, ANSWER)
        return figures


# --- row 14 ------------------------------------------------------------------

def saved(cell, lab, site, checks, options):
    """One failure, then a good answer: the client sees only the latter."""
    with Scene(cell, lab, site) as scene:
        before = settled(scene.node)
        turns = itertools.count(1)

        def once():
            lab.mock.script(cell.fault.plan_for(cell.dialect))
            reply, seconds = scene.ask()
            whole(checks, reply, "a")
            checks.same("attempts", reply.header("X-Caisson-Attempts"), "2")
            checks.took("an answer", seconds, 0, ANSWER)
            next(turns)

        figures = repeated(checks, scene, once, options)
        calls = next(turns) - 1
        moved = Moved(before, settled(scene.node), "a")
        checks.same("saved", moved("retry_success_after_retry_total"), calls)
        checks.same("requests", site.calls(), 2 * calls)
        checks.same("errors", moved("errors_total"), 0)
        return figures


# --- row 19 ------------------------------------------------------------------

def deadline_in_mid_stream(cell, lab, site, checks, options):
    """A stream without end ends with the request's deadline, as an error; those
    who do not read it cost little."""
    with Scene(cell, lab, site) as scene:
        def once():
            lab.mock.always("endless", event_delay_ms=2)
            reply, seconds = scene.ask(
                headers={"X-Request-Timeout-Ms": "200"})
            checks.same("status", reply.status, 200)
            last = reply.events()[-1][1]
            checks.true(f"the last event: {last[:200]}",
                        "resilience.timeout" in last)
            checks.took("a stream without end", seconds, 0.2, 0.25)

        figures = repeated(checks, scene, once, options)
        lab.mock.always("endless")
        own = scene.node.anonymous()
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                client = stack.enter_context(scene.node.client(rcvbuf=4096))
                client.send(wire.request_bytes("POST", PATH, setups.chat(
                    model="a/m", stream=True)))
            eventually(lambda: site.busy() == 20, 5)
            passed(0.5)
            grown = scene.node.anonymous() - own
            checks.true(f"20 streams that nobody reads cost {grown >> 10} KiB",
                        grown <= 20 * (512 << 10) or sanitized())
        at_rest(checks, scene.node, site)
        return {**figures, "unread_kib": grown >> 10}


# --- row 21 ------------------------------------------------------------------

def last_good_address(cell, lab, site, checks, options):
    """DNS fails after it once knew: the last good address serves."""
    with Scene(cell, lab, site, {"retry": {"attempts": 1}}) as scene:
        def once():
            whole(checks, scene.ask()[0], "a")

        once()
        site.server.mood = "servfail"
        # A connection that fails makes the node ask again.
        lab.mock.drop()
        lab.mock.refuse()
        checks.same("while the port is closed", scene.ask()[0].status, 503)
        lab.mock.listen()
        asked = site.server.asked
        once()
        checks.true("the name server was not asked again",
                    site.server.asked > asked)
        return repeated(checks, scene, once, options)


def address_changes(cell, lab, site, checks, options):
    """The provider moves: the address that fails is asked for anew."""
    with Scene(cell, lab, site) as scene, \
            Mock("--port", lab.mock.port,
                                      bind="127.0.0.2") as moved:
        whole(checks, scene.ask()[0], "a")
        lab.mock.drop()
        lab.mock.refuse()
        try:
            site.server.mood = "127.0.0.2"
            reply, seconds = scene.ask()
            whole(checks, reply, "a")
            checks.took("moving", seconds, 0, ANSWER)
            checks.same("requests at the new address", moved.calls, 1)
            return repeated(checks, scene, lambda: whole(
                checks, scene.ask()[0], "a"), options)
        finally:
            lab.mock.listen()


# --- row 22 ------------------------------------------------------------------

def smuggled(cell, lab, site, checks, options):
    """What stands behind a reply is nobody's answer, and the connection is not
    used again."""
    with Scene(cell, lab, site) as scene:
        def once():
            reply, _ = scene.ask()
            checks.among("status", reply.status, (200, 502))
            checks.true("the second reply is handed out",
                        "smuggled" not in reply.text)

        figures = repeated(checks, scene, once, options)
        used = [seen["connection"] for seen in lab.mock.requests()]
        checks.same("requests a connection", len(used), len(set(used)))
        return figures


# --- row 25 ------------------------------------------------------------------

def opened(scene, checks, site):
    """The breaker has opened; returns a watch that runs since then."""
    for _ in range(OPENS_AT):
        scene.ask()
    watch = Stopwatch()
    checks.soon("an open breaker", lambda: scene.node.breaker("a") == "open",
                1)
    checks.same("requests until it opened", site.calls(), OPENS_AT)
    return watch


OPEN_FOR = 0.4
PROBES = 2
PROBE_TIME = 0.15
BREAKER = {"retry": {"attempts": 1},
           "breaker": {"failures": OPENS_AT, "open_for": idle.ms(OPEN_FOR),
                       "open_for_max": idle.ms(OPEN_FOR), "jitter": False,
                       "half_open_probes": PROBES}}


def transitions(scene, before):
    moved = Moved(before, settled(scene.node), "a")
    found = {}
    for have in moved.after.labels("circuit_breaker_transitions_total"):
        if have["service"] == "a":
            count = int(moved("circuit_breaker_transitions_total", **have))
            found[have["from"], have["to"]] = count
    return {change: count for change, count in found.items() if count}


def recovers(cell, lab, site, checks, options):
    """After open_for exactly half_open_probes calls pass at a time, all others
    are refused; the first success closes."""
    with Scene(cell, lab, site, BREAKER) as scene:
        before = settled(scene.node)
        watch = opened(scene, checks, site)
        lab.mock.always("ok", delay_ms=int(PROBE_TIME * 1000))
        checks.same("before open_for", scene.ask()[0].code, idle.OPEN)
        passed(OPEN_FOR - watch.seconds + 0.01)
        replies = together(12, lambda _: scene.ask()[0])
        closed = watch.seconds
        verdicts = sorted(one.code or "ok" for one in replies)
        checks.same("answers while probing", verdicts, sorted(
            ["ok"] * PROBES + [idle.OPEN] * (12 - PROBES)))
        checks.same("probes at the upstream", site.calls() - OPENS_AT, PROBES)
        checks.same("breaker after a good probe", scene.node.breaker("a"),
                    "closed")
        checks.took("recovery", closed, OPEN_FOR,
                    OPEN_FOR + PROBE_TIME + ANSWER)
        checks.same("transitions", transitions(scene, before), {
            ("closed", "open"): 1, ("open", "half_open"): 1,
            ("half_open", "closed"): 1})
        lab.mock.always("ok")
        return repeated(checks, scene, lambda: whole(
            checks, scene.ask()[0], "a"), options)


def stays_open(cell, lab, site, checks, options):
    """A probe that fails opens it again, for the whole time anew. (That the
    wait may grow is seen in tests/system/test_breaker_recovery.py.)"""
    with Scene(cell, lab, site, merged(BREAKER, {
            "breaker": {"half_open_probes": 1}})) as scene:
        before = settled(scene.node)
        watch = opened(scene, checks, site)
        for turn in range(1, 4):
            passed(OPEN_FOR - watch.seconds + 0.01)
            checks.same("a bad probe", scene.ask()[0].status, 502)
            watch = Stopwatch()
            for _ in range(3):
                reply, seconds = scene.ask()
                checks.same("after a bad probe", reply.code, idle.OPEN)
                checks.took("a refusal", seconds, 0, 0.005)
            checks.same("requests", site.calls(), OPENS_AT + turn)
        checks.same("transitions", transitions(scene, before), {
            ("closed", "open"): 1, ("open", "half_open"): 3,
            ("half_open", "open"): 3})
        return repeated(checks, scene, scene.ask, options)
