"""TLS to providers: verified or refused, never downgraded
(reference/reliability.md section 3, row 20)."""
import contextlib

import pytest

from harness import node as nodes
from harness import pki, setups
from harness.mock import Mock
from harness.waiting import Stopwatch

GOOD = "DNS:localhost,IP:127.0.0.1"


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return pki.Authority(tmp_path_factory.mktemp("pki") / "ca")


@contextlib.contextmanager
def secure(pair, host="localhost", *more):
    with Mock("--tls-cert", pair[0], "--tls-key", pair[1], *more,
              scheme="https", host=host) as mock:
        yield mock


def config(mock, ca_file=None, **tables):
    entry = setups.dependency(mock, **tables)
    if ca_file is not None:
        entry["ca_file"] = str(ca_file)
    return setups.config(a=entry)


def refused(node, mock, counted="tls"):
    """502 or 503 with external.llm.*, counted as tls; nothing was said to the
    impostor."""
    delta = node.delta()
    reply = node.chat(setups.chat())
    assert reply.status in (502, 503), reply
    assert reply.code.startswith("external.llm."), reply
    assert "openssl" not in reply.text.lower(), reply
    assert delta("circuit_breaker_failures_total", service="a",
                 exception_type=counted) == 1
    assert mock.calls == 0, "the request was sent to an unverified peer"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_verified_provider(start, ca, host, stream):
    """[dependency.X] ca_file trusts a CA of one's own; names and addresses
    are checked."""
    with secure(ca.issue(f"good-{host}-{stream}", GOOD), host) as mock:
        node = start(config(mock, ca.cert))
        for _ in range(3):
            reply = node.chat(setups.chat(stream=stream))
            assert reply.status == 200, reply
        assert mock.calls == 3
        assert mock.stats()["connections"]["opened"] <= 2, (
            "TLS connections are reused")


def test_an_unknown_authority(start, ca, tmp_path):
    """Row 20: foreign CA: refused."""
    other = pki.Authority(tmp_path / "other", "Another CA")
    with secure(other.issue("foreign", GOOD)) as mock:
        refused(start(config(mock, ca.cert)), mock)


def test_without_ca_file_the_system_decides(start, ca):
    """Our test CA is not among the system's."""
    with secure(ca.issue("system", GOOD)) as mock:
        refused(start(config(mock)), mock)


def test_a_self_signed_certificate(start, ca, tmp_path):
    """Row 20: self-signed: refused."""
    with secure(pki.self_signed(tmp_path, GOOD)) as mock:
        refused(start(config(mock, ca.cert)), mock)


@pytest.mark.parametrize("host, san", [
    ("localhost", "DNS:other.example"), ("localhost", "IP:127.0.0.1"),
    ("127.0.0.1", "DNS:localhost"), ("127.0.0.1", "IP:127.0.0.2"),
    ("localhost", "DNS:*.localhost")])
def test_a_wrong_name(start, ca, host, san):
    """Row 20: wrong name: refused."""
    label = "wrong-" + san.replace(":", "-").replace("*", "any")
    with secure(ca.issue(label, san), host) as mock:
        refused(start(config(mock, ca.cert)), mock)


@pytest.mark.parametrize("begin, end", [
    ("20200101000000Z", "20210101000000Z"),
    ("20990101000000Z", "20991231000000Z")], ids=["expired", "not yet"])
def test_a_certificate_out_of_its_time(start, ca, begin, end):
    """Row 20: expired: refused."""
    with secure(ca.issue(f"old-{begin}", GOOD, begin, end)) as mock:
        refused(start(config(mock, ca.cert)), mock)


def test_tls_1_1_is_refused(start, ca):
    """Row 20: never downgraded. This peer hangs up on our versions without an
    alert, which says as much as a refused connection."""
    with secure(ca.issue("old-tls", GOOD), "localhost", "--tls-version",
                "1.1") as mock:
        refused(start(config(mock, ca.cert)), mock, "connect")


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_present_versions_work(start, ca, version):
    """TLS 1.2 and 1.3."""
    with secure(ca.issue(f"v{version}", GOOD), "localhost", "--tls-version",
                version) as mock:
        assert start(config(mock, ca.cert)).chat(
            setups.chat()).status == 200


def test_a_tls_failure_is_not_retried(start, ca, tmp_path):
    """Row 20: no retry except a stall."""
    with secure(pki.self_signed(tmp_path, GOOD)) as mock:
        node = start(config(mock, ca.cert, retry={"attempts": 3}))
        node.chat(setups.chat())
        assert node.metrics().value("retry_attempt_counter",
                                    service="a") == 0
        assert mock.calls == 0


def test_the_chain_goes_on_past_a_tls_failure(start, ca, other, tmp_path):
    """Issue 2, 5: failure of any kind moves on."""
    with secure(pki.self_signed(tmp_path, GOOD)) as mock:
        first = config(mock, ca.cert)["dependency"]["a"]
        node = start(setups.config(a=first, b=setups.dependency(other)))
        assert node.chat(setups.chat()).header("X-Caisson-Provider") == "b"


def test_a_handshake_that_stalls(start, ca, mock):
    """Row 20: a stall ends with connect_timeout. (A server that speaks no TLS
    waits for more of a request and stands in for it.)"""
    mock.origin = mock.origin.replace("http:", "https:")
    try:
        node = start(config(mock, ca.cert, connect_timeout="300ms"))
        watch = Stopwatch()
        reply = node.chat(setups.chat())
        assert reply.status in (502, 503, 504), reply
        assert watch.seconds < 0.8, watch.seconds
        assert mock.calls == 0
    finally:
        mock.origin = mock.origin.replace("https:", "http:")


def test_plain_http_on_a_tls_port(start, ca):
    """The other way round: a TLS server does not understand us."""
    with secure(ca.issue("plain", GOOD)) as mock:
        mock.origin = mock.origin.replace("https:", "http:")
        reply = start(config(mock)).chat(setups.chat())
        assert reply.status in (502, 503) and mock.calls == 0, reply


def test_a_ca_file_that_is_not_there_is_a_config_error(tmp_path, ca):
    """SPEC 13: wrong config: 78 and the place."""
    file = tmp_path / "c.toml"
    file.write_text('[dependency.a]\nkind = "openai"\nca_file = "/no/ca"\n')
    done = nodes.run("check-config", "--config", file)
    assert done.returncode == 78 and "ca_file" in done.stderr, done
