"""Rounds to medians, medians to a Markdown table."""

import datetime
import os
import pathlib
import statistics
import subprocess

from cases import QUIET

COLUMNS = ("target", "per s", "of direct", "p50 ms", "p99 ms", "added p50",
           "added p99", "CPU µs", "(min–max)", "× nginx", "busy", "switches",
           "RSS MB", "others")


def summary(rounds):
    """Medians of all figures; errors of all rounds together."""
    errors = {}
    for one in rounds:
        for why, count in one["errors"].items():
            errors[why] = errors.get(why, 0) + int(count)
    if errors:
        return {"errors": errors}
    out = {key: statistics.median(one[key] for one in rounds)
           for key, value in rounds[0].items()
           if isinstance(value, (int, float))}
    spread = [one["cpu_per_unit"] for one in rounds]
    return out | {"errors": {}, "cpu_min": min(spread), "cpu_max": max(spread)}


def ratio(mine, other, key):
    """Never of a run with errors: what failed fast would look fast."""
    if not mine or not other or mine["errors"] or other["errors"]:
        return None
    return mine[key] / other[key] if other[key] else None


def added(mine, direct, key):
    if not direct or direct["errors"] or mine["errors"]:
        return "–"
    return f"{(mine[key] - direct[key]) / 1e3:+.3f}"


def row(name, mine, all_of_case, rss_idle_kb):
    if mine["errors"]:
        what = ", ".join(f"{why} ×{n}" for why, n in mine["errors"].items())
        return [name, f"**no figures, errors: {what}**"] + [""] * (len(COLUMNS) - 2)
    direct, nginx = all_of_case.get("direct"), all_of_case.get("nginx")
    to_nginx = ratio(mine, nginx, "cpu_per_unit")
    share = ratio(mine, direct, "per_second")
    is_direct = name == "direct"
    return [
        name,
        f"{mine['per_second']:,.0f}",
        f"{share:.2f}" if share else "–",
        f"{mine['p50_us'] / 1e3:.3f}",
        f"{mine['p99_us'] / 1e3:.3f}",
        "–" if is_direct else added(mine, direct, "p50_us"),
        "–" if is_direct else added(mine, direct, "p99_us"),
        "–" if is_direct else f"{mine['cpu_per_unit']:.2f}",
        "–" if is_direct else f"{mine['cpu_min']:.2f}–{mine['cpu_max']:.2f}",
        "–" if is_direct or not to_nginx else f"**{to_nginx:.2f}**",
        "–" if is_direct else f"{mine['busy']:.0%}",
        "–" if is_direct else f"{mine['switches_per_unit']:.3f}",
        "–" if is_direct else
        f"{rss_idle_kb / 1024:.1f} → {mine['rss_kb'] / 1024:.1f}",
        f"{mine['others']:.0%}" + (" **!**" if mine["others"] > QUIET else ""),
    ]


def table(case, results, idle):
    unit = "event" if case.events else "request"
    lines = [f"### {case.name}: {case.title} (CPU and switches per {unit})", "",
             "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for name, mine in results.items():
        lines.append("| " + " | ".join(row(name, mine, results, idle[name])) + " |")
    loud = [name for name, mine in results.items() if mine.get("others", 0) > QUIET]
    if loud:
        lines += ["", f"**Not quiet**: other processes took more than {QUIET:.0%} of a core "
                  f"beside {', '.join(loud)}; take this case again."]
    return "\n".join(lines) + "\n"


def version_of(*command):
    try:
        got = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except OSError:
        return f"no {command[0]}"
    lines = (got.stdout + got.stderr).strip().splitlines()
    return lines[0] if lines else command[0]


def machine():
    """What a reader needs to judge the figures."""
    cpu = next((line.split(":")[1].strip()
                for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown processor")
    os_name = next((line.split("=")[1].strip('"')
                    for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                    if line.startswith("PRETTY_NAME=")), "")
    here = pathlib.Path(__file__).resolve().parent
    path = os.environ["PATH"] + ":/usr/sbin"
    env = ["env", f"PATH={path}"]
    return "\n".join((
        f"- {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, "
        f"{os.cpu_count()} × {cpu}, {os_name}, kernel {os.uname().release}, "
        f"load average {os.getloadavg()[0]:.2f}",
        f"- {version_of(*env, 'nginx', '-v')}; "
        f"{version_of(*env, 'haproxy', '-v').split(' - ')[0]}; "
        f"commit {version_of('git', '-C', str(here), 'describe', '--always', '--dirty')}",
    ))
