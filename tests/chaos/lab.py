"""What a worker of the matrix has at hand: two mocks, certificates, the client
of many connections. Made when first needed, ended with the lab."""
import contextlib
import json
import pathlib
import sys
import tempfile
import threading

from harness import pki
from harness.mock import Mock
from harness.process import Process

HERE = pathlib.Path(__file__).resolve().parent
GOOD_NAMES = "DNS:localhost,IP:127.0.0.1"


class Certificates:
    """One authority for all workers, and what it has issued wrongly."""

    def __init__(self):
        self._lock = threading.Lock()
        self._made = {}
        self._folder = None

    @property
    def folder(self):
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="caisson-pki-")
        return pathlib.Path(self._folder.name)

    def authority(self):
        with self._lock:
            return self._once("ca", lambda: pki.Authority(self.folder / "ca"))

    def pair(self, which):
        """(certificate, key): good, expired, wrong_name or self_signed."""
        authority = self.authority()
        make = {
            "good": lambda: authority.issue("good", GOOD_NAMES),
            "expired": lambda: authority.issue(
                "expired", GOOD_NAMES, "20200101000000Z", "20210101000000Z"),
            "wrong_name": lambda: authority.issue("wrong", "DNS:other.test"),
            "self_signed": lambda: pki.self_signed(self.folder, GOOD_NAMES),
        }[which]
        with self._lock:
            return self._once(which, make)

    def _once(self, name, make):
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def close(self):
        if self._folder is not None:
            self._folder.cleanup()


class Clients(Process):
    """The process of load.py."""

    def __init__(self):
        super().__init__([sys.executable, "-B", HERE / "load.py"],
                         stdin=True)
        self.ready()

    def start(self, **job):
        self.say(json.dumps(job))

    def samples(self, within=120.0):
        """Of the job started last: [[status, verdict, Retry-After, seconds,
        which body]]."""
        line = self.out_line(within)
        assert line is not None, f"load.py ended: {self.stderr[-2000:]}"
        return [Sample(*one) for one in json.loads(line)]

    def run(self, **job):
        self.start(**job)
        return self.samples()


class Sample:
    def __init__(self, status, verdict, retry_after, seconds, which):
        self.status = status
        self.verdict = verdict
        self.retry_after = retry_after
        self.seconds = seconds
        self.which = which  # of the bodies


class Lab:
    """`mock` has the fault, `calm` is the other dependency."""

    def __init__(self, certificates):
        self.certificates = certificates
        self.stack = contextlib.ExitStack()
        try:
            self.mock = self.stack.enter_context(Mock())
            self.calm = self.stack.enter_context(Mock())
        except BaseException:
            self.stack.close()
            raise
        self._clients = []

    def clients(self, at=0):
        """Processes of load.py; two at once are two numbers."""
        while len(self._clients) <= at:
            one = Clients()
            self.stack.callback(one.stop)
            self._clients.append(one)
        return self._clients[at]

    def close(self):
        self.stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
