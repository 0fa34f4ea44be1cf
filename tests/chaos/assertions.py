"""What a cell asserts. Problems are collected, not thrown: a cell that fails
says all that is wrong with it. Those that are only about time are marked, since
they may be taken again on a busy machine."""
import json
import math
import re
import statistics

from expectation import TIMED
from harness.node import sanitized
from harness.waiting import eventually

ENVELOPE = ("code", "type", "message", "param", "trace_id", "retry",
            "retry_after", "metadata")
SECRETS = ("CANARY", "db7.internal", "SELECT", "/etc/secret", "127.0.0.",
           "localhost", ".test", "caf::", "std::", "boost", "openssl",
           "smuggled")


ROUTE = "/v1/chat/completions"


class Checks:
    def __init__(self, slack, strain=0.0):
        # Seconds beyond each bound that the scheduler of a machine may take;
        # and beyond each median: none, where all that wants to run can.
        self.slack = slack
        self.strain = strain
        self.wrong = []
        self.late = []

    @property
    def problems(self):
        return self.wrong + self.late

    def fail(self, what):
        self.wrong.append(" ".join(what.split()))

    def true(self, what, condition):
        if not condition:
            self.fail(what)
        return bool(condition)

    def same(self, what, got, want):
        return self.true(f"{what}: {got!r} instead of {want!r}", got == want)

    def among(self, what, got, allowed):
        return self.true(f"{what}: {got!r}, allowed {allowed!r}",
                         got in allowed)

    def between(self, what, got, low, high):
        return self.true(f"{what}: {got}, expected {low} to {high}",
                         low <= got <= high)

    def took(self, what, seconds, low, high):
        """Sweeps come every 20 ms; nothing may end before its limit."""
        if not low - 0.005 <= seconds <= high + self.slack:
            self.late.append(f"{what} took {seconds * 1000:.0f} ms, expected "
                             f"{low * 1000:.0f} to {high * 1000:.0f} "
                             f"(+{self.slack * 1000:.0f})")

    def half_within(self, what, times, high):
        """Half of them took no longer: one that is late does not move the
        median, so only a machine with more to run than it can gets more."""
        found = statistics.median(times)
        allowed = high + self.strain
        if found > allowed:
            self.late.append(f"{what} took {found * 1000:.0f} ms at the "
                             f"median, allowed {allowed * 1000:.0f}")

    def soon(self, what, predicate, within=3.0):
        """Comes true without anybody's doing."""
        try:
            eventually(predicate, within, what)
        except AssertionError as error:
            self.fail(str(error))


# --- one answer --------------------------------------------------------------

def envelope(checks, error, status, header):
    """SPEC 7: the whole form, Retry-After on each 503, nothing internal."""
    missing = [name for name in ENVELOPE if name not in error]
    checks.same("missing in the error", missing, [])
    text = json.dumps(error)
    for word in SECRETS:
        checks.true(f"{word!r} leaks: {text[:300]}", word not in text)
    checks.true(f"trace_id {error.get('trace_id')!r}", re.fullmatch(
        r"[0-9a-f]{32}", error.get("trace_id") or ""))
    if status == 503:
        checks.true(f"Retry-After {header!r} on a 503",
                    header and header.isdigit() and int(header) >= 1)
        checks.same("retry_after in the body", str(error.get("retry_after")),
                    header)
    return error.get("code")


def answer(checks, expect, reply, tries=None):
    """The reply to one call with the fault. `tries` is what X-Caisson-Attempts
    must say; None: anything."""
    if not checks.same("status", reply.status, expect.status):
        checks.fail(f"the answer was {reply!r}"[:300])
        return
    if expect.mid_stream:
        broken_stream(checks, expect, reply)
    elif expect.status == 200:
        whole(checks, reply)
    else:
        error = reply.json()["error"]
        code = envelope(checks, error, reply.status,
                        reply.header("Retry-After"))
        checks.same("code", code, expect.code)
    if tries is not None:
        checks.same("X-Caisson-Attempts", reply.header("X-Caisson-Attempts"),
                    str(tries))


def whole(checks, reply, provider=None):
    """A good answer, of either form."""
    if not checks.same("status", reply.status, 200):
        checks.fail(f"the answer was {reply!r}"[:300])
        return
    if "event-stream" in reply.header("Content-Type", ""):
        well_formed(checks, reply.events())
    else:
        checks.true("a text in the answer",
                    reply.json()["choices"][0]["message"]["content"])
    if provider:
        checks.same("X-Caisson-Provider",
                    reply.header("X-Caisson-Provider"), provider)


def broken_stream(checks, expect, reply):
    """What had come is delivered, then an error event, and no [DONE]."""
    events = [data for _, data in reply.events()]
    checks.true("[DONE] on a stream that broke", "[DONE]" not in events)
    checks.true("what had come is delivered", text_of(events[:-1]))
    last = json.loads(events[-1]) if events else {}
    if checks.true(f"no error event at the end: {events[-1:]}",
                   "error" in last):
        code = envelope(checks, last["error"], 200, None)
        checks.same("code of the event", code, expect.code)


