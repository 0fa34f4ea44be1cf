"""SPEC 6: answers that are given again, through the socket; what nodes share is
in test_cache_shared.py."""
import hashlib
import json

import pytest

from harness import setups, wire
from harness.parallel import together
from harness.streams import Chunks
from harness.toml import merged
from harness.waiting import eventually

TEXT = "Hello from openai."
QUICK = {"cache": {"l2": "off"}}


def one(mock, **more):
    """A node with one provider, and a cache of its own."""
    return merged(merged(setups.config(a=setups.dependency(mock)), QUICK),
                  more)


def exact(text="hi", **more):
    return setups.chat(text, temperature=0, **more)


def layer(reply):
    assert reply.status == 200, reply
    return reply.header("X-Caisson-Cache")


def said(reply):
    """What an answer says, in whatever form it came."""
    assert reply.status == 200, reply
    if reply.header("Content-Type").startswith("text/event-stream"):
        return Chunks(reply.events()).complete().text
    body = reply.json()
    if "choices" in body:
        return body["choices"][0]["message"]["content"]
    return "".join(block.get("text", "") for block in body["content"])


def ask_messages(node, headers=None, **more):
    return node.ask("POST", "/v1/messages", {
        "model": "chain", "max_tokens": 50, "temperature": 0,
        "messages": [{"role": "user", "content": "hi"}], **more}, headers)


# --- hit and miss -----------------------------------------------------------

def test_an_exact_request_is_answered_once_upstream(start, mock):
    node = start(one(mock))
    delta = node.delta()
    first, second = node.chat(exact()), node.chat(exact())
    assert layer(first) == "miss" and layer(second) == "l1"
    assert mock.calls == 1
    assert second.header("X-Caisson-Provider") == "a"
    assert second.header("X-Caisson-Attempts") == "0"
    assert delta("cache_hits_total", layer="l1", cache_type="llm") == 1
    assert delta("cache_misses_total", layer="l1", cache_type="llm") == 1
    assert delta("cache_saved_tokens_total", layer="l1") == 21
    assert delta("cache_latency_seconds_count", layer="l1",
                 operation="get") == 2
    shown = node.metrics()
    assert shown.value("cache_hit_rate", layer="l1", cache_type="llm") == 0.5
    assert shown.value("cache_size_bytes", layer="l1") > 300


def test_a_hit_is_byte_for_byte_the_answer_but_for_its_id(start, mock):
    node = start(one(mock))
    first, second = node.chat(exact()), node.chat(exact())
    ids = [reply.json()["id"] for reply in (first, second)]
    assert ids[0] != ids[1] and ids[1].startswith("chatcmpl-")
    assert first.body.replace(ids[0].encode(), ids[1].encode()) == second.body


def test_order_blanks_and_what_is_beside_the_question_do_not_matter(
        start, mock):
    node = start(one(mock))
    node.chat(exact(user="a", metadata={"x": "1"}))
    body = json.dumps(exact(user="b"), indent=3)
    assert layer(node.chat(body.encode())) == "l1"
    turned = json.dumps(dict(reversed(exact().items())))
    assert layer(node.chat(turned.encode())) == "l1"
    assert mock.calls == 1


@pytest.mark.parametrize("other", [
    {"seed": 1}, {"top_p": 0.5}, {"max_tokens": 5}, {"stop": "x"},
    {"vendor_thing": True}, {"text": "hi "}, {"model": "a/m"}], ids=str)
def test_whatever_changes_the_answer_asks_anew(start, mock, other):
    node = start(one(mock))
    node.chat(exact())
    assert layer(node.chat(exact(**other))) == "miss"
    assert mock.calls == 2


@pytest.mark.parametrize("more", [
    {}, {"temperature": 0.5}, {"temperature": 0, "cache": False},
    {"temperature": 0, "n": 2}], ids=str)
def test_what_is_not_exact_passes_by(start, mock, more):
    node = start(one(mock))
    assert layer(node.chat(setups.chat(**more))) == "bypass"
    assert layer(node.chat(setups.chat(**more))) == "bypass"
    assert mock.calls == 2


def test_a_client_may_ask_for_it_and_no_provider_hears_of_that(start, mock):
    node = start(one(mock))
    asked = setups.chat(cache=True)
    assert layer(node.chat(asked)) == "miss"
    assert layer(node.chat(asked)) == "l1"
    assert "cache" not in mock.last().json()
    node.chat(setups.chat(cache=False))
    assert "cache" not in mock.last().json()
    node.chat(setups.chat(cache={"type": "a provider's own"}))
    assert mock.last().json()["cache"] == {"type": "a provider's own"}


