"""What a client hears when something fails (SPEC section 7)."""
import json
import re

import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node

CANARY = "CANARY-7f3a upstream says /etc/secret at db7.internal SELECT * FROM"
WIRES = ["openai", "anthropic", "google"]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
RETRY = {"never", "always", "conditional"}


@pytest.fixture(scope="module")
def upstream():
    with Mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    with Node({"dependency": setups.each(
            upstream, WIRES, "{}-m", api_key="env:MOCK_SECRET",
            timeout="300ms")},
              env={"MOCK_SECRET": setups.KEY}) as node:
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


def envelope(reply):
    """The error object, checked for the whole form of SPEC 7."""
    body = reply.json()
    assert set(body) == {"error"}, body
    error = body["error"]
    for name in ("code", "type", "message", "param", "trace_id", "retry",
                 "retry_after", "metadata"):
        assert name in error, f"{name} is missing: {error}"
    assert re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)+", error["code"]), error
    assert isinstance(error["type"], str) and error["type"]
    assert isinstance(error["message"], str) and error["message"]
    assert error["param"] is None or isinstance(error["param"], str)
    assert re.fullmatch(r"[0-9a-f]{32}", error["trace_id"]), error
    assert error["retry"] in RETRY, error
    assert error["retry_after"] is None \
        or isinstance(error["retry_after"], (int, float))
    assert isinstance(error["metadata"], dict)
    assert reply.header("Content-Type", "").startswith("application/json")
    assert reply.header("X-Request-Id")
    if reply.status in (429, 503):
        assert int(reply.header("Retry-After")) >= 1, (
            "every 429 and 503 has Retry-After of a second or more")
    return error


def ask(node, kind="openai", headers=None, **more):
    return node.chat(setups.chat(model=f"{kind}-m", **more), headers)


@pytest.mark.parametrize("status, headers, want, code, retry", [
    (400, {}, 400, "external.llm.refused", "never"),
    (422, {}, 400, "external.llm.refused", "never"),
    (413, {}, 400, "external.llm.refused", "never"),
    (401, {}, 502, None, "always"),
    (403, {}, 502, None, "always"),
    (408, {}, (502, 504), None, "always"),
    (429, {}, 503, "external.llm.rate_limited", "always"),
    (500, {}, 502, "external.llm.error", "always"),
    (502, {}, 502, "external.llm.error", "always"),
    (503, {}, 503, None, "always"),
    (504, {}, 504, "external.llm.timeout", "always"),
    (529, {}, 503, "external.llm.overloaded", "always"),
])
@pytest.mark.parametrize("kind", WIRES)
def test_a_providers_status_becomes_ours(
        node, mock, kind, status, headers, want, code, retry):
    """SPEC 7: external 502 bad answer, 503 unavailable, 504 late; the
    provider's 401 and 429 are ours: 502 and 503; its other 4xx: 400."""
    mock.always("status", status=status, headers=headers, message=CANARY)
    reply = ask(node, kind, {"X-Request-Timeout-Ms": "700"})
    wants = want if isinstance(want, tuple) else (want,)
    assert reply.status in wants, f"{kind} {status}: {reply}"
    error = envelope(reply)
    assert error["code"].startswith("external.llm."), error
    if code:
        assert error["code"] == code
    assert error["retry"] == retry, error


def leaks(text, mock):
    """What must never stand in anything a client sees."""
    return [word for word in (
        "CANARY", "db7.internal", "SELECT", setups.KEY, "sk-canary",
        f":{mock.port}", "127.0.0.1", "mock", "/work/", ".cpp", "std::",
        "caf::", "boost", "0x") if word in text]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("plan", [
    {"do": "status", "status": 500, "body": CANARY},
    {"do": "status", "status": 400, "message": CANARY},
    {"do": "status", "status": 401,
     "message": "Incorrect API key: " + setups.KEY},
    {"do": "status", "status": 429, "message": CANARY},
    {"do": "status", "status": 503, "headers": {"X-Secret": CANARY}},
    {"do": "html"}, {"do": "garbage"}, {"do": "reset"}, {"do": "hang"},
    {"do": "wrong_type", "body": {"error": CANARY}},
    {"do": "error_event", "after": 0, "message": CANARY},
    {"do": "redirect", "location": "http://db7.internal/SELECT"},
    {"do": "http09", "text": CANARY},
], ids=lambda p: p["do"] + str(p.get("status", "")))
@pytest.mark.parametrize("kind", WIRES)
def test_nothing_internal_leaks(node, mock, kind, plan, stream):
    """SPEC 7: no paths, hosts, SQL, exception text or keys leave the node."""
    if plan["do"] == "error_event" and not stream:
        pytest.skip("an error event needs a stream")
    mock.always(**plan)
    reply = ask(node, kind, {"X-Request-Timeout-Ms": "700"}, stream=stream)
    text = reply.raw_head + "\r\n" + reply.text
    assert reply.status >= 400, f"{plan}: {reply}"
    assert not leaks(text, mock), f"leaked {leaks(text, mock)}: {text}"
    envelope(reply)


