"""The providers' own prompt caches (SPEC 6, L3): what each vendor is asked to
keep, what becomes of it when the vendor will not, and the saved tokens.

The mock keeps what the vendors keep: a prompt that begins like one before it
has its cached tokens counted.
"""
import json

import pytest

from harness import setups
from harness.node import run
from harness.parallel import together

KINDS = ["openai", "anthropic", "google"]
PAGE = "Answer as the house does. " * 200    # over 1024 tokens
BOOK = "All that the house knows. " * 1000   # over 4096 tokens
CACHES = "/v1beta/cachedContents"


def serving(mock, kind, **tables):
    return setups.dependency(mock, kind, [f"{kind}-model"], **tables)


@pytest.fixture
def node(start, mock):
    return start({"dependency": {
        kind: serving(mock, kind, prompt_cache=True) for kind in KINDS}})


def talk(node, kind, text="hi", system=BOOK, **more):
    reply = node.chat({"model": f"{kind}/{kind}-model", "messages": [
        {"role": "system", "content": system},
        {"role": "user", "content": text}], **more})
    assert reply.status == 200, reply
    return reply


def cached(reply):
    """What a client of OpenAI's words reads."""
    return reply.json()["usage"]["prompt_tokens_details"]["cached_tokens"]


def last_usage(reply):
    """The usage at the end of a stream."""
    chunks = [json.loads(data) for _, data in reply.events()
              if data != "[DONE]"]
    return next(c["usage"] for c in reversed(chunks) if c.get("usage"))


def by_path(mock):
    return mock.stats(0)["by_path"]


def bodies(mock, path):
    return [json.loads(r["body"]) for r in mock.requests()
            if r["path"].startswith(path)]


# --- saved tokens, the same for all -------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_the_second_prompt_is_read_from_the_cache(node, mock, kind):
    """SPEC 6: the saved tokens are counted, and the client sees them."""
    delta = node.delta()
    labels = {"provider": kind, "model": f"{kind}-model"}
    talk(node, kind, "first")
    before = delta("llm_tokens_total", type="cached_input", **labels)
    saved = cached(talk(node, kind, "second"))
    assert saved >= 1024
    assert delta("llm_tokens_total", type="cached_input", **labels) \
        == before + saved


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_says_what_was_saved_too(node, mock, kind):
    delta = node.delta()
    labels = {"provider": kind, "model": f"{kind}-model"}
    talk(node, kind, "first")
    before = delta("llm_tokens_total", type="cached_input", **labels)
    usage = last_usage(talk(node, kind, "second", stream=True,
                            stream_options={"include_usage": True}))
    saved = usage["prompt_tokens_details"]["cached_tokens"]
    assert saved >= 1024
    assert delta("llm_tokens_total", type="cached_input", **labels) \
        == before + saved
    # Counted also where the client did not ask.
    talk(node, kind, "third", stream=True)
    assert delta("llm_tokens_total", type="cached_input", **labels) \
        == before + 2 * saved


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_client_of_anthropics_words_sees_it_as_anthropic_says_it(
        node, mock, kind, stream):
    """cache_read_input_tokens, apart from input_tokens."""
    mock.always("ok", usage={"input": 5000, "output": 7, "cached": 3000})
    reply = node.ask("POST", "/v1/messages", {
        "model": f"{kind}/{kind}-model", "max_tokens": 99, "stream": stream,
        "messages": [{"role": "user", "content": "hi"}]},
        {"anthropic-version": "2023-06-01"})
    assert reply.status == 200, reply
    if stream:
        parsed = [json.loads(data) for _, data in reply.events()]
        usage = {}
        for event in parsed:
            usage.update(event.get("message", {}).get("usage") or {})
            usage.update(event.get("usage") or {})
    else:
        usage = reply.json()["usage"]
    assert usage["cache_read_input_tokens"] == 3000
    # Anthropic counts what was read apart, the others within the prompt.
    assert usage["input_tokens"] == (5000 if kind == "anthropic" else 2000)


# --- OpenAI -------------------------------------------------------------------

def test_openai_is_told_which_prompts_begin_alike(node, mock):
    talk(node, "openai", "first")
    talk(node, "openai", "second", temperature=0.5)
    talk(node, "openai", "third", system=BOOK + "!")
    keys = [body["prompt_cache_key"]
            for body in bodies(mock, "/v1/chat/completions")]
    assert keys[0] == keys[1] != keys[2]
    assert "house" not in "".join(keys), "never the text itself"