def test_without_a_cache_there_is_none(start, mock):
    node = start(one(mock, cache={"enabled": False}))
    for _ in range(2):
        assert layer(node.chat(exact())) is None
    assert mock.calls == 2


# --- forms ------------------------------------------------------------------

WITH_USAGE = {"stream": True, "stream_options": {"include_usage": True}}


def test_a_whole_answer_is_given_again_as_a_stream(start, mock):
    node = start(one(mock))
    mock.always("ok", text="one two three")
    node.chat(exact())
    again = node.chat(exact(**WITH_USAGE))
    assert layer(again) == "l1"
    stream = Chunks(again.events()).complete()
    assert stream.text == "one two three"
    chunks = [json.loads(data) for _, data in again.events()
              if data != "[DONE]"]
    pieces = [chunk["choices"][0]["delta"]["content"] for chunk in chunks
              if chunk["choices"]
              and chunk["choices"][0]["delta"].get("content")]
    assert pieces == ["one ", "two ", "three"]
    assert chunks[-1]["usage"]["total_tokens"] == 21
    quiet = node.chat(exact(stream=True))
    assert b'"usage"' not in quiet.body and layer(quiet) == "l1"
    assert mock.calls == 1


def test_a_stream_is_given_again_whole_and_with_its_usage(start, mock):
    node = start(one(mock))
    first = node.chat(exact(stream=True))
    assert layer(first) == "miss" and said(first) == TEXT
    again = node.chat(exact())
    assert layer(again) == "l1" and said(again) == TEXT
    body = again.json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"]["total_tokens"] == 21
    assert layer(node.chat(exact(stream=True))) == "l1"
    assert mock.calls == 1


def test_calls_of_tools_are_kept(start, mock):
    node = start(one(mock))
    mock.always("ok", tool_calls=[
        {"id": "call_7", "name": "weather", "arguments": {"city": "Rom"}}])
    asked = exact(tools=[setups.WEATHER])
    first = node.chat(asked)
    again = node.chat({**asked, "stream": True})
    assert layer(first) == "miss" and layer(again) == "l1"
    parts = [call for _, data in again.events() if data != "[DONE]"
             for choice in json.loads(data)["choices"]
             for call in choice["delta"].get("tool_calls", [])]
    assert parts[0]["id"] == "call_7"
    assert parts[0]["function"]["name"] == "weather"
    arguments = "".join(part["function"]["arguments"] for part in parts)
    assert json.loads(arguments) == {"city": "Rom"}
    assert mock.calls == 1


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_clients_of_anthropic_s_dialect_have_their_answers_again(
        start, mock, kind, stream):
    node = start(merged(setups.config(a=setups.dependency(mock, kind)),
                        QUICK))
    first = ask_messages(node, stream=stream)
    again = ask_messages(node, stream=stream)
    assert layer(first) == "miss" and layer(again) == "l1"
    assert mock.calls == 1
    if stream:
        def texts(reply):
            return "".join(
                json.loads(data)["delta"].get("text", "")
                for name, data in reply.events()
                if name == "content_block_delta")
        assert texts(again) == texts(first) == f"Hello from {kind}."
        assert [name for name, _ in again.events()][-1] == "message_stop"
    else:
        assert said(again) == said(first) == f"Hello from {kind}."
        assert again.json()["usage"] == first.json()["usage"]


# --- what the client says of it ---------------------------------------------

def test_no_cache_makes_the_answer_anew_and_keeps_that(start, mock):
    node = start(one(mock))
    node.chat(exact())
    mock.always("ok", text="newer")
    fresh = node.chat(exact(), {"Cache-Control": "no-cache"})
    assert layer(fresh) == "bypass" and said(fresh) == "newer"
    again = node.chat(exact())
    assert layer(again) == "l1" and said(again) == "newer"
    assert mock.calls == 2


def test_no_store_is_kept_nowhere(start, mock):
    node = start(one(mock))
    quiet = {"Cache-Control": "no-store"}
    assert layer(node.chat(exact(), quiet)) == "miss"
    assert layer(node.chat(exact())) == "miss"
    assert layer(node.chat(exact(), quiet)) == "l1"
    both = {"Cache-Control": "no-cache, No-Store"}
    assert layer(node.chat(exact(), both)) == "bypass"
    assert mock.calls == 3


# --- who --------------------------------------------------------------------

def test_nobody_gets_what_another_asked_for(start, mock):
    node = start(one(mock))
    callers = [None, {"Authorization": "Bearer one"},
               {"Authorization": "Bearer two"}, {"X-Api-Key": "three"}]
    for headers in callers:
        assert layer(node.chat(exact(), headers)) == "miss"
    for headers in callers:
        assert layer(node.chat(exact(), headers)) == "l1"
    assert layer(node.chat(exact(), {"Authorization": "Bearer three"})) == "l1"
    assert mock.calls == 4


