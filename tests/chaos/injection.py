"""Puts a fault in place. Each function of WAYS is a context manager that
yields a Site: where the dependency is to point, and what it has seen."""
import contextlib
import dataclasses
import pathlib
import tempfile
from collections.abc import Callable

import names
from harness.mock import Mock
from harness.setups import URL_PATH
from listeners import Mute, OldTls, black_hole


class Skipped(Exception):
    """This machine cannot have that fault; the message says why."""


@dataclasses.dataclass
class Site:
    """`origin` is scheme://host:port; `calls` the requests seen there."""
    origin: str
    calls: Callable[[], int] = lambda: 0
    # Closes idle connections, so that descriptors can be counted.
    drop: Callable[[], None] = lambda: None
    # Undoes the fault; None: it is of the kind that stays.
    heal: Callable[[], None] | None = None
    # Puts it in place again.
    inflict: Callable[[], None] = lambda: None
    # Requests under way at the upstream.
    busy: Callable[[], int] = lambda: 0
    # More lines for the dependency, and words before the node's command.
    settings: dict = dataclasses.field(default_factory=dict)
    prefix: list = dataclasses.field(default_factory=list)
    # Something that must not have happened: text of what did, or None.
    harm: Callable[[], str | None] = lambda: None
    server: names.NameServer | None = None

    def url(self, dialect):
        return self.origin + URL_PATH[dialect]


def of_mock(mock, **more):
    return Site(**{
        "origin": mock.origin, "calls": lambda: mock.calls, "drop": mock.drop,
        "heal": lambda: mock.always("ok"),
        "busy": lambda: mock.stats(0)["concurrent"], **more})


@contextlib.contextmanager
def plan(lab, fault, dialect):
    def inflict():
        lab.mock.always(**fault.plan_for(dialect))

    inflict()
    yield of_mock(lab.mock, inflict=inflict)


@contextlib.contextmanager
def refused(lab, _fault, _dialect):
    lab.mock.drop()
    lab.mock.refuse()
    try:
        yield of_mock(lab.mock, heal=lab.mock.listen)
    finally:
        lab.mock.listen()


@contextlib.contextmanager
def redirect(lab, _fault, _dialect):
    """To a port of this machine that nobody may be led to."""
    with Mute() as inner:
        lab.mock.always("redirect",
                        location=f"http://127.0.0.1:{inner.port}/v1/models")
        yield of_mock(lab.mock, harm=lambda: inner.taken and (
            f"the redirect was followed {inner.taken} times"))


@contextlib.contextmanager
def hole(_lab, _fault, _dialect):
    with black_hole() as port:
        yield Site(f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def tls(lab, which):
    cert, key = lab.certificates.pair(which)
    with Mock("--tls-cert", cert, "--tls-key", key, scheme="https",
              host="localhost") as mock:
        yield of_mock(mock, heal=None, settings=trust(lab), harm=lambda: (
            mock.calls and "a request was sent to an unverified peer"))


def trust(lab):
    return {"ca_file": str(lab.certificates.authority().cert)}


@contextlib.contextmanager
def tls_old(lab, _fault, _dialect):
    with OldTls(*lab.certificates.pair("good")) as peer:
        yield Site(f"https://localhost:{peer.port}", settings=trust(lab))


@contextlib.contextmanager
def tls_stalled(lab, _fault, _dialect):
    with Mute() as peer:
        yield Site(f"https://localhost:{peer.port}", settings=trust(lab))


@contextlib.contextmanager
def dns(lab, mood):
    why = names.cannot()
    if why:
        raise Skipped(why)
    with tempfile.TemporaryDirectory(prefix="caisson-dns-") as folder, \
            names.NameServer(mood) as server:
        yield of_mock(lab.mock, origin=f"http://{names.NAME}:{lab.mock.port}",
                      heal=None, server=server,
                      prefix=names.prefix(server, pathlib.Path(folder)))


WAYS = {
    "plan": plan, "refused": refused, "redirect": redirect,
    "black_hole": hole, "tls_old": tls_old, "tls_stalled": tls_stalled,
    **{f"tls_{which}": lambda lab, _f, _d, which=which: tls(lab, which)
       for which in ("expired", "wrong_name", "self_signed")},
    **{f"dns_{name}": lambda lab, _f, _d, mood=mood: dns(lab, mood)
       for name, mood in (("nxdomain", "nxdomain"), ("servfail", "servfail"),
                          ("silent", "silent"), ("good", "127.0.0.1"))},
}


def put(lab, fault, dialect):
    """The fault in place, both mocks as freshly started."""
    lab.mock.reset()
    lab.calm.reset()
    return WAYS[fault.inject](lab, fault, dialect)
