"""SPEC 6, adr/0019: answers to questions in other words, through the socket.
What is near the tests say themselves: the mock knows the vectors of texts."""
import pytest

from harness import node as nodes
from harness import setups
from harness.streams import Chunks
from harness.toml import merged

ASKED = "How do I reset my password?"
NEAR = "I forgot my password, what now?"
FAR = "What is for lunch?"
VECTORS = {ASKED: [1, 0], NEAR: [0.99, 0.14], FAR: [0, 1]}
TEXT = "Hello from openai."


def configured(mock, other, **semantic):
    """Chats at the one mock, embeddings at the other."""
    other.always("ok", vectors=VECTORS)
    return merged(
        setups.config(a=setups.dependency(mock)),
        {"dependency": {"e": setups.dependency(other, models=["v"])},
         "cache": {"l2": "off",
                   "semantic": {"enabled": True, "embeddings": "e/v",
                                "timeout": "2s", **semantic}}})


@pytest.fixture
def node(start, mock, other):
    return start(configured(mock, other))


def ask(node, text, headers=None, **more):
    more = {"temperature": 0, **more}
    return node.chat(setups.chat(text, **more), headers)


def layer(reply):
    assert reply.status == 200, reply
    said = reply.header("X-Caisson-Cache")
    return said and said.split(";")[0]


# --- hits -------------------------------------------------------------------

def test_a_near_question_is_answered_without_a_call(node, mock, other):
    delta = node.delta()
    first = ask(node, ASKED)
    assert layer(first) == "miss"
    again = ask(node, NEAR)
    assert layer(again) == "semantic"
    assert again.json()["choices"] == first.json()["choices"]
    assert again.json()["id"] != first.json()["id"]
    assert again.header("X-Caisson-Cache") == "semantic; similarity=0.99"
    assert again.header("X-Caisson-Provider") == "a"
    assert again.header("X-Caisson-Attempts") == "0"
    assert mock.calls == 1 and other.calls == 2
    seen = {"layer": "semantic", "cache_type": "llm"}
    assert delta("cache_hits_total", **seen) == 1
    assert delta("cache_misses_total", **seen) == 1
    assert delta("cache_saved_tokens_total", layer="semantic") == 21
    assert delta("cache_latency_seconds_count", layer="semantic",
                 operation="get") == 2
    assert delta("llm_requests_total", provider="e", status="ok") == 2
    shown = node.metrics()
    assert shown.value("cache_hit_rate", **seen) == 0.5
    assert shown.value("cache_size_bytes", layer="semantic") > 100


def test_who_goes_without_the_feature_gets_exact_answers_only(
        start, mock, other):
    node = start(merged(configured(mock, other),
                        {"features": {"semantic_cache": {"percent": 0}}}))
    assert [layer(ask(node, one)) for one in (ASKED, NEAR, ASKED)] == [
        "miss", "miss", "l1"]
    assert other.calls == 0


def test_the_embeddings_model_is_asked_for_the_question_alone(node, other):
    ask(node, ASKED)
    assert other.last().path == "/v1/embeddings"
    assert other.last().json() == {"model": "v", "input": ASKED}


def test_a_stream_hears_it_too(node, mock):
    first = ask(node, ASKED, stream=True)
    assert layer(first) == "miss"
    again = ask(node, NEAR, stream=True)
    assert layer(again) == "semantic"
    assert Chunks(again.events()).complete().text == TEXT
    assert layer(ask(node, NEAR)) == "semantic"
    assert mock.calls == 1


def test_clients_of_anthropic_s_dialect_have_it_too(node, mock):
    def messages(text, **more):
        return node.ask("POST", "/v1/messages", {
            "model": "chain", "max_tokens": 50, "temperature": 0,
            "messages": [{"role": "user", "content": text}], **more})

    for stream in (False, True):
        assert layer(messages(ASKED, stream=stream)) == "miss"
        again = messages(NEAR, stream=stream)
        assert layer(again) == "semantic" and "Hello" in again.text
    assert mock.calls == 2


