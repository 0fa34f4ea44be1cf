"""POST /v1/embeddings: every provider kind behind OpenAI's words (SPEC 3); what
is kept of the vectors is in test_embeddings_cache.py.

The mock refuses what the vendor would refuse, so that a 200 already says that
the translation is legal.
"""
import base64
import json
import math
import struct

import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node

KINDS = ["openai", "openai_compatible", "google"]
TEXTS = ["Grüße aus Kiel 🚢", "a \"quote\"\n", "third"]


@pytest.fixture(scope="module")
def upstream():
    with Mock("--key", setups.KEY) as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    """A dependency for each kind, and chains over them."""
    dependencies = {
        kind: setups.dependency(upstream, kind, [f"{kind}-model"],
                                api_key="env:MOCK_SECRET")
        for kind in [*KINDS, "anthropic"]}
    dependencies["sim"] = {"kind": "simulated", "models": ["pretend"]}
    chains = {"first": ["anthropic", "openai"], "last": ["openai", "anthropic"],
              "none": ["anthropic"]}
    with Node({"dependency": dependencies, "cache": {"enabled": False},
               "models": {name: {"chain": [f"{kind}/{kind}-model"
                                           for kind in kinds]}
                          for name, kinds in chains.items()}},
              env={"MOCK_SECRET": setups.KEY}) as node:
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


def ask(node, body, status=200, headers=None):
    reply = node.ask("POST", "/v1/embeddings", body, headers)
    assert reply.status == status, reply
    return reply


def embed(node, kind, texts=TEXTS, **more):
    return ask(node, {"model": f"{kind}/{kind}-model", "input": texts,
                      **more})


def vectors(reply):
    """The vectors in order, checked for their form."""
    body = reply.json()
    assert body["object"] == "list" and isinstance(body["model"], str)
    assert [row["index"] for row in body["data"]] \
        == list(range(len(body["data"])))
    assert all(row["object"] == "embedding" for row in body["data"])
    return [row["embedding"] for row in body["data"]]


# --- answers ----------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_a_vector_for_each_text(node, mock, kind):
    """SPEC 3: the whole shape; the same text has the same vector."""
    mock.always("ok", usage={"input": 17})
    reply = embed(node, kind, ["one", "two", "one"])
    found = vectors(reply)
    assert len(found) == 3 and found[0] == found[2] != found[1]
    assert all(isinstance(x, float) for x in found[0])
    assert reply.json()["usage"] == {"prompt_tokens": 17, "total_tokens": 17}
    assert reply.header("X-Caisson-Provider") == kind
    assert reply.header("X-Caisson-Model") == f"{kind}-model"
    assert reply.header("X-Caisson-Attempts") == "1"
    assert mock.calls == 1


