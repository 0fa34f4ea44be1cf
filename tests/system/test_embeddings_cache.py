"""SPEC 6: vectors that are given again, each for itself: a batch asks upstream
only for what is missing. Through the socket, over a real Redis too."""
import itertools
import json

import pytest

from harness import limited, setups
from harness.parallel import together
from harness.redis import listening
from harness.toml import merged
from harness.waiting import Stopwatch, eventually

QUICK = {"cache": {"l2": "off"}}


def one(mock, kind="openai", **more):
    """A node with one provider, and a cache of its own."""
    return merged(merged(setups.config(a=setups.dependency(mock, kind)),
                         QUICK), more)


@pytest.fixture
def shared(start, mock, redis):
    """Starts nodes that share the Redis."""
    def starter(**more):
        return listening(start(merged(merged(
            setups.config(a=setups.dependency(mock)),
            {"dependency": {"store": redis.dependency(timeout="2s")}}), more)))
    return starter


def embed(node, texts, headers=None, status=200, **more):
    reply = node.ask("POST", "/v1/embeddings",
                     {"model": "chain", "input": texts, **more}, headers,
                     within=60)
    assert reply.status == status, reply
    return reply


def layer(reply):
    assert reply.status == 200, reply
    return reply.header("X-Caisson-Cache")


def vectors(reply):
    """In order, checked for their form."""
    rows = reply.json()["data"]
    assert [row["index"] for row in rows] == list(range(len(rows)))
    assert all(row["object"] == "embedding" for row in rows)
    return [row["embedding"] for row in rows]


def asked(mock):
    """The inputs of each request that the provider has seen."""
    return [json.loads(record["body"])["input"]
            for record in mock.requests()]


def each_asked(mock):
    """Its texts, in order: locks are by text, so batches that come at once
    may each lead for a part, and no text is asked for twice."""
    return sorted(text for batch in asked(mock) for text in batch)


# --- a batch asks for what is missing ---------------------------------------

def test_a_batch_asks_upstream_only_for_what_is_missing(start, mock):
    node = start(one(mock))
    first = embed(node, ["a", "b", "c"])
    delta = node.delta()
    mixed = embed(node, ["d", "b", "e", "a"])
    assert asked(mock) == [["a", "b", "c"], ["d", "e"]]
    assert layer(first) == "miss" and layer(mixed) == "miss"
    a, b, _ = vectors(first)
    d, again_b, e, again_a = vectors(mixed)
    assert (again_a, again_b) == (a, b)
    assert vectors(embed(node, ["d", "e"])) == [d, e]
    assert delta("cache_hits_total", layer="l1",
                 cache_type="embeddings") == 4
    assert delta("cache_misses_total", layer="l1",
                 cache_type="embeddings") == 2
    assert delta("cache_hits_total", layer="l1", cache_type="llm") == 0
    assert delta("cache_saved_tokens_total", layer="l1") == 12
    assert delta("llm_tokens_total", type="input") == 6


def test_what_is_here_whole_asks_nobody(start, mock):
    node = start(one(mock))
    first = embed(node, ["a", "b"])
    again = embed(node, ["b", "a"])
    assert layer(again) == "l1" and mock.calls == 1
    assert vectors(again) == vectors(first)[::-1]
    assert again.json()["usage"] == first.json()["usage"]
    assert again.json()["model"] == first.json()["model"]
    assert again.header("X-Caisson-Provider") == "a"
    assert again.header("X-Caisson-Attempts") == "0"


def test_the_same_answer_whatever_was_here_before(start, mock):
    """The law of it: each subset known before, the same answer."""
    texts = ["one", "two", "three", "two"]
    plain = start(one(mock, cache={"enabled": False}))
    wanted = vectors(embed(plain, texts))
    node = start(one(mock))
    subsets = [known for size in range(4)
               for known in itertools.combinations(dict.fromkeys(texts), size)]
    for number, known in enumerate(subsets):
        caller = limited.bearer(f"caller-{number}")  # none knows another's
        if known:
            embed(node, list(known), caller)
        mock.reset()
        assert vectors(embed(node, texts, caller)) == wanted, known
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        assert asked(mock) == ([missing] if missing else [])


