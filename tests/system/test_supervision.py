"""A protected dependency through the socket (SPEC section 4): breaker and
bulkhead. Each test: request, effect, /metrics, /telemetry. Rates, models and
recovery of breakers: test_breaker_*.py."""
import pytest

from harness import setups, wire
from harness.parallel import Background, together
from harness.supervised import FAIL, FULL, one, refused_open, statuses, two
from harness.waiting import Stopwatch, eventually

# --- breaker ----------------------------------------------------------------

@pytest.mark.parametrize("failures", [1, 3, 5])
def test_the_breaker_opens_on_exactly_n_failures(start, mock, failures):
    """SPEC 4: opens on exactly `failures` consecutive failures; an open
    breaker touches nothing upstream."""
    node = start(one(mock, breaker={"failures": failures, "open_for": "60s"}))
    delta = node.delta()
    mock.always(**FAIL)
    assert statuses(node, failures - 1) == [502] * (failures - 1)
    if failures > 1:
        assert node.breaker("a") == "closed", f"open before {failures}"
    assert statuses(node, 1) == [502]
    eventually(lambda: node.breaker("a") == "open", 1)
    for _ in range(3):
        refused_open(node.chat(setups.chat()))
    assert mock.calls == failures, "an open breaker touched the provider"
    assert node.metrics().breaker("a") == "open"
    assert delta("circuit_breaker_failures_total", service="a",
                 exception_type="server_error") == failures
    assert delta("circuit_breaker_transitions_total", service="a",
                 **{"from": "closed", "to": "open"}) == 1


def test_defaults_open_after_five(start, mock):
    """SPEC 4, defaults: LLM provider: 5 / 60 s."""
    config = one(mock)
    del config["dependency"]["a"]["breaker"]
    node = start(config)
    mock.always(**FAIL)
    assert statuses(node, 6) == [502] * 5 + [503]
    retry_after = int(node.chat(setups.chat()).header("Retry-After"))
    assert 50 <= retry_after <= 60, retry_after


def test_a_success_resets_the_count(start, mock):
    """SPEC 4: successes reset the count."""
    node = start(one(mock, breaker={"failures": 3}))
    mock.script(FAIL, FAIL, "ok", FAIL, FAIL, "ok")
    assert statuses(node, 6) == [502, 502, 200, 502, 502, 200]
    assert node.breaker("a") == "closed"
    assert node.metrics().value("circuit_breaker_success_total",
                                service="a") == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_4xx_is_no_failure(start, mock, status):
    """SPEC 4: not failures: 4xx other than 408 and 429."""
    node = start(one(mock, breaker={"failures": 2, "open_for": "60s"}))
    mock.always("status", status=status)
    statuses(node, 5)
    assert mock.calls == 5 and node.breaker("a") == "closed"
    mock.always("ok")
    assert statuses(node, 1) == [200]


def test_the_breaker_probes_once_and_closes(start, mock):
    """SPEC 4: after open_for exactly half_open_probes calls pass at a time:
    success closes."""
    node = start(one(mock, breaker={"failures": 2, "open_for": "300ms"}))
    mock.always(**FAIL)
    statuses(node, 2)
    refused_open(node.chat(setups.chat()))
    mock.always("ok", delay_ms=300)
    before = mock.calls
    probe = Background(lambda: eventually(
        lambda: (r := node.chat(setups.chat())).status == 200 and r, 5))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    assert node.breaker("a") == "half_open"
    for reply in together(5, lambda _: node.chat(setups.chat())):
        refused_open(reply)
    assert mock.calls == before + 1, "more than one probe at a time"
    assert probe.result().status == 200
    eventually(lambda: node.breaker("a") == "closed", 1)
    assert statuses(node, 3) == [200] * 3
    scrape = node.metrics()
    for change in (("closed", "open"), ("open", "half_open"),
                   ("half_open", "closed")):
        assert scrape.value("circuit_breaker_transitions_total", service="a",
                            **{"from": change[0], "to": change[1]}) == 1
    assert scrape.breaker("a") == "closed"


