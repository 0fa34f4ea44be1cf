"""The front door is strict (SPEC sections 3 and 13)."""
import json
import pathlib

import pytest

from harness import setups, slow, wire
from harness.mock import Mock
from harness.node import Node
from harness.parallel import Background, together
from harness.waiting import Stopwatch, eventually

CORPUS = json.loads((pathlib.Path(__file__).resolve().parents[1]
                     / "corpus/http_requests.json").read_text())
PATH = "/v1/chat/completions"
# These statuses judge the framing itself: nothing after it can be trusted.
FRAMING = {400, 408, 413, 414, 431, 505}


@pytest.fixture(scope="module")
def upstream():
    with Mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    """One node with default limits for all tests that leave no trace."""
    with Node(setups.config(a=setups.dependency(upstream))) as node:
        yield node


@pytest.fixture
def quiet(upstream):
    upstream.reset()
    return upstream


# --- the corpus -------------------------------------------------------------

@pytest.mark.parametrize(
    "case", [c for c in CORPUS if c["expect"] != "ok"],
    ids=lambda c: c["name"])
def test_refused(case, node, quiet):
    """SPEC 13: smuggling forms are answered with 4xx and close; nothing of
    them reaches a provider."""
    with node.client(within=5) as client:
        client.send(case["raw"].encode("latin-1"))
        reply = client.read()
        assert reply.status == case["expect"], f"{case['why']}: {reply}"
        if reply.status in FRAMING:
            assert client.rest() == b"", f"{case['why']}: more than one reply"
        if reply.body:
            assert reply.code and "." in reply.code, reply
    assert quiet.calls == 0, f"{case['why']}: it reached the provider"


@pytest.mark.parametrize(
    "case", [c for c in CORPUS if c["expect"] == "ok"],
    ids=lambda c: c["name"])
def test_accepted(case, node):
    """SPEC 13: strict is not deaf: what the RFCs allow passes."""
    raw = case["raw"].encode("latin-1")
    with node.client(within=5) as client:
        client.send(raw)
        reply = client.read(raw.split(b" ", 1)[0].decode())
        assert reply.status < 400, f"{case['why']}: {reply}"


@pytest.mark.parametrize(
    "case", [c for c in CORPUS if c["expect"] != "ok"][::8],
    ids=lambda c: c["name"])
def test_refused_byte_by_byte(case, node):
    """The verdict does not depend on how the bytes arrive."""
    with node.client(within=5) as client:
        raw = case["raw"].encode("latin-1")[:2000]
        if raw != case["raw"].encode("latin-1"):
            pytest.skip("too long to send byte by byte")
        try:
            for at in range(len(raw)):
                client.send(raw[at:at + 1])
        except OSError:
            pass  # refused before the last byte, as it may
        assert client.read().status == case["expect"], case["why"]


# --- routes -----------------------------------------------------------------

def test_unknown_path(node):
    """SPEC 7: validation.not_found (404)."""
    reply = node.ask("GET", "/v1/nothing")
    assert (reply.status, reply.code) == (404, "validation.not_found")


def test_wrong_method_names_the_right_ones(node):
    """SPEC 7: validation.method_not_allowed (405); RFC 9110: Allow."""
    reply = node.ask("GET", PATH)
    assert (reply.status, reply.code) == (405,
                                          "validation.method_not_allowed")
    assert "POST" in reply.header("Allow", "")


def test_options_names_the_methods(node):
    """RFC 9110 9.3.7."""
    reply = node.ask("OPTIONS", PATH)
    assert reply.status in (200, 204)
    assert "POST" in reply.header("Allow", "")


def test_head_has_no_body(node):
    """RFC 9110 9.3.2: HEAD answers as GET, without the body."""
    with node.client() as client:
        client.send(wire.request_bytes("HEAD", "/v1/models"))
        reply = client.read("HEAD")
        assert reply.status == 200
        assert client.ask("GET", "/health/live").status == 200, (
            "the next reply must follow the head directly")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml",
                                  "multipart/form-data; boundary=x"])
def test_wrong_media_type(node, kind):
    """SPEC 7: validation.unsupported_media (415)."""
    reply = node.chat(setups.chat(), {"Content-Type": kind})
    assert (reply.status, reply.code) == (415, "validation.unsupported_media")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8",
                                  "Application/JSON"])
def test_right_media_type_in_other_words(node, kind):
    """RFC 9110 8.3: no case, parameters allowed."""
    assert node.chat(setups.chat(), {"Content-Type": kind}).status == 200


# --- JSON -------------------------------------------------------------------

def message(content):
    """A chat request around a JSON text, byte for byte."""
    return (b'{"model":"chain","messages":[{"role":"user","content":'
            + content + b"}]}")


