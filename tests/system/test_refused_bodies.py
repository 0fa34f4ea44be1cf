"""A request that is refused by its head: what becomes of its body."""
import pytest

from harness import setups, wire

PATH = "/v1/chat/completions"
# Refused by their heads: an unknown path, another method, another type.
BY_ITS_HEAD = {
    "path": ("POST", "/nowhere", {}, 404),
    "method": ("POST", "/v1/models", {}, 405),
    "type": ("POST", PATH, {"Content-Type": "text/plain"}, 415),
}


@pytest.mark.parametrize("why", BY_ITS_HEAD)
@pytest.mark.parametrize("size", [1, 1000, 60_000])
def test_the_body_of_a_refused_head_is_dropped(start, mock, why, size):
    """RFC 9112 9.3: whoever answers early reads the body or closes. It may come
    after its answer, in pieces; what follows it is the next request."""
    node = start(setups.config(a=setups.dependency(mock)))
    method, target, fields, status = BY_ITS_HEAD[why]
    head = wire.request_bytes(method, target, None, {
        **fields, "Content-Length": str(size)})
    live = wire.request_bytes("GET", "/health/live")
    with node.client() as client:
        client.send(head)
        reply = client.read()
        assert (reply.status, reply.header("Connection")) == (status, None)
        body = b"GET / HTTP/1.1\r\n\r\n" * (size // 18 + 1)
        client.send(body[:size // 2])
        client.send(body[size // 2:size] + live)
        assert client.read("GET").status == 200
        client.send(head + body[:size] + live)
        assert [client.read().status, client.read("GET").status] == [status, 200]
    assert mock.calls == 0


@pytest.mark.parametrize("fields", [
    {"Content-Length": "1000000"}, {"Transfer-Encoding": "chunked"},
    {"Content-Length": "10", "Expect": "100-continue"}],
    ids=["large", "chunked", "waits for leave"])
def test_some_refused_bodies_end_the_connection(start, fields):
    """Too much to drop, or nobody knows whether and where it ends."""
    with start({}).client() as client:
        client.send(wire.request_bytes("POST", "/nowhere", None, fields))
        reply = client.read()
        assert (reply.status, reply.header("Connection")) == (404, "close")
        assert client.rest() == b""
