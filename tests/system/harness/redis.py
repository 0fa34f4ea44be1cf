"""Real Redis servers for a test: one, one with replicas and sentinels, or a
cluster; each on free ports of loopback, in a folder of its own, ended by its
own pid.

    with Redis() as redis:
        node = start({"dependency": {"store": redis.dependency()}, ...})
        redis.ask("SET", "key", "value")     # what tests do themselves
        redis.pause(); redis.go_on()         # SIGSTOP, SIGCONT
        redis.kill(); redis.start()          # kill -9, and back on its port

`Redis(password=…)`, `Redis(users={"node": ("secret", "~* +@all")})`,
`Redis(tls=authority)` (harness/pki.py) and `Redis(settings={…})` for any line
of redis.conf; `Sentinels()` and `Cluster()` below. As fixtures: `redis`,
`redis_server` (a factory) in conftest.py; both skip where there is none.
"""
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from .resp import Connection, ErrorReply
from .waiting import eventually

BINARY = shutil.which("redis-server")


def free_port():
    """One that was free a moment ago: Redis takes no 0."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Redis:
    """Starts on construction and answers afterwards."""

    def __init__(self, *, password=None, users=None, tls=None, settings=None,
                 sentinel=False, within=10.0):
        assert BINARY, "redis-server is missing: tools/packages test"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="caisson-redis-"))
        self.password, self.users = password, users or {}
        self.authority, self.sentinel = tls, sentinel
        self.settings = dict(settings or {})
        self.within = within
        self.child = self._talk = None
        self.port = None
        for attempt in range(5):
            try:
                self.port = free_port()
                self._configure()
                self.start()
                return
            except AssertionError:
                self.stop()
                if attempt == 4:
                    raise

    # --- its life ---------------------------------------------------------
    def start(self):
        """On the same port as before, with what it has saved, if anything."""
        assert self.child is None, "it runs"
        log = open(self.dir / "log", "ab")
        with log:
            self.child = subprocess.Popen(
                [BINARY, self.dir / "redis.conf",
                 *(["--sentinel"] if self.sentinel else [])],
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def answers():
            assert self.child.poll() is None, f"it ended; its log:\n{self.log}"
            try:
                return self.ask("PING") == "PONG"
            except ErrorReply as error:
                # It is there, and says that it is not well: tests want that.
                return not str(error).startswith("LOADING")

        try:
            eventually(answers, self.within, f"redis on port {self.port}")
        except AssertionError:
            self._end(signal.SIGKILL)
            raise

    def stop(self):
        """As on a shutdown of the machine; saves nothing unless told to."""
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def pause(self):
        """It takes connections and bytes, and says nothing."""
        self.child.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.child.send_signal(signal.SIGCONT)

    def restart(self):
        self.kill()
        self.start()

    def close(self):
        self._end(signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)

    def _end(self, how):
        if self._talk:
            self._talk.close()
            self._talk = None
        if self.child is None:
            return
        self.child.send_signal(how)
        self.child.send_signal(signal.SIGCONT)
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(5)
        self.child = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- talking to it ----------------------------------------------------
    def connect(self, user=None, password=None):
        """A connection of one's own, as whoever is named."""
        made = Connection(self.port,
                          tls=self.authority and self.authority.cert)
        word = password or self.password
        if word:
            made.ask("AUTH", *([user] if user else []), word)
        return made

    def ask(self, *words):
        """A command and its reply, on a connection that is kept. One that has
        ended meanwhile, as at a change of roles, is made again."""
        if self._talk is not None:
            try:
                return self._talk.ask(*words)
            except OSError:
                self._talk = None
        talk = self.connect()
        reply = talk.ask(*words)
        self._talk = talk
        return reply

    def info(self, section="everything"):
        """INFO as a dict of strings."""
        return dict(line.split(":", 1)
                    for line in self.ask("INFO", section).splitlines()
                    if ":" in line)

    def keys(self, pattern="*"):
        return sorted(self.ask("KEYS", pattern))

    @property
    def log(self):
        return (self.dir / "log").read_text(errors="replace")

    # --- telling the node of it -------------------------------------------
    @property
    def url(self):
        if self.authority:
            return f"rediss://localhost:{self.port}"
        return f"redis://127.0.0.1:{self.port}"

    def dependency(self, user=None, password=None, **more):
        """A [dependency.NAME] for it. Passwords go through files."""
        return dependency(self.url, self.dir, self.authority, user,
                          password or self.password, **more)

    # --- its file ---------------------------------------------------------
    def _configure(self):
        lines = {"bind": "127.0.0.1", "port": self.port, "dir": self.dir,
                 "save": '""', "appendonly": "no", "daemonize": "no",
                 "protected-mode": "no"}
        if self.sentinel:
            for key in ("save", "appendonly"):
                del lines[key]
        if self.authority:
            cert, key = self.authority.issue(
                f"redis-{self.port}", "DNS:localhost,IP:127.0.0.1")
            lines.update({"port": 0, "tls-port": self.port,
                          "tls-cert-file": cert, "tls-key-file": key,
                          "tls-ca-cert-file": self.authority.cert,
                          "tls-auth-clients": "no"})
        if self.password:
            lines["requirepass"] = self.password
        lines.update(self.settings)
        text = [f"{key} {value}" for key, value in lines.items()]
        text += [f"user {name} on >{word} {rules}"
                 for name, (word, rules) in self.users.items()]
        (self.dir / "redis.conf").write_text("\n".join(text) + "\n")


