"""TLS for clients: http.tls_cert and http.tls_key (SPEC section 2)."""
import contextlib
import json
import pathlib
import re
import ssl

import pytest

from harness import node as nodes
from harness import pki, setups, wire
from harness.parallel import Background, together
from harness.secure import SecureClient, trusting
from harness.streams import Chunks
from harness.waiting import Stopwatch, eventually

CORPUS = json.loads((pathlib.Path(__file__).resolve().parents[1]
                     / "corpus/http_requests.json").read_text())
PATH = "/v1/chat/completions"
NAMES = "DNS:localhost,IP:127.0.0.1"
FAILURES = "http_tls_handshake_failures_total"


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return pki.Authority(tmp_path_factory.mktemp("pki") / "ca")


@pytest.fixture(scope="module")
def pair(ca):
    return ca.issue("front", NAMES)


@pytest.fixture(scope="module")
def trust(ca):
    return trusting(ca.cert)


def secure(pair, http=None, **rest):
    return {"http": {"tls_cert": str(pair[0]), "tls_key": str(pair[1]),
                     **(http or {})}, **rest}


def ask(node, trust, method="GET", target="/health/live", body=None,
        headers=None, within=10.0):
    with SecureClient(node.http, trust, within) as client:
        return client.ask(method, target, body, headers)


@pytest.fixture
def node(start, pair, mock):
    return start({**setups.config(a=setups.dependency(mock)), **secure(pair),
                  "node": {"drain_timeout": "20s"}})


@pytest.fixture
def hasty(start, pair):
    """A node with a time limit that a test can reach."""
    return start(secure(pair, {"header_timeout": "400ms"}))


# --- what is spoken ---------------------------------------------------------

@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_present_versions_work(node, ca, version):
    """TLS 1.2 and 1.3; http/1.1 is agreed upon; no compression."""
    chosen = ssl.TLSVersion[version.replace(".", "_")]
    context = trusting(ca.cert, minimum_version=chosen,
                       maximum_version=chosen)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with SecureClient(node.http, context) as client:
        assert client.tls.version() == version
        assert client.tls.selected_alpn_protocol() == "http/1.1"
        assert client.tls.compression() is None
        cipher = client.tls.cipher()[0]
        assert "GCM" in cipher or "CHACHA20" in cipher, cipher
        reply = client.ask("POST", PATH, setups.chat())
        assert reply.status == 200, reply


def test_tls_1_1_is_refused(node, ca):
    """Never downgraded."""
    delta = node.delta()
    context = trusting(ca.cert)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        SecureClient(node.http, context)
    eventually(lambda: delta(FAILURES, reason="version") == 1)


