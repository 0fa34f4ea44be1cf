"""What an Anthropic client hears when something fails (SPEC section 7)."""
import json
import re

import pytest

from harness import setups, wire
from harness.mock import Mock
from harness.node import Node
from test_messages import PATH, ask, body

CANARY = "CANARY-7f3a upstream says /etc/secret at db7.internal SELECT * FROM"
WIRES = ["openai", "anthropic", "google"]
TYPES = {400: "invalid_request_error", 404: "not_found_error",
         405: "invalid_request_error", 413: "request_too_large",
         415: "invalid_request_error", 502: "api_error",
         503: ("overloaded_error", "api_error"), 504: "timeout_error"}


@pytest.fixture(scope="module")
def upstream():
    with Mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    with Node({"dependency": setups.each(
            upstream, WIRES, "{}-m", api_key="env:MOCK_SECRET")},
              env={"MOCK_SECRET": setups.KEY}) as node:
        yield node


@pytest.fixture
def mock(upstream):
    upstream.reset()
    return upstream


def checked(document):
    """Anthropic's envelope, and in it the members of SPEC 7."""
    assert set(document) == {"type", "error", "request_id"}, document
    assert document["type"] == "error" and document["request_id"]
    error = document["error"]
    for name in ("type", "message", "code", "param", "trace_id", "retry",
                 "retry_after", "metadata"):
        assert name in error, f"{name} is missing: {error}"
    assert re.fullmatch(r"[0-9a-f]{32}", error["trace_id"]), error
    assert error["retry"] in ("never", "always", "conditional")
    assert error["type"].endswith(("_error", "request_too_large"))
    return error


def envelope(reply):
    error = checked(reply.json())
    assert reply.header("Content-Type", "").startswith("application/json")
    assert reply.json()["request_id"] == reply.header("request-id") \
        == reply.header("X-Request-Id")
    assert error["type"] in TYPES[reply.status], (reply.status, error)
    if reply.status in (429, 503):
        assert int(reply.header("Retry-After")) >= 1
    return error


def leaks(text, mock):
    return [word for word in (
        "CANARY", "db7.internal", "SELECT", setups.KEY, "sk-canary",
        f":{mock.port}", "127.0.0.1", "mock", "/work/", ".cpp", "std::",
        "caf::", "boost", "0x") if word in text]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("plan, status, kind_of", [
    ({"do": "status", "status": 400}, 400, "invalid_request_error"),
    ({"do": "status", "status": 401}, 502, "api_error"),
    ({"do": "status", "status": 404}, (400, 404), None),
    ({"do": "status", "status": 429}, 503, "overloaded_error"),
    ({"do": "status", "status": 500}, 502, "api_error"),
    ({"do": "status", "status": 529}, 503, "overloaded_error"),
    ({"do": "hang"}, 504, "timeout_error"),
    ({"do": "reset"}, 502, "api_error"),
    ({"do": "garbage"}, 502, "api_error"),
    ({"do": "wrong_type", "body": {"error": CANARY}}, 502, "api_error"),
    ({"do": "error_event", "after": 0}, (502, 503), None),
], ids=lambda p: p["do"] + str(p.get("status", ""))
    if isinstance(p, dict) else "")
@pytest.mark.parametrize("kind", WIRES)
def test_a_providers_failure(node, mock, kind, plan, status, kind_of, stream):
    """SPEC 7: Anthropic's envelope and types by status; nothing internal."""
    if plan["do"] == "error_event" and not stream:
        pytest.skip("an error event needs a stream")
    mock.always(**{"message": CANARY, **plan})
    hurry = {"X-Request-Timeout-Ms": "300"} if plan["do"] == "hang" else {}
    reply = ask(node, body(f"{kind}-m", stream=stream), hurry)
    wanted = status if isinstance(status, tuple) else (status,)
    assert reply.status in wanted, reply
    error = envelope(reply)
    assert kind_of is None or error["type"] == kind_of, error
    text = reply.raw_head + "\r\n" + reply.text
    assert not leaks(text, mock), f"leaked {leaks(text, mock)}: {text}"


@pytest.mark.parametrize("kind", WIRES)
@pytest.mark.parametrize("plan", [
    {"do": "cut", "after": 5}, {"do": "cut", "after": 5, "how": "rst"},
    {"do": "error_event", "after": 5, "message": CANARY}],
    ids=["fin", "rst", "error event"])
def test_an_error_in_mid_stream_never_looks_complete(node, mock, kind, plan):
    """SPEC 7: an error event is the last, and no message_stop."""
    mock.always(**plan, chunks=list("abcdefgh"))
    reply = ask(node, body(f"{kind}-m", stream=True))
    events = reply.events()
    names = [name for name, _ in events]
    assert names[0] == "message_start" and names[-1] == "error", names
    assert "message_stop" not in names and "message_delta" not in names
    error = checked(json.loads(events[-1][1]))
    assert error["code"].startswith("external.llm."), error
    assert "content_block_delta" in names, "what had come is delivered"
    assert not leaks(events[-1][1], mock)


