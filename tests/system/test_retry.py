"""Retries, Retry-After, the budget, free retries (SPEC section 4)."""
import pytest

from harness import setups
from harness.parallel import Background
from harness.supervised import FAIL, RETRY, one, statuses
from harness.waiting import Stopwatch, eventually


def test_a_transient_failure_is_retried(start, mock):
    """SPEC 4: `attempts` counts the first try."""
    node = start(one(mock, retry=RETRY))
    delta = node.delta()
    mock.script(FAIL, FAIL)
    reply = node.chat(setups.chat())
    assert reply.status == 200 and mock.calls == 3
    assert reply.header("X-Caisson-Attempts") == "3"
    assert delta("retry_attempt_counter", service="a",
                 exception_type="server_error") == 2
    assert delta("retry_success_after_retry_total") == 1
    assert delta("retry_exhausted_counter") == 0


def test_what_is_exhausted_reports_its_last_cause(start, mock):
    """SPEC 4: what is exhausted reports its last cause."""
    node = start(one(mock, retry=RETRY))
    delta = node.delta()
    mock.script(FAIL, FAIL, {"do": "status", "status": 503},
                default={"do": "ok"})
    reply = node.chat(setups.chat())
    assert reply.status == 503 and mock.calls == 3, reply
    assert reply.code == "external.llm.unavailable", reply
    assert reply.header("X-Caisson-Attempts") == "3"
    assert delta("retry_exhausted_counter") == 1


def test_each_attempt_counts_at_the_breaker(start, mock):
    """SPEC 4: the breaker counts attempts; a retry asks it again."""
    node = start(one(mock, retry={**RETRY, "attempts": 5},
                     breaker={"failures": 3, "open_for": "60s"}))
    mock.always(**FAIL)
    reply = node.chat(setups.chat())
    assert reply.status in (502, 503), reply
    assert mock.calls == 3, "attempts went past the open breaker"
    assert node.breaker("a") == "open"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_4xx_is_not_retried(start, mock, status):
    """SPEC 4: only classified-transient failures."""
    node = start(one(mock, retry=RETRY))
    mock.always("status", status=status)
    node.chat(setups.chat())
    assert mock.calls == 1


def gap(mock):
    """Seconds between the first two requests, as the mock saw them."""
    first, second = mock.requests()[:2]
    return second["arrived"] - first["ended"]


@pytest.mark.parametrize("status", [429, 503, 529])
def test_retry_after_is_obeyed(start, mock, status):
    """SPEC 4: Retry-After (seconds) is obeyed, up to the deadline."""
    node = start(one(mock, retry=RETRY))
    mock.script({"do": "status", "status": status,
                 "headers": {"Retry-After": "1"}})
    assert node.chat(setups.chat()).status == 200
    assert mock.calls == 2
    assert 0.98 <= gap(mock) < 2.2, gap(mock)
    assert node.breaker("a") == "closed"


def test_retry_after_may_be_a_date(start, mock):
    """SPEC 4: … or HTTP date, skew-safe against the reply's own Date."""
    node = start(one(mock, retry=RETRY))
    mock.script({"do": "status", "status": 429, "headers": {
        "Date": "Sun, 06 Nov 1994 08:49:36 GMT",
        "Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}})
    assert node.chat(setups.chat()).status == 200
    assert 0.98 <= gap(mock) < 2.2, gap(mock)


def test_retry_after_holds_back_everybody(start, mock):
    """SPEC 4: 429 and 529 with Retry-After hold back that dependency until
    the time given."""
    node = start(one(mock, retry=RETRY))
    mock.script({"do": "status", "status": 429,
                 "headers": {"Retry-After": "1"}})
    first = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: mock.calls == 1)
    eventually(lambda: mock.requests()[0]["ended"])
    second = node.chat(setups.chat())
    seen = mock.requests()
    assert all(r["arrived"] - seen[0]["ended"] > 0.9 for r in seen[1:]), (
        "a call was sent while the provider had asked to wait")
    assert first.result().status == 200
    assert second.status in (200, 503), second


def test_a_retry_after_past_the_deadline_is_not_waited_for(start, mock):
    """SPEC 4: … up to the deadline; the client learns when to come back."""
    node = start(one(mock, retry=RETRY))
    mock.always("status", status=429, headers={"Retry-After": "30"})
    watch = Stopwatch()
    reply = node.chat(setups.chat(), {"X-Request-Timeout-Ms": "2000"})
    assert watch.seconds < 1, "it waited in vain"
    assert (reply.status, reply.code) == (503, "external.llm.rate_limited")
    assert 25 <= int(reply.header("Retry-After")) <= 31
    assert mock.calls == 1


def test_the_retry_budget_stops_a_storm(start, mock):
    """SPEC 4: a retry budget (20 % of calls, never less than 3 a second)."""
    node = start(one(mock, retry=RETRY))
    delta = node.delta()
    mock.always(**FAIL)
    watch = Stopwatch()
    with node.client() as client:
        for _ in range(100):
            client.ask("POST", "/v1/chat/completions", setups.chat())
    bound = 100 + 0.2 * 100 + 3 * (watch.seconds + 1) + 3
    assert mock.calls <= bound, f"{mock.calls} calls for 100, {bound} allowed"
    assert mock.calls > 102, "there is a budget, not none"
    assert delta("retry_budget_exhausted_total", service="a") > 0


@pytest.mark.parametrize("how", ["rst", "fin"])
def test_a_stale_connection_is_a_free_retry(start, mock, how):
    """Reference reliability 3, row 8: stale keep-alive: one free retry, not
    counted in attempts, no failure of the breaker."""
    # One I/O thread: idle connections belong to the thread that used them.
    node = start({**one(mock, breaker={"failures": 1}),
                  "node": {"io_threads": 1}})
    delta = node.delta()
    mock.script({"do": "stale", "how": how})
    assert statuses(node, 2) == [200, 200]
    assert mock.stats()["stale"] == 1, "the connection was not reused"
    assert mock.calls == 2 and node.breaker("a") == "closed"
    assert delta("retry_attempt_counter", service="a") == 0


def test_a_closed_idle_connection_is_not_used(start, mock):
    """Connection pools notice a FIN while idle."""
    node = start(one(mock, breaker={"failures": 1}))
    for close in ("silent", True, "silent"):
        mock.script({"do": "ok", "close": close})
        assert statuses(node, 1) == [200]
    mock.drop()
    assert statuses(node, 2) == [200, 200]


def test_connections_are_reused(start, mock):
    """Issue 2, 4: connection pools with reuse."""
    node = start({**one(mock), "node": {"io_threads": 1}})
    opened = mock.stats()["connections"]["opened"]
    assert statuses(node, 10) == [200] * 10
    assert mock.stats()["connections"]["opened"] - opened <= 2
