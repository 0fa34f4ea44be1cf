"""Results to text: a table of rows x columns, then what failed, what was left
out, and the figures."""
import collections
import datetime
import os
import pathlib
import statistics
import subprocess

from faults import FAULTS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def render(results, absent, options, binary, seconds, words):
    parts = [head(results, options, binary, seconds, words),
             table(results, absent, options), failures(results),
             skipped(results), leaving(results), storm(results),
             neighbours(results), growth(results), notes(results)]
    return "\n".join(part for part in parts if part)


def head(results, options, binary, seconds, words):
    version = subprocess.run([binary, "--version"], capture_output=True,
                             text=True).stdout.strip()
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
        capture_output=True, text=True).stdout.strip()
    verdicts = collections.Counter(one.verdict for one in results)
    now = datetime.datetime.now(datetime.timezone.utc)
    return "\n".join((
        f"- {now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load average "
        f"{os.getloadavg()[0]:.1f}, tests of commit {commit}",
        f"- {version}, `tests/chaos/run {' '.join(words)}`: "
        f"{options.repeats} repeats, 64 connections, {seconds:.0f} s",
        f"- **{verdicts['ok']} cells ok, {verdicts['FAIL']} FAIL, "
        f"{verdicts['skipped']} skipped**", ""))


def word(results):
    """What stands in the table for one or more cells."""
    if not results:
        return ""
    failed = sum(one.verdict == "FAIL" for one in results)
    skip = sum(one.verdict == "skipped" for one in results)
    if failed:
        return f"**FAIL {failed}/{len(results)}**"
    if skip == len(results):
        return "skipped"
    return "ok" + (f" ({skip} skipped)" if skip else "")


def table(results, absent, options):
    columns = [(dialect, load) for dialect in options.dialects
               for load in options.loads]
    lines = ["| # | fault | " + " | ".join(
        f"{dialect} {load}" for dialect, load in columns) + " |",
        "|---" * (len(columns) + 2) + "|"]
    for row, name in dict.fromkeys((one.row, one.name) for one in FAULTS):
        gone = [one for one in absent if (one.row, one.name) == (row, name)]
        mine = [one for one in results if (
            one.cell.fault.row, one.cell.fault.name) == (row, name)]
        if gone:
            lines.append(f"| {row} | {name} | {gone[0].why} |"
                         + " |" * (len(columns) - 1))
        if mine:
            lines.append(f"| {row} | {name} | " + " | ".join(
                word([one for one in mine if (
                    one.cell.dialect, one.cell.load) == column])
                for column in columns) + " |")
    return "\n".join(lines) + (
        "\n\nEmpty: the fault is a sequence and has no such load, or the "
        "short form left it out.\n")


def failures(results):
    failed = [one for one in results if one.verdict == "FAIL"]
    if not failed:
        return ""
    return "### What failed\n\n" + "\n".join(
        f"- {one.cell}" + "".join(f"\n  - {why}" for why in one.why)
        for one in failed) + "\n"


def skipped(results):
    reasons = collections.defaultdict(list)
    for one in results:
        if one.verdict == "skipped":
            reasons[one.why[0]].append(one)
    if not reasons:
        return ""
    return "### What was skipped\n\n" + "\n".join(
        f"- {why}: {len(some)} cells of rows "
        + ", ".join(dict.fromkeys(one.cell.fault.row for one in some))
        for why, some in reasons.items()) + "\n"


def leaving(results):
    """p50, p99, max, in ms."""
    lines = [f"| {one.cell.fault.name} | {one.cell.dialect} | "
             f"{one.cell.form} | "
             + " | ".join(" / ".join(map(str, one.figures.get(what, [])))
                          for what in ("closed_ms", "freed_ms", "queue_ms"))
             + " |" for one in results if one.cell.fault.row == "leave"]
    if not lines:
        return ""
    return ("### Clients that leave: ms at the median / p99 / worst\n\n"
            "| how | dialect | form | upstream's socket closed | permit taken "
            "by the next call | place in the queue free |\n"
            "|---|---|---|---|---|---|\n"
            + "\n".join(lines) + "\n")


def storm(results):
    calls = [f"{one.cell.dialect} {one.figures['calls_a_request']}"
             for one in results if "calls_a_request" in one.figures]
    return calls and ("Calls a request at an upstream that always fails: "
                      + ", ".join(calls) + "\n")


def neighbours(results):
    """How p99 of another dependency moved, over all cells."""
    pairs = sorted(((one.figures["beside_ms"] / one.figures["p99_ms"], one)
                    for one in results if one.figures.get("p99_ms")),
                   key=lambda pair: pair[0])
    if not pairs:
        return ""
    ratios = [ratio for ratio, _ in pairs]
    worst = ", ".join(
        f"{one.cell.fault.row} {one.cell.fault.name} ({one.cell.dialect}) "
        f"{one.figures['p99_ms']} to {one.figures['beside_ms']} ms"
        for _, one in pairs[-3:])
    again = sum(one.takes > 1 for _, one in pairs)
    return ("### p99 of another dependency, with the fault by without\n\n"
            f"{len(pairs)} cells: median {statistics.median(ratios):.2f}, "
            f"least {ratios[0]:.2f}, most {ratios[-1]:.2f}; {again} were "
            f"taken more than once. The three that moved most: {worst}\n")


def growth(results):
    grown = [one for one in results if "kib" in one.figures]
    if not grown:
        return ""
    kib = sorted(one.figures["kib"] for one in grown)
    files = collections.Counter(one.figures["files"] for one in grown)
    most = max(grown, key=lambda one: one.figures["kib"])
    said = ", ".join(f"{count:+d} in {many}"
                     for count, many in sorted(files.items()))
    return ("### Growth\n\n"
            f"Descriptors: {said} cells. Memory: median "
            f"{statistics.median(kib):.0f} KiB, most {kib[-1]} KiB "
            f"({most.cell}).\n")


def notes(results):
    said = dict.fromkeys(
        f"- {one.cell.fault.row} {one.cell.fault.name}: {one.cell.fault.note}"
        for one in results if one.cell.fault.note)
    return said and ("### Where SPEC stands against the table\n\n"
                     + "\n".join(said) + "\n")