@pytest.mark.parametrize("name, body", [
    ("empty", b""),
    ("not JSON", b"{"),
    ("trailing comma", b'{"model":"chain",}'),
    ("array", b"[]"), ("number", b"1"), ("null", b"null"),
    ("two documents", message(b'"a"') * 2),
    ("junk behind", message(b'"a"') + b"x"),
    ("duplicate model", b'{"model":"a","model":"chain","messages":[{"role":'
     b'"user","content":"x"}]}'),
    ("duplicate key, escaped", b'{"model":"a","m\\u006fdel":"chain",'
     b'"messages":[{"role":"user","content":"x"}]}'),
    ("duplicate key, deep", message(b'"a"')[:-1]
     + b',"metadata":{"k":1,"k":2}}'),
    ("depth of 65", message(b'"a"')[:-1] + b',"x":' + b"[" * 65 + b"]" * 65
     + b"}"),
    ("depth of 100000", b"[" * 100000),
    ("bad UTF-8", message(b'"\xff\xfe"')),
    ("overlong UTF-8", message(b'"\xc0\xaf"')),
    ("surrogate in UTF-8", message(b'"\xed\xa0\x80"')),
    ("lone surrogate escape", message(b'"\\ud800"')),
    ("control character", message(b'"a\nb"')),
    ("1e400", message(b'"a"')[:-1] + b',"temperature":1e400}'),
    ("NaN", message(b'"a"')[:-1] + b',"temperature":NaN}'),
    ("byte order mark", b"\xef\xbb\xbf" + message(b'"a"')),
    ("NUL behind", message(b'"a"') + b"\x00"),
    ("no model", b'{"messages":[{"role":"user","content":"x"}]}'),
    ("model is a number", b'{"model":1,"messages":[{"role":"user",'
     b'"content":"x"}]}'),
    ("no messages", b'{"model":"chain"}'),
    ("messages is text", b'{"model":"chain","messages":"x"}'),
    ("stream is text", message(b'"a"')[:-1] + b',"stream":"yes"}'),
])
def test_bad_json_is_the_clients_fault(node, quiet, name, body):
    """SPEC 13: malformed, deep or duplicate-key JSON, bad UTF-8: 400 with a
    validation.* code; nothing reaches a provider."""
    reply = node.ask("POST", PATH, body, {"Content-Type": "application/json",
                                          "Content-Length": str(len(body))})
    assert reply.status == 400, f"{name}: {reply}"
    assert (reply.code or "").startswith("validation."), f"{name}: {reply}"
    assert quiet.calls == 0, f"{name}: it reached the provider"


def test_good_json_of_an_unusual_kind(node, quiet):
    """SPEC 13: depth up to 64, escapes and long texts are fine."""
    deep = message(b'"\\ud83d\\udea2 \xf0\x9f\x9a\xa2 \\u0000"')[:-1] \
        + b',"metadata":' + b'{"a":' * 50 + b"1" + b"}" * 50 + b"}"
    reply = node.ask("POST", PATH, deep)
    assert reply.status == 200, reply
    assert quiet.last().json()["messages"][0]["content"] == "🚢 🚢 \x00"


def test_an_unknown_model(node, quiet):
    """SPEC 7: external.llm.model_not_found (404, never)."""
    reply = node.chat(setups.chat(model="who"))
    assert (reply.status, reply.code) == (404, "external.llm.model_not_found")
    assert quiet.calls == 0


# --- connections ------------------------------------------------------------

def test_pipelined_requests_are_answered_in_order(node, quiet):
    """RFC 9112 9.3.2."""
    quiet.script({"do": "ok", "text": "slow", "delay_ms": 200},
                 {"do": "ok", "text": "fast"})
    one = wire.request_bytes("POST", PATH, setups.chat())
    with node.client() as client:
        client.send(one + one + wire.request_bytes("GET", "/health/live"))
        texts = [client.read().json()["choices"][0]["message"]["content"]
                 for _ in range(2)]
        assert texts == ["slow", "fast"]
        assert client.read("GET").status == 200


def test_keep_alive_and_close(node):
    """RFC 9112 9.3: connections persist until told."""
    with node.client() as client:
        for _ in range(5):
            assert client.ask("GET", "/health/live").status == 200
        reply = client.ask("GET", "/health/live", None,
                           {"Connection": "close"})
        assert reply.header("Connection", "").lower() == "close"
        assert client.rest() == b""


def test_a_half_closed_client_gets_its_answer(node, quiet):
    """Issue 2, 3: half-closed clients still get their answer."""
    quiet.always("ok", delay_ms=150)
    with node.client() as client:
        client.send(wire.request_bytes("POST", PATH, setups.chat()))
        client.half_close()
        assert client.read().status == 200
        assert client.rest() == b"", "the node closes its side too"


