"""A name server for one node, and a node that asks it: for the rows about DNS.

glibc asks what /etc/resolv.conf names, at port 53 and nowhere else. So the
server takes a loopback address of its own (127.x.y.z:53), and the node runs in
a mount namespace where a resolv.conf of ours lies over the machine's.
"""
import os
import pathlib
import random
import socket
import struct
import subprocess
import tempfile
import threading

NAME = "provider.test"
NXDOMAIN, SERVFAIL = 3, 2


class NameServer:
    """Answers every question by its mood: an IPv4 address, "nxdomain",
    "servfail" or "silent"."""

    def __init__(self, mood):
        self.mood = mood
        self.asked = 0
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(20):
            self.address = "127.%d.%d.%d" % tuple(
                random.randint(2, 250) for _ in range(3))
            try:
                self._sock.bind((self.address, 53))
                break
            except PermissionError:
                raise
            except OSError:
                continue
        self._sock.settimeout(0.1)
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._over:
            try:
                question, peer = self._sock.recvfrom(4096)
            except TimeoutError:
                continue
            self.asked += 1
            answer = self._answer(question)
            if answer:
                self._sock.sendto(answer, peer)

    def _answer(self, packet):
        if self.mood == "silent":
            return None
        end = packet.index(b"\0", 12) + 5  # name, type, class
        question = packet[12:end]
        kind = struct.unpack("!H", question[-4:-2])[0]
        code = {"nxdomain": NXDOMAIN, "servfail": SERVFAIL}.get(self.mood, 0)
        records = b""
        if code == 0 and kind == 1:
            records = (b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4)
                       + socket.inet_aton(self.mood))
        return (packet[:2] + struct.pack("!HHHHH", 0x8180 | code, 1,
                                         1 if records else 0, 0, 0)
                + question + records)

    def close(self):
        self._over = True
        self._thread.join(2)
        self._sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def cannot():
    """Why a node here cannot be given a name server of its own, or None."""
    if os.geteuid() != 0:
        return "only root may listen on port 53 and mount"
    tried = subprocess.run(
        ["unshare", "-m", "mount", "--bind", "/dev/null", "/etc/resolv.conf"],
        capture_output=True, text=True)
    if tried.returncode:
        return "no mount namespace here: " + tried.stderr.strip()[:100]
    return None


def prefix(server, folder=None):
    """What to put before a command so that it asks `server`."""
    folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="caisson-dns-"))
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {server.address}\n"
                    "options timeout:30 attempts:1\n")
    return ["unshare", "-m", "sh", "-c",
            'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"', "sh",
            str(file)]