# --- what is not kept -------------------------------------------------------

@pytest.mark.parametrize("plan", [
    {"do": "ok", "finish": "length"}, {"do": "ok", "finish": "content_filter"},
    {"do": "status", "status": 500}, {"do": "status", "status": 400}],
    ids=lambda plan: str(plan.get("finish", plan.get("status"))))
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_neither_errors_nor_half_answers_are_kept(start, mock, plan, stream):
    node = start(one(mock))
    mock.script(plan)
    node.chat(exact(stream=stream))
    assert layer(node.chat(exact(stream=stream))) == "miss"
    assert mock.calls == 2


def test_a_stream_that_was_cut_is_not_kept(start, mock):
    node = start(one(mock))
    mock.script({"do": "cut", "after": 3})
    node.chat(exact(stream=True))
    assert layer(node.chat(exact(stream=True))) == "miss"


def test_a_stream_that_went_on_elsewhere_is_not_kept(start, mock, other):
    node = start(merged(setups.config(a=setups.dependency(mock),
                                      b=setups.dependency(other)), QUICK))
    mock.script({"do": "cut", "after": 3})
    reply = node.chat(exact(stream=True))
    assert b"stream_failover" in reply.body
    assert layer(node.chat(exact(stream=True))) == "miss"


def test_an_answer_too_large_is_given_and_not_kept(start, mock):
    node = start(one(mock))
    delta = node.delta()
    mock.always("ok", text="x" * 1_100_000)
    for _ in range(2):
        assert layer(node.chat(exact())) == "miss"
    assert mock.calls == 2
    assert delta("cache_refused_total", layer="l1") == 2


# --- time and room ----------------------------------------------------------

def test_an_answer_ends_with_its_time(start, mock):
    node = start(one(mock, cache={"l1_ttl": "150ms"}))
    node.chat(exact())
    assert layer(node.chat(exact())) == "l1"
    eventually(lambda: layer(node.chat(exact())) == "miss",
               what="the end of the answer")


def test_the_oldest_goes_when_the_room_is_full(start, mock):
    node = start(one(mock, node={"io_threads": 1}, cache={"l1_entries": 2}))
    delta = node.delta()
    for text in "abc":
        node.chat(exact(text))
    assert layer(node.chat(exact("b"))) == "l1"
    assert layer(node.chat(exact("a"))) == "miss"
    assert delta("cache_evictions_total", layer="l1", reason="lru") == 2


# --- many at once -----------------------------------------------------------

def test_equal_requests_at_once_are_one_call(start, mock):
    node = start(one(mock))
    delta = node.delta()
    mock.always("ok", delay_ms=400)
    replies = together(20, lambda at: node.chat(
        exact(stream=at % 2 == 0)))
    assert {said(reply) for reply in replies} == {TEXT}
    assert mock.calls == 1
    assert delta("cache_coalesced_total") == 19


def test_if_it_fails_all_hear_of_it(start, mock):
    node = start(one(mock))
    mock.always("status", status=500, delay_ms=400)
    replies = together(8, lambda _: node.chat(exact()))
    assert {reply.status for reply in replies} == {502}
    assert mock.calls == 1
    mock.always("ok")
    assert layer(node.chat(exact())) == "miss"


def test_who_fetches_and_leaves_is_fetched_for_where_others_wait(start, mock):
    """SPEC 6: one call, though its client is gone (adr/0033)."""
    node = start(one(mock))
    mock.script({"do": "ok", "delay_ms": 1_500})
    leaver = node.client()
    leaver.send(wire.request_bytes("POST", "/v1/chat/completions", exact()))
    eventually(lambda: mock.calls == 1)

    def leave(at):
        if at == 0:
            eventually(lambda: node.metrics().value(
                "cache_misses_total", layer="l1") >= 4)
            leaver.close()
            return None
        return node.chat(exact())

    replies = together(4, leave)[1:]
    assert [said(reply) for reply in replies] == [TEXT] * 3
    assert mock.calls == 1


def test_who_waits_for_another_has_a_deadline_of_its_own(start, mock):
    node = start(one(mock))
    mock.script({"do": "ok", "delay_ms": 1500})

    def ask(at):
        if at == 0:
            return node.chat(exact())
        eventually(lambda: mock.calls == 1)
        return node.chat(exact(), {"X-Request-Timeout-Ms": "200"})

    patient, hurried = together(2, ask)
    assert said(patient) == TEXT
    assert hurried.status == 504 and hurried.code == "resilience.timeout"
    assert mock.calls == 1