def test_the_same_words_are_the_exact_cache_s(node, other):
    ask(node, ASKED)
    assert layer(ask(node, ASKED)) == "l1"
    assert other.calls == 1


# --- misses -----------------------------------------------------------------

def test_a_far_question_is_asked(node, mock):
    ask(node, ASKED)
    assert layer(ask(node, FAR)) == "miss"
    assert mock.calls == 2


@pytest.mark.parametrize("other_in", [
    {"seed": 1}, {"max_tokens": 5}, {"model": "a/m"}, {"vendor_thing": True},
    {"messages": [{"role": "system", "content": "Be rude."},
                  {"role": "user", "content": NEAR}]},
    {"messages": [{"role": "user", "content": "Hello."},
                  {"role": "assistant", "content": "Hello."},
                  {"role": "user", "content": NEAR}]}],
    ids=["seed", "max_tokens", "model", "vendor", "system", "turns"])
def test_all_else_must_be_the_same(node, mock, other_in):
    ask(node, ASKED)
    assert layer(ask(node, NEAR, **other_in)) == "miss"
    assert layer(ask(node, NEAR)) == "semantic"
    assert mock.calls == 2


def test_nobody_gets_what_another_asked_for(node, mock):
    one, two = ({"Authorization": f"Bearer {key}"} for key in ("one", "two"))
    ask(node, ASKED, one)
    assert layer(ask(node, NEAR, two)) == "miss"
    assert layer(ask(node, NEAR)) == "miss"
    assert layer(ask(node, NEAR, one)) == "semantic"
    assert mock.calls == 3


def test_numbers_are_never_other_words(start, mock, other):
    node = start(configured(mock, other))
    other.always("ok", vectors={f"News of {year}?": [1, 0]
                                for year in (2024, 2025)})
    ask(node, "News of 2024?")
    assert layer(ask(node, "News of 2025?")) == "miss"
    assert mock.calls == 2


# --- who is never compared --------------------------------------------------