def test_usage_says_what_the_vectors_took(start, mock):
    """Three tokens each here: the saved ones are in the metrics."""
    node = start(one(mock))
    embed(node, ["a", "b"])
    delta = node.delta()
    usage = embed(node, ["a", "b", "c"]).json()["usage"]
    assert usage == {"prompt_tokens": 9, "total_tokens": 9}
    assert delta("llm_tokens_total", type="input", provider="a") == 3
    assert delta("cache_saved_tokens_total", layer="l1") == 6


@pytest.mark.parametrize("input", ["alone", [1, 2, 3], [[1, 2], [3]]])
def test_one_text_and_token_ids_are_kept_too(start, mock, input):
    node = start(one(mock))
    first, again = embed(node, input), embed(node, input)
    assert layer(first) == "miss" and layer(again) == "l1"
    assert vectors(first) == vectors(again)
    assert mock.calls == 1
    assert asked(mock) == [input]


def test_base64_and_floats_are_apart(start, mock):
    node = start(one(mock))
    coded = embed(node, ["a", "b"], encoding_format="base64")
    assert layer(embed(node, ["a", "b"])) == "miss"
    again = embed(node, ["b", "c", "a"], encoding_format="base64")
    assert vectors(again)[::2] == vectors(coded)[::-1]
    assert all(isinstance(x, str) for x in vectors(again))
    assert asked(mock)[-1] == ["c"]
    assert mock.calls == 3


@pytest.mark.parametrize("other", [
    {"dimensions": 7}, {"vendor_thing": 1}, {"input": "hi "},
    {"model": "a/m2"}], ids=str)
def test_whatever_changes_a_vector_asks_anew(start, mock, other):
    node = start(merged(one(mock), {
        "dependency": {"a": {"models": ["m", "m2"]}}}))
    embed(node, "hi")
    body = {"model": "chain", "input": "hi", **other}
    assert layer(node.ask("POST", "/v1/embeddings", body)) == "miss"
    assert mock.calls == 2
    assert layer(embed(node, "hi", user="beside")) == "l1"


def test_google_s_vectors_are_kept_as_they_are_told(start, mock):
    node = start(one(mock, "google"))
    first = embed(node, ["a", "b"])
    again = embed(node, ["b", "c", "a"])
    assert vectors(again)[::2] == vectors(first)[::-1]
    assert len(mock.last().json()["requests"]) == 1
    assert "usage" not in again.json(), "never an invented value"


# --- who, and what they say of it -------------------------------------------

def test_nobody_gets_what_another_asked_for(start, mock):
    node = start(one(mock))
    callers = [None, {"Authorization": "Bearer one"},
               {"Authorization": "Bearer two"}]
    for headers in callers:
        assert layer(embed(node, ["a"], headers)) == "miss"
    for headers in callers:
        assert layer(embed(node, ["a"], headers)) == "l1"
    assert mock.calls == 3


def test_a_client_may_want_it_anew_or_kept_nowhere(start, mock):
    node = start(one(mock))
    quiet = {"Cache-Control": "no-store"}
    assert layer(embed(node, ["a"], quiet)) == "miss"
    assert layer(embed(node, ["a"])) == "miss"
    assert layer(embed(node, ["a"], quiet)) == "l1"
    anew = {"Cache-Control": "no-cache"}
    assert layer(embed(node, ["a"], anew)) == "bypass"
    assert layer(embed(node, ["a"], cache=False)) == "bypass"
    assert mock.calls == 4
    assert "cache" not in mock.last().json()
    assert layer(embed(node, ["a"], cache=True)) == "l1"


def test_without_a_cache_there_is_none(start, mock):
    node = start(one(mock, cache={"enabled": False}))
    for _ in range(2):
        assert layer(embed(node, ["a", "b"])) is None
    assert asked(mock) == [["a", "b"]] * 2


def test_forgetting_embeddings_forgets_them_alone(start, mock):
    node = start(one(mock))
    embed(node, ["a"])
    node.chat(setups.chat(temperature=0))
    told = node.admin("/admin/cache/invalidate", {"namespace": "embeddings"})
    assert told.status == 200, told
    assert layer(embed(node, ["a"])) == "miss"
    assert layer(node.chat(setups.chat(temperature=0))) == "l1"


# --- failures ---------------------------------------------------------------

