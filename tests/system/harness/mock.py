"""The mock upstream as a test sees it."""
import json
import pathlib
import sys

from . import wire
from .process import Process

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools/mock_upstream"


class Mock:
    """Starts on construction. Scripts and statistics go through its control
    port, which is open even while the vendor port refuses. `host` stands in
    its origin, `bind` is where it listens."""

    def __init__(self, *arguments, scheme="http", host="127.0.0.1",
                 bind="127.0.0.1"):
        self.process = Process([sys.executable, TOOL, "--host", bind,
                                *arguments])
        ready = self.process.ready()
        self.port = ready["port"]
        self.address = (bind, self.port)
        self.control = (bind, ready["control"])
        self.origin = f"{scheme}://{host}:{self.port}"

    def _control(self, method, target, body=None):
        response = wire.ask(self.control, method, "/_mock/" + target, body)
        assert response.status == 200, f"mock control: {response!r}"
        return response.json()

    def script(self, *queue, default=None):
        """Plans for the coming requests, in order; then `default` (ok)."""
        document = {"queue": list(queue)}
        if default is not None:
            document["default"] = default
        self._control("POST", "script", document)

    def always(self, do, **fields):
        """One plan for every request to come."""
        self.script(default={"do": do, **fields})

    def stats(self, last=100):
        return self._control("GET", f"stats?last={last}")

    @property
    def calls(self):
        return self.stats(0)["requests"]

    def requests(self):
        return self.stats(2000)["last"]

    def last(self):
        requests = self.requests()
        assert requests, "the mock has seen no request"
        return Seen(requests[-1])

    def reset(self):
        self._control("POST", "reset", {})

    def refuse(self, ms=None):
        self._control("POST", "refuse", {"ms": ms})

    def listen(self):
        self._control("POST", "listen", {})

    def drop(self, how="fin"):
        self._control("POST", "drop", {"how": how})

    def stop(self):
        self.process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Seen:
    """One request as the mock received it."""

    def __init__(self, record):
        self.record = record
        self.path = record["path"]
        self.target = record["target"]
        self.headers = {name.lower(): value
                        for name, value in record["headers"]}
        self.body = record["body"]

    def json(self):
        return json.loads(self.body)