def test_a_half_closed_client_gets_its_stream(node, quiet):
    """Issue 2, 3: half-closed clients still get their answer."""
    quiet.always("ok", event_delay_ms=30)
    with node.client() as client:
        client.send(wire.request_bytes("POST", PATH,
                                       setups.chat(stream=True)))
        client.half_close()
        assert client.read().events()[-1][1] == "[DONE]"


def test_expect_100_continue(node, quiet):
    """RFC 9110 10.1.1: the body is asked for before it is sent."""
    body = json.dumps(setups.chat()).encode()
    with node.client(within=3) as client:
        client.send(wire.request_bytes("POST", PATH, b"", {
            "Expect": "100-continue", "Content-Length": str(len(body))}))
        assert client.head().status == 100
        client.send(body)
        assert client.read().status == 200
    assert quiet.last().json()["messages"]


def test_a_chunked_request_is_understood(node, quiet):
    """RFC 9112 7.1, with the pieces split anywhere."""
    body = json.dumps(setups.chat("chunked")).encode()
    with node.client() as client:
        client.send(wire.request_bytes("POST", PATH, None, {
            "Content-Type": "application/json",
            "Transfer-Encoding": "chunked"}))
        for at in range(0, len(body), 7):
            part = body[at:at + 7]
            client.send(b"%x\r\n" % len(part))
            client.send(part + b"\r\n")
        client.send(b"0\r\n\r\n")
        assert client.read().status == 200
    assert quiet.last().json()["messages"][0]["content"] == "chunked"


def test_a_body_behind_an_error_is_not_read_as_a_request(node):
    """SPEC 13: nothing is smuggled behind a refused request."""
    inner = wire.request_bytes("GET", "/health/live")
    with node.client(within=5) as client:
        client.send(wire.request_bytes("POST", "/v1/nothing", inner))
        assert client.read().status == 404
        client.half_close()
        assert client.rest() == b"", "the body was taken for a request"


# --- limits -----------------------------------------------------------------

@pytest.fixture(scope="module")
def tight(upstream):
    """A node with limits that a test can reach."""
    with Node({**setups.config(a=setups.dependency(upstream)), "http": {
            "max_header": "2KiB", "max_body": "8KiB",
            "header_timeout": "300ms", "body_timeout": "400ms",
            "idle_timeout": "500ms"}}) as node:
        yield node


def test_a_head_over_the_limit(tight):
    """SPEC 7: validation.headers_too_large (431), and close."""
    with tight.client(within=3) as client:
        client.send(wire.request_bytes("GET", "/health/live", None,
                                       {"X-Long": "x" * 3000}))
        reply = client.read()
        assert (reply.status, reply.code) == (431,
                                              "validation.headers_too_large")
        assert client.rest() == b""


def test_a_head_without_end_is_cut_at_the_limit(tight):
    """SPEC 13: no head is kept beyond http.max_header."""
    with tight.client(within=3) as client:
        try:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100000)
        except OSError:
            pass  # closed while it was sent, as it may
        assert client.read().status == 431


def test_a_body_over_the_limit_said_before(tight, quiet):
    """SPEC 7: validation.body_too_large (413) at the Content-Length."""
    with tight.client(within=3) as client:
        client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application"
                    b"/json\r\nContent-Length: 9000\r\n\r\n" % PATH.encode())
        reply = client.read()
        assert (reply.status, reply.code) == (413,
                                              "validation.body_too_large")
        assert client.rest() == b""
    assert quiet.calls == 0


def test_a_body_over_the_limit_in_chunks(tight, quiet):
    """SPEC 7: validation.body_too_large (413) while it comes."""
    with tight.client(within=3) as client:
        client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application"
                    b"/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    % PATH.encode())
        try:
            for _ in range(20):
                client.send(b"400\r\n" + b" " * 1024 + b"\r\n")
        except OSError:
            pass  # closed while it was sent, as it may
        assert client.read().status == 413
    assert quiet.calls == 0


def test_a_body_at_the_limit_passes(tight):
    """SPEC 2: max_body is the largest that is taken."""
    empty = len(json.dumps(setups.chat("")).encode())
    body = json.dumps(setups.chat("x" * (8192 - empty)))
    assert len(body) == 8192
    assert tight.ask("POST", PATH, body).status == 200


@pytest.mark.parametrize("begin", [b"", b"GET /health/live HTTP/1.1\r\nHo"],
                         ids=["nothing", "half a head"])
def test_slow_headers_are_cut(tight, begin):
    """SPEC 13: slow headers: 408 or close within header_timeout."""
    watch = Stopwatch()
    with tight.client(within=4) as client:
        client.send(begin)
        data = client.rest()
        assert watch.seconds < 1.5, f"cut after {watch.seconds} s only"
        assert not data or data.startswith(b"HTTP/1.1 408 "), data