def test_a_failure_keeps_nothing(start, mock):
    node = start(one(mock))
    mock.script({"do": "status", "status": 500})
    embed(node, ["a", "b"], status=502)
    assert layer(embed(node, ["a", "b"])) == "miss"
    assert mock.calls == 2


def test_too_few_vectors_keep_nothing(start, mock):
    node = start(one(mock))
    mock.script({"do": "ok", "rows": 1})
    embed(node, ["a", "b"], status=502)
    assert layer(embed(node, ["a"])) == "miss"


def test_what_is_here_does_not_hide_a_failure(start, mock):
    """Half an answer is none: no vector is made up."""
    node = start(one(mock))
    embed(node, ["a"])
    mock.always("status", status=500)
    error = embed(node, ["a", "b"], status=502).json()["error"]
    assert error["code"] == "external.llm.error"
    assert layer(embed(node, ["a"])) == "l1"


def test_expired_vectors_serve_while_the_provider_is_down(start, mock):
    """stale_if_error, only where it makes the answer whole."""
    node = start(one(mock, cache={"l1_ttl": "50ms", "ttl": {
        "embeddings": "50ms"}}))
    wanted = vectors(embed(node, ["a", "b"]))
    mock.always("status", status=503)
    delta = node.delta()
    # Whatever is still fresh asks nobody, and is right too.
    reply = eventually(lambda: [r for r in [embed(node, ["b", "a"])]
                                if layer(r) == "stale"])[0]
    assert vectors(reply) == wanted[::-1]
    assert reply.header("X-Caisson-Degraded") == "stale_answer"
    assert delta("cache_hits_total", layer="stale",
                 cache_type="embeddings") == 1
    embed(node, ["a", "new"], status=503)


def test_vectors_of_different_models_are_never_in_one_answer(
        start, mock, other):
    """A fallback's vectors are of another space: all are asked for again."""
    node = start(merged(QUICK, setups.config(
        a=setups.dependency(mock), b=setups.dependency(other))))
    embed(node, ["x"])
    mock.always("status", status=500)
    mixed = embed(node, ["x", "y"])
    assert mixed.header("X-Caisson-Provider") == "b"
    assert asked(other) == [["y"], ["x", "y"]]
    mock.always("ok")
    again = embed(node, ["x", "y"])
    assert again.header("X-Caisson-Provider") == "a"
    assert asked(mock)[-1] == ["y"], "what the fallback said is not kept"


def test_a_vendor_without_embeddings_does_not_keep_others_from_being_kept(
        start, mock, other):
    node = start(merged(QUICK, setups.config(
        a=setups.dependency(mock, "anthropic"), b=setups.dependency(other))))
    assert layer(embed(node, ["x"])) == "miss"
    assert layer(embed(node, ["x"])) == "l1"
    assert other.calls == 1


# --- at once ----------------------------------------------------------------

def test_equal_batches_at_once_ask_for_each_text_once(start, mock):
    node = start(one(mock))
    mock.always("ok", delay_ms=1_000)
    replies = together(12, lambda _: embed(node, ["a", "b", "c"]))
    assert len({str(vectors(reply)) for reply in replies}) == 1
    assert each_asked(mock) == ["a", "b", "c"]


def test_batches_that_want_one_another_s_do_not_wait_in_a_circle(start, mock):
    node = start(one(mock))
    mock.always("ok", delay_ms=500)
    batches = [["a", "b", "c"], ["c", "d", "a"], ["d", "e", "b"],
               ["e", "a", "d"]]
    watch = Stopwatch()
    replies = together(16, lambda at: embed(node, batches[at % 4]))
    assert watch.seconds < 15
    for at, reply in enumerate(replies):
        assert len(vectors(reply)) == len(batches[at % 4])
    assert each_asked(mock) == ["a", "b", "c", "d", "e"]


def test_a_batch_that_fails_at_once_fails_for_all(start, mock):
    node = start(one(mock))
    mock.always("status", status=500, delay_ms=1_000)
    replies = together(6, lambda _: embed(node, ["a", "b"], status=502))
    assert len(replies) == 6 and each_asked(mock) == ["a", "b"]


# --- over Redis -------------------------------------------------------------

