"""What the upstream saw: the oracle of the tests."""
import time


class Stats:
    """Counters of one server, and its last requests.

    Times are of the monotonic clock, which all processes of a machine share:
    a test may compare them with its own `time.monotonic()`.
    """

    keep = 2000

    def __init__(self):
        self.epoch = 0
        self.clear()

    def clear(self):
        self.epoch += 1  # what began before counts no more
        self.requests = 0
        self.by_path = {}
        self.concurrent = 0
        self.peak = 0
        self.opened = 0
        self.closed = 0
        self.cancelled = 0
        self.stale = 0
        self.last = []

    def arrived(self, request, connection_id):
        """Notes a whole request and gives back its record."""
        self.requests += 1
        self.by_path[request.path] = self.by_path.get(request.path, 0) + 1
        self.concurrent += 1
        self.peak = max(self.peak, self.concurrent)
        record = {
            "n": self.requests, "connection": connection_id,
            "method": request.method, "path": request.path,
            "target": request.target, "headers": request.headers,
            "body": request.text(), "raw_head": request.raw_head,
            "arrived": time.monotonic(), "ended": None, "outcome": "running",
            "did": None, "sent": 0, "epoch": self.epoch,
        }
        self.last.append(record)
        del self.last[:-self.keep]
        return record

    def ended(self, record, outcome):
        """`done`: replied as scripted (a scripted cut is done too);
        `cancelled`: the client closed first."""
        if record["ended"] is not None or record["epoch"] != self.epoch:
            return
        record["ended"] = time.monotonic()
        record["outcome"] = outcome
        self.concurrent -= 1
        if outcome == "cancelled":
            self.cancelled += 1

    def report(self, last):
        return {
            "requests": self.requests, "by_path": self.by_path,
            "concurrent": self.concurrent, "peak": self.peak,
            "connections": {"opened": self.opened, "closed": self.closed,
                            "now": self.opened - self.closed},
            "cancelled": self.cancelled, "stale": self.stale,
            "now": time.monotonic(),
            "last": self.last[-last:] if last else [],
        }
