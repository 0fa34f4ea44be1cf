#!/usr/bin/python3
"""Nothing sleeps, and nothing asks a real clock: time is an argument or the
actor system's clock, so that tests can move it. Exceptions: clocks.allow."""

import re

import tree

SLEEP = re.compile(r"\bsleep_(for|until)\s*\(|\b(u|nano)?sleep\s*\(")
CLOCK = re.compile(r"\b\w*clock\w*::now\b|\b(clock_gettime|gettimeofday)\s*\(")


def main():
    allow, problems = tree.allowed("clocks")
    for path in tree.files(".hpp", ".cpp", under=("actors/", "protocol/", "server/", "tests/")):
        used = False
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            code = line.split("//")[0]
            if SLEEP.search(code):
                problems.append(f"{path}:{number}: clocks: do not sleep; wait for the event")
            if CLOCK.search(code):
                used = True
                if not tree.allows(allow, path):
                    problems.append(f"{path}:{number}: clocks: take time as an argument or from "
                                    "system().clock(), or add the file to tools/clocks.allow")
        if str(path) in allow and not used:
            problems.append(f"{path}:1: clocks: asks no clock: remove it from tools/clocks.allow")
    tree.finish(problems)


if __name__ == "__main__":
    main()
