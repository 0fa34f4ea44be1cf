"""SPEC 6, 12: equal requests at once are one call for all nodes of a cluster,
with and without a Redis. Who waits hears the leader's stream as it comes, and
is answered though the leader's node dies (adr/0033)."""
import os
import signal

import pytest

from harness import setups, wire
from harness.cluster import NAMES, Papers, cluster_of, killed, sees
from harness.parallel import Background, together
from harness.redis import listening
from harness.streams import PREFACE, Chunks, Messages, asked
from harness.toml import merged
from harness.waiting import eventually

TEXT = "Hello from openai."
BEGUN, REST = ["One ", "tẅo "], ["three ", "four."]
STALLED = {"do": "gap", "after": PREFACE["openai"] + len(BEGUN),
           "chunks": BEGUN + ["lost"]}


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("flights"))


@pytest.fixture(params=["alone", "with Redis"])
def nodes(request, start, papers, mock):
    """Three nodes: a key has one keeper, or the claims are in Redis."""
    config = setups.config(a=setups.dependency(
        mock, timeout="30s", idle_timeout="20s"))
    if request.param == "with Redis":
        redis = request.getfixturevalue("redis")
        config = merged(config, {
            "dependency": {"store": redis.dependency(timeout="2s")}})
    config = merged(config, {"node": {"drain_timeout": "10s"}})
    made = list(cluster_of(start, papers, **config).values())
    if request.param == "with Redis":
        for node in made:
            listening(node)
    return made


def exact(text="hi", **more):
    return setups.chat(text, temperature=0, **more)


def coalesced(node):
    return node.metrics().value("cache_coalesced_total", cache_type="llm")


def said(reply):
    assert reply.status == 200, reply
    return reply.json()["choices"][0]["message"]["content"]


class Listener:
    """A client that reads a stream event by event. `more`: its request."""

    def __init__(self, node, path="/v1/chat/completions", **more):
        self.node = node
        self.client = node.client(within=20)
        body = exact(stream=True, **more)
        self.client.send(wire.request_bytes("POST", path, body))
        self.answer = self.client.head()
        assert self.answer.status == 200, self.answer.raw_head
        self._events = self.client.stream(self.answer)
        self.events = []

    def until(self, word):
        while word not in "".join(data for _, data in self.events):
            self.events.append(next(self._events))
        return self

    def rest(self):
        self.events += self._events
        return self.events


# --- once for all -----------------------------------------------------------

def test_equal_requests_on_all_nodes_are_one_call(nodes, mock):
    """SPEC 6: N equal misses at once are one upstream call."""
    mock.always("ok", delay_ms=1_500)
    replies = together(18, lambda at: nodes[at % 3].chat(exact()))
    assert {said(reply) for reply in replies} == {TEXT}
    assert mock.calls == 1
    assert sum(coalesced(node) for node in nodes) == 17


