"""SPEC 4, beyond the table: clients that leave, and an upstream that always
fails under load."""
import queue
import select
import statistics
import time

import idle
from assertions import Moved, nothing_grows, settled
from harness import setups, wire
from harness.node import Node
from harness.waiting import eventually
from listeners import Listener
from mock import vendors
from mock.wire import parse_head

FULL = "resilience.bulkhead_rejected"
GONE_WITHIN = 0.05
CONNECTIONS = 64
STORM = 32          # requests a connection


class Patient(Listener):
    """An upstream that takes requests, says a word where a stream is asked
    for, and then only notes when the connection ends. In the test's process:
    one clock."""

    def __init__(self):
        self.began = queue.SimpleQueue()
        self.ended = queue.SimpleQueue()
        self._got = {}
        super().__init__()

    def meet(self, peer):
        peer.setblocking(False)
        self._got[peer] = b""
        self.watch(peer, self._read)

    def _read(self, peer):
        try:
            data = peer.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended.put(time.monotonic())
            del self._got[peer]
            self.leave(peer)
            return
        self._got[peer] += data
        head, mark, body = self._got[peer].partition(b"\r\n\r\n")
        if mark:
            request = parse_head(head)
            if len(body) == int(request.header("content-length")):
                request.body = body
                self._begin(peer, request)

    def _begin(self, peer, request):
        self.began.put(time.monotonic())
        vendor = vendors.of(request)
        if vendor.streams(request):
            reply = vendor.good(request, {"chunks": ["one "] * 8})
            peer.sendall(reply.head() + b"".join(reply.pieces()[:6]))


def client_leaves(cell, lab, site, checks, options):
    """Its permit is free and the upstream's socket is closed within 50 ms; that
    is counted apart, as neither success nor failure."""
    streamed = cell.form == "stream"
    body = setups.chat(model="a/m", stream=streamed)
    closed, freed = [], []
    with Patient() as upstream:
        site.origin = f"http://127.0.0.1:{upstream.port}"
        with Node({"dependency": {"a": idle.dependency(
                cell.fault, cell.dialect, site,
                breaker={"mode": "auto", "failures": 1},
                bulkhead={"concurrency": 1, "queue": 0})}}) as node:
            def repeat(count=options.repeats):
                left = None
                for _ in range(count):
                    client = admitted(node, body, upstream)
                    if left is not None:
                        freed.append(time.monotonic() - left)
                    if streamed:
                        while b"one " not in client.buffer:
                            assert client.more(), "no first token"
                    left = time.monotonic()
                    getattr(client, cell.fault.given["how"])()
                    try:
                        closed.append(upstream.ended.get(timeout=5) - left)
                    except queue.Empty:
                        raise AssertionError(
                            "the upstream's socket stays open") from None

            before = settled(node)
            repeat(2)
            grown = nothing_grows(checks, node, site, repeat,
                                  f"{options.repeats} clients that left")
            said(checks, Moved(before, settled(node), "a"), len(closed))
            checks.same("breaker", node.breaker("a"), "closed")
    checks.half_within("until the upstream's socket closed", closed,
                       GONE_WITHIN)
    checks.half_within("until the permit was free", freed, GONE_WITHIN)
    return {"closed_ms": spread(closed), "freed_ms": spread(freed),
            **grown}


def admitted(node, body, upstream):
    """A client whose request is at the upstream. Who finds the permit taken
    asks again at once: the time until it is free is what is measured."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        client = node.client()
        client.send(wire.request_bytes("POST", "/v1/chat/completions", body))
        while not select.select([client.sock], [], [], 0)[0]:
            try:
                upstream.began.get(timeout=0.001)
                return client
            except queue.Empty:
                assert time.monotonic() < deadline, "no request came"
        if not upstream.began.empty():
            upstream.began.get()  # its stream was quicker than this loop
            return client
        reply = client.read()
        assert reply.code == FULL, reply
        client.close()
    raise AssertionError("the permit never came back")


def leaves_the_queue(cell, lab, site, checks, options):
    """Who leaves while it waits for a permit gives its place in the queue to
    the next, without a word to the upstream."""
    body = setups.chat(model="a/m", stream=cell.form == "stream")
    request = wire.request_bytes("POST", "/v1/chat/completions", body)
    freed = []
    with Patient() as upstream:
        site.origin = f"http://127.0.0.1:{upstream.port}"
        with Node({"dependency": {"a": idle.dependency(
                cell.fault, cell.dialect, site,
                bulkhead={"concurrency": 1, "queue": 1,
                          "queue_timeout": "60s"})}}) as node, \
                admitted(node, body, upstream):
            def waiting(count):
                return node.metrics().value("bulkhead_queue_depth",
                                            service="a") == count

            before = settled(node)
            for _ in range(min(20, options.repeats)):
                client = node.client()
                client.send(request)
                eventually(lambda: waiting(1), 5, "a call in the queue")
                left = time.monotonic()
                getattr(client, cell.fault.given["how"])()
                eventually(lambda: waiting(0), 5, "an empty queue")
                freed.append(time.monotonic() - left)
            moved = Moved(before, settled(node), "a")
            checks.same("bulkhead_rejections_total",
                        moved("bulkhead_rejections_total"), 0)
            checks.true("one of them got to the upstream",
                        upstream.began.empty())
            checks.same("calls in flight", node.metrics().value(
                "bulkhead_active_operations", service="a"), 1)
    # What reading the metrics takes stands in it: a client sees it so.
    checks.half_within("until the place in the queue was free", freed,
                       GONE_WITHIN)
    return {"queue_ms": spread(freed)}


def said(checks, moved, count):
    checks.same("cancellations", moved("dependency_cancellations_total",
                                       service="a"), count)
    for name in ("circuit_breaker_failures_total",
                 "circuit_breaker_success_total"):
        checks.same(name, moved(name), 0)
    # Who came back before the permit did (see `admitted`) was refused.
    checks.same("errors_total", moved("errors_total") - moved(
        "errors_total", code=FULL), 0)


def spread(times):
    ordered = sorted(time * 1000 for time in times)
    at = min(len(ordered) - 1, int(len(ordered) * 0.99))
    return [round(one, 1) for one in (
        statistics.median(ordered), ordered[at], ordered[-1])]


def amplification(cell, lab, site, checks, options):
    """SPEC 4: a retry budget of 20 % stops storms: the upstream sees at most
    1.2 calls a request, and what the floor of 3 a second allows."""
    with Node({"dependency": {"a": idle.dependency(
            cell.fault, cell.dialect, site,
            retry={"attempts": 3, "budget": 0.2})}}) as node:
        before, begun = settled(node), time.monotonic()
        samples = lab.clients().run(
            address=node.http, connections=CONNECTIONS, count=STORM,
            within=20, bodies=[setups.chat(model="a/m")])
        seconds = time.monotonic() - begun
        moved = Moved(before, settled(node), "a")
        total = len(samples)
        checks.same("answers", (total, {one.status for one in samples}),
                    (CONNECTIONS * STORM, {502}))
        retries = site.calls() - total
        checks.between("retries", retries, 1, 0.2 * total
                       + 3 * (seconds + 1))
        checks.true("nothing says that the budget is used up", moved(
            "retry_budget_exhausted_total", service="a") > 0)
        checks.same("retry_attempt_counter", moved(
            "retry_attempt_counter", service="a"), retries)
        return {"calls_a_request": round(site.calls() / total, 3)}
