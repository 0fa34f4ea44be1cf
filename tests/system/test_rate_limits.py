"""SPEC 5 through the socket: request N passes, N + 1 does not, in every mode,
with the headers, the body and the metrics that say so."""
import glob
import time

import pytest

from harness import setups
from harness.limited import (MODELS, SECRET, admitted, bearer, key, limits,
                             rate)
from harness.node import sanitized
from harness.parallel import together
from harness.toml import merged
from harness.waiting import Stopwatch, eventually
from test_killer import Killer

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
CHAT = "/v1/chat/completions"


def test_request_n_passes_and_the_next_is_refused(start):
    node = start(limits(3))
    before = time.time()
    for left in (2, 1, 0):
        reply = node.ask("GET", MODELS)
        assert (reply.status, *rate(reply)) == (200, 3, left)
        reset = int(reply.header("X-RateLimit-Reset"))
        assert before + 59 <= reset <= time.time() + 61
    reply = node.ask("GET", MODELS)
    assert (reply.status, *rate(reply)) == (429, 3, 0)
    wait = int(reply.header("Retry-After"))
    assert 1 <= wait <= 60
    error = reply.json()["error"]
    assert error["code"] == "rate_limit.exceeded"
    assert error["retry"] == "conditional"
    assert error["retry_after"] == wait
    assert error["metadata"] == {"tier": "anonymous", "limit": 3,
                                 "retry_after": wait}
    assert error["trace_id"]


def test_what_is_refused_never_reaches_a_provider(start, mock):
    node = start(merged(limits(2), setups.config(
        a=setups.dependency(mock))))
    statuses = [node.chat(setups.chat()).status for _ in range(5)]
    assert statuses == [200, 200, 429, 429, 429]
    assert mock.calls == 2


