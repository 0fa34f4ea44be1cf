"""Clients that ask and then do not read."""
import contextlib
import time

from .waiting import eventually

# Under ASan what is freed is kept for a while to catch its use; less of it
# here, so that a bound on memory stays the one of a release.
ENV = {"ASAN_OPTIONS": "quarantine_size_mb=8"}
READERS = 8


def memory_held(node, mock, request):
    """The most bytes that the node grew by while `READERS` clients sent
    `request` and left an endless stream unread."""
    mock.always("endless", chunks=["x" * 8000, "x" * 8000])
    before = node.rss()
    with contextlib.ExitStack() as stack:
        for _ in range(READERS):
            reader = stack.enter_context(node.client(rcvbuf=4096))
            reader.send(request)
            reader.more()
        eventually(lambda: mock.stats()["concurrent"] == READERS)
        worst, until = 0, time.monotonic() + 1.5
        while time.monotonic() < until:
            worst = max(worst, node.rss() - before)
    eventually(lambda: mock.stats()["concurrent"] == 0, 5,
               "the upstream streams being closed with their clients")
    return worst