def test_concurrent_calls_meet_one_probe(start, mock):
    """SPEC 4: exactly half_open_probes: of many at once, one passes."""
    node = start(one(mock, breaker={"failures": 1, "open_for": "200ms"}))
    mock.always(**FAIL)
    opened = Stopwatch()
    statuses(node, 1)
    mock.always("ok", delay_ms=200)
    eventually(lambda: opened.seconds > 0.25, 1)
    replies = together(8, lambda _: node.chat(setups.chat()))
    assert sorted(r.status for r in replies) == [200] + [503] * 7
    assert mock.calls == 2


def test_a_failed_probe_opens_for_the_full_time_again(start, mock):
    """SPEC 4: failure opens with a new full wait."""
    node = start(one(mock, breaker={"failures": 1, "open_for": "300ms"}))
    mock.always(**FAIL)
    statuses(node, 1)
    eventually(lambda: node.chat(setups.chat()).status == 502, 3,
               "the probe")
    watch = Stopwatch()
    refused_open(node.chat(setups.chat()))
    assert mock.calls == 2
    eventually(lambda: node.chat(setups.chat()).status == 502, 3,
               "the next probe")
    assert watch.seconds > 0.2, "the second wait was shorter"
    assert mock.calls == 3


@pytest.mark.parametrize("mode, sees, status", [
    ("forced_open", 0, 503), ("disabled", 6, 502), ("metrics_only", 6, 502)])
def test_modes_by_hand(start, mock, mode, sees, status):
    """SPEC 3 and 4: POST /admin/breakers/{dependency} {"mode":…}."""
    node = start(one(mock, breaker={"failures": 2, "open_for": "60s"}))
    mock.always(**FAIL)
    node.set_breaker("a", mode)
    assert node.dependency("a")["breaker"]["mode"] == mode
    assert statuses(node, 6) == [status] * 6
    assert mock.calls == sees
    node.set_breaker("a", "auto")
    assert node.dependency("a")["breaker"]["mode"] == "auto"
    mock.always("ok")
    if mode != "metrics_only":  # there it had judged, and may be open now
        eventually(lambda: statuses(node, 1) == [200], 2)


def test_metrics_only_reports_as_if_it_judged(start, mock):
    """settings.hpp: pass everything, count and report as if it judged."""
    node = start(one(mock, breaker={"failures": 2, "open_for": "60s",
                                    "mode": "metrics_only"}))
    mock.always(**FAIL)
    delta = node.delta()
    assert statuses(node, 4) == [502] * 4
    assert delta("circuit_breaker_failures_total", service="a") == 4
    eventually(lambda: node.breaker("a") == "open", 2)
    assert delta("circuit_breaker_transitions_total", service="a",
                 **{"from": "closed", "to": "open"}) == 1


@pytest.mark.parametrize("target, body, status", [
    ("/admin/breakers/a", {"mode": "ajar"}, 400),
    ("/admin/breakers/a", {}, 400), ("/admin/breakers/a", b"{", 400),
    ("/admin/breakers/nobody", {"mode": "auto"}, 404)])
def test_a_wrong_mode_is_refused(start, mock, target, body, status):
    """SPEC 13: bad input gets a clear error."""
    node = start(one(mock))
    assert node.admin(target, body).status == status
    assert node.dependency("a")["breaker"]["mode"] == "auto"


def test_an_open_breaker_answers_at_once(start, mock):
    """SPEC 4: an open breaker answers in under 1 ms (here: with a client of
    Python in between, well under 20)."""
    node = start(one(mock))
    node.set_breaker("a", "forced_open")
    times = []
    with node.client() as client:
        for _ in range(50):
            watch = Stopwatch()
            client.ask("POST", "/v1/chat/completions", setups.chat())
            times.append(watch.seconds)
    assert sorted(times)[25] < 0.02, sorted(times)


# --- bulkhead ---------------------------------------------------------------