def test_streams_and_whole_answers_are_one_call(nodes, mock):
    """Each in its own form, with an id and a usage of its own."""
    mock.always("ok", delay_ms=1_500, usage={"input": 9, "output": 4})

    def ask(at):
        more = [{}, {"stream": True},
                {"stream": True, "stream_options": {"include_usage": True}}]
        reply = nodes[at % 3].chat(exact(**more[at // 3]))
        assert reply.status == 200, reply
        return reply

    replies = together(9, ask)
    assert mock.calls == 1
    streams = [Chunks(reply.events()).complete() for reply in replies[3:]]
    assert {said(reply) for reply in replies[:3]} == {TEXT}
    assert {one.text for one in streams} == {TEXT}
    ids = {reply.json()["id"] for reply in replies[:3]} | {
        one.chunks[0]["id"] for one in streams}
    assert len(ids) == 9
    for at, one in enumerate(streams):
        usages = [usage["completion_tokens"] for usage in one.usages]
        assert usages == ([] if at < 3 else [4])


def test_if_it_fails_all_nodes_hear_of_it(nodes, mock):
    """SPEC 6: if it fails, all get its error."""
    mock.always("status", status=500, delay_ms=1_500)
    replies = together(9, lambda at: nodes[at % 3].chat(exact()))
    assert {(reply.status, reply.code) for reply in replies} == {
        (502, "external.llm.error")}
    assert mock.calls == 1


def test_different_requests_do_not_meet(nodes, mock):
    """And those of another tenant are different ones."""
    mock.always("ok", delay_ms=300)
    replies = together(6, lambda at: nodes[at % 3].chat(
        exact(), {"Authorization": f"Bearer sk-{at % 2}"}))
    assert {said(reply) for reply in replies} == {TEXT}
    assert mock.calls == 2


# --- streams ----------------------------------------------------------------

def test_who_waits_hears_the_stream_as_it_comes(nodes, mock):
    """The leader's node has not the end of it yet."""
    mock.always("gap", after=STALLED["after"], chunks=BEGUN + REST, ms=3_000)
    leader = Listener(nodes[0]).until(BEGUN[-1])
    others = [Listener(node).until(BEGUN[-1]) for node in nodes]
    whole = Background(lambda: nodes[1].chat(exact(), within=20))
    assert not any("four" in data for one in others for _, data in one.events)
    for one in [leader, *others]:
        seen = Chunks(one.rest()).complete()
        assert seen.text == "".join(BEGUN + REST)
        assert one.answer.header("X-Caisson-Provider") == "a"
    assert said(whole.result()) == "".join(BEGUN + REST)
    assert mock.calls == 1
    assert len({one.events[0][1] for one in [leader, *others]}) == 4


def test_a_client_of_anthropic_s_dialect_hears_its_own_words(nodes, mock):
    """Those who ask in the same dialect meet; the stream is Anthropic's."""
    mock.always("gap", after=STALLED["after"], chunks=BEGUN + REST, ms=2_000)
    both = [Listener(node, "/v1/messages", max_tokens=99).until(BEGUN[-1])
            for node in nodes[:2]]
    for one in both:
        assert Messages(one.rest()).complete().text == "".join(BEGUN + REST)
    assert mock.calls == 1


def test_the_leader_leaves_and_the_others_are_answered(nodes, mock):
    """Its call goes on for them: nobody asks anew."""
    mock.always("gap", after=STALLED["after"], chunks=BEGUN + REST, ms=2_000)
    leader = Listener(nodes[0]).until(BEGUN[-1])
    other = Listener(nodes[1]).until(BEGUN[-1])
    leader.client.close()
    assert Chunks(other.rest()).complete().text == "".join(BEGUN + REST)
    assert mock.calls == 1


def test_a_node_that_drains_brings_its_call_to_an_end_for_all(nodes, mock):
    """It has left when it has none."""
    mock.always("gap", after=STALLED["after"], chunks=BEGUN + REST, ms=2_000)
    leader = Listener(nodes[0]).until(BEGUN[-1])
    other = Listener(nodes[1]).until(BEGUN[-1])
    nodes[0].terminate()
    for one in (leader, other):
        assert Chunks(one.rest()).complete().text == "".join(BEGUN + REST)
    assert mock.calls == 1
    assert nodes[0].wait() == 0
    eventually(lambda: sees(nodes[1], **{NAMES[0]: "left"}), 20)


def test_when_all_have_left_the_call_is_given_up(nodes, mock):
    """Wherever they waited."""
    mock.always(**STALLED)
    leader = Listener(nodes[0]).until(BEGUN[-1])
    other = Listener(nodes[1]).until(BEGUN[-1])
    leader.client.close()
    other.client.close()
    eventually(lambda: nodes[0].dependency("a")["bulkhead"]["active"] == 0)
    assert mock.calls == 1


# --- nodes that die ---------------------------------------------------------

@pytest.mark.parametrize("path, words", [
    ("/v1/chat/completions", Chunks), ("/v1/messages", Messages)],
    ids=["openai", "anthropic"])
def test_a_stream_goes_on_though_the_leader_s_node_dies(
        nodes, mock, path, words):
    """From where its client has it: the next target is shown the text."""
    mock.script(STALLED, default={"do": "ok", "chunks": REST})
    leader = Listener(nodes[0], path, max_tokens=99).until(BEGUN[-1])
    other = Listener(nodes[1], path, max_tokens=99).until(BEGUN[-1])
    killed(nodes[0])
    assert words(other.rest()).complete().text == "".join(BEGUN + REST)
    assert mock.calls == 2
    assert asked("openai", mock.last())[1] == ("assistant", "".join(BEGUN))
    leader.client.close()


def test_who_waits_is_answered_though_the_leader_s_node_dies(nodes, mock):
    """By one call for all that are left."""
    mock.script({"do": "hang"}, default={"do": "ok", "delay_ms": 500})
    lost = Background(lambda: nodes[0].chat(exact(), within=20))
    eventually(lambda: mock.calls == 1)
    waiting = [Background(lambda n=node: n.chat(exact(), within=20))
               for node in nodes[1:]]
    eventually(lambda: sum(node.metrics().value(
        "cache_misses_total", layer="l1") for node in nodes[1:]) == 2)
    killed(nodes[0])
    assert {said(one.result()) for one in waiting} == {TEXT}
    assert mock.calls == 2
    with pytest.raises((OSError, wire.Closed)):
        lost.result()


def test_a_node_that_is_stopped_keeps_nobody_waiting_for_ever(nodes, mock):
    """SIGSTOP closes nothing: the others notice it within 3 s."""
    mock.script({"do": "hang"}, default={"do": "ok"})
    lost = Background(lambda: nodes[0].chat(exact(), within=20))
    eventually(lambda: mock.calls == 1)
    waits = Background(lambda: nodes[1].chat(exact(), within=20))
    eventually(lambda: nodes[1].metrics().value(
        "cache_misses_total", layer="l1") == 1)
    os.kill(nodes[0].pid, signal.SIGSTOP)
    try:
        assert said(waits.result()) == TEXT
        name = NAMES[0]
        eventually(lambda: sees(nodes[1], **{name: "gone"}), 20)
    finally:
        killed(nodes[0])
    with pytest.raises((OSError, wire.Closed)):
        lost.result()