def test_a_dripped_head_is_cut_at_the_total(tight):
    """SPEC 13: the time is for the whole head, not for each byte."""
    watch = Stopwatch()
    with tight.client(within=0.02) as client:
        client.send(b"GET /health/live HTTP/1.1\r\nX: ")
        cut = False
        while not cut and watch.seconds < 3:
            try:
                client.send(b"x")
                cut = not client.more()
            except TimeoutError:
                pass
            except OSError:
                cut = True
        assert cut and watch.seconds < 1.5, f"cut: {cut}, {watch.seconds} s"


def test_a_slow_body_is_cut(tight, quiet):
    """SPEC 13: slow body: 408 and close within body_timeout."""
    watch = Stopwatch()
    with tight.client(within=4) as client:
        client.send(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application"
                    b"/json\r\nContent-Length: 100\r\n\r\n{" % PATH.encode())
        reply = client.read()
        assert reply.status == 408, reply
        assert client.rest() == b""
        assert 0.35 <= watch.seconds < 1.6
    assert quiet.calls == 0


def test_an_idle_connection_is_closed(tight):
    """SPEC 2: http.idle_timeout between requests."""
    with tight.client(within=4) as client:
        assert client.ask("GET", "/health/live").status == 200
        watch = Stopwatch()
        assert client.rest() == b"", "idle: closed without a word"
        assert 0.4 <= watch.seconds < 1.8


def test_too_many_connections_are_shed_with_503(start):
    """SPEC 13: over max_connections: 503 and Retry-After, early and cheaply;
    and service again when there is room."""
    node = start({"http": {"max_connections": 4}})
    kept = [node.client() for _ in range(4)]
    for client in kept:
        assert client.ask("GET", "/health/live").status == 200
    watch = Stopwatch()
    with node.client(within=3) as surplus:
        try:
            surplus.send(wire.request_bytes("GET", "/health/live"))
        except OSError:
            pass  # answered and closed before it was asked
        reply = surplus.read()
        assert reply.status == 503, reply
        assert int(reply.header("Retry-After")) >= 1
        assert (reply.code or "").startswith("resilience."), reply
        assert surplus.rest() == b""
        assert watch.seconds < 1
    assert kept[0].ask("GET", "/health/live").status == 200
    for client in kept:
        client.close()
    eventually(lambda: node.ask("GET", "/health/live").status == 200)


def test_a_slow_reader_does_not_fill_memory(start, mock):
    """SPEC 4: a slow reader slows the read from upstream; memory stays
    bounded."""
    node = start(setups.config(a=setups.dependency(mock)), env=slow.ENV)
    node.chat(setups.chat(model="none"))
    grown = slow.memory_held(node, mock, wire.request_bytes(
        "POST", PATH, setups.chat(stream=True)))
    assert grown < 48 << 20, f"grew by {grown >> 20} MiB"


def test_a_reader_that_stops_is_cut(start, mock):
    """http.write_timeout: who takes nothing for so long is gone."""
    node = start({**setups.config(a=setups.dependency(mock)),
                  "http": {"write_timeout": "400ms"}})
    mock.always("endless", chunks=["x" * 8000, "x" * 8000])
    with node.client(rcvbuf=4096) as client:
        client.send(wire.request_bytes("POST", PATH,
                                       setups.chat(stream=True)))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        eventually(lambda: mock.stats()["cancelled"] == 1, 5,
                   "the upstream work of a reader that stopped")


def test_sixty_clients_at_once(node):
    """SPEC 13: what is admitted is served."""
    replies = together(60, lambda _: node.ask("GET", "/health/live"))
    assert {reply.status for reply in replies} == {200}


def test_one_slow_request_holds_up_nobody_else(node, quiet):
    """SPEC 4: one slow call leaves the others alone."""
    quiet.always("ok", delay_ms=600)
    slow = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: quiet.stats()["concurrent"] == 1)
    watch = Stopwatch()
    assert node.ask("GET", "/health/live").status == 200
    assert watch.seconds < 0.3 and not slow.done()
    assert slow.result().status == 200


def test_garbage_on_the_port_kills_nothing(node):
    """SPEC 13: garbage is refused."""
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
                 bytes(range(256)) * 8, b"\r\n" * 4000, b"\x00" * 20000):
        with node.client(within=12) as client:
            try:
                client.send(junk)
            except OSError:
                pass  # closed while it was sent, as it may
            client.half_close()
            data = client.rest()
            assert not data or data.startswith(b"HTTP/1.1 4"), data[:80]
    assert node.ask("GET", "/health/live").status == 200