def test_a_tool_called_with_nonsense(node, mock):
    """A tool must not be called with what the model did not say."""
    mock.always("wrong_type", body={
        "id": "c", "object": "chat.completion", "model": "m", "choices": [
            {"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": None, "tool_calls": [
                    {"id": "a", "type": "function", "function": {
                        "name": "f", "arguments": "{CANARY"}}]}}]})
    delta = node.delta()
    reply = ask(node, body("openai-m"))
    assert reply.status == 502 and not leaks(reply.text, mock)
    error = envelope(reply)
    assert error["code"] == "external.llm.error"
    assert error["metadata"]["dependency"] == "openai"
    assert delta("errors_total", code="external.llm.error") == 1


@pytest.mark.parametrize("make, status, code", [
    (lambda n: n.ask("GET", PATH), 405, "validation.method_not_allowed"),
    (lambda n: ask(n, body("m"), {"Content-Type": "text/plain"}), 415,
     "validation.unsupported_media"),
    (lambda n: ask(n, b"{"), 400, "validation.schema"),
    (lambda n: ask(n, body("who")), 404, "external.llm.model_not_found"),
    (lambda n: ask(n, body("m", "x" * (5 << 20))), 413,
     "validation.body_too_large"),
    (lambda n: ask(n, body("m"), {"X-Request-Timeout-Ms": "0"}), 400,
     "validation.constraint"),
], ids=["405", "415", "400", "model", "413", "timeout"])
def test_own_errors_have_the_same_form(node, make, status, code):
    """SPEC 7: once the route is known, its envelope."""
    reply = make(node)
    assert reply.status == status, reply
    error = envelope(reply)
    assert error["code"] == code and error["retry"] == "never"


def test_counting_tokens_is_not_offered(node):
    assert node.ask("POST", PATH + "/count_tokens",
                    body("openai-m")).status == 404


@pytest.mark.parametrize("param, change", [
    ("max_tokens", {"max_tokens": None}),
    ("messages", {"messages": []}),
    ("temperature", {"temperature": 1.1}),
    ("messages[0].role", {"messages": [{"role": "tool", "content": "x"}]}),
    ("messages[0].content[1].source", {"messages": [
        {"role": "user", "content": [
            {"type": "text", "text": "x"}, {"type": "image"}]}]}),
    ("messages[0].content[0].tool_use_id", {"messages": [
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "x"}]}]}),
    ("tools[0].input_schema", {"tools": [{"name": "f"}]}),
    ("tool_choice.type", {"tool_choice": {"type": "required"}}),
])
def test_param_names_anthropics_own_field(node, mock, param, change):
    """A client's mistake is told by the name that the client wrote."""
    made = {k: v for k, v in {**body("openai-m"), **change}.items()
            if v is not None}
    reply = ask(node, made)
    assert reply.status == 400, reply
    error = envelope(reply)
    assert error["param"] == param and param in error["message"]
    assert mock.calls == 0, "the provider was asked all the same"


@pytest.mark.parametrize("param, change", [
    ("tools[0].type", {"tools": [
        {"type": "web_search_20250305", "name": "web_search"}]}),
    ("messages[0].content[0].source", {"messages": [
        {"role": "user", "content": [{"type": "document", "source": {
            "type": "base64", "media_type": "application/pdf",
            "data": "JVBERi0="}}]}]}),
    ("container", {"container": "c_1"}),
])
@pytest.mark.parametrize("kind", WIRES)
def test_what_only_anthropic_understands(node, mock, kind, param, change):
    """What cannot be said is refused by name, not dropped in silence."""
    reply = ask(node, {**body(f"{kind}-m"), **change})
    if kind == "anthropic":
        assert reply.status == 200, reply
        return
    assert reply.status == 400, reply
    error = envelope(reply)
    assert error["code"] == "validation.constraint"
    assert error["param"] == param and mock.calls == 0


def test_the_trace_id_is_the_callers(node, mock):
    """SPEC 10: W3C context in and out."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    mock.always("status", status=500)
    reply = ask(node, body("openai-m"), {
        "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
        "X-Request-Id": "mine-1"})
    assert envelope(reply)["trace_id"] == trace
    assert reply.json()["request_id"] == "mine-1"


def test_a_stream_given_up_at_the_end_says_so(start, mock):
    """A node that must end says it in the client's envelope."""
    node = start({**setups.config(a=setups.dependency(
        mock, api_key="env:MOCK_SECRET", timeout="20s",
        idle_timeout="20s")), "node": {"drain_timeout": "200ms"}},
        env={"MOCK_SECRET": setups.KEY})
    mock.always("gap", after=3)
    with node.client() as client:
        client.send(wire.request_bytes("POST", PATH, body(
            "chain", stream=True)))
        head = client.head()
        events = client.stream(head)
        assert next(events)[0] == "message_start"
        node.terminate()
        rest = list(events)
    assert rest[-1][0] == "error", rest
    error = checked(json.loads(rest[-1][1]))
    assert error["code"] == "resilience.shutting_down"
    assert error["type"] == "overloaded_error"
    assert node.wait() == 0
