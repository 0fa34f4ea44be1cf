"""More comes than an I/O thread can do (config/caisson.toml, max_queue_delay):
what is new is refused by its head, cheaply, while all else goes on."""
import contextlib
import json
import threading

from harness import setups, wire
from harness.supervised import FULL, one
from harness.waiting import eventually

PATH = "/v1/chat/completions"
CROWD = 8
# A body that costs much more to understand than to send, of a model that
# nobody serves: all of the work is the node's own.
HEAVY = wire.request_bytes(
    "POST", PATH, json.dumps(setups.chat(model="nobody", tools=[
        setups.WEATHER] * 20_000)), {"Connection": "close"})
# It announces a body and does not send it.
HEAD = wire.request_bytes("POST", PATH, None, {
    "Content-Type": "application/json", "Content-Length": "100000"})


def config(mock, delay):
    return {**one(mock), "node": {"io_threads": 1},
            "http": {"max_queue_delay": delay, "max_body": "16MiB"}}


@contextlib.contextmanager
def crowd(node):
    """So many clients at a time that the node is always at work."""
    over = threading.Event()

    def client():
        while not over.is_set():
            with contextlib.suppress(OSError, wire.Closed):
                with node.client(within=30) as one_of_them:
                    one_of_them.send(HEAVY)
                    one_of_them.read()

    threads = [threading.Thread(target=client, daemon=True)
               for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


def shed(node):
    """The answer to a head alone, if one comes before its body is sent."""
    with node.client(within=1) as client:
        client.send(HEAD)
        try:
            return client.read()
        except TimeoutError:
            return None


def test_what_is_new_is_refused_by_its_head(start, mock):
    """503 with Retry-After, and the connection ends: its body stays unread."""
    node = start(config(mock, "1ms"))
    with crowd(node):
        reply = eventually(lambda: shed(node), 30, "a head that is refused")
        assert (reply.status, reply.code) == (503, FULL), reply
        assert int(reply.header("Retry-After")) >= 1
        assert reply.header("Connection") == "close"
        # Probes of those who watch it are answered meanwhile.
        assert node.ask("GET", "/health/live").status == 200
        assert node.ask("GET", "/v1/models").status == 200
        assert node.metrics().value("errors_total", code=FULL) >= 1
    assert mock.calls == 0
    eventually(lambda: node.chat(setups.chat()).status == 200, 10,
               "a node that has caught up")


def test_who_is_refused_may_ask_again_on_the_same_connection(start, mock):
    """A new connection costs more than an answer: of those there would be more
    than of requests."""
    node = start(config(mock, "1ms"))
    whole = wire.request_bytes("POST", PATH, json.dumps(setups.chat()))
    with crowd(node), node.client(within=30) as client:
        def refused():
            client.send(whole)
            return client.read().status == 503
        for _ in range(3):
            eventually(refused, 30, "a request that is refused")


def test_no_head_is_refused_where_that_delay_is_allowed(start, mock):
    node = start(config(mock, "24h"))
    with crowd(node):
        assert [shed(node) for _ in range(3)] == [None] * 3
    assert node.metrics().value("errors_total", code=FULL) == 0