def listening(node, service="store"):
    """The node, once it hears what others announce: what it was fetching when
    that began may be stale, and is not kept."""
    eventually(lambda: node.metrics().value(
        "announcements_total", service=service, result="gap") > 0, 10,
        "the node listening to the store")
    return node


def dependency(url, folder, authority=None, user=None, password=None, **more):
    made = {"kind": "redis", "url": url, **more}
    if user:
        made["user"] = user
    if password:
        file = pathlib.Path(folder) / "password"
        file.write_text(password + "\n")
        made["api_key"] = f"file:{file}"
    if authority:
        made["ca_file"] = str(authority.cert)
    return made


class Sentinels:
    """A master, a replica, and three sentinels that watch over them; the name
    of the master is "mymaster". `master` is who it is now."""

    def __init__(self, *, down_after_ms=300, sentinels=3):
        self.servers, self.sentinels = [Redis()], []
        first = self.servers[0]
        try:
            self.servers.append(
                Redis(settings={"replicaof": f"127.0.0.1 {first.port}"}))
            eventually(lambda: self.servers[1].info("replication")[
                "master_link_status"] == "up", 20, what="the replica's link")
            for _ in range(sentinels):
                self.sentinels.append(Redis(sentinel=True))
                self._watch(self.sentinels[-1], first.port, sentinels,
                            down_after_ms)
            for one in self.sentinels:
                eventually(lambda: self._sees_all(one, sentinels), 20,
                           "sentinels that know each other")
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _watch(one, port, sentinels, down_after_ms):
        quorum = sentinels // 2 + 1
        one.ask("SENTINEL", "MONITOR", "mymaster", "127.0.0.1", port, quorum)
        one.ask("SENTINEL", "SET", "mymaster", "down-after-milliseconds",
                down_after_ms, "failover-timeout", 2000)

    @staticmethod
    def _sees_all(one, sentinels):
        flat = one.ask("SENTINEL", "MASTER", "mymaster")
        seen = dict(zip(flat[::2], flat[1::2]))
        return (int(seen["num-other-sentinels"]) == sentinels - 1
                and int(seen["num-slaves"]) == 1)

    @property
    def master(self):
        _, port = self.sentinels[-1].ask(
            "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
        return next(one for one in self.servers if one.port == int(port))

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{hosts}/mymaster"

    def dependency(self, **more):
        return dependency(self.url, self.servers[0].dir, **more)

    def fail_over(self, within=20.0):
        """Kills the master; returns the new one once sentinels name it."""
        old = self.master
        old.kill()
        eventually(lambda: self.master is not old, within, "a new master")
        return self.master

    def close(self):
        for one in self.sentinels + self.servers:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


SLOTS = 16384


class Cluster:
    """Masters that share the slots evenly, in order."""

    def __init__(self, masters=3):
        self.servers = []
        try:
            for _ in range(masters):
                self.servers.append(Redis(settings={
                    "cluster-enabled": "yes", "cluster-port": free_port(),
                    "cluster-node-timeout": 1000}))
            for number, one in enumerate(self.servers):
                # Told, so that they need not settle it while a test runs.
                one.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                one.ask("CLUSTER", "ADDSLOTSRANGE",
                        SLOTS * number // masters,
                        SLOTS * (number + 1) // masters - 1)
            first = self.servers[0]
            for other in self.servers[1:]:
                other.ask("CLUSTER", "MEET", "127.0.0.1", first.port,
                          first.settings["cluster-port"])
            for one in self.servers:
                eventually(lambda: "cluster_state:ok" in one.ask(
                    "CLUSTER", "INFO"), 20, "a cluster that is well")
        except BaseException:
            self.close()
            raise

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.servers)
        return f"redis+cluster://{hosts}"

    def dependency(self, **more):
        return dependency(self.url, self.servers[0].dir, **more)

    def slot_of(self, key):
        return self.servers[0].ask("CLUSTER", "KEYSLOT", key)

    def owner_of(self, key):
        """The server that has the key's slot now."""
        slot = self.slot_of(key)
        for first, last, (_, port, *_), *_ in self.servers[0].ask(
                "CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(one for one in self.servers if one.port == port)
        raise AssertionError(f"nobody has slot {slot}")

    def begin_move(self, key, to):
        """The key's slot is on its way: its owner answers ASK for what it has
        not, and `to` takes it with ASKING."""
        slot, owner = self.slot_of(key), self.owner_of(key)
        to.ask("CLUSTER", "SETSLOT", slot, "IMPORTING",
               owner.ask("CLUSTER", "MYID"))
        owner.ask("CLUSTER", "SETSLOT", slot, "MIGRATING",
                  to.ask("CLUSTER", "MYID"))
        return slot

    def end_move(self, key, to):
        """The slot is there: the others answer MOVED."""
        slot = self.slot_of(key)
        for one in [to, *(x for x in self.servers if x is not to)]:
            one.ask("CLUSTER", "SETSLOT", slot, "NODE",
                    to.ask("CLUSTER", "MYID"))

    def close(self):
        for one in self.servers:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
