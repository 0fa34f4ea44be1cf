"""Nodes that belong together (SPEC section 12): real processes, real links."""
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys

import pytest

from harness import node as nodes
from harness import pki
from harness.cluster import (NAMES, Papers, answer, cluster_of, dial, frame,
                             greeting, join, members, sees, whole)
from harness.metrics import Metrics
from harness.waiting import eventually

FAILURES = "cluster_link_failures_total"
IDENTITY = greeting("x").split(b"\n")[4]


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("cluster"))


def ended(node):
    """What has become of connections, by reason."""
    metrics = node.metrics()
    return lambda reason: metrics.value(FAILURES, reason=reason)


# --- members ----------------------------------------------------------------

def test_three_nodes_find_each_other_and_each_shows_all(start, papers):
    """Seeds, and who is learned of; any node shows the trees of all."""
    all_nodes = cluster_of(start, papers)
    for name, node in all_nodes.items():
        seen = members(node)
        assert set(seen) == set(NAMES)
        assert seen[name]["self"] is True
        for other in set(NAMES) - {name}:
            assert seen[other]["incarnation"] > 0
            tree = seen[other]["telemetry"]
            assert tree["node"] == other
            assert tree["supervision"]["name"] == "root"
        assert node.metrics().value("cluster_members", state="alive") == 3
    whole_text = all_nodes["b"].look("/metrics?scope=cluster").text
    told = Metrics(whole_text)
    for name in NAMES:
        assert told.value("cluster_members", node=name, state="alive") == 3
    assert whole_text.count("# TYPE cluster_members ") == 1


def test_a_node_alone_shows_itself(start, papers):
    """And the scope of one node is that node."""
    node = start(papers.config("a"))
    assert list(members(node)) == ["a"]
    assert "cluster" not in node.look("/telemetry?scope=node").json()


def test_a_killed_node_is_gone_and_comes_back_in_another_life(start, papers):
    """kill -9; the others know; started again it is another incarnation."""
    all_nodes = cluster_of(start, papers)
    a, b, c = (all_nodes[name] for name in NAMES)
    before = members(a)["c"]["incarnation"]
    c.end_expected = True
    os.kill(c.pid, signal.SIGKILL)
    for node in (a, b):
        eventually(lambda n=node: sees(n, c="gone"), 20, "the death of c")
        assert members(node)["c"]["telemetry"] is None
    again = join(start, papers, "c", [a, b])
    whole([a, b, again])
    assert members(a)["c"]["incarnation"] > before


def test_a_stopped_node_is_gone_and_its_next_life_begins_when_it_goes_on(
        start, papers):
    """SIGSTOP closes no connection: only silence tells."""
    all_nodes = cluster_of(start, papers)
    a, b, c = (all_nodes[name] for name in NAMES)
    before = members(a)["c"]["incarnation"]
    os.kill(c.pid, signal.SIGSTOP)
    try:
        for node in (a, b):
            eventually(lambda n=node: sees(n, c="gone"), 20, "the death of c")
    finally:
        os.kill(c.pid, signal.SIGCONT)
    whole([a, b, c])
    assert members(a)["c"]["incarnation"] > before
    assert members(c)["c"]["incarnation"] == members(a)["c"]["incarnation"]


def test_a_node_that_drains_has_left(start, papers):
    """SIGTERM says farewell: nobody waits for a silence."""
    all_nodes = cluster_of(start, papers)
    a, b, c = (all_nodes[name] for name in NAMES)
    c.terminate()
    assert c.wait() == 0
    for node in (a, b):
        eventually(lambda n=node: sees(n, c="left"), 10, "the farewell of c")
        assert node.metrics().value("cluster_members", state="left") == 1


def test_a_second_node_of_a_name_is_refused(start, papers):
    """It serves alone and says why."""
    all_nodes = cluster_of(start, papers, names=("a", "b"))
    a = all_nodes["a"]
    life = members(a)["b"]["incarnation"]
    second = join(start, papers, "b", [a])
    eventually(lambda: "does not let this node in: taken" in second.stderr, 10)
    assert not sees(second, a="alive")
    assert members(a)["b"]["incarnation"] == life
    assert sees(a, b="alive")


