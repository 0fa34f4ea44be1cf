#!/usr/bin/python3
"""hunt.py PLANTS BUILD [--hunts N] [--most M] [--only NAME]: a test of the
simulation. Runs each planted binary until it breaks a law; each must, within M
seeds, and the first law to break must be the one that its plant names. With
more than one hunt, each from other seeds, prints the median of the seeds it
took."""

import argparse
import concurrent.futures
import pathlib
import re
import statistics
import subprocess
import sys
import tomllib

BROKE = re.compile(r"^seed (\d+) broke (\w+): (.*)$", re.M)


def hunt(binary, start, most):
    """How many seeds until a law broke, and which; None: none did."""
    run = subprocess.run(
        [binary, "--from", str(start), "--seeds", str(most), "--processes", "1"],
        capture_output=True, text=True, check=False)
    found = BROKE.search(run.stdout)
    return (int(found[1]) - start + 1, found[2], found[3]) if found else None


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("plants", type=pathlib.Path)
    ask.add_argument("build", type=pathlib.Path)
    ask.add_argument("--hunts", type=int, default=1)
    ask.add_argument("--most", type=int, default=10000)  # as many as CI runs
    ask.add_argument("--only")
    asked = ask.parse_args()
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for plant in sorted(asked.plants.glob("*.toml")):
            if asked.only and plant.stem != asked.only:
                continue
            what = tomllib.loads(plant.read_text(encoding="utf-8"))
            binary = asked.build / f"planted_{plant.stem}"
            starts = [i * 100_000 for i in range(asked.hunts)]
            found = list(pool.map(lambda start: hunt(binary, start, asked.most), starts))
            laws = {x[1] for x in found if x}
            missed = found.count(None)
            wrong = laws - set(what["law"].split())
            bad += bool(missed or wrong)
            took = statistics.median(x[0] for x in found if x) if laws else "-"
            verdict = "MISSED" if missed else "ANOTHER LAW" if wrong else "found"
            print(f"{plant.stem}: {verdict} after {took} seeds by {', '.join(sorted(laws))}: "
                  f"{next((x[2] for x in found if x), what['about'])}", flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