@pytest.mark.parametrize("kind", KINDS)
def test_base64_is_the_same_in_other_letters(node, mock, kind):
    """OpenAI: encoding_format base64: little-endian 32-bit floats."""
    plain = vectors(embed(node, kind))
    coded = vectors(embed(node, kind, encoding_format="base64"))
    for numbers, text in zip(plain, coded):
        raw = base64.b64decode(text)
        assert list(struct.unpack(f"<{len(numbers)}f", raw)) \
            == pytest.approx(numbers, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_dimensions_as_asked_for(node, mock, kind):
    assert [len(v) for v in vectors(embed(node, kind, dimensions=7))] \
        == [7, 7, 7]


@pytest.mark.parametrize("kind", KINDS)
def test_one_text_alone(node, mock, kind):
    assert len(vectors(embed(node, kind, "alone"))) == 1


# --- requests ---------------------------------------------------------------

@pytest.mark.parametrize("kind", ["openai", "openai_compatible"])
def test_what_openai_gets(node, mock, kind):
    """SPEC 3: unknown fields go through; only the model's name changes."""
    more = {"user": "u-1", "encoding_format": "float", "dimensions": 8,
            "x_new": {"deep": [1]}}
    embed(node, kind, **more)
    seen = mock.last()
    assert seen.path == "/v1/embeddings"
    assert seen.headers["authorization"] == "Bearer " + setups.KEY
    assert seen.json() == {"model": f"{kind}-model", "input": TEXTS, **more}


def test_what_google_gets(node, mock):
    embed(node, "google", dimensions=8, user="u-1")
    seen = mock.last()
    assert seen.path == "/v1beta/models/google-model:batchEmbedContents"
    assert seen.headers["x-goog-api-key"] == setups.KEY
    assert setups.KEY not in seen.target
    assert seen.json() == {"requests": [
        {"model": "models/google-model", "content": {"parts": [{"text": t}]},
         "outputDimensionality": 8} for t in TEXTS]}


@pytest.mark.parametrize("ids", [[1, 2, 3], [[1, 2], [3]]])
def test_token_ids_are_for_openai_alone(node, mock, ids):
    """Token ids mean something to the models of one vendor only."""
    assert embed(node, "openai", ids)
    assert mock.last().json()["input"] == ids
    calls = mock.calls
    error = ask(node, {"model": "google/google-model", "input": ids},
                400).json()["error"]
    assert error["code"] == "validation.constraint"
    assert error["param"].startswith("input")
    assert mock.calls == calls, "nothing is sent that cannot be said"


@pytest.mark.parametrize("input", ["", [], ["a", ""], ["a", 1], [1.5], {}, 7,
                                   None, ["x"] * 2049])
def test_bad_input_is_refused_at_the_door(node, mock, input):
    """SPEC 13: each gets a clear error, and nothing goes upstream."""
    error = ask(node, {"model": "openai/openai-model", "input": input},
                400).json()["error"]
    assert error["code"].startswith("validation.")
    assert error["param"].startswith("input")
    assert mock.calls == 0


def test_other_bad_fields_are_refused_at_the_door(node, mock):
    for name, value in (("model", 7), ("dimensions", 0),
                        ("encoding_format", "hex"), ("user", 1)):
        error = ask(node, {"model": "openai/openai-model", "input": "x",
                           name: value}, 400).json()["error"]
        assert error["param"] == name, error
    assert ask(node, b"{", 400).json()["error"]["code"] \
        == "validation.schema"
    assert ask(node, {"model": "unheard-of", "input": "x"}, 404
               ).json()["error"]["code"] == "external.llm.model_not_found"
    assert node.ask("GET", "/v1/embeddings").status == 405
    assert mock.calls == 0


def test_2048_texts_are_one_call(start, mock):
    """A reply may be as large as its request makes it: more than 16 MiB."""
    node = start({"cache": {"enabled": False}, **setups.config(
        a=setups.dependency(mock, api_key="env:MOCK_SECRET", timeout="60s"))},
        env={"MOCK_SECRET": setups.KEY})
    reply = node.ask("POST", "/v1/embeddings", {
        "model": "a/m", "input": ["x"] * 2048, "dimensions": 1000},
        within=60)
    assert reply.status == 200, reply.status
    assert len(reply.body) > 16 << 20
    assert len(vectors(reply)) == 2048
    assert mock.calls == 1


# --- chains and failures ----------------------------------------------------

def test_a_vendor_without_embeddings_is_passed_over(node, mock):
    """Anthropic has none: whoever is next in the chain is asked."""
    delta = node.delta()
    reply = ask(node, {"model": "first", "input": "x"})
    assert reply.header("X-Caisson-Provider") == "openai"
    assert delta("fallback_used_total", service="anthropic",
                 strategy="passed_over") == 1
    assert mock.calls == 1


def test_alone_it_says_that_it_has_none(node, mock):
    error = ask(node, {"model": "none", "input": "x"}, 400).json()["error"]
    assert error["code"] == "external.llm.refused"
    assert error["retry"] == "never"
    assert mock.calls == 0


def test_what_failed_before_it_is_what_is_told(node, mock):
    """A node whose OpenAI is down is not one without embeddings."""
    mock.always("status", status=503)
    error = ask(node, {"model": "last", "input": "x"}, 503).json()["error"]
    assert error["code"] == "external.llm.error" or \
        error["code"] == "external.llm.unavailable"


def test_a_failure_is_retried(start, mock):
    """SPEC 4: an attempt that fails is made again."""
    node = start(setups.config(a=setups.dependency(
        mock, api_key="env:MOCK_SECRET", retry={"attempts": 3})),
        env={"MOCK_SECRET": setups.KEY})
    mock.script("reset", {"do": "status", "status": 500})
    reply = ask(node, {"model": "a/m", "input": "x"})
    assert reply.header("X-Caisson-Attempts") == "3"
    assert mock.calls == 3


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_vectors_are_a_failure(node, mock, kind):
    """Fault table: well-framed nonsense is 502."""
    mock.always("ok", rows=2)
    error = ask(node, {"model": f"{kind}/{kind}-model", "input": TEXTS},
                502).json()["error"]
    assert error["code"] == "external.llm.error"


def test_the_breaker_is_the_dependencys(start, mock):
    """SPEC 4: embeddings and chats are calls of one dependency."""
    node = start(setups.config(a=setups.dependency(
        mock, api_key="env:MOCK_SECRET", breaker={"failures": 2})),
        env={"MOCK_SECRET": setups.KEY})
    mock.always("status", status=500)
    for _ in range(2):
        ask(node, {"model": "a/m", "input": "x"}, 502)
    error = ask(node, {"model": "a/m", "input": "x"}, 503).json()["error"]
    assert error["code"] == "resilience.circuit_breaker_open"
    assert node.chat(setups.chat(model="a/m")).status == 503
    assert mock.calls == 2


# --- metrics ----------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_counted(node, mock, kind):
    """SPEC 10: llm_tokens_total, llm_requests_total, http_requests_total."""
    delta = node.delta()
    mock.always("ok", usage={"input": 17})
    embed(node, kind)
    labels = {"provider": kind, "model": f"{kind}-model"}
    assert delta("llm_requests_total", status="ok", **labels) == 1
    assert delta("llm_tokens_total", type="input", **labels) == 17
    assert delta("llm_tokens_total", type="output", **labels) == 0
    assert delta("http_requests_total", method="POST",
                 route="/v1/embeddings", status="200") == 1


def test_a_provider_that_does_not_count_is_not_counted_for(node, mock):
    """SPEC 4: never an invented value."""
    delta = node.delta()
    assert "usage" not in embed(node, "google").json()
    assert delta("llm_tokens_total", type="input", provider="google",
                 model="google-model") == 0


# --- the simulated provider -------------------------------------------------

def test_simulated_vectors_say_so(node):
    """SPEC 1: it says plainly in each answer that it is simulated."""
    body = {"model": "pretend", "input": ["one", "two", "one"]}
    reply = ask(node, body)
    assert all(row["simulated"] is True for row in reply.json()["data"])
    found = vectors(reply)
    assert found[0] == found[2] != found[1]
    for vector in found:
        assert math.fsum(x * x for x in vector) == pytest.approx(1, abs=1e-4)
    assert vectors(ask(node, body)) == found, "the same text, the same vector"
    assert reply.json()["usage"]["prompt_tokens"] > 0
    error = ask(node, {**body, "dimensions": 10 ** 9}, 400).json()["error"]
    assert error["param"] == "dimensions"


def test_a_node_without_keys_embeds(start):
    """SPEC 1: run it: no config, no keys."""
    node = start()
    reply = ask(node, {"model": "default", "input": "x"})
    assert len(vectors(reply)) == 1
    assert json.loads(reply.text)["data"][0]["simulated"] is True