def test_the_defaults_are_those_of_the_contract(start):
    """Anonymous: 10 requests a minute, and 5 of them answers of a model."""
    node = start({"limits": {"mode": "enforce"}})
    statuses = [node.chat(setups.chat(model="simulated")).status
                for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    reply = node.chat(setups.chat(model="simulated"))
    assert rate(reply) == (5, 0)
    # What was refused has cost nothing: five of ten are left.
    assert admitted(node, 7) == 5


def test_anthropics_clients_are_told_in_their_envelope(start):
    node = start(limits(0, limits={
        "tiers": {"anonymous": {"minute": 60}},
        "endpoints": {"llm": 1}}))
    body = {"model": "simulated", "max_tokens": 5,
            "messages": [{"role": "user", "content": "hi"}]}
    assert node.ask("POST", "/v1/messages", body).status == 200
    reply = node.ask("POST", "/v1/messages", body)
    assert reply.status == 429 and int(reply.header("Retry-After")) >= 1
    document = reply.json()
    assert document["type"] == "error"
    assert document["error"]["type"] == "rate_limit_error"
    assert document["error"]["code"] == "rate_limit.exceeded"
    assert document["error"]["metadata"]["tier"] == "anonymous"


def test_errors_of_a_route_tell_the_limit_too(start):
    node = start(limits(3))
    reply = node.ask("GET", MODELS + "/none")
    assert (reply.status, *rate(reply)) == (404, 3, 2)
    reply = node.chat("{")
    assert (reply.status, *rate(reply)) == (400, 3, 1)


def test_what_is_refused_early_tells_the_limit_and_takes_nothing(start):
    """SPEC 5: every response has the fields; what reaches no route is not
    counted."""
    node = start(limits(3))
    assert admitted(node, 1) == 1
    for method, path, body, headers, status in (
            ("GET", "/v1/nothing", None, {}, 404),
            ("GET", "/nothing", None, {}, 404),
            ("DELETE", MODELS, None, {}, 405),
            ("GET", "/v1/chat/completions", None, {}, 405),
            ("POST", "/v1/chat/completions", b"x",
             {"Content-Type": "text/plain"}, 415),
            ("GET", MODELS, None, {"X-Request-Timeout-Ms": "soon"}, 400)):
        reply = node.ask(method, path, body, headers)
        assert (reply.status, *rate(reply)) == (status, 3, 2), (method, path)
        assert reply.header("X-RateLimit-Reset") is not None
    assert admitted(node, 3) == 2
    reply = node.ask("GET", "/v1/nothing")
    assert (reply.status, *rate(reply)) == (404, 3, 0)
    reply = node.ask("DELETE", "/health/live")
    assert (reply.status, *rate(reply)) == (405, None, None)


def test_streams_tell_the_limit_too(start):
    node = start(limits(3))
    reply = node.chat(setups.chat(model="simulated", stream=True))
    assert (reply.status, *rate(reply)) == (200, 3, 2)


def test_probes_and_the_telemetry_listener_are_not_limited(start):
    node = start(limits(1))
    assert admitted(node, 2) == 1
    for probe in ("live", "ready", "startup"):
        reply = node.ask("GET", f"/health/{probe}")
        assert (reply.status, *rate(reply)) == (200, None, None)
    for _ in range(3):
        assert node.look("/metrics").status == 200


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.skipif(sanitized(),
                    reason="libfaketime and the sanitizer do not agree")
def test_a_client_that_waits_as_told_is_admitted(start):
    """The node's clock runs twelve times as fast: a minute is five seconds."""
    node = start(limits(2), env={"LD_PRELOAD": FAKETIME,
                                 "FAKETIME": "+0 x12"})
    assert admitted(node, 2) == 2
    refused = node.ask("GET", MODELS)
    assert refused.status == 429
    told = int(refused.header("Retry-After"))
    watch = Stopwatch()
    eventually(lambda: watch.seconds * 12 >= told, 10)
    assert node.ask("GET", MODELS).status == 200


def test_ten_thousand_at_once_on_one_key_admit_exactly_n(start):
    node = start(merged(limits(), {
        "node": {"io_threads": 2},
        "limits": {"keys": {"alice": key(tier="standard")}}}))
    crowd, each = 25, 400
    admitted_of = together(crowd,
                           lambda _: admitted(node, each, bearer()))
    assert sum(admitted_of) == 300, admitted_of
    # An answer is counted when it is written: its client may be faster.
    eventually(lambda: node.metrics().value(
        "http_requests_total", route=MODELS, status="429") == 9_700)
    delta = node.metrics()
    assert delta.value("rate_limit_exceeded_total", tier="standard",
                       endpoint="read", limit_type="minute") == 9_700
    assert delta.value("rate_limit_remaining", tier="standard",
                       endpoint="read") == 0
    assert delta.value("rate_limiter_latency_seconds_count",
                       store="memory") == 10_000
    assert delta.value("rate_limiter_clients") == 1


def test_modes_change_while_it_runs(start):
    node = start(limits(1))
    assert admitted(node, 3) == 1
    reply = node.admin("/admin/limits", {"mode": "log_only"})
    assert (reply.status, reply.json()) == (200, {"mode": "log_only"})
    delta = node.delta()
    assert admitted(node, 3) == 3
    assert delta("rate_limit_exceeded_total", tier="anonymous",
                 endpoint="read", limit_type="minute") == 3
    assert rate(node.ask("GET", MODELS)) == (1, 0)
    assert node.telemetry()["limits"]["mode"] == "log_only"
    assert node.admin("/admin/limits", {"mode": "disabled"}).status == 200
    delta = node.delta()
    assert admitted(node, 3) == 3
    assert rate(node.ask("GET", MODELS)) == (None, None)
    assert delta("rate_limit_exceeded_total") == 0
    assert node.admin("/admin/limits", {"mode": "enforce"}).status == 200
    assert admitted(node, 3) == 0


@pytest.mark.parametrize("body", [{}, {"mode": "off"}, {"mode": 3}, [], "x"])
def test_a_mode_that_is_none_is_refused(start, body):
    node = start(limits(1))
    reply = node.admin("/admin/limits", body)
    assert reply.status == 400 and reply.json()["error"]["param"] == "mode"
    assert node.telemetry()["limits"]["mode"] == "enforce"


def test_a_reload_changes_limits_and_forgets_nothing(start):
    node = start(limits(2))
    assert admitted(node, 3) == 2
    node.rewrite({"limits": {"tiers": {"anonymous": {"minute": 5}}}})
    assert node.admin("/admin/reload").status == 200
    assert admitted(node, 5) == 3
    node.rewrite({"limits": {"mode": "disabled"}})
    assert node.admin("/admin/reload").status == 200
    assert admitted(node, 5) == 5


def test_a_mode_that_was_set_by_hand_outlives_a_reload_of_something_else(start):
    node = start(limits(1))
    node.admin("/admin/limits", {"mode": "disabled"})
    node.rewrite({"http": {"request_timeout": "50s"}})
    assert node.admin("/admin/reload").status == 200
    assert admitted(node, 3) == 3


def test_clients_that_are_remembered_are_bounded(start):
    node = start(limits(1, http={"trusted_proxies": ["127.0.0.1"]},
                        limits={"max_clients": 50},
                        node={"io_threads": 1}))
    for i in range(300):
        forwarded = {"X-Forwarded-For": f"10.1.{i // 250}.{i % 250}"}
        assert node.ask("GET", MODELS, headers=forwarded).status == 200
    assert node.metrics().value("rate_limiter_clients") == 50
    assert node.telemetry()["limits"]["clients"] == 50


def test_a_limiter_that_dies_gives_nobody_a_quota_anew(start):
    """What was lost with it is asked again: nobody gets an error for it."""
    killer = Killer(start, merged(limits(20), {"node": {"io_threads": 1}}))
    assert admitted(killer.node, 5) == 5
    killer.kill("limiter 0")
    assert admitted(killer.node, 25) == 15
    assert killer.restarts("limiter-0") == 1


def test_secrets_stay_out_of_sight(start):
    node = start(merged(limits(), {"limits": {"keys": {"alice": key()}}}))
    assert node.ask("GET", MODELS, headers=bearer()).status == 200
    shown = (node.metrics().text + node.look("/telemetry").text
             + node.stderr)
    assert SECRET not in shown and key()["sha256"] not in shown
