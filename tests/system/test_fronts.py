"""config/front: three nodes behind a real HAProxy, behind a real nginx."""
import signal
import threading

import pytest

from harness import front, setups, wire
from harness.open_loop import OpenLoop
from harness.parallel import together
from harness.waiting import eventually

KINDS = sorted(front.FILES)
CALLERS = 6
CHAT = setups.chat(model="pretend")


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


class Nodes:
    """Three of them, at addresses that nobody else takes, so that a node comes
    back to where it was."""

    def __init__(self, start):
        self._start = start
        self._all = [self._one(number) for number in range(3)]

    def __getitem__(self, number):
        return self._all[number]

    def _one(self, number, port=0):
        return self._start({
            "node": {"name": f"caisson-{number}", "drain_timeout": "10s"},
            "http": {"bind": f"127.0.9.{number + 1}", "port": port,
                     "trusted_proxies": ["127.0.0.1"],
                     "allowed_hosts": ["caisson", "localhost"]},
            "dependency": {"sim": {"kind": "simulated",
                                   "models": ["pretend"]}}})

    def addresses(self):
        return [node.http for node in self._all]

    def back(self, number):
        """Starts it anew, at the address that it had."""
        port = int(self._all[number].http.rpartition(":")[2])
        self._all[number] = self._one(number, port)


def answered(node):
    """How many model calls this node has answered."""
    return node.metrics().value("http_requests_total", 0,
                                route="/v1/chat/completions", status="200")


@pytest.fixture
def nodes(start):
    return Nodes(start)


@pytest.fixture
def proxy(kind, nodes):
    made = front.Front(kind, nodes.addresses())
    yield made
    made.stop()


class Load:
    """Callers that ask one question after the other until told to stop, each on
    a connection that it keeps. `again`: who got no whole answer, or one that
    says that there is none, asks once more; that counts."""

    def __init__(self, address, again=False):
        self.address, self.again = address, again
        self.asked = [0] * CALLERS
        self.wrong = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(number,))
                         for number in range(CALLERS)]
        for one in self._threads:
            one.start()

    def _call(self, number):
        client = None
        while not self._over.is_set():
            for left in reversed(range(2 if self.again else 1)):
                client, said = self._ask(client)
                if said == 200 or not left:
                    break
            if said != 200:
                self.wrong.append(said)
            self.asked[number] += 1
        if client:
            client.close()

    def _ask(self, client):
        try:
            client = client or wire.Client(self.address, 20)
            reply = client.ask("POST", "/v1/chat/completions", CHAT)
            if (reply.header("Connection") or "").lower() == "close":
                client.close()
                client = None
            return client, reply.status
        except (wire.Closed, OSError) as error:
            if client:
                client.close()
            return None, repr(error)

    def more(self, count=50):
        """Waits until each caller has asked that many times more."""
        goals = [asked + count for asked in self.asked]
        eventually(lambda: all(map(int.__ge__, self.asked, goals)), 60,
                   "more questions")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        for one in self._threads:
            one.join(30)
            assert not one.is_alive(), "a caller does not come back"


def test_the_shipped_file_is_read_without_a_word_of_complaint(kind):
    status, text = front.check(kind)
    assert status == 0, text
    assert "warn" not in text.lower(), text


def test_all_nodes_get_work(proxy, nodes):
    together(24, lambda _: wire.ask(proxy.address, "POST",
                                    "/v1/chat/completions", CHAT))
    for number in range(3):
        assert answered(nodes[number]) > 0, f"node {number} has none"


def restart_all(nodes, first=lambda: None):
    """One after the other ends by SIGTERM and comes back, under load; `first`
    comes before each."""
    for number in range(3):
        first()
        nodes[number].terminate()
        assert nodes[number].wait(20) == 0
        nodes.back(number)
        # The next one goes when this one has work again.
        eventually(lambda: answered(nodes[number]) > 0, 20,
                   f"work for node {number}")


def test_a_rolling_restart_fails_no_request(proxy, nodes):
    with Load(proxy.address) as load:
        restart_all(nodes, first=load.more)
        load.more()
    assert load.wrong == []


def test_a_rolling_restart_under_500_requests_a_second_fails_none(proxy, nodes):
    """They are due at even distances, whether or not answers come."""
    with OpenLoop(proxy.address, rate=500) as load:
        for _ in range(2):
            restart_all(nodes)
    said = load.result
    assert said["errors"] == {}, said
    assert said["requests"] >= 0.99 * 500 * said["seconds"], said


def test_a_killed_node_costs_who_asks_once_more_nothing(proxy, nodes):
    with Load(proxy.address, again=True) as load:
        load.more()
        nodes[1].end_expected = True
        nodes[1].process.signal(signal.SIGKILL)
        nodes[1].wait()
        load.more()
        nodes.back(1)
        eventually(lambda: answered(nodes[1]) > 0, 20, "work for the node")
    assert load.wrong == []


def test_a_stream_comes_event_by_event(kind, start, mock):
    """Before the upstream has ended it: nothing is held back on the way."""
    mock.always("gap", after=3)
    node = start(setups.config(a=setups.dependency(mock, idle_timeout="10s")))
    proxy = front.Front(kind, [node.http] * 3)
    try:
        with wire.Client(proxy.address) as client:
            client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                           setups.chat(stream=True)))
            head = client.head()
            assert head.status == 200
            assert next(client.stream(head))
    finally:
        proxy.stop()


def test_a_node_sees_the_client_behind_the_proxy(kind, start):
    """Limits are the client's, not the proxy's; nor what the client says of
    itself."""
    node = start({
        "http": {"trusted_proxies": ["127.0.0.1"]},
        "limits": {"mode": "enforce", "tiers": {"anonymous": {"minute": 2}}},
        "dependency": {"sim": {"kind": "simulated", "models": ["pretend"]}}})
    proxy = front.Front(kind, [node.http] * 3)
    try:
        said = [spoken_as(source, proxy, number)
                for source in ("127.0.0.2", "127.0.0.3")
                for number in range(3)]
    finally:
        proxy.stop()
    assert said[:3] == said[3:]
    assert (said[0], said[2]) == (200, 429)


def spoken_as(source, proxy, number):
    """Asks from that address, and says to be somebody else."""
    with wire.Client(proxy.address, source=source) as client:
        return client.ask("POST", "/v1/chat/completions", CHAT, {
            "X-Forwarded-For": f"192.0.2.{number}"}).status


def test_a_session_of_mcp_is_served_by_whichever_node(kind, start):
    """Ids are sealed by a key that the nodes share."""
    made = [start({"http": {"allowed_hosts": ["caisson", "localhost"]},
                   "mcp": {"session_secrets": "env:MCP_SECRETS"}},
                  env={"MCP_SECRETS": "a-secret-of-sessions-0123456789abcdef"})
            for _ in range(3)]
    proxy = front.Front(kind, [node.http for node in made])
    accept = {"Accept": "application/json, text/event-stream"}
    try:
        hello = wire.ask(proxy.address, "POST", "/mcp", {
            "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"}}}, accept)
        assert hello.status == 200, hello
        session = {**accept, "Mcp-Session-Id": hello.header("Mcp-Session-Id"),
                   "MCP-Protocol-Version": "2025-11-25"}
        for number in range(9):
            said = wire.ask(proxy.address, "POST", "/mcp", {
                "jsonrpc": "2.0", "id": number, "method": "tools/list"},
                session)
            assert said.status == 200, said
    finally:
        proxy.stop()
    served = [node.metrics().value("http_requests_total", 0, route="/mcp",
                                   status="200") for node in made]
    assert all(served), f"by node: {served}"