@pytest.mark.parametrize("more", [
    {"tools": [setups.WEATHER]},
    {"response_format": {"type": "json_object"}},
    {"messages": [{"role": "user", "content": [
        {"type": "text", "text": NEAR},
        {"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]},
    {"temperature": 1}, {"cache": False}],
    ids=["tools", "format", "image", "temperature", "refused"])
def test_what_must_be_exact_is_not_compared(node, mock, other, more):
    ask(node, ASKED)
    for _ in range(2):
        assert layer(ask(node, NEAR, **more)) in ("miss", "l1", "bypass")
    assert other.calls == 1


def test_a_call_of_a_tool_is_no_answer_to_other_words(node, mock):
    """Even where no tool was offered."""
    mock.script({"do": "ok", "tool_calls": [
        {"id": "call_7", "name": "weather", "arguments": {}}]})
    ask(node, ASKED)
    assert layer(ask(node, NEAR)) == "miss"


def test_the_client_s_word_holds(node, mock, other):
    ask(node, ASKED)
    assert layer(ask(node, NEAR, {"Cache-Control": "no-cache"})) == "bypass"
    assert other.calls == 1
    assert layer(ask(node, FAR, {"Cache-Control": "no-store"})) == "miss"
    assert mock.calls == 3


def test_vectors_are_not_compared(node, other):
    """They are kept too, word for word; and a client's are its own: comparing
    questions neither asks for them nor leaves any."""
    delta = node.delta()
    ask(node, ASKED)
    for text in (ASKED, NEAR):
        reply = node.ask("POST", "/v1/embeddings", {"model": "e/v",
                                                    "input": [text]})
        assert layer(reply) == "miss"
    assert other.calls == 3
    assert delta("cache_misses_total", layer="semantic") == 1


def test_off_by_default_nobody_is_asked_for_vectors(start, mock, other):
    config = configured(mock, other)
    del config["cache"]["semantic"]
    node = start(config)
    assert [layer(ask(node, text)) for text in (ASKED, NEAR)] == ["miss"] * 2
    assert mock.calls == 2 and other.calls == 0


# --- what does not hold any more --------------------------------------------

def test_what_is_forgotten_is_not_found_by_other_words(node, mock):
    ask(node, ASKED)
    assert node.admin("/admin/cache/invalidate", {"namespace": "llm"}
                      ).status == 200
    assert layer(ask(node, NEAR)) == "miss"
    assert mock.calls == 2


def test_what_is_not_kept_is_not_found(node, mock):
    mock.script({"do": "ok", "finish": "length"})
    ask(node, ASKED)
    assert layer(ask(node, NEAR)) == "miss"


# --- bad days ---------------------------------------------------------------

@pytest.mark.parametrize("plan", [
    {"do": "status", "status": 500}, {"do": "reset"}, {"do": "garbage"},
    {"do": "ok", "rows": 0}, {"do": "ok", "vectors": {ASKED: [0, 0],
                                                      NEAR: [0, 0]}}],
    ids=["500", "reset", "garbage", "no_rows", "zeros"])
def test_without_vectors_all_are_answered(start, mock, other, plan):
    node = start(configured(mock, other))
    delta = node.delta()
    other.always(**plan)
    for text in (ASKED, NEAR):
        reply = ask(node, text)
        assert layer(reply) == "miss"
        assert reply.json()["choices"][0]["message"]["content"] == TEXT
    assert delta("cache_errors_total", layer="semantic") == 2
    assert delta("cache_hits_total", layer="semantic") == 0
    assert delta("errors_total") == 0


def test_embeddings_that_hang_are_not_waited_for(start, mock, other):
    node = start(configured(mock, other, timeout="100ms"))
    delta = node.delta()
    other.always("hang")
    assert layer(ask(node, ASKED)) == "miss"
    assert layer(ask(node, NEAR)) == "miss"
    assert delta("cache_errors_total", layer="semantic", reason="late") >= 1
    assert node.metrics().value("circuit_breaker_state_gauge", service="e",
                                state="closed") == 1


def test_behind_an_open_breaker_nobody_is_asked(start, mock, other):
    config = configured(mock, other)
    config["dependency"]["e"]["breaker"] = {"mode": "forced_open"}
    node = start(config)
    delta = node.delta()
    for text in (ASKED, NEAR):
        assert layer(ask(node, text)) == "miss"
    assert other.calls == 0
    assert delta("cache_errors_total", layer="semantic",
                 reason="refused") == 2


# --- configuration ----------------------------------------------------------

def refused(tmp_path, *lines):
    file = tmp_path / "caisson.toml"
    file.write_text("\n".join(("[cache.semantic]", *lines, "")))
    done = nodes.run("serve", "--config", file)
    assert done.returncode == 78 and not done.stdout, done
    return done.stderr.replace(f"{file}:", "")


def test_a_threshold_under_the_floor_is_refused_at_the_start(tmp_path):
    """SPEC 2: FILE:LINE:COLUMN: what is wrong, what was expected; exit 78."""
    said = refused(tmp_path, "threshold = 0.5")
    assert said.startswith("2:13: cache.semantic.threshold is 0.5, expected a "
                           "number from 0.8 to 1: below, questions that mean "
                           "different things"), said


def test_who_makes_the_vectors_must_be_said_and_be_there(tmp_path):
    assert refused(tmp_path, "enabled = true").startswith("2:11: ")
    said = refused(tmp_path, "enabled = true", 'embeddings = "nobody/v"')
    assert said.startswith("3:14: ") and "nobody" in said, said


def test_it_is_turned_on_and_off_while_the_node_runs(start, mock, other):
    config = configured(mock, other)
    node = start(merged(config, {"cache": {"semantic": {"enabled": False}}}))
    ask(node, ASKED)
    assert other.calls == 0
    node.rewrite({"cache": config["cache"]})
    node.admin("/admin/reload")
    assert layer(ask(node, NEAR)) == "miss"
    assert layer(ask(node, ASKED)) in ("l1", "semantic")
    other.always("ok", vectors={**VECTORS, ASKED + "!": [1, 0]})
    assert layer(ask(node, ASKED + "!")) == "semantic"
