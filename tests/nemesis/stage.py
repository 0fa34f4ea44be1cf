"""A network that belongs to nobody else: a namespace for each node, and two
wires into it. On the front are the clients and the dependency; on the back the
nodes speak with each other, and only there anything is ever cut.

        clients, mock  10.77.0.1
             |
    ---------+---- front ----------+--------
     |             |               |
    [a] .2        [b] .3          [c] .4        a namespace each
     |             |               |
    ---------------- back ------------------    10.78.0.x
"""
import os
import shutil
import subprocess
import sys
import tempfile

NEEDS = ("unshare", "ip", "tc", "nft")
INSIDE = "CAISSON_NEMESIS_STAGE"
HOST = "10.77.0.1"
# A kilobyte a second: beats get through, and what limits are asked for is late.
CRAWL = ("rate", "8kbit", "burst", "1600", "latency", "2s")


def do(*words, at=None):
    command = ["ip", "netns", "exec", at, *words] if at else list(words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def enter():
    """Goes on in namespaces of its own, of network, mounts and processes: all
    that is started and written there is gone with this process, however it
    ends. Or says why that is not possible."""
    missing = [name for name in NEEDS if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)} not installed (tools/packages test)"
    if INSIDE not in os.environ:
        alone = ["unshare", "--net", "--mount", "--propagation", "private",
                 "--pid", "--fork", "--kill-child", "--mount-proc"]
        tried = subprocess.run([*alone, "true"], capture_output=True, text=True,
                               check=False)
        if tried.returncode:
            return f"no network namespaces: {tried.stderr.strip()}"
        os.environ[INSIDE] = "1"
        os.execvp(alone[0], [*alone, sys.executable, "-B", *sys.argv])
    do("mount", "-t", "tmpfs", "none", "/run")
    for folder in ("/run/netns", "/run/tmp"):
        os.mkdir(folder)
    tempfile.tempdir = "/run/tmp"
    do("ip", "link", "set", "lo", "up")
    return None


class Stage:
    def __init__(self, names):
        self.front = {name: f"10.77.0.{i + 2}" for i, name in enumerate(names)}
        self.back = {name: f"10.78.0.{i + 2}" for i, name in enumerate(names)}
        for net in ("front", "back"):
            do("ip", "link", "add", net, "type", "bridge")
            do("ip", "link", "set", net, "up")
        do("ip", "address", "add", f"{HOST}/24", "dev", "front")
        for name in names:
            do("ip", "netns", "add", name)
            do("ip", "link", "set", "lo", "up", at=name)
            self._wire(name, "front", self.front[name])
            self._wire(name, "back", self.back[name])
            do("nft", "add table ip nemesis; add set ip nemesis cut { type "
               "ipv4_addr; }; add chain ip nemesis in { type filter hook input "
               "priority 0; }; add rule ip nemesis in ip saddr @cut drop",
               at=name)

    def _wire(self, name, net, address):
        do("ip", "link", "add", f"{net}-{name}", "type", "veth",
           "peer", "name", net, "netns", name)
        do("ip", "link", "set", f"{net}-{name}", "master", net, "up")
        do("ip", "address", "add", f"{address}/24", "dev", net, at=name)
        do("ip", "link", "set", net, "up", at=name)

    def cut(self, frm, to):
        """Nothing from the one reaches the other, and nobody is told."""
        do("nft", f"add element ip nemesis cut {{ {self.back[frm]} }}", at=to)

    def heal(self):
        for name in self.back:
            do("nft", "flush set ip nemesis cut", at=name)

    def slow(self, name):
        do("tc", "qdisc", "add", "dev", "back", "root", "tbf", *CRAWL, at=name)

    def quick(self, name):
        do("tc", "qdisc", "del", "dev", "back", "root", at=name)
