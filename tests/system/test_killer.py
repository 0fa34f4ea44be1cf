"""Actors die in a real node under real requests (SPEC section 4, Supervision):
whatever dies, each request gets one right answer, nobody waits for its time-out
because of a crash, and what cannot be mended ends the process with a status.

The killer is a build of its own (tests/killer): the node itself has none."""
import os
import pathlib
import random

import pytest

from harness import setups, wire
from harness.node import BINARY
from harness.parallel import Background, together
from harness.supervised import FAIL, one, statuses, two
from harness.waiting import eventually

KILLABLE = pathlib.Path(os.environ.get("CAISSON_KILLABLE",
                                       BINARY.parent / "caisson_killable"))
GAVE_UP = 70
SLOW = {"do": "ok", "delay_ms": 400}
STREAM = {"do": "ok", "chunks": ["one ", "two ", "three"],
          "event_delay_ms": 100}


class Killer:
    """A node that can be told who is to die."""

    def __init__(self, start, config):
        if not KILLABLE.exists():
            pytest.skip(f"{KILLABLE} is not built")
        self.node = start(config, binary=KILLABLE, stdin=True)

    def kill(self, what):
        before = self.node.stderr.count("killed\n")
        self.node.process.say(what)
        eventually(lambda: self.node.stderr.count("killed\n") > before, 5,
                   f"the death of {what}")

    def restarts(self, name):
        def find(actor):
            if actor["name"] == name:
                return actor["restarts"]
            return next((found for child in actor["children"]
                         if (found := find(child)) is not None), None)
        return find(self.node.telemetry()["supervision"])


def config(mock):
    settings = one(mock, breaker={"failures": 5, "open_for": "60s"})
    settings["node"] = {"io_threads": 1}
    return settings


@pytest.fixture
def killer(start, mock):
    return Killer(start, config(mock))


@pytest.mark.parametrize("victim", ["worker a 0", "supervisor a"])
def test_a_request_outlives_the_actors_that_make_it(killer, mock, victim):
    mock.always(**SLOW)
    answer = Background(lambda: killer.node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    killer.kill(victim)
    reply = answer.result(5)
    assert reply.status == 200, reply
    assert mock.calls == 2
    depends = killer.node.dependency("a")["bulkhead"]
    assert (depends["active"], depends["queue"]) == (0, 0)


def test_a_request_outlives_the_front_end_that_sent_it(killer, mock):
    """Who makes the call holds the client's end."""
    mock.always(**SLOW)
    answer = Background(lambda: killer.node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    killer.kill("front_end 0")
    assert answer.result(5).status == 200
    assert mock.calls == 1
    eventually(lambda: killer.restarts("front_end-0") == 1, 2)


def test_a_failure_that_nobody_can_follow_is_told_at_once(killer, mock):
    mock.always("status", status=500, delay_ms=400)
    answer = Background(lambda: killer.node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    killer.kill("front_end 0")
    reply = answer.result(5)
    assert (reply.status, reply.code) == (500, "server.unexpected")
    mock.reset()
    assert killer.node.chat(setups.chat()).status == 200


def test_a_breaker_stays_open_when_its_supervisor_dies(killer, mock):
    mock.always(**FAIL)
    statuses(killer.node, 5)
    eventually(lambda: killer.node.breaker("a") == "open", 2)
    calls = mock.calls
    killer.kill("supervisor a")
    eventually(lambda: killer.restarts("a") == 1, 2)
    assert killer.node.chat(setups.chat()).status == 503
    assert mock.calls == calls, "the restarted breaker let a call through"


def test_a_stream_goes_on_elsewhere_when_its_worker_dies(start, mock, other):
    settings = two(mock, other)
    settings["node"] = {"io_threads": 1}
    killer = Killer(start, settings)
    mock.always(**STREAM)
    other.always(**STREAM)
    with killer.node.client() as client:
        client.send(wire.request_bytes(
            "POST", "/v1/chat/completions", setups.chat(stream=True),
            {"Connection": "close"}))
        text = client.until(b"one ")
        killer.kill("worker a 0")
        text += client.rest()
    assert text.count(b"[DONE]") == 1, text
    assert b"stream_failover" in text, text
    assert other.calls == 1


def test_what_dies_again_and_again_ends_the_process_with_a_status(killer,
                                                                  mock):
    """More than 3 restarts in 5 s at each of three levels: worker,
    dependencies, root."""
    node = killer.node
    node.end_expected = True
    for _ in range(2000):
        heard = node.stderr.count("\n")
        try:
            node.process.say("worker a 0")
        except OSError:
            break
        eventually(lambda: not node.process.running()
                   or node.stderr.count("\n") > heard, 2)
    assert node.wait(5) == GAVE_UP


def test_a_request_that_crashes_three_workers_is_set_aside(start, mock):
    """It is answered, and those like it reach no worker any more; nobody else
    notices. (tests/killer/poison.cpp: what is asked of that model crashes.)"""
    settings = one(mock, models=["m", "deadly"])
    settings["node"] = {"io_threads": 1}
    killer = Killer(start, settings)
    reply = killer.node.chat(setups.chat(model="a/deadly"), within=5)
    assert (reply.status, reply.code) == (500, "server.unexpected"), reply
    eventually(lambda: killer.restarts("a/worker-0") == 3, 2)
    again = killer.node.chat(setups.chat(model="a/deadly"), within=5)
    assert (again.status, again.code) == (500, "server.unexpected"), again
    assert killer.restarts("a/worker-0") == 3, "it was tried once more"
    scrape = killer.node.metrics()
    assert scrape.value("errors_total", code="server.unexpected") == 2
    assert scrape.value("actor_restarts_total", actor="a/worker-0") == 3
    assert scrape.value("supervisor_escalations_total") == 0
    assert mock.calls == 0
    assert killer.node.chat(setups.chat(model="a/m")).status == 200


def test_one_answer_each_while_actors_die(killer, mock):
    """Each supervisor loses a child less often than it bears."""
    mock.always("ok", delay_ms=20)
    dice = random.Random(4711)
    victims = ["worker a 0", "supervisor a", "front_end 0"]
    load = Background(lambda: together(16, lambda _: [
        killer.node.chat(setups.chat(), within=15).status for _ in range(40)]))
    deaths = 0
    while not load.done() and deaths < 3:
        victim = victims.pop(dice.randrange(len(victims)))
        killer.kill(victim)
        deaths += 1
    answers = [status for each in load.result(60) for status in each]
    assert len(answers) == 16 * 40
    # A front end that dies takes its requests with it; nothing else does.
    assert set(answers) <= {200, 500}, set(answers)
    assert answers.count(500) <= 16, answers.count(500)
    places = killer.node.dependency("a")["bulkhead"]
    assert (places["active"], places["queue"]) == (0, 0)