def text_of(events):
    said = []
    for data in events:
        if data != "[DONE]":
            for choice in json.loads(data).get("choices", []):
                said.append(choice["delta"].get("content") or "")
    return "".join(said)


def well_formed(checks, events):
    """One stream as OpenAI would send it: one id, one role, one finish, one
    [DONE] at the end; returns its text."""
    datas = [data for _, data in events]
    checks.same("the last event", datas[-1:], ["[DONE]"])
    checks.same("how many [DONE]", datas.count("[DONE]"), 1)
    chunks = [json.loads(data) for data in datas if data != "[DONE]"]
    checks.true("an error in a good stream",
                not any("error" in chunk for chunk in chunks))
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    checks.same("ids", len({chunk["id"] for chunk in chunks}), 1)
    checks.same("roles", sum("role" in c["delta"] for c in choices), 1)
    checks.same("finish_reason", [c["finish_reason"] for c in choices
                                  if c.get("finish_reason")], ["stop"])
    return text_of(datas)


# --- what moved --------------------------------------------------------------

def settled(node):
    """A scrape that holds all that was answered: a count may follow the answer
    by a moment."""
    last = None

    def still():
        nonlocal last
        last, now = node.metrics(), last
        return now and all(last.value(name) == now.value(name) for name in (
            "llm_requests_total", "circuit_breaker_failures_total",
            "errors_total")) and (
                last.value("http_requests_total", route=ROUTE)
                == now.value("http_requests_total", route=ROUTE))

    eventually(still, 5, "counters at rest")
    return last


class Moved:
    """Metrics of one dependency between two scrapes."""

    def __init__(self, before, after, service):
        self.before = before
        self.after = after
        self.service = service

    def __call__(self, name, **labels):
        return (self.after.value(name, **labels)
                - self.before.value(name, **labels))

    def by(self, name, label):
        """{value of the label: how much it moved}, without those that did
        not."""
        values = {have[label] for have in self.after.labels(name)
                  if have.get("service") == self.service}
        moved = {value: self(name, service=self.service, **{label: value})
                 for value in values}
        return {value: int(much) for value, much in moved.items() if much}


def metrics(checks, expect, moved, calls, tries):
    """What `calls` calls with `tries` attempts in all leave behind."""
    service = moved.service
    failures = moved.by("circuit_breaker_failures_total", "exception_type")
    checks.true(f"exception_type {failures}, allowed {expect.kinds}",
                set(failures) <= set(expect.kinds))
    checks.same("circuit_breaker_failures_total", sum(failures.values()),
                tries if expect.counted else 0)
    checks.same("retry_attempt_counter",
                moved("retry_attempt_counter", service=service), tries - calls)
    checks.same(f"errors_total of {expect.code}",
                moved("errors_total", code=expect.code), calls)
    checks.same("llm_requests_total with status error", moved(
        "llm_requests_total", provider=service, status="error"), tries)
    checks.same("http_requests_total", moved(
        "http_requests_total", status=str(expect.status),
        route=ROUTE), calls)
    timed = {TIMED[kind] for kind in failures if kind in TIMED}
    checks.same("timeout_violations_total by operation",
                set(moved.by("timeout_violations_total", "operation")), timed)
    checks.same("cancellations", moved("dependency_cancellations_total",
                                       service=service), 0)


def at_rest(checks, node, site):
    """Nothing of what happened is still going on."""
    checks.soon("no call in flight", lambda: node.metrics().value(
        "bulkhead_active_operations") == 0)
    checks.soon("no call waiting", lambda: node.metrics().value(
        "bulkhead_queue_depth") == 0)
    checks.soon("upstream sockets closed", lambda: site.busy() == 0)
    harm = site.harm()
    checks.true(str(harm), not harm)


FILES_ALLOWED = 2
KIB_ALLOWED = 2048
WINDOWS = 3


def nothing_grows(checks, node, site, repeat, what, kib=KIB_ALLOWED):
    """Descriptors and memory before and after `repeat()`; returns figures.
    What grows is repeated: a leak grows each time, an allocator's arena once.
    A sanitizer keeps what is freed, to catch its use: its memory is not judged.
    """
    windows = []
    if sanitized():
        kib = math.inf
    for _ in range(WINDOWS):
        site.drop()
        files, own = at_rest_files(node), node.anonymous()
        repeat()
        at_rest(checks, node, site)
        site.drop()
        checks.soon(f"at most {files + FILES_ALLOWED} descriptors after "
                    f"{what}", lambda: node.descriptors()
                    <= files + FILES_ALLOWED)
        grown = {"files": node.descriptors() - files,
                 "kib": node.anonymous() - own >> 10}
        windows.append(grown["kib"])
        if checks.problems or grown["kib"] <= kib:
            return grown
    checks.fail(f"memory grew by {windows} KiB, each time after {what}")
    return grown


def at_rest_files(node):
    """The number of descriptors when it has stopped falling."""
    last = None

    def still():
        nonlocal last
        last, now = node.descriptors(), last
        return last == now

    eventually(still, 2, "descriptors at rest")
    return last