def test_weak_ciphers_are_refused(node, ca):
    """Forward secrecy and authentication of what is sent."""
    for names in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"):
        context = trusting(ca.cert,
                           maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(names)
        with pytest.raises(ssl.SSLError):
            SecureClient(node.http, context)


def test_the_nodes_order_of_ciphers_counts(node, ca):
    """Server preference: AES-128-GCM before CHACHA20, though asked last."""
    context = trusting(ca.cert, maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305:"
                        "ECDHE-ECDSA-AES128-GCM-SHA256")
    with SecureClient(node.http, context) as client:
        assert client.tls.cipher()[0] == "ECDHE-ECDSA-AES128-GCM-SHA256"


def test_other_protocols_are_refused(node, ca):
    """ALPN: whoever wants h2 alone would not understand an answer."""
    delta = node.delta()
    context = trusting(ca.cert)
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        SecureClient(node.http, context)
    eventually(lambda: delta(FAILURES, reason="protocol") == 1)


def test_a_client_that_does_not_trust_is_counted(node, tmp_path):
    """Its alert says that it took exception to the certificate."""
    delta = node.delta()
    other = pki.Authority(tmp_path / "other", "Another CA")
    with pytest.raises(ssl.SSLCertVerificationError):
        SecureClient(node.http, trusting(other.cert))
    eventually(lambda: delta(FAILURES, reason="refused") == 1)


def test_the_chain_is_sent(start, ca, tmp_path):
    """A client that knows the root alone can verify the node."""
    root = pki.Authority(tmp_path / "root", "Root")
    between = root.subordinate(tmp_path / "between", "Between")
    cert, key = between.issue("leaf", NAMES)
    chain = tmp_path / "chain.pem"
    chain.write_text(cert.read_text() + between.cert.read_text())
    node = start(secure((chain, key)))
    assert ask(node, trusting(root.cert)).status == 200


def test_the_telemetry_listener_stays_as_it_is(node):
    """It is the operator's, and speaks in the clear."""
    assert re.fullmatch(r"127\.0\.0\.1:\d+", node.ready["http"])
    assert node.look("/health/live").status == 200


# --- what goes wrong --------------------------------------------------------

def test_plain_http_is_told_what_it_did(node):
    """400, then closed: never a hang; and nothing of it is served."""
    delta = node.delta()
    watch = Stopwatch()
    for method, body in (("GET", None), ("POST", setups.chat())):
        with node.client(within=5) as client:
            client.send(wire.request_bytes(method, PATH, body))
            reply = client.read()
            assert (reply.status, reply.code) == (400, "validation.failed")
            assert "TLS" in reply.text, reply
            assert client.rest() == b""
    assert watch.seconds < 3
    assert delta(FAILURES, reason="plain_http") == 2
    assert delta("llm_requests_total") == 0


@pytest.mark.parametrize("junk", [
    b"\x00" * 4000, bytes(range(256)) * 8, b"\r\n" * 4000, b"BREW / HTTP/1.1",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 600],
    ids=["zeros", "all bytes", "empty lines", "another method", "bad hello"])
def test_garbage_is_closed(node, junk):
    """In time, with an alert at most."""
    delta = node.delta()
    watch = Stopwatch()
    with node.client(within=5) as client:
        with contextlib.suppress(OSError):
            client.send(junk)
        data = client.rest()
        assert not data or data[0] == 0x15, data[:40]
    assert watch.seconds < 3
    eventually(lambda: delta(FAILURES) == 1)
    assert node.look("/health/live").status == 200


@pytest.mark.parametrize("share", [0, 0.5, 1],
                         ids=["nothing", "half a hello", "a hello alone"])
def test_a_stalled_handshake_is_cut(hasty, trust, share):
    """Within header_timeout, and counted."""
    delta = hasty.delta()
    watch = Stopwatch()
    with SecureClient(hasty.http, trust, within=5, greet=False) as client:
        hello = client.hello()
        client.sock.sendall(hello[:int(len(hello) * share)])
        while client.sock.recv(65536):
            pass
    assert 0.3 < watch.seconds < 2.5, watch.seconds
    assert delta(FAILURES, reason="timeout") == 1
    eventually(lambda: hasty.metrics().value("http_connections_active") == 0)


def test_a_dripped_handshake_is_cut_at_the_total(hasty, trust):
    """The time is for all of it, not for each byte."""
    watch = Stopwatch()
    with SecureClient(hasty.http, trust, within=0.02, greet=False) as client:
        cut = False
        for byte in client.hello() * 5:
            try:
                client.sock.sendall(bytes([byte]))
                cut = not client.sock.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                cut = True
            if cut or watch.seconds > 4:
                break
        assert cut and watch.seconds < 3, f"cut: {cut}, {watch.seconds} s"


def test_truncated_handshakes_leave_nothing(node, trust):
    """A client that leaves in the middle is counted and forgotten."""
    delta = node.delta()
    before = node.descriptors()
    for at in range(0, 200, 10):
        with SecureClient(node.http, trust, greet=False) as client:
            client.sock.sendall(client.hello()[:at])
    eventually(lambda: delta(FAILURES, reason="left") == 20)
    eventually(lambda: node.descriptors() <= before)
    assert node.metrics().value("http_connections_active") == 0


def test_garbage_behind_the_handshake_is_closed(node, trust):
    """A record that was not made with the key."""
    with SecureClient(node.http, trust, within=5) as client:
        client.sock.sendall(b"\x17\x03\x03\x00\x40" + b"x" * 64)
        with contextlib.suppress(OSError):
            while client.sock.recv(65536):
                pass
    assert ask(node, trust).status == 200


def test_too_many_connections_are_shed_with_503(start, pair, trust):
    """SPEC 13: over max_connections: 503 and Retry-After, also through TLS;
    handshakes count as connections."""
    node = start(secure(pair, {"max_connections": 4}))
    kept = [SecureClient(node.http, trust) for _ in range(3)]
    kept.append(node.client())
    for client in kept[:3]:
        assert client.ask("GET", "/health/live").status == 200
    eventually(lambda: node.metrics().value("http_connections_active") == 4)
    with SecureClient(node.http, trust, within=5) as surplus:
        reply = surplus.read()
        assert reply.status == 503, reply
        assert int(reply.header("Retry-After")) >= 1
        assert surplus.rest() == b""
    for client in kept:
        client.close()
    eventually(lambda: ask(node, trust).status == 200)


# --- the front door through it ----------------------------------------------

def test_what_is_refused_in_the_clear_is_refused(node, trust, mock):
    """The strict layer stands behind TLS as it does without."""
    for case in CORPUS[::4]:
        raw = case["raw"].encode("latin-1")
        with SecureClient(node.http, trust, within=5) as client:
            client.send(raw)
            status = client.read(raw.split(b" ", 1)[0].decode()).status
            assert status < 400 if case["expect"] == "ok" \
                else status == case["expect"], f"{case['why']}: {status}"


def test_requests_follow_each_other_and_are_pipelined(node, trust):
    """One connection, and one handshake, for many."""
    one = wire.request_bytes("GET", "/health/live")
    with SecureClient(node.http, trust) as client:
        for _ in range(5):
            assert client.ask("POST", PATH, setups.chat()).status == 200
        client.send(one * 20)
        for _ in range(20):
            assert client.read("GET").status == 200
        for byte in one:
            client.send(bytes([byte]))
        assert client.read("GET").status == 200


def test_a_chunked_request_is_understood(node, trust, mock):
    """RFC 9112 7.1."""
    body = json.dumps(setups.chat("chunked")).encode()
    with SecureClient(node.http, trust) as client:
        client.send(wire.request_bytes("POST", PATH, None, {
            "Content-Type": "application/json",
            "Transfer-Encoding": "chunked"}))
        for at in range(0, len(body), 7):
            part = body[at:at + 7]
            client.send(b"%x\r\n" % len(part) + part + b"\r\n")
        client.send(b"0\r\n\r\n")
        assert client.read().status == 200
    assert mock.last().json()["messages"][0]["content"] == "chunked"


def test_large_bodies_both_ways(node, trust, mock):
    """Many records; the answer is larger than any buffer."""
    text = "0123456789abcdef" * (1 << 16)
    mock.always("ok", text=text)
    with SecureClient(node.http, trust, rcvbuf=8192) as client:
        for _ in range(2):
            reply = client.ask("POST", PATH, setups.chat(text))
            assert reply.status == 200, reply
            said = reply.json()["choices"][0]["message"]["content"]
            assert said == text
    assert mock.last().json()["messages"][0]["content"] == text


def test_a_stream(node, trust, mock):
    """SSE, piece by piece, and the connection goes on."""
    mock.always("ok", chunks=["a", "b", "c"])
    with SecureClient(node.http, trust) as client:
        for _ in range(2):
            client.send(wire.request_bytes("POST", PATH,
                                           setups.chat(stream=True)))
            events = list(client.stream(client.head()))
            assert Chunks(events).complete().text == "abc"


def test_sixty_four_at_once(node, trust):
    """Handshakes and requests side by side."""
    replies = together(64, lambda _: ask(node, trust, "POST", PATH,
                                         setups.chat(), within=30))
    assert {reply.status for reply in replies} == {200}


# --- who leaves -------------------------------------------------------------

def test_close_notify_is_no_farewell(node, trust, mock):
    """It says that nothing follows: the answer is still wanted, as after a
    FIN in the clear. A drain then has nothing to wait for."""
    mock.always("ok", delay_ms=300)
    with SecureClient(node.http, trust) as client:
        client.send(wire.request_bytes("POST", PATH, setups.chat()))
        client.close_notify()
        assert client.read().status == 200
        assert client.rest() == b""
    watch = Stopwatch()
    node.terminate()
    assert node.wait() == 0
    assert watch.seconds < 15, "it waited for an answer that was out"


@pytest.mark.parametrize("how", ["a FIN alone", "both", "a reset"])
def test_a_client_that_leaves_is_noticed(node, trust, mock, how):
    """A FIN without close_notify is the end; close_notify and a closed socket
    are found out as in the clear."""
    mock.always("hang")
    client = SecureClient(node.http, trust)
    # Nothing is left unread, which would turn a FIN into a reset.
    assert client.ask("GET", "/health/live").status == 200
    client.send(wire.request_bytes("POST", PATH, setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    if how == "both":
        client.close_notify()
    if how == "a reset":
        client.reset()
    else:
        client.close()
    eventually(lambda: mock.stats()["cancelled"] == 1, 5,
               "the work for a client that left")
    eventually(lambda: node.metrics().value("http_connections_active") == 0)


def test_a_reader_that_stops_is_cut(start, pair, trust, mock):
    """http.write_timeout: who takes nothing for so long is gone."""
    node = start({**setups.config(a=setups.dependency(mock)),
                  **secure(pair, {"write_timeout": "400ms"})})
    mock.always("endless", chunks=["x" * 8000, "x" * 8000])
    with SecureClient(node.http, trust, rcvbuf=4096) as client:
        client.send(wire.request_bytes("POST", PATH,
                                       setups.chat(stream=True)))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        eventually(lambda: mock.stats()["cancelled"] == 1, 5,
                   "the upstream work of a reader that stopped")


def test_an_idle_connection_is_closed_with_close_notify(start, pair, trust):
    """So that the client knows that nothing was cut off."""
    node = start(secure(pair, {"idle_timeout": "300ms"}))
    with SecureClient(node.http, trust, within=5) as client:
        assert client.ask("GET", "/health/live").status == 200
        assert client.rest() == b""  # a bare FIN would be an SSLEOFError


def test_an_answer_of_unknown_length_ends_with_close_notify(node, trust, mock):
    """HTTP/1.0: the end of the connection is that of the body."""
    mock.always("ok", chunks=["a", "b"])
    body = json.dumps(setups.chat(stream=True))
    with SecureClient(node.http, trust, within=5) as client:
        client.send(f"POST {PATH} HTTP/1.0\r\nHost: a\r\nContent-Type: "
                    f"application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                    f"{body}".encode())
        assert client.rest().endswith(b"data: [DONE]\n\n")


def test_a_drain_lets_requests_finish(node, trust, mock):
    """SIGTERM: who is served is served to the end; who shakes hands is not
    waited for."""
    mock.always("ok", delay_ms=400)
    with node.client() as stalled:
        slow = Background(lambda: ask(node, trust, "POST", PATH,
                                      setups.chat()))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        node.terminate()
        assert slow.result().status == 200
        assert node.wait() == 0
        assert stalled.rest() == b""


# --- the files --------------------------------------------------------------

def serial_of(node, trust):
    with SecureClient(node.http, trust) as client:
        return client.tls.getpeercert()["serialNumber"]


@pytest.mark.parametrize("how", ["SIGHUP", "admin"])
def test_a_reload_takes_the_new_certificate(start, ca, trust, tmp_path, mock,
                                            how):
    """For new connections; what goes on is not disturbed."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def put(pair):
        cert.write_bytes(pair[0].read_bytes())
        key.write_bytes(pair[1].read_bytes())

    put(ca.issue(f"one-{how}", NAMES))
    node = start({**setups.config(a=setups.dependency(mock)),
                  **secure((cert, key))})
    delta, first = node.delta(), serial_of(node, trust)
    mock.always("ok", delay_ms=300)
    with SecureClient(node.http, trust) as kept:
        kept.send(wire.request_bytes("POST", PATH, setups.chat()))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        put(ca.issue(f"two-{how}", NAMES))
        node.hang_up() if how == "SIGHUP" else node.admin("/admin/reload")
        eventually(lambda: delta("config_reloads_total",
                                 result="applied") == 1)
        assert serial_of(node, trust) != first
        assert kept.read().status == 200
        assert kept.ask("GET", "/health/live").status == 200


def test_a_bad_pair_refuses_the_whole_reload(start, ca, pair, trust, tmp_path):
    """All of it or nothing; and nothing of a key is told."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(pair[0].read_bytes())
    key.write_bytes(pair[1].read_bytes())
    node = start(secure((cert, key)))
    first = serial_of(node, trust)
    stranger = ca.issue("stranger", NAMES)[1].read_text()
    key.write_text(stranger)
    node.rewrite({"http": {"max_body": "1KiB"}})
    reply = node.admin("/admin/reload")
    assert reply.status == 500 and "http.tls_key" in reply.text, reply
    assert serial_of(node, trust) == first
    large = ask(node, trust, "POST", PATH, setups.chat("x" * 2000))
    assert large.status != 413, "a part of the reload took effect"
    for line in stranger.splitlines()[1:-1]:
        assert line not in reply.text and line not in node.stderr


def test_tls_cannot_be_turned_off_by_a_reload(start, pair, trust):
    """A key that fell out of a file must not put clients in the clear."""
    node = start(secure(pair))
    node.config["http"].pop("tls_cert"), node.config["http"].pop("tls_key")
    node.rewrite({})
    reply = node.admin("/admin/reload")
    assert reply.status == 500 and "TLS" in reply.text, reply
    assert ask(node, trust).status == 200


@pytest.mark.parametrize("command", ["check-config", "serve"])
def test_a_pair_that_is_none_is_a_config_error(ca, pair, tmp_path, command):
    """Exit 78, with the place."""
    other = ca.issue(f"other-{command}", NAMES)
    file = tmp_path / "c.toml"
    file.write_text(f'[http]\ntls_cert = "{pair[0]}"\n'
                    f'tls_key = "{other[1]}"\n')
    done = nodes.run(command, "--config", file)
    assert done.returncode == 78, done
    assert re.search(r"c\.toml:3:\d+: http\.tls_key does not belong",
                     done.stderr), done