def test_never_more_than_concurrency(start, mock):
    """SPEC 4: never more than `concurrency` calls in flight, never more than
    `queue` waiting; beyond: 503 and Retry-After at once."""
    node = start(one(mock, bulkhead={"concurrency": 3, "queue": 2,
                                     "queue_timeout": "5s"}))
    delta = node.delta()
    mock.always("ok", delay_ms=400)
    timed = []

    def call(_):
        watch = Stopwatch()
        reply = node.chat(setups.chat())
        timed.append((reply, watch.seconds))
        return reply

    replies = together(12, call)
    good = [r for r in replies if r.status == 200]
    assert len(good) == 5, [r.status for r in replies]
    for reply, seconds in timed:
        if reply.status != 200:
            assert (reply.status, reply.code) == (503, FULL), reply
            assert int(reply.header("Retry-After")) >= 1
            assert seconds < 0.35, "a refusal that waits is no refusal"
    assert mock.stats()["peak"] == 3
    assert mock.calls == 5
    assert delta("bulkhead_rejections_total", service="a") == 7
    assert node.metrics().value("bulkhead_active_operations",
                                service="a") == 0


def test_the_bulkhead_shows_what_is_in_it(start, mock):
    """SPEC 10: bulkhead_active_operations, bulkhead_queue_depth;
    /telemetry: permits and queue."""
    node = start(one(mock, bulkhead={"concurrency": 2, "queue": 5,
                                     "queue_timeout": "5s"}))
    mock.always("ok", delay_ms=700)
    running = [Background(lambda: node.chat(setups.chat()))
               for _ in range(4)]
    eventually(lambda: node.metrics().value(
        "bulkhead_queue_depth", service="a") == 2, 2)
    assert node.metrics().value("bulkhead_active_operations",
                                service="a") == 2
    shown = node.dependency("a")["bulkhead"]
    assert (shown["active"], shown["limit"], shown["queue"]) == (2, 2, 2)
    assert [r.result().status for r in running] == [200] * 4


def test_waiting_has_its_own_bound(start, mock):
    """SPEC 4: … waiting no longer than `queue_timeout`."""
    node = start(one(mock, bulkhead={"concurrency": 1, "queue": 5,
                                     "queue_timeout": "200ms"}))
    mock.always("ok", delay_ms=1000)
    first = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    watch = Stopwatch()
    reply = node.chat(setups.chat())
    assert (reply.status, reply.code) == (503, FULL)
    assert 0.15 <= watch.seconds < 0.6
    assert first.result().status == 200 and mock.calls == 1


def test_a_queue_of_none_refuses_at_once(start, mock):
    """settings.hpp: queue 0 refuses at once."""
    node = start(one(mock, bulkhead={"concurrency": 1, "queue": 0}))
    mock.always("ok", delay_ms=400)
    first = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    assert node.chat(setups.chat()).code == FULL
    assert first.result().status == 200
    mock.always("ok")
    eventually(lambda: statuses(node, 1) == [200], 1)


def test_permits_come_back_from_every_ending(start, mock):
    """Law Q3: every permit is released once, whatever the ending."""
    node = start(one(mock, bulkhead={"concurrency": 1, "queue": 0},
                     timeout="150ms"))
    for plan in (FAIL, "reset", "hang", "garbage", "truncate",
                 {"do": "status", "status": 400}, "http09"):
        mock.script(plan)
        node.chat(setups.chat())
        reply = node.chat(setups.chat())
        assert reply.status == 200, f"after {plan}: {reply}"
    mock.always("hang")
    with node.client() as client:
        client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat()))
        eventually(lambda: mock.stats()["concurrent"] == 1)
    mock.always("ok")
    eventually(lambda: statuses(node, 1) == [200], 1)


def test_a_saturated_dependency_leaves_others_alone(start, mock, other):
    """SPEC 4: one saturated dependency leaves the latency of others
    unchanged."""
    node = start(two(mock, other, {"bulkhead": {"concurrency": 2,
                                                "queue": 50}}))
    mock.always("ok", delay_ms=800)
    running = [Background(lambda: node.chat(setups.chat(model="a/m")))
               for _ in range(12)]
    eventually(lambda: mock.stats()["concurrent"] == 2)
    watch = Stopwatch()
    for _ in range(10):
        assert node.chat(setups.chat(model="b/m")).status == 200
    assert watch.seconds < 0.6
    assert other.calls == 10
    mock.always("ok")
    for call in running:
        call.result()
