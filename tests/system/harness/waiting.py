"""Waiting for facts instead of sleeping."""
import time


def eventually(predicate, within=5.0, what="the condition"):
    """The first truthy value of `predicate()`, or a failure that names the
    last one. An assertion inside the predicate means "not yet"."""
    deadline = time.monotonic() + within
    last = None
    while True:
        try:
            last = predicate()
            if last:
                return last
        except (AssertionError, OSError, KeyError, IndexError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(
                f"{what} did not come true within {within} s; last: {last!r}")
        time.sleep(0.01)


class Stopwatch:
    """Seconds since it was made, on the clock that the mock uses too."""

    def __init__(self):
        self.start = time.monotonic()

    @property
    def seconds(self):
        return time.monotonic() - self.start
