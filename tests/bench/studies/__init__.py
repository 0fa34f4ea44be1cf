"""What the node promises of itself, each held against its goal. A study is a
function of the lab and the options, and gives a `study.Finding`."""

import dataclasses

from studies import (cache_hits, cluster_cost, fail_fast, idle_memory, instructions, limiter,
                     mcp_calls, mcp_memory, overload, overload_cpu, policies, recovery,
                     replay, soak)

STUDIES = {
    "overload": overload.run,
    "overload-cpu": overload_cpu.run,
    "policies-overhead": policies.run,
    "policies-instructions": instructions.run,
    "fail-fast": fail_fast.run,
    "soak": soak.run,
    "idle-memory": idle_memory.run,
    "recovery": recovery.run,
    "limiter-memory": limiter.memory,
    "limiter-redis": limiter.redis,
    "limiter-cluster": limiter.cluster,
    "cache-latency": cache_hits.latency,
    "cache-throughput": cache_hits.throughput,
    "cache-replay": replay.run,
    "mcp-call": mcp_calls.upstream,
    "mcp-own-tool": mcp_calls.own,
    "mcp-idle": mcp_memory.run,
    "cluster-cpu": cluster_cost.cpu,
    "cluster-messages": cluster_cost.messages,
}
# What is told by many short runs: seconds and blocks of the short form, of the long.
BY_BLOCKS = {
    "policies-overhead": (5.0, 12, 5.0, 48),
    "limiter-memory": (1.0, 6, 1.0, 24),
    "limiter-redis": (1.0, 6, 1.5, 15),
    "limiter-cluster": (1.0, 6, 1.5, 15),
    "cache-latency": (1.0, 6, 1.5, 15),
    "cache-throughput": (1.0, 6, 1.5, 30),
    "mcp-call": (1.0, 6, 1.5, 15),
    "mcp-own-tool": (1.0, 6, 1.5, 15),
    "cluster-cpu": (2.0, 8, 4.0, 30),
}


@dataclasses.dataclass
class Options:
    short: bool
    retakes: int
    seconds: float           # of one run of the client
    rounds: int
    blocks: int              # rounds of what is told by many
    loads: tuple             # of policies-overhead; none: all of the form
    minutes: float           # of soak


def options_of(words, name):
    """From the command line; what it does not say depends on the form."""
    short = words.short
    by_blocks = BY_BLOCKS.get(name, (2.0, 0, 5.0, 0))
    seconds, blocks = by_blocks[:2] if short else by_blocks[2:]
    return Options(
        short=short, retakes=words.retakes, seconds=seconds,
        rounds=words.given_rounds or (2 if short else 5),
        blocks=words.given_rounds or blocks,
        loads=tuple(words.loads),
        minutes=words.minutes or (1.0 if short else 10.0))