# --- bad days ---------------------------------------------------------------

@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_expired_answer_is_better_than_none(start, mock, stream):
    node = start(one(mock, cache={"l1_ttl": "50ms"}))
    delta = node.delta()
    node.chat(exact())
    mock.always("status", status=500)

    def stale():
        reply = node.chat(exact(stream=stream))
        return layer(reply) == "stale" and reply

    reply = eventually(stale)
    assert said(reply) == TEXT
    assert reply.header("X-Caisson-Degraded") == "stale_answer"
    assert delta("cache_hits_total", layer="stale") == 1
    mock.always("status", status=400)
    assert node.chat(exact()).status == 400
    mock.always("ok")
    assert layer(node.chat(exact())) == "miss"


def test_an_expired_answer_is_not_kept_where_nobody_wants_it(start, mock):
    node = start(one(mock, cache={"l1_ttl": "50ms", "stale_if_error": "0ms"}))
    node.chat(exact())
    mock.always("status", status=500)
    eventually(lambda: node.chat(exact()).status == 502)


# --- invalidation -----------------------------------------------------------

def forget(node, **what):
    return node.admin("/admin/cache/invalidate", what)


def test_what_is_forgotten_is_asked_for_anew(start, mock):
    node = start(one(mock))
    delta = node.delta()
    for _ in range(2):
        node.chat(exact())
    reply = forget(node, namespace="llm")
    assert reply.status == 200 and reply.json() == {"invalidated": "llm:"}
    assert layer(node.chat(exact())) == "miss"
    assert mock.calls == 2
    assert delta("cache_evictions_total", reason="invalidated") == 1


def test_one_tenant_can_be_forgotten(start, mock):
    node = start(one(mock))
    mine = {"Authorization": "Bearer mine"}
    for headers in (mine, None):
        node.chat(exact(), headers)
    tenant = hashlib.sha256(b"mine").hexdigest()[:32]
    assert forget(node, namespace="llm", tenant=tenant).status == 200
    assert layer(node.chat(exact())) == "l1"
    assert layer(node.chat(exact(), mine)) == "miss"


@pytest.mark.parametrize("body, param", [
    ({}, "namespace"), ({"namespace": "other"}, "namespace"),
    ({"namespace": 5}, "namespace"), ({"namespace": "llm", "x": ""}, "x")])
def test_what_cannot_be_meant_is_refused(start, mock, body, param):
    node = start(one(mock))
    node.chat(exact())
    reply = forget(node, **body)
    assert reply.status == 400 and reply.json()["error"]["param"] == param
    assert layer(node.chat(exact())) == "l1"


def test_what_was_on_its_way_when_it_was_forgotten_is_not_kept(start, mock):
    node = start(one(mock))
    delta = node.delta()
    mock.script({"do": "ok", "delay_ms": 500})

    def act(at):
        if at == 0:
            return node.chat(exact())
        eventually(lambda: mock.calls == 1)
        return forget(node, namespace="llm")

    together(2, act)
    assert layer(node.chat(exact())) == "miss"
    assert delta("cache_refused_total", reason="invalidated") == 1


# --- reloads ----------------------------------------------------------------

def test_a_reload_switches_it_and_other_models_are_other_answers(
        start, mock, other):
    node = start(one(mock, dependency={"b": setups.dependency(other)}))
    node.chat(exact())
    node.rewrite({"models": {"chain": {"chain": ["b/m"]}}})
    assert node.admin("/admin/reload").status == 200
    assert layer(node.chat(exact())) == "miss"
    assert other.calls == 1
    node.rewrite({"cache": {"enabled": False}})
    assert node.admin("/admin/reload").status == 200
    assert layer(node.chat(exact())) is None


def test_who_takes_an_equal_stream_too_slowly_is_given_up(start, mock):
    """Others' words wait for nobody, and are not kept for who takes none:
    adr/0033."""
    node = start(one(mock))
    mock.always("gap", after=3, chunks=["w" * 1000 + " "] * 12_000, ms=1_000)
    request = wire.request_bytes("POST", "/v1/chat/completions",
                                 exact(stream=True))
    with node.client(within=30) as leader, \
            node.client(within=30, rcvbuf=4096) as slow:
        leader.send(request)
        words = leader.stream(leader.head())
        next(words)
        slow.send(request)
        late = slow.stream(slow.head())
        assert list(words)[-1][1] == "[DONE]"
        said_late = [data for _, data in late]
    assert "error" in json.loads(said_late[-1])
    assert "[DONE]" not in said_late and len(said_late) < 12_000
    assert mock.calls == 1
