#!/usr/bin/python3
"""Runs fuzzers two at a time and says what came of it (by way of tools/fuzz).

    run.py [--seconds N] [--keep] TARGET...

A run begins with tests/fuzz/corpus, the seeds of seeds.py and what earlier runs
found; the last stays in build/fuzz/corpus. --keep fuzzes nothing: of all that
was found it takes what covers more than the seeds do, few and small, into
tests/fuzz/corpus.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build/fuzz"
SEEDS, FOUND, ARTIFACTS = (BUILD / name for name in ("seeds", "corpus", "artifacts"))
KEPT = HERE / "corpus"
DICTIONARIES = {"request_head": "http", "reply_head": "http", "chunked": "http",
                "sse": "reply", "reply_openai": "reply", "reply_google": "reply",
                "reply_anthropic": "reply"}
# One input may take so long and so much; beyond that it is a finding.
LIMITS = ["-timeout=5", "-rss_limit_mb=2048", "-malloc_limit_mb=1024"]
# ASan keeps what was freed, and the stack of each allocation: less of both is
# twice the speed and a tenth of the memory.
ASAN = "quarantine_size_mb=32:malloc_context_size=4"
KEPT_MOST = 400  # bytes of an input that is checked in for what it covers


def command(target, *options):
    return [BUILD / f"fuzz_{target}", *LIMITS,
            f"-artifact_prefix={ARTIFACTS}/{target}-", *options]


def corpora(target):
    return [path for path in (FOUND / target, KEPT / target, SEEDS / target)
            if path.is_dir()]


def fuzz(target, seconds):
    """Whether all went well, and a line about it."""
    (FOUND / target).mkdir(parents=True, exist_ok=True)
    dictionary = HERE / f"dictionaries/{DICTIONARIES.get(target, target)}.dict"
    log = BUILD / f"fuzz_{target}.log"
    began = time.time()
    with open(log, "wb") as out:
        try:
            status = subprocess.run(
                command(target, f"-max_total_time={seconds}", f"-dict={dictionary}",
                        "-print_final_stats=1", *corpora(target)),
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False,
                env={"ASAN_OPTIONS": ASAN, **os.environ},
                timeout=seconds + 300).returncode
        except subprocess.TimeoutExpired:
            status = "no end"
    text = log.read_text(errors="replace")
    if status == 0:
        return True, figures(target, text)
    return False, failure(target, status, text, log, began)


def last(pattern, text):
    found = re.findall(pattern, text, re.MULTILINE)
    return int(found[-1]) if found else 0


def figures(target, text):
    runs = last(r"number_of_executed_units: (\d+)", text)
    speed = last(r"average_exec_per_sec: *(\d+)", text)
    edges = last(r" cov: (\d+)", text)
    new = last(r"new_units_added: *(\d+)", text)
    memory = last(r"peak_rss_mb: *(\d+)", text)
    return (f"{target:16} {runs:>10} runs {speed:>7}/s  {edges:>6} edges "
            f"{new:>6} new units {memory:>5} MB")


def failure(target, status, text, log, began):
    """What a person needs to begin with."""
    what = re.findall(r"^.*(?:broken law|ERROR: |runtime error|SUMMARY: ).*$", text,
                      re.MULTILINE)
    lines = [f"{target:16} FAILED ({status}), all of it: {log.relative_to(ROOT)}"]
    lines += [f"    {line.strip()}" for line in dict.fromkeys(what[:4])]
    for path in sorted(ARTIFACTS.glob(f"{target}-*")):
        if path.stat().st_mtime >= began - 1 and "slow-unit" not in path.name:
            lines.append(f"    replay: build/fuzz/fuzz_{target} {path.relative_to(ROOT)}")
    return "\n".join(lines)


def fresh(kind, target):
    folder = BUILD / kind / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def keep(target):
    """Set cover of edges over the seeds, so that only what adds to them stays."""
    into = KEPT / target
    into.mkdir(parents=True, exist_ok=True)
    small = fresh("small", target)
    for folder in (FOUND / target, into):
        for path in folder.glob("*"):
            if path.stat().st_size <= KEPT_MOST:
                shutil.copy(path, small)
    merged = fresh("merged", target)
    shutil.copytree(SEEDS / target, merged, dirs_exist_ok=True)
    subprocess.run(command(target, "-set_cover_merge=1", "-use_counters=0", merged, small),
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    # Files with a name were findings: they stay whatever they cover.
    for path in into.iterdir():
        if re.fullmatch("[0-9a-f]{40}", path.name):
            path.unlink()
    known = {path.read_bytes() for folder in (SEEDS / target, into)
             for path in folder.iterdir()}
    new = [path for path in merged.iterdir() if path.read_bytes() not in known]
    for path in new:
        shutil.copy(path, into / path.name)
    print(f"{target:16} {len(new):>4} kept, "
          f"{sum(path.stat().st_size for path in into.iterdir()):>6} bytes")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("targets", nargs="+")
    said = parser.parse_args()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-B", HERE / "seeds.py", SEEDS], check=True)
    if said.keep:
        for target in said.targets:
            keep(target)
        return 0
    passed = True
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(fuzz, target, said.seconds) for target in said.targets]
        for run in runs:
            well, line = run.result()
            passed = passed and well
            print(line, flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
