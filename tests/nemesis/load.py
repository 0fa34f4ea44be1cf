"""Clients under a nemesis, and the history of what became of their requests."""
import dataclasses
import itertools
import random
import threading

from fleet import MODEL, secret
from harness import wire
from harness.waiting import eventually

CALLERS, SPENDERS = 6, 3
PACE = 15  # requests of spenders a second: an hour of 60 lasts for four
ATTEMPT = 3.0  # seconds until a client believes that nobody answers
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One try at one life of a node: `status`, or `error` where no whole answer
    came. `stray`: what is wrong with what came. `sent`: whether there was
    anybody to ask."""
    node: str
    life: int
    status: int | None = None
    error: str = ""
    stray: str = ""
    sent: bool = True


@dataclasses.dataclass(frozen=True)
class Asked:
    """Of a caller, or of a spender: each round has a client of its own, whose
    hour is limited."""
    id: str
    round: int
    # One, or a caller's two where the first was not answered well.
    attempts: tuple


class Client:
    """Connections of one caller, one with each node, as long as they hold."""

    def __init__(self, fleet):
        self._fleet, self._open = fleet, {}

    def ask(self, name, request_id, *request, headers=None):
        life = self._fleet.lives[name]
        if self._open.get(name, (None, 0))[1] != life:
            self._forget(name)
        try:
            if name not in self._open:
                self._open[name] = (wire.Client(
                    self._fleet.address(name), ATTEMPT), life)
        except OSError as error:
            return Attempt(name, life, error=type(error).__name__, sent=False)
        client, life = self._open[name]
        try:
            reply = client.ask(*request, headers={
                "X-Request-Id": request_id, **(headers or {})})
        except (wire.Closed, OSError) as error:
            self._forget(name)
            return Attempt(name, life, error=type(error).__name__)
        except (AssertionError, ValueError) as error:  # no HTTP at all
            self._forget(name)
            return Attempt(name, life, error="garbled", stray=str(error)[:200])
        stray = client.buffer[:80].decode("latin-1")
        if reply.header("X-Request-Id") != request_id:
            stray += f" the answer of {reply.header('X-Request-Id')}"
        if (reply.header("Connection") or "").lower() == "close":
            self._forget(name)
        return Attempt(name, life, status=reply.status, stray=stray)

    def _forget(self, name):
        client, _ = self._open.pop(name, (None, 0))
        if client:
            client.close()


class Load:
    """Callers, who ask once more at another node, and spenders of one key.
    Between `pause` and `go_on` nothing is under way. Spenders leave something
    of an hour for what comes, until they are told to `hurry`."""

    def __init__(self, fleet, seed):
        self._fleet = fleet
        self.history, self.spent, self.problems = [], [], []
        self.round = 0
        self._number = itertools.count()
        self._go = threading.Event()
        self._hurry = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, daemon=True, args=(
                what, random.Random(f"{seed} {what.__name__} {i}")))
            for what, count in ((self._call, CALLERS), (self._spend, SPENDERS))
            for i in range(count)]
        self._idle = threading.Barrier(len(self._threads) + 1)
        for one in self._threads:
            one.start()

    def _run(self, what, dice):
        client = Client(self._fleet)
        try:
            while True:
                self._idle.wait()  # all are idle
                self._idle.wait()  # and may go on
                while self._go.is_set():
                    what(client, dice)
        except threading.BrokenBarrierError:
            return  # the end
        except BaseException as error:  # of ours; whoever waits is to know
            self.problems.append(repr(error))
            self._idle.abort()
            raise

    def _call(self, client, dice):
        order = dice.sample(list(self._fleet.lives), 2)
        request_id = f"nemesis-{next(self._number)}"
        attempts = []
        for name in order:
            attempts.append(client.ask(
                name, request_id, "POST", "/v1/chat/completions", CHAT))
            if attempts[-1].status == 200:
                break
        self.history.append(Asked(request_id, self.round, tuple(attempts)))

    def _spend(self, client, dice):
        number, request_id = self.round, f"spend-{next(self._number)}"
        tried = client.ask(
            dice.choice(list(self._fleet.lives)), request_id,
            "GET", "/v1/models", None,
            headers={"Authorization": f"Bearer {secret(number)}"})
        self.spent.append(Asked(request_id, number, (tried,)))
        self._hurry.wait(SPENDERS / PACE)

    def start(self):
        self._idle.wait(60)

    def go_on(self, number):
        self.round = number
        self._go.set()
        self._idle.wait(60)

    def hurry(self, refusals=9):
        """Until nobody has let anything in for a while."""
        self._hurry.set()
        began = len(self.spent)

        def refused():
            last = self.spent[began:][-refusals:]
            return len(last) == refusals and all(
                one.attempts[0].status == 429 for one in last)
        eventually(lambda: self.problems or refused(), 30, "refusals")

    def pause(self):
        self._go.clear()
        self._hurry.set()
        self._idle.wait(60)
        self._hurry.clear()

    def stop(self):
        """Also where something went wrong."""
        self._go.clear()
        self._hurry.set()
        self._idle.abort()
        for one in self._threads:
            one.join(60)