def test_the_cluster_actor_is_supervised(start, papers):
    """It has its place in the tree, as its peers see it."""
    all_nodes = cluster_of(start, papers)
    tree = members(all_nodes["a"])["b"]["telemetry"]["supervision"]
    assert "cluster" in [one["name"] for one in tree["children"]]


# --- who is let in ----------------------------------------------------------

def test_nothing_listens_but_what_was_asked_for(start, papers):
    """No port of CAF's distribution."""
    node = start(papers.config("a"))
    open_ports = {int(address.rsplit(":", 1)[1])
                  for address in (node.http, node.telemetry_address,
                                  node.ready["cluster"])}
    inodes = set()
    for file in pathlib.Path(f"/proc/{node.pid}/fd").iterdir():
        found = re.match(r"socket:\[(\d+)\]", os.readlink(file))
        if found:
            inodes.add(found[1])
    listening = set()
    for table in ("tcp", "tcp6"):
        lines = pathlib.Path(f"/proc/{node.pid}/net/{table}").read_text()
        for line in lines.splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.add(int(fields[1].rsplit(":", 1)[1], 16))
    assert listening == open_ports


def test_without_a_cluster_no_distribution_is_loaded(start, papers):
    """No thread of CAF's multiplexer (its scheduler's two have that name, too),
    no cluster in /telemetry."""
    def threads(of):
        return sum("multiplexer" in (path / "comm").read_text() for path in
                   pathlib.Path(f"/proc/{of.pid}/task").iterdir())

    node = start()
    assert threads(node) == 2
    assert threads(start(papers.config("a"))) == 3
    assert "cluster" not in node.telemetry()
    assert "cluster" not in node.ready


def test_strangers_are_not_heard(start, papers, tmp_path):
    """Plain TCP, no certificate, one of another authority, one that has
    ended."""
    node = start(papers.config("a"))
    host, port = node.ready["cluster"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), 10) as plain:
        plain.sendall(frame(0, data=3) * 4)
        assert b"caisson" not in plain.recv(4096)
    foreign = pki.Authority(tmp_path / "foreign", "Another CA")
    old = papers.issue("b", label="old", start="20200101000000Z",
                       end="20200201000000Z")
    for pair in (None, papers.issue("b", by=foreign), old):
        try:
            with dial(node, papers.context(pair)) as wire:
                wire.sendall(greeting("b"))
                assert answer(wire) is None
        except OSError:
            pass  # refused while shaking hands, which is as good
    eventually(lambda: ended(node)("handshake") == 4)


def test_names_must_be_right(start, papers):
    """A certificate of a node that is not listed; the name of another."""
    node = start(papers.config("a"))
    stranger = papers.issue("stranger")
    for pair, name in ((stranger, "stranger"), (stranger, "b"),
                       (papers.pairs["b"], "c")):
        with dial(node, papers.context(pair)) as wire:
            wire.sendall(greeting(name))
            assert answer(wire) == "foreign"
    eventually(lambda: ended(node)("refused") == 3)


def test_a_stalled_handshake_ends_in_time(start, papers):
    """Two who say nothing, before TLS and after it: 5 s at most for both."""
    node = start(papers.config("a"))
    host, port = node.ready["cluster"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), 10) as mute, \
            dial(node, papers.context(papers.pairs["b"])) as silent:
        assert mute.recv(1) == b""
        try:
            assert silent.recv(1) == b""
        except ssl.SSLError:
            pass  # closed without a word
    assert ended(node)("timeout") == 2


def test_a_length_takes_no_memory(start, papers):
    """0xFFFFFFFF in a header of a peer that was let in."""
    node = start(papers.config("a"))
    identity = bytes.fromhex(IDENTITY.decode())

    def announce():
        with dial(node, papers.context(papers.pairs["b"])) as wire:
            wire.sendall(greeting("b"))
            assert answer(wire) == "yes"
            wire.sendall(frame(1, identity))
            wire.sendall(frame(2, size=0xFFFFFFFF, target=7))
            try:
                while wire.recv(4096):
                    pass
            except OSError:
                pass

    announce()  # whatever a first link needs
    eventually(lambda: ended(node)("frame") == 1)
    before = node.peak_rss()
    for number in range(20):
        announce()
        eventually(lambda n=number: ended(node)("frame") == n + 2)
    if not nodes.sanitized():
        # Twenty that believed it would have taken 80 GiB.
        assert node.peak_rss() - before < 20 * 64 * 1024
    assert node.ask("GET", "/health/live").status == 200


