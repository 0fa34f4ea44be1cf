"""The fault table against one LLM dependency (reference/reliability.md
section 3, column L): fault in, status, code, breaker, latency out."""
import os
import socket

import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node
from harness.waiting import Stopwatch, eventually

TIMEOUT = 0.4  # seconds, the dependency's


@pytest.fixture(scope="module")
def upstream():
    with Mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    with Node(setups.config(a=setups.dependency(
            upstream, timeout=f"{int(TIMEOUT * 1000)}ms",
            idle_timeout="400ms", connect_timeout="300ms"))) as node:
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


def fault(name, plan, status, kind, within=TIMEOUT + 0.35):
    """`kind`: what exception_type may say."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return pytest.param(plan, status, kinds, within, id=name)


LATE = 504
BAD = 502
WHOLE = [
    fault("3 silence", {"do": "hang"}, LATE, "first_byte_timeout"),
    fault("4 half a head", {"do": "hang_headers"}, LATE,
          ("first_byte_timeout", "body_timeout")),
    fault("4 slow head", {"do": "drip_head", "every_ms": 20}, LATE,
          ("first_byte_timeout", "body_timeout")),
    fault("5 slow body", {"do": "drip_body", "every_ms": 20}, LATE,
          "body_timeout"),
    fault("7 FIN before the reply", {"do": "reset", "how": "fin"}, BAD,
          "eof"),
    fault("8 RST before the reply", {"do": "reset"}, BAD, ("reset", "eof")),
    fault("9 FIN in the head", {"do": "cut_bytes", "after": 20}, BAD,
          ("framing", "eof")),
    fault("9 RST in the body", {"do": "cut_bytes", "after": 200,
                                "how": "rst"}, BAD, ("framing", "reset")),
    fault("10 short of its length", {"do": "truncate"}, BAD,
          ("framing", "eof")),
    fault("10 short chunk", {"do": "truncate_chunked"}, BAD,
          ("framing", "eof")),
    fault("10 length too large", {"do": "wrong_length", "delta": 5}, LATE,
          "body_timeout"),
    fault("10 length too small", {"do": "wrong_length", "delta": -5}, BAD,
          ("decode", "framing")),
    fault("14 500", {"do": "status", "status": 500}, BAD, "server_error"),
    fault("15 502", {"do": "status", "status": 502}, BAD, "server_error"),
    fault("15 503", {"do": "status", "status": 503}, 503,
          ("server_error", "overloaded")),
    fault("15 504", {"do": "status", "status": 504}, LATE, "server_error"),
    fault("18 garbage", {"do": "garbage"}, BAD, "decode"),
    fault("18 HTML", {"do": "html"}, BAD, "decode"),
    fault("18 an array", {"do": "wrong_type"}, BAD, "decode"),
    fault("18 a number", {"do": "wrong_type", "body": 1}, BAD, "decode"),
    fault("18 another object", {"do": "wrong_type", "body": {"a": 1}}, BAD,
          "decode"),
    fault("18 no choices", {"do": "wrong_type", "body": {"choices": 3}}, BAD,
          "decode"),
    fault("18 nothing", {"do": "wrong_type", "body": ""}, BAD, "decode"),
    fault("18 two documents", {"do": "two_documents"}, BAD, "decode"),
    fault("19 head of 1 MB", {"do": "big_headers"}, BAD,
          ("too_large", "framing")),
    fault("22 endless 1xx", {"do": "flood_1xx", "count": None}, BAD,
          ("framing", "too_large")),
    fault("22 redirect", {"do": "redirect"}, BAD, "framing"),
    fault("22 HTTP/0.9", {"do": "http09"}, BAD, "framing"),
]
STREAM = [
    fault("3 silence", {"do": "hang"}, LATE, "first_byte_timeout"),
    fault("3 a head and silence", {"do": "gap", "after": 0}, LATE,
          ("first_byte_timeout", "idle_timeout")),
    fault("7 a head and FIN", {"do": "cut", "after": 0}, BAD,
          ("eof", "framing")),
    fault("8 a head and RST", {"do": "cut", "after": 0, "how": "rst"}, BAD,
          ("eof", "reset", "framing")),
    fault("18 garbage", {"do": "garbage"}, BAD, ("decode", "eof")),
    fault("18 HTML", {"do": "html"}, BAD, ("decode", "eof", "framing")),
    fault("18 empty stream", {"do": "empty_stream"}, BAD, ("eof", "decode")),
    fault("16 error event first", {"do": "error_event", "after": 0,
                                   "status": 500}, BAD, "server_error"),
]


def check(node, mock, plan, status, kinds, within, stream):
    mock.always(**plan)
    before = node.metrics()
    watch = Stopwatch()
    reply = node.chat(setups.chat(stream=stream))
    took = watch.seconds
    assert reply.status == status, f"{plan}: {reply}"
    assert reply.code.startswith("external.llm."), reply
    assert took < within, f"the answer took {took:.2f} s"
    after = node.metrics()
    name = "circuit_breaker_failures_total"
    moved = {have["exception_type"]: number - before.value(
        name, service="a", exception_type=have["exception_type"])
        for sample, have, number in after.samples
        if sample == name and have["service"] == "a"}
    moved = {kind: count for kind, count in moved.items() if count}
    assert len(moved) == 1 and set(moved) <= set(kinds), (
        f"{plan}: counted {moved}, expected one of {kinds}")
    assert sum(moved.values()) == 1, moved
    eventually(lambda: mock.stats()["concurrent"] == 0, 2,
               "the upstream socket being closed")
    mock.always("ok")
    good = node.chat(setups.chat(stream=stream))
    assert good.status == 200, f"after {plan}: {good}"


@pytest.mark.parametrize("plan, status, kinds, within", WHOLE)
def test_fault(node, mock, plan, status, kinds, within):
    """Reference reliability 3: a fault of the provider, whole replies."""
    check(node, mock, plan, status, kinds, within, stream=False)


@pytest.mark.parametrize("plan, status, kinds, within", STREAM)
def test_fault_before_the_first_token(
        node, mock, plan, status, kinds, within):
    """Reference reliability 3: a fault before a stream's first token."""
    check(node, mock, plan, status, kinds, within, stream=True)


