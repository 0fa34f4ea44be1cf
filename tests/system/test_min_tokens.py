"""min_tokens_per_second: a stream that crawls is given up like one that fell
silent (actors/policies/token_rate.hpp)."""
import pytest

from harness import setups
from harness.parallel import Background
from harness.streams import Chunks
from harness.supervised import two
from harness.waiting import Stopwatch, eventually


def stream(node):
    reply = node.chat(setups.chat(stream=True), within=40)
    assert reply.status == 200, reply
    return Chunks(reply.events()).complete()


@pytest.mark.slow  # the pace is looked at over 10 s
def test_a_stream_that_crawls_is_given_up_and_goes_on(start, mock, other):
    """At the next target; one beside it that is as slow as may be stays."""
    node = start(two(mock, other, {"min_tokens_per_second": 4.0}))
    delta = node.delta()
    mock.script({"do": "ok", "chunks": ["x "] * 130, "event_delay_ms": 100},
                {"do": "ok", "chunks": ["y "] * 60, "event_delay_ms": 500})
    steady = Background(lambda: stream(node))
    eventually(lambda: mock.calls == 1)
    watch = Stopwatch()
    crawling = Background(lambda: stream(node))
    seen = crawling.result(30)
    assert watch.seconds >= 10, "it was not given its 10 s"
    mark = {"degraded": "stream_failover", "provider": "b"}
    assert seen.marks == [mark]
    assert seen.text.startswith("y " * 10)
    assert seen.text.endswith("Hello from openai.")
    assert delta("stream_failovers_total", service="a",
                 result="moved_on") == 1
    assert delta("circuit_breaker_failures_total", service="a",
                 exception_type="idle_timeout") == 1
    assert mock.stats()["cancelled"] == 1, "the crawling one goes on there"
    seen = steady.result(30)
    assert seen.text == "x " * 130 and not seen.marks
    assert other.calls == 1
