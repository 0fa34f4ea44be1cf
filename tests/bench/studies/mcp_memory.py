"""What clients of MCP cost that do nothing: sessions that have begun, on a few
connections, and streams on which clients wait for notifications, each in a session and
on a connection of its own. That all of those are open is seen by what keeps them so: a
comment on each."""

import select
import socket
import statistics
import time

import mcp
from node import Node
from study import Finding
from studies.common import say

SESSIONS, STREAMS = 10_000, 10_000
SESSION_KB, STREAM_KB = 4, 10
LINES = 16
KEEP_ALIVE = 5  # s
CONFIG = f'[mcp]\nkeep_alive = "{KEEP_ALIVE}s"\n'
ROOM = ["http.max_connections=12000"]  # by default no more than there are streams
COLUMNS = ("round", "idle MB", "kB a session", "kB a stream", "streams open", "heard of",
           "MB when all are closed")


def settled(node):
    """Memory once what was asked is done with."""
    select.select([], [], [], 1)
    return node.rss_kb()


def begin_sessions(port, count):
    lines = [mcp.Line(port) for _ in range(LINES)]
    try:
        return [lines[number % LINES].begin_session() for number in range(count)]
    finally:
        for one in lines:
            one.link.close()


def open_stream(port, session):
    """A socket on which the stream of that session has begun."""
    one = socket.create_connection(("127.0.0.1", port), 10)
    one.sendall(mcp.bytes_of("GET", port, {"MCP-Protocol-Version": mcp.LEGACY,
                                           "Mcp-Session-Id": session}))
    return one


def has_begun(one):
    """Reads its head."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = one.recv(4096)
        if not part:
            return False
        got += part
    head = got.lower()
    return b" 200 " in head[:16] and b"text/event-stream" in head


def hears(one, until):
    """Whether a comment comes on it by then."""
    one.settimeout(max(0.001, until - time.monotonic()))
    try:
        while part := one.recv(4096):
            if b"\n:" in part:
                return True
    except OSError:
        pass
    return False


def one_round(node):
    port = node.port
    streams = []
    try:
        # What is allocated once for all is no session's and no stream's.
        with open_stream(port, begin_sessions(port, LINES)[0]) as first:
            has_begun(first)
        idle = settled(node)
        sessions = begin_sessions(port, SESSIONS)
        begun = settled(node)
        for session in sessions[:STREAMS]:
            streams.append(open_stream(port, session))
            if not has_begun(streams[-1]):
                raise RuntimeError(f"mcp-idle: stream {len(streams)} is refused")
        listening = settled(node)
        open_now = node.metrics().get("mcp_streams_active", 0)
        until = time.monotonic() + 3 * KEEP_ALIVE
        heard = sum(hears(one, until) for one in streams)
    finally:
        for one in streams:
            one.close()
    return {"idle_kb": idle, "session_kb": (begun - idle) / SESSIONS,
            "stream_kb": (listening - begun) / STREAMS, "open": open_now, "heard": heard,
            "closed_kb": settled(node)}


def run(lab, options):
    found = Finding("mcp-idle", f"{SESSIONS:,} sessions of 2025-11-25, then a stream in each of "
                    f"{STREAMS:,}, one I/O thread, a new process in each round")
    rounds = []
    for number in range(options.rounds):
        with Node(lab, "mcp-idle", CONFIG, ROOM) as node:
            rounds.append(one_round(node))
        say(f"mcp-idle round {number + 1} of {options.rounds}: "
            f"{rounds[-1]['session_kb']:.2f} kB a session, "
            f"{rounds[-1]['stream_kb']:.2f} kB a stream")
    found.raw += rounds
    found.tables.append((COLUMNS, [
        [number + 1, f"{one['idle_kb'] / 1024:.1f}", f"{one['session_kb']:.2f}",
         f"{one['stream_kb']:.2f}", f"{one['open']:,.0f}", f"{one['heard']:,}",
         f"{one['closed_kb'] / 1024:.1f}"] for number, one in enumerate(rounds)]))

    def of(key):
        return statistics.median(one[key] for one in rounds)
    found.at_most("memory of an idle session", of("session_kb"), SESSION_KB, " kB")
    found.at_most("memory of a stream, its connection with it", of("stream_kb"), STREAM_KB,
                  " kB")
    found.holds("streams open at once, each with its comment",
                min(int(min(one["open"], one["heard"])) for one in rounds), STREAMS)
    found.notes.append("Resident memory of the process; what the kernel keeps for a socket is "
                       "not in it.")
    return found
