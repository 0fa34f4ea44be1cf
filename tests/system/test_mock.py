"""The mock upstream itself, through raw sockets: a test that trusts it must be
able to."""
import gzip
import json
import time

import pytest

from harness import pki, wire
from harness.mock import Mock
from harness.parallel import Background, together
from harness.waiting import Stopwatch, eventually

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**CHAT, "stream": True}
PATH = "/v1/chat/completions"
ANTHROPIC = {"anthropic-version": "2023-06-01", "x-api-key": "k"}
MESSAGES = {"model": "c", "max_tokens": 9,
            "messages": [{"role": "user", "content": "hi"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
SSE = "/v1beta/models/gem:streamGenerateContent?alt=sse"


def ask(mock, body=CHAT, path=PATH, headers=None):
    return wire.ask(mock.address, "POST", path, body, headers)


def opened(mock, body=CHAT, within=5.0):
    """A connection with a request on its way."""
    client = wire.Client(mock.address, within)
    client.send(wire.request_bytes("POST", PATH, body))
    return client


def everything(mock, body=CHAT):
    """All bytes of a reply, to the end of the connection."""
    with wire.Client(mock.address, 5) as client:
        client.send(wire.request_bytes("POST", PATH, body,
                                       {"Connection": "close"}))
        return client.rest()


# --- script and statistics --------------------------------------------------

def test_the_queue_runs_down_to_the_default(mock):
    mock.script({"do": "status", "status": 500, "times": 2}, {"do": "html"},
                default={"do": "status", "status": 503,
                         "headers": {"Retry-After": "7"}, "body": "later"})
    assert [ask(mock).status for _ in range(2)] == [500, 500]
    assert ask(mock).header("Content-Type") == "text/html"
    last = ask(mock)
    assert (last.status, last.header("Retry-After"), last.text) \
        == (503, "7", "later")


def test_a_plan_can_wait_for_its_request(mock):
    mock.script({"do": "status", "status": 529, "times": "forever",
                 "match": {"vendor": "anthropic"}},
                {"do": "status", "status": 418, "match": {"model": "x"}})
    assert ask(mock).status == 200
    assert ask(mock, {**CHAT, "model": "x"}).status == 418
    for _ in range(2):
        reply = ask(mock, MESSAGES, "/v1/messages", ANTHROPIC)
        assert reply.json()["error"]["type"] == "overloaded_error"


def test_a_wrong_script_is_refused(mock):
    reply = wire.ask(mock.control, "POST", "/_mock/script",
                     {"queue": ["dance"]})
    assert reply.status == 400 and "dance" in reply.json()["error"]


def test_statistics_tell_what_was_seen(mock):
    before = time.monotonic()
    with wire.Client(mock.address) as client:
        for _ in range(3):
            client.ask("POST", PATH, CHAT, {"X-Canary": "yes"})
    stats = mock.stats()
    assert (stats["requests"], stats["by_path"]) == (3, {PATH: 3})
    assert stats["connections"]["opened"] >= 1
    assert ["X-Canary", "yes"] in stats["last"][0]["headers"]
    assert json.loads(stats["last"][0]["body"]) == CHAT
    assert before <= stats["last"][0]["arrived"] <= time.monotonic()
    assert {r["connection"] for r in stats["last"]} == {
        stats["last"][0]["connection"]}, "one connection served all three"


def test_two_hundred_at_once(mock):
    mock.always("ok", delay_ms=300)
    clients = [opened(mock, within=10) for _ in range(200)]
    assert eventually(lambda: mock.stats()["concurrent"] == 200, 5)
    assert all(client.read().status == 200 for client in clients)
    stats = mock.stats()
    assert (stats["peak"], stats["concurrent"]) == (200, 0)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_goes_away_is_counted(mock, how):
    mock.always("hang")
    client = opened(mock)
    eventually(lambda: mock.stats()["concurrent"] == 1)
    getattr(client, how)()
    eventually(lambda: mock.stats()["cancelled"] == 1, 2)
    assert mock.requests()[0]["outcome"] == "cancelled"
    assert mock.stats()["concurrent"] == 0


def test_reset_forgets(mock):
    mock.always("hang")
    client = opened(mock)
    eventually(lambda: mock.calls == 1)
    mock.reset()
    assert client.rest() == b"", "what was under way is cut"
    assert mock.calls == 0 and ask(mock).status == 200
    assert mock.stats()["concurrent"] == 0


# --- silence and slowness ---------------------------------------------------

def test_hang_says_nothing(mock):
    mock.always("hang")
    with opened(mock, within=0.2) as client:
        with pytest.raises(TimeoutError):
            client.more()


def test_hang_headers_says_half_a_head(mock):
    mock.always("hang_headers")
    with opened(mock, within=0.2) as client:
        with pytest.raises(TimeoutError):
            client.rest()
        assert client.buffer.startswith(b"HTTP/1.1 200 OK")
        assert b"\r\n\r\n" not in client.buffer


def test_delay_comes_before_the_first_byte(mock):
    mock.always("ok", delay_ms=150)
    watch = Stopwatch()
    assert ask(mock).status == 200 and watch.seconds >= 0.15


@pytest.mark.parametrize("do", ["drip_head", "drip_body"])
def test_drip_comes_byte_by_byte_and_is_whole(mock, do):
    mock.always(do, every_ms=1)
    reads = []
    with opened(mock) as client:
        recv = client.sock.recv
        client.sock = type("Socket", (), {
            "recv": lambda _, n: reads.append(1) or recv(n),
            "close": client.sock.close})()
        reply = client.read()
    assert reply.json()["choices"] and len(reads) > 50


def test_a_crowd_makes_it_slow(mock):
    mock.always("crowded", delay_ms=60)
    together(4, lambda _: ask(mock))
    seen = mock.requests()
    for one in seen:
        crowd = sum(each["arrived"] <= one["arrived"] < each["ended"]
                    for each in seen)
        assert one["ended"] - one["arrived"] >= 0.06 * crowd, seen
    assert mock.stats()["peak"] > 1, "they came one after another"


def test_a_crowd_within_its_places_does_not(mock):
    mock.always("crowded", delay_ms=500, places=4)
    together(4, lambda _: ask(mock))
    assert all(one["ended"] - one["arrived"] < 1 for one in mock.requests())


def test_slow_chunks_are_paced(mock):
    mock.always("ok", event_delay_ms=40)
    watch = Stopwatch()
    assert len(ask(mock, STREAM).events()) == 6
    assert watch.seconds >= 0.2


def test_gap_falls_silent_after_n_events(mock):
    mock.script({"do": "gap", "after": 2, "ms": 150}, {"do": "gap"})
    watch = Stopwatch()
    assert ask(mock, STREAM).events()[-1][1] == "[DONE]"
    assert watch.seconds >= 0.15
    with opened(mock, STREAM, within=0.2) as client:
        with pytest.raises(TimeoutError):
            client.read()


# --- ends -------------------------------------------------------------------

@pytest.mark.parametrize("how, error", [("rst", True), ("fin", False)])
def test_reset_before_the_first_byte(mock, how, error):
    mock.always("reset", how=how)
    with opened(mock) as client:
        if error:
            with pytest.raises(ConnectionResetError):
                client.sock.recv(1)
        else:
            assert client.sock.recv(1) == b""


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_cut_after_n_events(mock, how):
    mock.always("cut", after=2, how=how)
    with opened(mock, STREAM) as client:
        data = client.rest()
    assert data.count(b"data: ") == 2 and not data.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_cut_bytes(mock, how):
    mock.always("cut_bytes", after=30, how=how)
    with opened(mock) as client:
        assert len(client.rest()) == 30


def test_truncate_and_truncate_chunked(mock):
    mock.script("truncate", "truncate_chunked")
    for _ in range(2):
        with opened(mock) as client:
            with pytest.raises(wire.Closed):
                client.read()


def test_wrong_length_both_ways(mock):
    mock.script({"do": "wrong_length", "delta": -5},
                {"do": "wrong_length", "delta": 5})
    with opened(mock) as client:
        with pytest.raises(ValueError):
            client.read().json()
    with opened(mock, within=0.3) as client:
        with pytest.raises(TimeoutError):
            client.read()


# --- nonsense ---------------------------------------------------------------

def test_garbage_is_no_text(mock):
    mock.always("garbage")
    reply = ask(mock)
    assert reply.status == 200 and len(reply.body) == 512
    with pytest.raises(ValueError):
        reply.json()


def test_html_wrong_type_and_two_documents(mock):
    mock.script("html", {"do": "wrong_type", "body": 42}, "two_documents")
    assert ask(mock).text.startswith("<html>")
    assert ask(mock).json() == 42
    with pytest.raises(ValueError, match="Extra data"):
        ask(mock).json()


def test_redirect_names_a_place(mock):
    mock.always("redirect", status=307, location="http://10.0.0.1/x")
    reply = ask(mock)
    assert (reply.status, reply.header("Location")) == (307,
                                                        "http://10.0.0.1/x")


# --- too much ---------------------------------------------------------------

def test_big_headers_and_big_body(mock):
    mock.script("big_headers", {"do": "big_body", "bytes": 1 << 20})
    assert len(ask(mock).raw_head) > 1 << 20
    assert len(ask(mock).json()["choices"][0]["message"]["content"]) == 1 << 20


@pytest.mark.parametrize("body", [CHAT, STREAM])
def test_endless_does_not_end_and_notices_the_client(mock, body):
    mock.always("endless")
    with opened(mock, body) as client:
        while len(client.buffer) < 1 << 20:
            assert client.more()
    eventually(lambda: mock.stats()["cancelled"] == 1, 3)


@pytest.mark.parametrize("body, path, headers, word", [
    (STREAM, PATH, {}, b'"delta":{"content":"Hello '),
    ({**MESSAGES, "stream": True}, "/v1/messages", ANTHROPIC,
     b'"text_delta","text":"Hello '),
    (GEMINI, SSE, {}, b'"parts":[{"text":"Hello ')],
    ids=["openai", "anthropic", "google"])
def test_an_endless_stream_says_its_first_word_for_ever(
        mock, body, path, headers, word):
    mock.always("endless")
    with wire.Client(mock.address, 5) as client:
        client.send(wire.request_bytes("POST", path, body, headers))
        while client.buffer.count(word) < 100:
            assert client.more()
            assert len(client.buffer) < 1 << 20, "something else is repeated"


def test_an_endless_event_never_ends_its_line(mock):
    mock.always("endless_event")
    with opened(mock, STREAM) as client:
        assert client.head().header("Content-Type") == "text/event-stream"
        assert client.until(b"\r\n") == b"6"
        assert client.exactly(8) == b"data: \r\n"
        while len(client.buffer) < 1 << 20:
            assert client.more()
        assert b"\n\n" not in client.buffer
    eventually(lambda: mock.stats()["cancelled"] == 1, 3)


@pytest.mark.parametrize("body", [CHAT, STREAM])
def test_a_gzip_bomb_is_small_on_the_wire(mock, body):
    mock.always("gzip_bomb", bytes=8 << 20)
    reply = ask(mock, body)
    assert reply.header("Content-Encoding") == "gzip"
    assert len(reply.body) < 16 << 10
    assert gzip.decompress(reply.body) == b" " * (8 << 20)


def test_the_mock_feels_back_pressure(mock):
    mock.always("endless")
    with wire.Client(mock.address, rcvbuf=4096) as client:
        client.send(wire.request_bytes("POST", PATH, STREAM))
        client.more()
        eventually(lambda: mock.stats()["concurrent"] == 1)
    eventually(lambda: mock.requests()[0]["ended"])
    assert mock.requests()[0]["sent"] < 32 << 20


# --- defective streams ------------------------------------------------------

def test_error_event_in_each_wire(mock):
    mock.always("error_event", after=1, status=529, message="too much")
    assert "too much" in ask(mock, STREAM).events()[-1][1]
    name, data = ask(mock, {**MESSAGES, "stream": True}, "/v1/messages",
                     ANTHROPIC).events()[-1]
    assert name == "error"
    assert json.loads(data)["error"]["type"] == "overloaded_error"
    assert json.loads(ask(mock, GEMINI, SSE).events()[-1][1])["error"]["code"]


def test_garbage_in_the_middle_of_a_stream(mock):
    mock.always("garbage_event", after=2, chunks=["Hello ", "there"])
    with opened(mock, STREAM) as client:
        response = client.head()
        events = b"".join(client.body(response)).split(b"\n\n")
    assert b"Hello " in events[1] and b"there" in events[3]
    with pytest.raises(ValueError):
        json.loads(events[2].removeprefix(b"data: "))
    assert events[-2] == b"data: [DONE]"


def test_empty_stream_and_stream_without_its_end(mock):
    mock.script("empty_stream", "no_done")
    assert ask(mock, STREAM).events() == []
    events = ask(mock, STREAM).events()
    assert len(events) == 5 and events[-1][1] != "[DONE]"


@pytest.mark.parametrize("size", [1, 7])
def test_split_cuts_everywhere(mock, size):
    mock.always("ok", split=size, text="Grüße 🚢")
    raw = everything(mock, STREAM)
    assert b"\r\n%x\r\nd" % size in raw
    mock.always("ok", split=size, text="Grüße 🚢")
    chunks = [json.loads(d) for _, d in ask(mock, STREAM).events()[:-1]]
    assert "".join(c["choices"][0]["delta"].get("content", "")
                   for c in chunks) == "Grüße 🚢"


# --- protocol tricks --------------------------------------------------------

def test_1xx_flood(mock):
    mock.script({"do": "flood_1xx", "count": 50})
    raw = everything(mock)
    assert raw.count(b"HTTP/1.1 103") == 50 and b"HTTP/1.1 200" in raw


def test_http09_has_no_head(mock):
    mock.always("http09")
    assert everything(mock).startswith(b'{"id"')


def test_extra_bytes_smuggle_a_second_reply(mock):
    mock.always("extra_bytes")
    with opened(mock) as client:
        assert client.read().json()["choices"]
        assert client.read().json() == {"smuggled": True}


@pytest.mark.parametrize("close, said", [(True, "close"), ("silent", None)])
def test_close_after_the_reply_said_or_not(mock, close, said):
    mock.always("ok", close=close)
    with opened(mock) as client:
        reply = client.read()
        assert reply.header("Connection") == said and reply.json()
        assert client.rest() == b""


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_framing_of_a_reply(mock, framing):
    mock.always("ok", framing=framing)
    reply = ask(mock)
    assert reply.json()["choices"]
    assert (reply.header("Content-Length") is not None) == (
        framing == "length")


@pytest.mark.parametrize("how", ["rst", "fin"])
def test_stale_keep_alive(mock, how):
    mock.script({"do": "stale", "how": how})
    with opened(mock) as client:
        assert client.read().status == 200
        client.send(wire.request_bytes("POST", PATH, CHAT))
        assert client.rest() == b""
    assert (mock.calls, mock.stats()["stale"]) == (1, 1)
    assert ask(mock).status == 200, "a new connection is served"


def test_drop_closes_idle_connections(mock):
    with opened(mock) as client:
        client.read()
        mock.drop()
        assert client.rest() == b""


# --- the port ---------------------------------------------------------------

def test_refuse_for_a_while_and_until_told(mock):
    mock.refuse(ms=200)
    with pytest.raises(ConnectionRefusedError):
        wire.Client(mock.address)
    eventually(lambda: ask(mock).status == 200, 3)
    mock.refuse()
    with pytest.raises(ConnectionRefusedError):
        wire.Client(mock.address)
    mock.listen()
    assert ask(mock).status == 200


def test_refuse_as_a_plan(mock):
    mock.script({"do": "refuse", "ms": 200})
    with opened(mock) as client:
        assert client.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        wire.Client(mock.address)
    eventually(lambda: ask(mock).status == 200, 3)


def test_refuse_from_the_start():
    with Mock("--refuse") as mock:
        with pytest.raises(ConnectionRefusedError):
            wire.Client(mock.address)
        mock.listen()
        assert ask(mock).status == 200


def test_tls(tmp_path):
    authority = pki.Authority(tmp_path / "ca")
    cert, key = authority.issue("good", "DNS:localhost,IP:127.0.0.1")
    with Mock("--tls-cert", cert, "--tls-key", key) as mock:
        with wire.tls_client(mock.address, authority.cert) as client:
            client.sendall(wire.request_bytes("POST", PATH, CHAT,
                                              {"Connection": "close"}))
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert mock.calls == 1


def test_parallel_helpers_run_at_once(mock):
    mock.always("ok", delay_ms=100)
    together(5, lambda _: ask(mock))
    assert mock.stats()["peak"] == 5
    assert Background(lambda: ask(mock)).result().status == 200