def test_certificates_are_changed_while_the_node_runs(start, tmp_path):
    """Another authority beside the old one, then new certificates."""
    old, new = Papers(tmp_path / "old"), Papers(tmp_path / "new")
    bundle = tmp_path / "ca.pem"
    bundle.write_text(old.ca.cert.read_text())
    live = {name: (tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
            for name in ("a", "b")}

    def put(name, pair):
        for to, source in zip(live[name], pair):
            to.write_text(source.read_text())

    def config(name, seeds=()):
        made = old.config(name, seeds, ca=str(bundle))
        made["cluster"]["cert"], made["cluster"]["key"] = map(str, live[name])
        return made

    put("a", old.pairs["a"])
    put("b", old.pairs["b"])
    a = start(config("a"))
    with pytest.raises(OSError):
        with dial(a, new.context(new.pairs["b"])) as wire:
            wire.sendall(greeting("b"))
            raise OSError if answer(wire) is None else AssertionError
    bundle.write_text(old.ca.cert.read_text() + new.ca.cert.read_text())
    put("a", new.pairs["a"])
    put("b", new.pairs["b"])
    b = start(config("b", [a.ready["cluster"]]))
    whole([a, b])


# --- wrong configurations ---------------------------------------------------

@pytest.mark.parametrize("changed, about", [
    ({"key": ""}, "cluster.key"),
    ({"ca": ""}, "cluster.ca"),
    ({"key": "/nowhere.key"}, "cluster.key"),
    ({"nodes": ["b", "c"]}, "cluster.nodes does not list a"),
    ({"bind": "0.0.0.0"}, "cluster.advertise"),
    ({"seeds": ["nowhere"]}, "cluster.seeds"),
    ({"dead_after": "1500ms"}, "cluster.dead_after"),
])
def test_what_cannot_be_a_node_does_not_start(papers, tmp_path, changed,
                                              about):
    """Exit 78, and a line that says where."""
    from harness import toml
    made = papers.config("a")
    for key, value in changed.items():
        if value == "":
            del made["cluster"][key]
        else:
            made["cluster"][key] = value
    file = tmp_path / "caisson.toml"
    file.write_text(toml.dumps(made))
    done = nodes.run("check-config", "--config", file)
    assert done.returncode == 78, done
    assert about in done.stderr


def test_credentials_that_do_not_fit_do_not_start(papers, tmp_path):
    """The key of another; the certificate of another; an authority that does
    not stand for it."""
    from harness import toml
    foreign = pki.Authority(tmp_path / "foreign", "Another CA")
    for changed, about in (
            ({"key": str(papers.pairs["b"][1])}, "does not belong"),
            (dict(zip(("cert", "key"), map(str, papers.pairs["b"]))),
             "not of the name"),
            ({"ca": str(foreign.cert)}, "not certified")):
        made = papers.config("a")
        made["cluster"].update(changed)
        file = tmp_path / "caisson.toml"
        file.write_text(toml.dumps(made))
        done = nodes.run("check-config", "--config", file)
        assert done.returncode == 78, done
        assert about in done.stderr


# --- the command ------------------------------------------------------------

def test_tools_cluster_starts_nodes_and_ends_them():
    """Two nodes by one command, until it is told to end."""
    tool = pathlib.Path(__file__).resolve().parents[2] / "tools/cluster"
    child = subprocess.Popen(
        [sys.executable, tool, "2", "--binary", nodes.BINARY],
        stdout=subprocess.PIPE, text=True, env=nodes.clean_env())
    try:
        first = child.stdout.readline()
        child.stdout.readline()
        address = re.search(r"telemetry http://(\S+)", first)[1]
        from harness import wire

        def both():
            seen = wire.ask(address, "GET", "/telemetry", None, None).json()
            return [one["state"] for one in seen["cluster"]["members"]] == [
                "alive", "alive"]
        eventually(both, 20, "two nodes")
        pids = json.loads(json.dumps(re.findall(r"pid (\d+)", first)))
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(40)
    for pid in pids:
        assert not pathlib.Path(f"/proc/{pid}").exists()
