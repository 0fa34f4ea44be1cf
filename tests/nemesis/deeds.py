"""What the nemesis does: THE table is at the end. Each deed is done to a node,
lasts, and is undone; its words are what the report says."""
import dataclasses
import signal
import time
import typing

from fleet import clocks
from harness.waiting import eventually

# Seconds. A silence of 3 s is a death: what the cluster does not notice, what it
# notices as it ends, and what it has noticed.
BRIEF, EDGE, LONG = 0.5, 3.0, 4.5


def given_up(fleet, node, others, before):
    return any(fleet.alive(other) < len(others) + 1 for other in others)


def wrong_time(fleet, node, others, before):
    return abs(fleet.time(node) - time.time()) > 60


def by_share(fleet):
    """Decisions on limits for which nobody could be asked."""
    return sum(fleet.metrics(name).value("rate_limiter_cluster_decisions_total",
                                         by="share") for name in fleet.lives)


def waited_for(fleet, node, others, before):
    return by_share(fleet) > before


def always(fleet, node, others, before):
    return True


@dataclasses.dataclass
class Deed:
    begin: typing.Callable  # (fleet, node, others, dice), what `seen` is told
    end: typing.Callable  # the same
    lasts: tuple = (BRIEF, EDGE, LONG)
    # (fleet, node, others, told): what shows, where it is long, that it is so.
    seen: typing.Callable = given_up
    missing: typing.Callable = lambda: None  # why it cannot be done here


def nothing(fleet, node, others, dice):
    pass


def kill(fleet, node, others, dice):
    fleet.kill(node)


def drain(fleet, node, others, dice):
    fleet.drain(node)


def start(fleet, node, others, dice):
    fleet.start(node)


def stop(fleet, node, others, dice):
    fleet.signal(node, signal.SIGSTOP)


def go_on(fleet, node, others, dice):
    fleet.signal(node, signal.SIGCONT)


def cut_off(fleet, node, others, dice):
    for other in others:
        fleet.stage.cut(node, other)
        fleet.stage.cut(other, node)


def cut_pair(fleet, node, others, dice):
    fleet.stage.cut(node, others[0])
    fleet.stage.cut(others[0], node)


def cut_one_way(fleet, node, others, dice):
    fleet.stage.cut(node, others[0])


def make_deaf(fleet, node, others, dice):
    for other in others:
        fleet.stage.cut(other, node)


def heal(fleet, node, others, dice):
    fleet.stage.heal()


def slow(fleet, node, others, dice):
    before = by_share(fleet)
    fleet.stage.slow(node)
    return before


def quick(fleet, node, others, dice):
    fleet.stage.quick(node)


def jump(fleet, node, others, dice):
    fleet.set_clock(node, dice.choice((-86_400, -3_600, -90, 90, 3_600)))


def set_right(fleet, node, others, dice):
    fleet.set_clock(node, 0)


def expire(fleet, node, others, dice):
    """Its links end, come back with a certificate that has little left, and
    nothing is cut any more when that ends."""
    left = int(LONG + 8)
    fleet.expire(node, left)
    until = time.monotonic() + left
    cut_off(fleet, node, others, dice)
    time.sleep(LONG)
    heal(fleet, node, others, dice)
    eventually(lambda: fleet.whole() or time.monotonic() > until, 60,
               "the cluster, on a certificate that ends soon")
    time.sleep(max(0, until - time.monotonic()) + 1)


def renew(fleet, node, others, dice):
    fleet.renew(node)


DEEDS = {
    "nothing": Deed(nothing, nothing, seen=always),
    "kill -9": Deed(kill, start),
    "restart": Deed(drain, start),
    "SIGSTOP": Deed(stop, go_on),
    "cut off": Deed(cut_off, heal),
    "cut from one": Deed(cut_pair, heal),
    "one way": Deed(cut_one_way, heal),
    "deaf": Deed(make_deaf, heal),
    "slow": Deed(slow, quick, (LONG,), seen=waited_for),
    "clock": Deed(jump, set_right, (LONG,), seen=wrong_time, missing=clocks),
    "expired": Deed(expire, renew, (LONG,)),
}