def test_1_refused(node, mock):
    """Row 1: port closed: 503."""
    delta = node.delta()
    mock.drop()
    mock.refuse()
    watch = Stopwatch()
    reply = node.chat(setups.chat())
    mock.listen()
    assert reply.status == 503, reply
    assert reply.header("Retry-After") and watch.seconds < 0.5
    assert reply.code.startswith("external.llm.")
    assert delta("circuit_breaker_failures_total", service="a",
                 exception_type="connect") == 1
    assert node.chat(setups.chat()).status == 200


def test_2_black_hole(start):
    """Row 2: connecting takes longer than connect_timeout. A listener whose
    queue is full stands in for a dropped SYN."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
            fillers.append(filler)
        where = "http://127.0.0.1:%d/v1" % deaf.getsockname()[1]
        node = start({"dependency": {"a": {
            "kind": "openai", "url": where, "models": ["m"],
            "connect_timeout": "200ms", "retry": {"attempts": 1}}}})
        watch = Stopwatch()
        reply = node.chat(setups.chat(model="m"))
        took = watch.seconds
        for filler in fillers:
            filler.close()
    assert reply.status in (503, 504), reply
    assert 0.15 <= took < 0.6, took
    assert node.metrics().value(
        "circuit_breaker_failures_total", service="a",
        exception_type="connect_timeout") == 1


def test_21_a_name_that_does_not_resolve(start):
    """Row 21: NXDOMAIN: 503; off the I/O thread."""
    node = start({"dependency": {"a": {
        "kind": "openai", "url": "http://no-such-host.invalid/v1",
        "models": ["m"], "connect_timeout": "1s",
        "retry": {"attempts": 1}}}})
    reply = node.chat(setups.chat(model="m"))
    assert reply.status in (503, 504), reply
    assert reply.code.startswith("external.llm.")
    assert "invalid" not in reply.text, "the host's name leaks"
    metrics = node.metrics()
    assert metrics.value("circuit_breaker_failures_total", service="a") == 1


@pytest.mark.parametrize("plan", [{"do": "big_body", "bytes": 256 << 20},
                                  {"do": "endless"}],
                         ids=["256 MiB", "endless"])
def test_19_a_reply_without_measure(start, mock, plan):
    """Row 19: cut at the cap: 502; memory stays near it."""
    node = start(setups.config(a=setups.dependency(mock, timeout="20s")))
    node.chat(setups.chat())
    before = node.rss()
    mock.always(**plan)
    reply = node.chat(setups.chat(), within=30)
    assert reply.status == 502, reply
    assert node.rss() - before < 96 << 20, "the reply was kept whole"
    assert node.metrics().value("circuit_breaker_failures_total",
                                service="a", exception_type="too_large") == 1
    eventually(lambda: mock.stats()["concurrent"] == 0, 5)


def test_22_smuggled_second_reply(node, mock):
    """Row 22: what stands behind a reply is nobody's answer: the connection
    is never used again."""
    mock.always("extra_bytes", body={"smuggled": True})
    replies = [node.chat(setups.chat()) for _ in range(4)]
    for reply in replies:
        assert "smuggled" not in reply.text, reply
        assert reply.status in (200, 502), reply
    connections = [r["connection"] for r in mock.requests()]
    assert len(set(connections)) == len(connections), (
        "a connection with bytes left over was used again")


def test_22_some_interim_replies_are_fine(node, mock):
    """RFC 9110 15.2: a client must be able to parse 1xx before the reply."""
    mock.always("flood_1xx", count=10)
    assert node.chat(setups.chat()).status == 200


def test_22_a_redirect_is_not_followed(node, mock):
    """Row 22: redirects are not followed, least of all to hosts inside."""
    with Mock() as inside:
        mock.always("redirect", location=inside.origin + "/v1/models")
        assert node.chat(setups.chat()).status == 502
        assert inside.stats()["connections"]["opened"] == 0


@pytest.mark.parametrize("do", ["wrong_length", "cut_bytes", "http09",
                                "truncate_chunked", "extra_bytes"])
def test_a_connection_that_lied_is_not_reused(node, mock, do):
    """Row 22: a connection out of step is closed."""
    mock.script({"do": do, "after": 100})
    node.chat(setups.chat())
    first = mock.requests()[0]["connection"]
    assert node.chat(setups.chat()).status == 200
    assert mock.requests()[-1]["connection"] != first


def test_100_repeats_leave_nothing_behind(node, mock):
    """Reference reliability 3: no growth of descriptors after 100 repeats."""
    def descriptors():
        return len(os.listdir(f"/proc/{node.pid}/fd"))

    mock.always("reset")
    node.chat(setups.chat())
    before = descriptors()
    for do in ("reset", "garbage", "truncate", "http09"):
        mock.always(do)
        for _ in range(25):
            node.chat(setups.chat())
    eventually(lambda: descriptors() <= before + 3, 3,
               f"descriptors back at {before}")
