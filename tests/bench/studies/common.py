"""What several studies do."""

import os
import sys

from cases import QUIET
from node import Watch

# An answer that comes later than this after it was due is of no use.
WITHIN_MS = 1000


def say(text):
    print(text, file=sys.stderr, flush=True)


def busy_of(one):
    """Cores that the node used in a run of the client."""
    return cpu_us(one) / one["seconds"] / 1e6


def cpu_us(one):
    """The finer figure where the kernel has it."""
    return one["fine_cpu_us"] or one["cpu_us"]


def measured(lab, nodes, retakes, run, more_pids=()):
    """The quietest of a few runs; one beside which nobody was busy is enough."""
    best = None
    for _ in range(retakes + 1):
        pids = [lab.upstream.pid, *more_pids]
        for node in nodes:
            pids += node.pids()
        with Watch(pids) as watch:
            got = run()
        got["others"] = watch.others
        if best is None or got["others"] < best["others"]:
            best = got
        if best["others"] <= QUIET or best["errors"]:
            break
    return best


def load_core_busy(lab, one, upstream_seconds):
    """Cores that client and upstream used: beyond 0.9 they were the limit."""
    return (one["client_cpu_us"] / 1e6 + upstream_seconds) / one["seconds"]


def cpu_of(pid):
    """Seconds that a process has used."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
