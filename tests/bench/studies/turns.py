"""Several nodes that do the same work in the same seconds, by turns: what is counted is
the CPU of each for one request."""

import signal
import time

from node import Client, Watch
from study import MISSED, OK, OPEN, Goal
from studies.common import cpu_us

# Fewer blocks than this have no interval worth the name.
LEAST = 8
TURN = 0.04  # s
# What is under way when a turn ends is answered within it: in the next one's turn it
# would take longer, and an adaptive bulkhead would have to act.
DRAIN = 0.005  # s


def block(lab, nodes, load, number, options):
    """What each of them used in the same seconds."""
    clients = {}
    try:
        with Watch([lab.upstream.pid, *(pid for one in nodes.values()
                                        for pid in one.pids())]) as watch:
            for kind, node in nodes.items():
                clients[kind] = Client(lab, node.port, pids=node.pids(),
                                       seconds=options.seconds, warm_up=0.2, **load)
            if "rate" not in load:
                take_turns([one.process for one in clients.values()], number)
            got = {kind: one.result() for kind, one in clients.items()}
    finally:
        for one in clients.values():
            one.stop()
    return {kind: one | {"cost": cpu_us(one) / max(one["events"] or one["requests"], 1),
                         "others": watch.others} for kind, one in got.items()}


def take_turns(clients, number):
    """One runs at a time; the order turns from block to block, and round in each."""
    turn = number % len(clients)
    order = clients[turn:] + clients[:turn]
    for one in order:
        one.send_signal(signal.SIGSTOP)
    while any(one.poll() is None for one in order):
        for one in order:
            if one.poll() is None:
                one.send_signal(signal.SIGCONT)
                time.sleep(TURN)
                one.send_signal(signal.SIGSTOP)
                time.sleep(DRAIN)
        order.reverse()


def loudest(block):
    return max(one["others"] for one in block.values())


def difference(what, middle, low, high, bound, told):
    """Of a percentage. Met or missed only where the whole interval says so."""
    verdict = OPEN
    if told:
        verdict = OK if high <= bound else MISSED if low > bound else OPEN
    return Goal(what, f"{middle:+.2f} % ({low:+.2f} … {high:+.2f})", f"<= {bound:.0f} %",
                verdict)
