"""What a call of a tool costs over MCP: of a trivial one upstream, through the node and
by the same request made directly, in turns at a modest rate, open loop; and how many
calls a second the node answers of a tool of its own.

In both eras: clients of 2026-07-28, which need no session, and of 2025-11-25 in one.
The upstream is of the newer one, so a call in a session is translated besides."""

import select
import statistics
import time

import mcp
from cases import QUIET
from node import Node, ask, posts
from study import Finding, interval, spread
from studies.common import busy_of, cpu_us, measured, say

RATE = 500
ADDED_P50_MS, ADDED_P99_MS = 0.3, 2
LATE_MS = 1.0  # at p99 of the call made directly
CALLS = 10_000
NEWER, OLDER, DIRECT = "2026-07-28", "2025-11-25, in a session", "directly"
UPSTREAM = ("trivial", {"text": "hello"})
OWN = ("search_tools", {"query": "tools", "detail": "name"})


def request(lab, port, tool, session="", name="request"):
    """The options of the client that make it that call."""
    path = lab.dir / f"mcp-{name}"
    path.write_bytes(mcp.bytes_of("POST", port, *mcp.called(*tool, session)))
    return dict(request=path, min_bytes=60)


def wait_for(port, tool):
    """A node asks its servers in the background what they offer."""
    until = time.monotonic() + 15
    while not mcp.ready(port, *tool):
        if time.monotonic() > until:
            raise RuntimeError(f"mcp: {tool[0]} is not offered")
        select.select([], [], [], 0.01)


def both_eras(lab, node, tool):
    """What the client is told, by era; each has answered once."""
    wait_for(node.port, tool)
    with mcp.Line(node.port) as line:
        session = line.begin_session()
    if not mcp.ready(node.port, *tool, session):
        raise RuntimeError(f"mcp: {tool[0]} fails in a session")
    return {NEWER: request(lab, node.port, tool, name="newer"),
            OLDER: request(lab, node.port, tool, session, "older")}


def calls_counted(node):
    """Calls of tools that went well, by the node's own account."""
    return sum(value for name, value in node.metrics().items()
               if name.startswith("mcp_tool_calls_total") and 'status="ok"' in name)


def keep(found, rounds):
    for name, runs in rounds.items():
        for one in runs:
            found.raw.append({"what": name, **one})
            found.blame(one["errors"])
    found.others += [max(some) for some in zip(*([one["others"] for one in runs]
                                                 for runs in rounds.values()))]


# -- through the node ---------------------------------------------------------

COLUMNS = ("call", "p50 ms", "p99 ms", "node's CPU µs", "others")


def upstream(lab, options):
    found = Finding("mcp-call", f"tools/call of a trivial tool upstream, {RATE}/s open loop, "
                    "in turns with the same call made directly")
    with Node(lab, "mcp-call", '[dependency.bench]\nkind = "mcp_http"\n'
              f'url = "http://127.0.0.1:{lab.upstream_port}/mcp"\n') as node:
        ways = {name: (node.port, what)
                for name, what in both_eras(lab, node, UPSTREAM).items()}
        if not mcp.ready(lab.upstream_port, *UPSTREAM):
            raise RuntimeError("mcp: the upstream fails when called directly")
        ways[DIRECT] = (lab.upstream_port, request(lab, lab.upstream_port, UPSTREAM))
        rounds = {name: [] for name in ways}
        before = calls_counted(node)
        reached = posts(lab.upstream_port)
        for number in range(options.blocks):
            turn = number % len(ways)
            names = list(ways)
            for name in names[turn:] + names[:turn]:
                port, what = ways[name]
                rounds[name].append(measured(lab, [node], options.retakes, lambda: ask(
                    lab, port, pids=node.pids(), seconds=options.seconds, warm_up=0.3,
                    rate=RATE, **what)))
            say(f"mcp-call round {number + 1} of {options.blocks}: " + ", ".join(
                f"{name} {rounds[name][-1]['p50_us']:.0f} µs" for name in names))
        counted, reached = calls_counted(node) - before, posts(lab.upstream_port) - reached
    keep(found, rounds)
    found.tables.append((COLUMNS, [
        [name, *(spread([one[key] / 1e3 for one in runs], "{:.3f}")
                 for key in ("p50_us", "p99_us")),
         "–" if name == DIRECT else
         f"{statistics.median(cpu_us(one) / one['requests'] for one in runs):.1f}",
         f"{statistics.median(one['others'] for one in runs):.0%}"]
        for name, runs in rounds.items()]))
    judge_added(found, rounds)
    answered = {name: sum(one["requests"] for one in runs) for name, runs in rounds.items()}
    through = answered[NEWER] + answered[OLDER]
    found.at_least("calls that the node counts as good, by those answered", counted / through, 1)
    found.at_least("calls that the upstream had, by those answered",
                   reached / (through + answered[DIRECT]), 1)
    return found


def judge_added(found, rounds):
    groups = [dict(zip(rounds, some)) for some in zip(*rounds.values())]
    quiet = [one for one in groups if max(run["others"] for run in one.values()) <= QUIET]
    told = 2 * len(quiet) >= len(groups)
    used = quiet if told else groups
    on_time = statistics.median(one[DIRECT]["p99_us"] for one in used) <= LATE_MS * 1e3
    for name in (NEWER, OLDER):
        for key, bound, tells in (("p50", ADDED_P50_MS, told),
                                  ("p99", ADDED_P99_MS, told and on_time)):
            found.median_at_most(f"{name}: added at {key}", [
                (one[name][f"{key}_us"] - one[DIRECT][f"{key}_us"]) / 1e3 for one in used],
                bound, " ms", tells)


# -- the node's own -----------------------------------------------------------

OWN_COLUMNS = ("call", "per s", "p50 ms", "p99 ms", "CPU µs", "node busy", "client busy",
               "others")


def own(lab, options):
    found = Finding("mcp-own-tool", "search_tools of the node itself, 64 connections, closed "
                    "loop, one I/O thread on one core, the client on the other")
    rounds = {}
    with Node(lab, "mcp-own-tool", "") as node:
        ways = both_eras(lab, node, OWN)
        for number in range(options.blocks):
            for name in ways if number % 2 else reversed(ways):
                rounds.setdefault(name, []).append(measured(
                    lab, [node], options.retakes, lambda: ask(
                        lab, node.port, pids=node.pids(), seconds=options.seconds,
                        warm_up=0.3, **ways[name])))
            say(f"mcp-own-tool round {number + 1} of {options.blocks}: " + ", ".join(
                f"{name} {per_second(rounds[name][-1]):,.0f}/s" for name in ways))
    keep(found, rounds)
    found.tables.append((OWN_COLUMNS, [
        [name, spread([per_second(one) for one in runs], "{:,.0f}"),
         *(f"{statistics.median(one[key] for one in runs) / 1e3:.3f}"
           for key in ("p50_us", "p99_us")),
         spread([cpu_us(one) / one["requests"] for one in runs]),
         f"{statistics.median(map(busy_of, runs)):.0%}",
         f"{statistics.median(one['client_cpu_us'] / one['seconds'] / 1e6 for one in runs):.0%}",
         f"{statistics.median(one['others'] for one in runs):.0%}"]
        for name, runs in rounds.items()]))
    for name, runs in rounds.items():
        found.median_at_least(f"{name}: calls a second",
                              [per_second(one) for one in runs], CALLS)
    return found


def per_second(one):
    return one["requests"] / one["seconds"]
