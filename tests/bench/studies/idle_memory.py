"""What an idle keep-alive connection costs in memory, and what the node needs
with none. nginx and HAProxy with room for as many stand beside it."""

import shutil
import socket
import statistics
import time

from node import Node, dependency
from study import Finding
from studies.common import say
from targets import Target

CONNECTIONS = 5000
ROOM = 9_000  # of the peers: HAProxy wants two descriptors for each
BODY = b'{"model":"bench-1k","messages":[{"role":"user","content":"hello"}]}'
REQUEST = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
           b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
           % (len(BODY), BODY))
COLUMNS = ("target", "idle MB", "kB a connection, unused", "kB after one request", "× nginx",
           "MB when all are closed")


def answer_on(one):
    """One whole 2xx answer."""
    one.sendall(REQUEST)
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += receive(one)
    head = got[:end].lower()
    if b" 200 " not in head[:16]:
        raise RuntimeError(f"idle-memory: {got[:80]!r}")
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    while len(got) < end + 4 + length:
        got += receive(one)


def receive(one):
    part = one.recv(65536)
    if not part:
        raise RuntimeError("idle-memory: a connection was closed")
    return part


def settled(target):
    time.sleep(1)
    return target.rss_kb()


def still_open(one):
    one.setblocking(False)
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True


def one_round(target, port):
    sockets = []
    try:
        # What is allocated once for all is not a connection's.
        with socket.create_connection(("127.0.0.1", port), 5) as first:
            answer_on(first)
        before = settled(target)
        for _ in range(CONNECTIONS):
            sockets.append(socket.create_connection(("127.0.0.1", port), 5))
        unused = settled(target)
        for one in sockets:
            answer_on(one)
        used = settled(target)
        lost = sum(not still_open(one) for one in sockets)
    finally:
        for one in sockets:
            one.close()
    return {"idle_kb": before, "unused_kb": (unused - before) / CONNECTIONS,
            "used_kb": (used - before) / CONNECTIONS, "closed_kb": settled(target),
            "lost": lost}


def targets(lab):
    """How to start each, anew for each round, and where it is asked."""
    def peer(name):
        target = Target(name, lab, ROOM)
        return target, target.ports["json"]

    def caisson():
        node = Node(lab, "idle-memory", dependency(
            "bench", lab.upstream_port, 'models = ["bench-1k"]'))
        return node, node.port
    found = {name: lambda name=name: peer(name) for name in ("nginx", "haproxy")
             if shutil.which(name, path="/usr/sbin:/usr/bin")}
    return found | {"caisson": caisson}


def run(lab, options):
    found = Finding("idle-memory", f"{CONNECTIONS:,} idle keep-alive connections, "
                                   "one I/O thread, new processes in each round")
    rounds = {}
    for number in range(options.rounds):
        for name, start in targets(lab).items():
            target, port = start()
            try:
                one = one_round(target, port)
            finally:
                target.stop()
            rounds.setdefault(name, []).append(one)
            found.raw.append({"target": name, **one})
            if one["lost"]:
                found.blame({f"{name}: idle connections lost": one["lost"]})
            say(f"idle-memory round {number + 1} {name}: idle {one['idle_kb'] / 1024:.1f} MB, "
                f"{one['used_kb']:.2f} kB a connection")

    def of(name, key):
        return statistics.median(one[key] for one in rounds[name])
    found.tables.append((COLUMNS, [
        [name, f"{of(name, 'idle_kb') / 1024:.1f}", f"{of(name, 'unused_kb'):.2f}",
         f"{of(name, 'used_kb'):.2f}",
         f"{of(name, 'used_kb') / of('nginx', 'used_kb'):.2f}"
         if "nginx" in rounds and of("nginx", "used_kb") else "–",
         f"{of(name, 'closed_kb') / 1024:.1f}"] for name in rounds]))
    found.at_most("memory of an idle connection", of("caisson", "used_kb"), 10, " kB")
    found.at_most("memory of the idle node", of("caisson", "idle_kb") / 1024, 40, " MB")
    found.notes.append("Resident memory of the processes; what the kernel keeps for a socket "
                       "is not in it.")
    return found
