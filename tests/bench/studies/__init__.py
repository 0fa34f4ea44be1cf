"""What the node promises of itself, each held against its goal. A study is a
function of the lab and the options, and gives a `study.Finding`."""

import dataclasses

from studies import (fail_fast, idle_memory, instructions, overload, overload_cpu,
                     policies, recovery, soak)

STUDIES = {
    "overload": overload.run,
    "overload-cpu": overload_cpu.run,
    "policies-overhead": policies.run,
    "policies-instructions": instructions.run,
    "fail-fast": fail_fast.run,
    "soak": soak.run,
    "idle-memory": idle_memory.run,
    "recovery": recovery.run,
}


@dataclasses.dataclass
class Options:
    short: bool
    retakes: int
    seconds: float           # of one run of the client
    rounds: int
    blocks: int              # rounds of policies-overhead, which is told by many
    loads: tuple             # of policies-overhead; none: all of the form
    minutes: float           # of soak


def options_of(words, name):
    """From the command line; what it does not say depends on the form."""
    short = words.short
    pairs = name == "policies-overhead"
    seconds = 0.4 if pairs else 2.0 if short else 5.0
    return Options(
        short=short, retakes=words.retakes, seconds=seconds,
        rounds=words.given_rounds or (2 if short else 5),
        blocks=words.given_rounds or (12 if short else 48),
        loads=tuple(words.loads),
        minutes=words.minutes or (1.0 if short else 10.0))
