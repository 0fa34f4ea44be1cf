"""Three nodes on the stage, and what can be done to them from outside."""
import email.utils
import glob
import os
import shutil
import signal
import time

from harness.cluster import NAMES, Papers
from harness.limited import key
from harness.metrics import Metrics
from harness.node import Node, sanitized
from harness.waiting import eventually
from harness.wire import Closed, ask
from stage import HOST

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
TOKEN = "nemesis-admin-token"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
PORT, TELEMETRY, CLUSTER = 8080, 9464, 7946
MODEL = "m"
HOUR = 60  # of each key: under 80 a node nothing is held beforehand


def secret(number):
    return f"sk-nemesis-canary-{number}"


def clocks():
    """Why the nodes' clocks cannot be moved; None: they can."""
    if FAKETIME is None:
        return "libfaketime is not installed"
    return "not under a sanitizer" if sanitized() else None


class Fleet:
    """`begin` starts them. `lives` counts the starts of each node: what was
    asked of a node was asked of one of its lives."""

    def __init__(self, stage, folder, mock_port, keys):
        self.stage, self.folder = stage, folder
        self.papers = Papers(folder / "papers")
        self._shared = {
            "limits": {"mode": "enforce", "store": "cluster",
                       "tiers": {"anonymous": {"minute": 0, "hour": 0,
                                               "day": 0},
                                 "free": {"minute": 0, "hour": HOUR, "day": 0}},
                       "endpoints": {"llm": 0, "read": 0},
                       "keys": {f"k{i}": key(secret(i), tier="free")
                                for i in range(keys)}},
            "dependency": {"mock": {
                "kind": "openai", "url": f"http://{HOST}:{mock_port}/v1",
                "models": [MODEL], "timeout": "2s"}}}
        self.nodes, self.lives = {}, dict.fromkeys(NAMES, 0)

    def begin(self):
        for name in NAMES:
            self.start(name)
        eventually(self.whole, 20, "the cluster")

    # --- where they are -----------------------------------------------------
    def address(self, name):
        return f"{self.stage.front[name]}:{PORT}"

    def metrics(self, name, scope=""):
        return Metrics(look(f"{self.stage.front[name]}:{TELEMETRY}",
                            f"/metrics{scope}").text)

    def time(self, name):
        """What a node takes for the time."""
        said = look(self.address(name), "/health/live").header("Date")
        return email.utils.parsedate_to_datetime(said).timestamp()

    def alive(self, name):
        """How many a node takes for alive."""
        return self.metrics(name).value("cluster_members", state="alive")

    def whole(self):
        """Each hears from each that all live: who is cut off may be taken for
        alive for a while, and tells nothing."""
        return all(
            seen.value("cluster_members", node=name, state="alive") == len(NAMES)
            for seen in [self.metrics(asked, "?scope=cluster") for asked in NAMES]
            for name in NAMES)

    # --- what is done to them -----------------------------------------------
    def start(self, name):
        self.lives[name] += 1
        own = self.papers.config(name, [
            f"{address}:{CLUSTER}" for other, address in self.stage.back.items()
            if other != name])
        own["cluster"].update(bind=self.stage.back[name], port=CLUSTER)
        env = {"NEMESIS_ADMIN": TOKEN}
        if not clocks():
            env.update(LD_PRELOAD=FAKETIME, FAKETIME_CACHE_DURATION="1",
                       FAKETIME_DONT_FAKE_MONOTONIC="1",
                       FAKETIME_TIMESTAMP_FILE=str(self._clock(name)))
        self.set_clock(name, 0)
        self.nodes[name] = Node(
            {**own, **self._shared,
             "http": {"bind": self.stage.front[name], "port": PORT},
             "telemetry": {"bind": self.stage.front[name], "port": TELEMETRY,
                           "admin_token": "env:NEMESIS_ADMIN"}},
            env=env, prefix=["ip", "netns", "exec", name], within=20)

    def _clock(self, name):
        return self.folder / f"{name}.clock"

    def set_clock(self, name, seconds):
        """So far from the truth, from its next look at the clock on."""
        made = self.folder / f"{name}.clock.new"
        made.write_text(f"{seconds:+d}\n")
        os.replace(made, self._clock(name))

    def signal(self, name, number):
        self.nodes[name].process.signal(number)

    def kill(self, name):
        node = self.nodes[name]
        node.end_expected = True
        self.signal(name, signal.SIGKILL)
        node.wait()
        node.stop()

    def drain(self, name):
        node = self.nodes[name]
        node.terminate()
        assert node.wait(20) == 0, f"{name} did not drain: {node.stderr[-2000:]}"
        node.stop()

    def expire(self, name, seconds):
        """It has a certificate that ends so soon."""
        short = self.papers.issue(name, label=f"{name}-short",
                                  start=stamp(-60), end=stamp(seconds))
        self._put(short, self.papers.pairs[name], keep=True)

    def renew(self, name):
        cert, key_file = self.papers.pairs[name]
        self._put((f"{cert}.good", f"{key_file}.good"), (cert, key_file))

    def _put(self, what, where, keep=False):
        for source, place in zip(what, where, strict=True):
            if keep:
                shutil.copy(place, f"{place}.good")
            shutil.copy(source, f"{place}.new")
            os.replace(f"{place}.new", place)

    def stop(self):
        """All of them, whatever one of them has to say; then that."""
        wrong = []
        for name, node in self.nodes.items():
            try:
                self.signal(name, signal.SIGCONT)
                node.stop()
            except AssertionError as error:
                wrong.append(f"{name}: {error}")
        assert not wrong, "\n".join(wrong)


def look(address, target):
    """Whoever does not answer well is not there yet, or not any more."""
    try:
        reply = ask(address, "GET", target, None, ADMIN, 5)
    except Closed as error:
        raise AssertionError(f"{target} of {address}: {error}") from None
    assert reply.status == 200, f"{target} of {address}: {reply!r}"
    return reply


def stamp(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