def test_callers_have_keys_of_their_own(node, mock):
    for who in ("alice", "bob", "alice"):
        node.chat({"model": "openai/openai-model", "messages": [
            {"role": "system", "content": PAGE},
            {"role": "user", "content": "hi"}]},
            {"Authorization": f"Bearer {who}"})
    keys = [body["prompt_cache_key"]
            for body in bodies(mock, "/v1/chat/completions")]
    assert keys[0] == keys[2] != keys[1]
    assert not any(who in key for key in keys for who in ("alice", "bob"))


def test_the_clients_own_key_and_short_prompts_stay_as_they_are(node, mock):
    talk(node, "openai", prompt_cache_key="mine")
    assert mock.last().json()["prompt_cache_key"] == "mine"
    talk(node, "openai", system="Be brief.")
    assert "prompt_cache_key" not in mock.last().json()


def test_the_same_prompt_has_the_same_key_on_every_node(start, mock):
    for _ in range(2):
        talk(start({"dependency": {"openai": serving(mock, "openai")}}),
             "openai")
    first, second = bodies(mock, "/v1/chat/completions")
    assert first["prompt_cache_key"] == second["prompt_cache_key"]


# --- Anthropic ----------------------------------------------------------------

def test_anthropic_is_shown_what_to_keep(node, mock):
    """The mock refuses more than four marks, and unknown ones."""
    tool = {"type": "function", "function": {
        "name": "weather", "description": PAGE,
        "parameters": {"type": "object"}}}
    reply = node.chat({"model": "anthropic/anthropic-model", "tools": [tool],
                       "messages": [
        {"role": "system", "content": PAGE},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"}]})
    assert reply.status == 200, reply
    body = mock.last().json()
    mark = {"type": "ephemeral"}
    assert body["tools"][-1]["cache_control"] == mark
    assert body["system"][-1]["cache_control"] == mark
    assert body["messages"][1]["content"][-1]["cache_control"] == mark
    assert json.dumps(body).count("cache_control") == 3


def test_a_conversation_reads_what_its_last_turn_wrote(node, mock):
    messages = [{"role": "system", "content": PAGE},
                {"role": "user", "content": "Tell me. " * 600}]
    saved = []
    for _ in range(3):
        reply = node.chat({"model": "anthropic/anthropic-model",
                           "messages": messages})
        saved.append(cached(reply))
        messages += [{"role": "assistant", "content": "So it is. " * 500},
                     {"role": "user", "content": "And then?"}]
    assert saved[0] == 0
    assert saved[0] < saved[1] < saved[2], "each turn reads more than the last"


def test_a_client_of_anthropics_is_passed_on_as_it_is(node, mock):
    """Bytes of a client of the same dialect are its own."""
    plain = {"max_tokens": 9, "system": PAGE, "messages": [
        {"role": "user", "content": "hi"}]}
    marked = {"max_tokens": 9, "system": [
        {"type": "text", "text": PAGE,
         "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [{"role": "user", "content": "hi"}]}
    for body in (plain, marked):
        asked = {"model": "anthropic/anthropic-model", **body}
        reply = node.ask("POST", "/v1/messages", asked,
                         {"anthropic-version": "2023-06-01"})
        assert reply.status == 200, reply
        assert mock.last().json() == {**asked, "model": "anthropic-model"}


# --- Google -------------------------------------------------------------------

def test_google_keeps_a_prefix_once(node, mock):
    for text in ("first", "second", "third"):
        talk(node, "google", text)
    assert by_path(mock)[CACHES] == 1
    [created] = bodies(mock, CACHES)
    assert created["model"] == "models/google-model"
    assert BOOK in json.dumps(created["systemInstruction"])
    asked = bodies(mock, "/v1beta/models/")
    assert [body["cachedContent"] for body in asked] \
        == ["cachedContents/mock1"] * 3
    assert not any("systemInstruction" in body for body in asked)


def test_a_key_of_ours_goes_with_the_creation(start, mock):
    node = start({"dependency": {"google": serving(
        mock, "google", prompt_cache=True, api_key="env:MOCK_SECRET")}},
        env={"MOCK_SECRET": setups.KEY})
    talk(node, "google")
    keys = [dict(r["headers"]).get("x-goog-api-key") for r in mock.requests()]
    assert keys == [setups.KEY] * 2


def test_equal_prefixes_at_once_are_created_once(node, mock):
    """Nobody waits for it: who comes meanwhile says all of it."""
    mock.script({"do": "ok", "delay_ms": 300, "match": {"path": CACHES}})
    together(8, lambda i: talk(node, "google", f"text {i}"))
    assert by_path(mock)[CACHES] == 1
    talk(node, "google", "afterwards")
    assert by_path(mock)[CACHES] == 1
    assert "cachedContent" in mock.last().json()


def test_tools_and_how_they_are_called_are_a_part_of_the_prefix(node, mock):
    for choice in ("auto", "none", "auto"):
        talk(node, "google", tools=[setups.WEATHER], tool_choice=choice)
    assert by_path(mock)[CACHES] == 2
    assert all("tools" in body and "toolConfig" in body
               for body in bodies(mock, CACHES))


def test_short_prefixes_are_not_kept(node, mock):
    talk(node, "google", system=PAGE)
    assert CACHES not in by_path(mock)


@pytest.mark.parametrize("plan", [
    {"do": "status", "status": 400}, {"do": "status", "status": 500},
    {"do": "status", "status": 429}, {"do": "reset"}, {"do": "garbage"}])
def test_a_creation_that_fails_costs_nobody_an_answer(node, mock, plan):
    """The request goes plainly, and for a while nobody tries again."""
    mock.script({**plan, "match": {"path": CACHES}, "times": "forever"})
    for text in ("first", "second"):
        assert talk(node, "google", text).header("X-Caisson-Attempts") == "1"
    assert by_path(mock)[CACHES] == 1
    assert BOOK in mock.last().body
    assert node.breaker("google") == "closed"
    assert node.metrics().value("circuit_breaker_failures_total",
                                service="google") == 0


def test_a_creation_that_hangs_is_not_waited_for(start, mock):
    node = start({"dependency": {"google": serving(
        mock, "google", prompt_cache=True, connect_timeout="200ms")}})
    mock.script({"do": "hang", "match": {"path": CACHES}})
    reply = talk(node, "google")
    assert reply.header("X-Caisson-Attempts") == "1"
    assert BOOK in mock.last().body


def test_a_prefix_that_is_gone_is_said_again(node, mock):
    """The provider says 403 or 404 for a name that it has dropped."""
    mock.script({"do": "ok", "ttl": "0s", "match": {"path": CACHES}})
    reply = talk(node, "google")
    assert reply.header("X-Caisson-Attempts") == "1"
    asked = bodies(mock, "/v1beta/models/")
    assert ["cachedContent" in body for body in asked] == [True, False]
    talk(node, "google", "again")
    assert "cachedContent" not in mock.last().json()


def test_a_failure_of_the_provider_is_one_by_name_too(node, mock):
    """What is about the provider and not about the name is the attempt's."""
    talk(node, "google")
    mock.always("status", status=503)
    reply = node.chat({"model": "google/google-model", "messages": [
        {"role": "system", "content": BOOK},
        {"role": "user", "content": "hi"}]})
    assert reply.status == 503
    assert by_path(mock)["/v1beta/models/google-model:generateContent"] == 2


def test_a_reload_forgets_nothing(node, mock):
    talk(node, "google")
    node.rewrite({"dependency": {"google": {"timeout": "6s"}}})
    assert node.admin("/admin/reload").status == 200
    talk(node, "google", "again")
    assert by_path(mock)[CACHES] == 1


# --- the option -----------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_of_a_provider_when_told_so(start, mock, kind):
    node = start({"dependency": {kind: serving(mock, kind,
                                               prompt_cache=False)}})
    for text in ("first", "second"):
        talk(node, kind, text)
    seen = "".join(r["body"] for r in mock.requests())
    for word in ("prompt_cache_key", "cache_control", "cachedContent"):
        assert word not in seen
    assert mock.calls == 2


def test_what_costs_is_off_unless_asked_for(start, mock):
    """Anthropic charges for writing, Google for keeping; OpenAI for neither.
    """
    node = start({"dependency": {kind: serving(mock, kind)
                                 for kind in KINDS}})
    for kind in KINDS:
        talk(node, kind)
    seen = "".join(r["body"] for r in mock.requests())
    assert "prompt_cache_key" in seen
    assert "cache_control" not in seen and "cachedContent" not in seen


def test_a_kind_that_cannot_keep_is_not_told_to(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('[dependency.a]\nkind = "simulated"\n'
                    "prompt_cache = true\n")
    done = run("check-config", "--config", file)
    assert done.returncode == 78
    assert "dependency.a.prompt_cache" in done.stderr