def test_a_node_that_starts_again_has_them_from_the_store(
        shared, mock, redis):
    first = shared()
    wanted = vectors(embed(first, ["a", "b"]))
    eventually(lambda: len(redis.keys("embeddings:*")) == 2)
    first.stop()
    first.end_expected = True
    node = shared()
    delta = node.delta()
    reply = embed(node, ["b", "new", "a"])
    assert vectors(reply)[::2] == wanted[::-1]
    assert asked(mock) == [["a", "b"], ["new"]]
    assert delta("cache_hits_total", layer="l2",
                 cache_type="embeddings") == 2
    assert delta("cache_saved_tokens_total", layer="l2") == 6
    assert layer(embed(node, ["a", "b"])) == "l1"
    assert redis.keys("*claim") == []


def test_they_hold_for_a_day_and_end_by_themselves(shared, redis):
    node = shared(cache={"stale_if_error": "0ms"})
    embed(node, ["a"], {"Authorization": "Bearer sk-1"})
    key, = eventually(lambda: redis.keys("embeddings:*"))
    space, tenant, words, version = key.split(":")
    assert len(tenant) == 32 and len(words) == 64 and version == "1"
    assert 86_000_000 < redis.ask("PTTL", key) <= 86_400_000


def test_equal_batches_on_two_nodes_ask_for_each_text_once(shared, mock):
    """Each text has a lock of its own: one node may lead for the first, and the
    other for the second."""
    both = shared(), shared()
    mock.always("ok", delay_ms=1_500)
    replies = together(8, lambda at: embed(both[at % 2], ["a", "b"]))
    assert len({str(vectors(reply)) for reply in replies}) == 1
    assert sorted(text for batch in asked(mock) for text in batch) == ["a", "b"]


def test_without_the_store_each_is_a_miss(shared, mock, redis):
    node = shared()
    embed(node, ["a"])
    redis.kill()
    assert layer(embed(node, ["b", "c"])) == "miss"
    assert len(vectors(embed(node, ["b", "d"]))) == 2
    assert asked(mock)[-1] == ["d"], "the first layer goes on"


def test_garbage_in_the_store_is_a_miss(shared, mock, redis):
    node = shared(cache={"l1_entries": 0})
    embed(node, ["a", "b"])
    keys = eventually(lambda: sorted(redis.keys("embeddings:*"))[1:]
                      and sorted(redis.keys("embeddings:*")))
    redis.ask("SET", keys[0], "nonsense")
    delta = node.delta()
    assert len(vectors(embed(node, ["a", "b"]))) == 2
    assert len(asked(mock)[-1]) == 1
    assert delta("cache_refused_total", layer="l2", reason="garbage") == 1


def test_2048_inputs_are_looked_up_and_kept_each(shared, mock, redis):
    """What it costs is bounded: nothing is lost in the crowd, and others are
    answered meanwhile."""
    node = shared(cache={"l1_entries": 0})
    texts = [f"text {n}" for n in range(2048)]
    assert layer(embed(node, texts)) == "miss"
    eventually(lambda: len(redis.keys("embeddings:*")) == 2048, 20)
    delta = node.delta()
    watch = Stopwatch()
    again = embed(node, [*texts[1:], "new"])
    took = watch.seconds
    assert len(vectors(again)) == 2048
    assert asked(mock)[-1] == ["new"]
    assert delta("cache_hits_total", layer="l2",
                 cache_type="embeddings") == 2047
    assert delta("bulkhead_rejections_total") == 0
    assert took < 20, took
    assert redis.keys("*claim") == []


# --- limits -----------------------------------------------------------------

def test_tokens_are_owed_for_what_was_asked_upstream(start, mock):
    """A minute's 1000 tokens: 300 are taken once, and not again."""
    node = start(merged(one(mock), limited.limits(
        minute=0, limits={"keys": {"me": limited.key(
            tier="enterprise", tokens_per_minute=1_000)}})))
    mock.always("ok", usage={"input": 300})
    mine = limited.bearer()
    texts = ["a" * 400, "b" * 400]
    embed(node, texts, mine)
    for _ in range(5):
        assert layer(embed(node, texts, mine)) == "l1"
    embed(node, [*texts, "c"], mine)
    assert asked(mock)[-1] == ["c"]
    embed(node, ["d"], mine)
    embed(node, ["e" * 800], mine, status=429)
