"""Nodes that belong together, with certificates made for the occasion."""
import os
import signal
import socket
import ssl

from . import pki
from .node import Node
from .toml import merged
from .waiting import eventually

NAMES = ("a", "b", "c")


class Papers:
    """An authority of a cluster and its nodes' certificates."""

    def __init__(self, folder, names=NAMES):
        self.folder = folder
        self.ca = pki.Authority(folder / "ca", "Cluster CA")
        self.pairs = {name: self.issue(name) for name in names}

    def issue(self, name, by=None, label=None, **dates):
        return (by or self.ca).issue(label or name, f"DNS:{name}",
                                     usage="serverAuth,clientAuth", **dates)

    def config(self, name, seeds=(), **cluster):
        """The tables of a node of that name."""
        cert, key = self.pairs[name]
        return {"node": {"name": name},
                "cluster": {"enabled": True, "port": 0, "nodes": list(NAMES),
                            "seeds": list(seeds), "ca": str(self.ca.cert),
                            "cert": str(cert), "key": str(key), **cluster}}

    def context(self, pair=None):
        """What a visitor shows at the port of a node."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.ca.cert)
        if pair:
            context.load_cert_chain(*pair)
        return context


def members(node):
    """What a node shows of all, by name."""
    return {one["name"]: one for one in node.telemetry()["cluster"]["members"]}


def sees(node, **states):
    """Whether it takes all of them for what is said."""
    seen = {name: one["state"] for name, one in members(node).items()}
    return all(seen.get(name) == state for name, state in states.items())


def whole(nodes, within=20):
    """Waits until each sees all others alive."""
    names = [node.config["node"]["name"] for node in nodes]
    for node in nodes:
        eventually(lambda n=node: sees(n, **{name: "alive" for name in names}),
                   within, "the cluster")


def killed(node):
    """As by kill -9; the test knows."""
    node.end_expected = True
    os.kill(node.pid, signal.SIGKILL)


def join(start, papers, name, peers=(), **config):
    """Starts one of them, with `peers` as its seeds."""
    seeds = [node.ready["cluster"] for node in peers]
    return start(merged(papers.config(name, seeds), config))


def cluster_of(start, papers, names=NAMES, **config):
    """Started one after the other, each with those before as seeds."""
    nodes = []
    for name in names:
        nodes.append(join(start, papers, name, nodes, **config))
    whole(nodes)
    return dict(zip(names, nodes))


def dial(node, context, within=10):
    """A TLS connection with the cluster's port of a node."""
    host, port = node.ready["cluster"].rsplit(":", 1)
    wire = socket.create_connection((host, int(port)), within)
    return context.wrap_socket(wire)


def greeting(name, identity=b"\0\0\x3e\x9a\xab\x9b\xac\x79" + bytes(3)
             + b"\1" + b"v" * 20):
    """The first words of a node."""
    text = "\n".join(["caisson 1", name, "1", "127.0.0.1:1", identity.hex(),
                      "asks"]).encode()
    return len(text).to_bytes(2, "big") + text


def answer(wire):
    """The last line of what the node says to a greeting; None: it hung up."""
    try:
        size = wire.recv(1) + wire.recv(1)
        if len(size) < 2:
            return None
        text = b""
        while len(text) < int.from_bytes(size, "big"):
            more = wire.recv(4096)
            if not more:
                return None
            text += more
        return text.decode().split("\n")[-1]
    except OSError:
        return None


def frame(operation, payload=b"", size=None, **fields):
    """One of CAF's distribution; `size` may lie about the payload."""
    numbers = ((len(payload) if size is None else size, 4),
               (fields.get("data", 0), 8), (fields.get("source", 0), 8),
               (fields.get("target", 0), 8))
    return bytes([operation, 0, 0, fields.get("flags", 0)]) + b"".join(
        value.to_bytes(width, "big") for value, width in numbers) + payload