def test_nothing_of_it_stands_in_logs_and_telemetry(node, mock):
    """SPEC 2: secrets are never logged and never shown by any endpoint."""
    mock.always("status", status=401,
                message="Incorrect API key: " + setups.KEY)
    for kind in WIRES:
        ask(node, kind)
    for page in ("/telemetry", "/metrics", "/health/ready"):
        assert setups.KEY not in node.look(page).text, page
    assert setups.KEY not in node.stderr, "the key stands in the log"
    assert "client-secret" not in node.stderr


@pytest.mark.parametrize("make, status, code", [
    (lambda n: n.ask("GET", "/nowhere"), 404, "validation.not_found"),
    (lambda n: n.ask("DELETE", "/v1/models"), 405,
     "validation.method_not_allowed"),
    (lambda n: n.chat(setups.chat(), {"Content-Type": "text/plain"}), 415,
     "validation.unsupported_media"),
    (lambda n: n.ask("POST", "/v1/chat/completions", b"{"), 400, None),
    (lambda n: n.chat(setups.chat(model="who")), 404,
     "external.llm.model_not_found"),
    (lambda n: n.chat(setups.chat("x" * (5 << 20))), 413,
     "validation.body_too_large"),
], ids=["404", "405", "415", "400", "model", "413"])
def test_own_errors_have_the_same_form(node, make, status, code):
    """SPEC 7: one envelope for all errors."""
    reply = make(node)
    assert reply.status == status, reply
    error = envelope(reply)
    assert error["retry"] == "never"
    if code:
        assert error["code"] == code


@pytest.mark.parametrize("field, body", [
    ("model", {"messages": [{"role": "user", "content": "x"}]}),
    ("messages", {"model": "openai-m"}),
    ("messages", {"model": "openai-m", "messages": 5}),
])
def test_param_names_the_field(node, field, body):
    """SPEC 7: `param`, as OpenAI's SDKs read it."""
    error = envelope(node.chat(body))
    assert field in (error["param"] or ""), error


def test_the_request_id_of_the_client_is_kept_or_made(node, mock):
    """SPEC 7: X-Request-Id always; two requests have two."""
    first, second = ask(node), ask(node)
    assert first.header("X-Request-Id") != second.header("X-Request-Id")
    assert first.header("X-Request-Id")


def test_the_trace_id_is_the_callers(node, mock):
    """SPEC 7 and 10: trace_id in the body, traceparent in and out."""
    mock.always("status", status=500)
    reply = ask(node, headers={
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert envelope(reply)["trace_id"] == TRACE
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-0[01]",
                        reply.header("traceparent"))
    assert "00f067aa0ba902b7" not in reply.header("traceparent")


@pytest.mark.parametrize("bad", [
    "junk", "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
    "00-" + TRACE + "-" + "0" * 16 + "-01", "00-" + TRACE.upper() +
    "-00f067aa0ba902b7-01", "ff-" + TRACE + "-00f067aa0ba902b7-01"])
def test_a_bad_traceparent_starts_a_new_trace(node, mock, bad):
    """W3C trace context 3.2: what is not valid is not taken over."""
    reply = ask(node, headers={"traceparent": bad})
    assert reply.status == 200
    made = reply.header("traceparent")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", made), made
    assert TRACE not in made


def test_header_injection_is_impossible(node, mock):
    """Reference reliability 2.1: outgoing values have no CR, LF or NUL."""
    reply = ask(node, headers={"X-Request-Id": "a\x01b"})
    assert "\x01" not in reply.raw_head
    mock.always("ok", model="m\r\nX-Injected: yes")
    assert ask(node).header("X-Injected") is None


@pytest.mark.parametrize("plan, code", [
    ({"do": "status", "status": 500}, "external.llm.error"),
    ({"do": "status", "status": 400}, "external.llm.refused")])
def test_errors_are_counted(node, mock, plan, code):
    """SPEC 7: each code counts in errors_total{code,category,retry}."""
    mock.always(**plan)
    delta = node.delta()
    error = envelope(ask(node))
    assert delta("errors_total", code=code, category="external",
                 retry=error["retry"]) == 1


def test_an_error_before_the_stream_is_a_plain_error(node, mock):
    """SPEC 7: as long as nothing was sent, the status says it."""
    mock.always("status", status=500)
    reply = ask(node, stream=True)
    assert reply.status == 502
    envelope(reply)


@pytest.mark.parametrize("plan", [
    {"do": "cut", "after": 3}, {"do": "cut", "after": 3, "how": "rst"},
    {"do": "error_event", "after": 3}, {"do": "no_done"}],
    ids=["fin", "rst", "error event", "no end"])
def test_an_error_in_mid_stream_never_looks_complete(node, mock, plan):
    """SPEC 4 and 7: an error event ends the stream, and no [DONE]: never as
    if complete."""
    mock.always(**plan)
    events = ask(node, stream=True).events()
    assert (None, "[DONE]") not in events, events
    error = json.loads(events[-1][1])["error"]
    assert error["code"].startswith(("external.llm.", "resilience.")), error
    assert error["trace_id"] and error["retry"] in RETRY
    texts = [json.loads(data) for _, data in events[:-1]]
    assert texts, "what had come is delivered"
    assert not leaks(events[-1][1], mock)
