"""What opens a breaker besides failures in a row (SPEC section 4): shares of
failed and of slow calls, over a number of calls or over a time. test_supervision.py has the rest of the machine."""
from harness import setups, wire
from harness.supervised import FAIL, one, refused_open, statuses
from harness.waiting import Stopwatch, eventually

NEVER = 1000  # failures in a row


def judged(mock, **breaker):
    """One thread: then all calls are judged in their order."""
    return {"node": {"io_threads": 1},
            **one(mock, breaker={"failures": NEVER, "open_for": "60s",
                                 **breaker})}


def opens(node, mock):
    """It has opened, says so everywhere and touches nothing upstream."""
    eventually(lambda: node.breaker("a") == "open", 2, "the breaker opening")
    calls = mock.calls
    refused_open(node.chat(setups.chat()))
    assert mock.calls == calls
    scrape = node.metrics()
    assert scrape.breaker("a") == "open"
    assert scrape.value("circuit_breaker_transitions_total", service="a",
                        **{"from": "closed", "to": "open"}) == 1
    assert scrape.value("circuit_breaker_rejections_total", service="a") == 1


def stays_closed(node):
    """So far. The last call was a failure: it is judged when it is answered,
    and so is all that came before it."""
    assert node.breaker("a") == "closed"
    assert node.metrics().breaker("a") == "closed"


def stays_closed_to(node, mock):
    """The same where the last call was none: with one more."""
    mock.script(FAIL)
    assert statuses(node, 1) == [502]
    stays_closed(node)


def streams(node, count):
    for _ in range(count):
        assert node.chat(setups.chat(stream=True)).status == 200


# --- failures ---------------------------------------------------------------

def test_more_than_its_share_of_failures_opens_it(start, mock):
    """When of the last `window` outcomes more than `failure_rate` failed."""
    node = start(judged(mock, failure_rate=0.5, window=10))
    mock.script(*([FAIL, "ok"] * 4), FAIL, FAIL)
    statuses(node, 9)
    stays_closed(node)
    statuses(node, 1)
    opens(node, mock)


def test_just_its_share_of_failures_does_not(start, mock):
    """More than, not as much as."""
    node = start(judged(mock, failure_rate=0.5, window=4))
    mock.script(*(["ok", FAIL] * 6))
    statuses(node, 12)
    stays_closed(node)


def test_failures_that_have_left_the_window_do_not_count(start, mock):
    node = start(judged(mock, failure_rate=0.5, window=4))
    mock.script(FAIL, FAIL, "ok", "ok", "ok", FAIL, FAIL)
    statuses(node, 7)
    stays_closed(node)
    mock.script(FAIL)
    statuses(node, 1)
    opens(node, mock)


def test_over_a_time_it_judges_as_soon_as_there_are_min_calls(start, mock):
    """config/caisson.toml: window_time, as soon as there are min_calls."""
    node = start(judged(mock, failure_rate=0.5, window_time="60s",
                        min_calls=6))
    mock.script("ok", default=FAIL)
    statuses(node, 5)
    stays_closed(node)
    statuses(node, 1)
    opens(node, mock)


def test_over_a_time_the_number_of_calls_does_not_matter(start, mock):
    """`window` is not used: 200 good calls are not forgotten."""
    node = start(judged(mock, failure_rate=0.5, window_time="60s",
                        min_calls=2, window=4))
    statuses(node, 200)
    mock.always(**FAIL)
    statuses(node, 12)
    stays_closed(node)


def test_over_a_time_old_failures_are_forgotten(start, mock):
    node = start(judged(mock, failure_rate=0.5, window_time="500ms",
                        min_calls=3))
    mock.always(**FAIL)
    statuses(node, 2)
    watch = Stopwatch()
    eventually(lambda: watch.seconds > 0.6, 2)
    statuses(node, 2)
    stays_closed(node)


# --- slowness ---------------------------------------------------------------

def test_slow_calls_open_it(start, mock):
    """More than half of the last `window` were slower than slow_call."""
    node = start(judged(mock, slow_call="100ms", window=4))
    mock.always("ok", delay_ms=150)
    assert statuses(node, 4) == [200] * 4
    opens(node, mock)
    assert node.metrics().value("circuit_breaker_failures_total",
                                service="a") == 0, "slow is not failed"


def test_calls_in_time_do_not(start, mock):
    node = start(judged(mock, slow_call="5s", window=4))
    mock.always("ok", delay_ms=100)
    assert statuses(node, 6) == [200] * 6
    stays_closed_to(node, mock)


def test_slow_calls_have_the_share_of_failures(start, mock):
    """More than failure_rate, where that is set."""
    node = start(judged(mock, slow_call="200ms", failure_rate=0.2, window=4))
    mock.script({"do": "ok", "delay_ms": 250})
    statuses(node, 4)
    opens(node, mock)


def test_slow_calls_over_a_time(start, mock):
    node = start(judged(mock, slow_call="100ms", window_time="60s",
                        min_calls=4))
    mock.always("ok", delay_ms=150)
    statuses(node, 2)
    stays_closed_to(node, mock)
    mock.always("ok", delay_ms=150)
    statuses(node, 1)
    opens(node, mock)


def test_late_first_tokens_open_it(start, mock):
    node = start(judged(mock, slow_first_token="100ms", window=3))
    mock.always("ok", delay_ms=150)
    streams(node, 3)
    opens(node, mock)


def test_a_long_stream_with_an_early_first_token_does_not(start, mock):
    """Only the silence before the first token is looked at."""
    node = start(judged(mock, slow_first_token="2s", window=2))
    mock.always("ok", chunks=["x"] * 8, event_delay_ms=300)
    streams(node, 2)
    stays_closed_to(node, mock)


def test_whole_answers_have_no_first_token(start, mock):
    """What was not measured is not slow."""
    node = start(judged(mock, slow_first_token="100ms",
                        slow_tokens_per_second=1000.0, window=3))
    mock.always("ok", delay_ms=150)
    assert statuses(node, 4) == [200] * 4
    stays_closed_to(node, mock)


def test_crawling_streams_open_it(start, mock):
    """Fewer tokens a second than slow_tokens_per_second."""
    node = start(judged(mock, slow_tokens_per_second=50.0, window=2))
    mock.always("ok", chunks=["x "] * 6, event_delay_ms=100,
                usage={"output": 6})
    streams(node, 2)
    opens(node, mock)


def test_steady_streams_do_not(start, mock):
    node = start(judged(mock, slow_tokens_per_second=0.5, window=2))
    mock.always("ok", chunks=["x "] * 6, event_delay_ms=100,
                usage={"output": 6})
    streams(node, 2)
    stays_closed_to(node, mock)


def test_a_client_that_leaves_says_nothing_of_its_pace(start, mock):
    """SPEC 4: cancellation by the client is no failure; neither is it slow."""
    node = start(judged(mock, slow_call="50ms", window=2))
    mock.always("hang")
    for gone in range(1, 4):
        with node.client() as client:
            client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                           setups.chat()))
            eventually(lambda: mock.calls == gone)
            client.reset()
        eventually(lambda: mock.stats()["cancelled"] == gone, 2)
    stays_closed_to(node, mock)
