"""What is asked of each target, and how one run of the client is made of it."""

import dataclasses
import json
import os
import pathlib
import resource
import subprocess
import time


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    options: tuple
    kind: str = "json"  # which port of the target
    rate: int = 0       # 0: closed loop
    seconds: float = 5
    warm_up: float = 1
    events: int = 0     # of a stream, [DONE] included


JSON_1K = ("--model", "bench-1k", "--min-bytes", "1000")
JSON_16K = ("--model", "bench-16k", "--min-bytes", "15000")
SSE = ("--stream", "1", "--min-events", "33")

CASES = {case.name: case for case in (
    Case("json-1k", "1 kB reply, saturation", JSON_1K),
    Case("json-16k", "16 kB reply, saturation", JSON_16K),
    Case("sse-unpaced", "32 events of 297 B, no pause",
         ("--model", "bench-sse", *SSE), "sse", events=33),
    Case("sse-paced", "32 events of 297 B, 10 ms between them (ideal 320 ms)",
         ("--model", "bench-sse-paced", *SSE), "sse", events=33),
    Case("rate-500", "1 kB reply, 500/s open loop", JSON_1K, rate=500),
    Case("rate-2000", "1 kB reply, 2 000/s open loop", JSON_1K, rate=2000),
    Case("rate-5000", "1 kB reply, 5 000/s open loop", JSON_1K, rate=5000),
)}
# More than this share of a core used by other processes, and a run proves little.
QUIET = 0.1
SHORT = ("json-1k", "json-16k", "sse-paced", "rate-2000")


def shortened(case):
    return dataclasses.replace(case, seconds=2, warm_up=0.5)


def cpu_seconds(pids):
    """Used so far by all of the machine, and by what belongs to the bench: these
    processes, this one, and clients that have ended."""
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system = pathlib.Path("/proc/stat").read_text().split()[1:4]
    ours = 0
    for pid in {*pids, os.getpid()}:
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:  # ended and waited for: it is among the children
            continue
        fields = stat.rsplit(")", 1)[1].split()
        ours += int(fields[11]) + int(fields[12])
    client = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ((int(user) + int(nice) + int(system)) / tick,
            ours / tick + client.ru_utime + client.ru_stime)


def measure(lab, target, case):
    """One run; what the client printed, with figures per unit of work."""
    command = ["taskset", "-c", str(lab.load_core), lab.client,
               "--port", str(target.ports[case.kind]),
               "--connections", "64", "--rate", str(case.rate),
               "--seconds", str(case.seconds), "--warm-up", str(case.warm_up),
               "--pids", ",".join(map(str, target.pids())), *case.options]
    ours = [*target.pids(), lab.upstream.pid]
    all_before, ours_before = cpu_seconds(ours)
    started = time.monotonic()
    try:
        got = subprocess.run(command, capture_output=True, text=True,
                             timeout=case.seconds + case.warm_up + 30)
    except subprocess.TimeoutExpired:
        return {"errors": {"the client hung": 1}}
    wall = time.monotonic() - started
    all_after, ours_after = cpu_seconds(ours)
    others = (all_after - all_before) - (ours_after - ours_before)
    try:
        out = json.loads(got.stdout)
    except ValueError:
        out = {"error_count": 1,
               "errors": {got.stderr.strip() or f"client ended {got.returncode}": 1}}
    if out["error_count"] or not out["requests"]:
        return {"errors": out["errors"] or {"no answer": 1}}
    # Streams are longer than a window's edge: their work is counted in events.
    units = out["events"] if case.events else out["requests"]
    seconds = out["seconds"]
    return out | {
        "errors": {},
        "cpu_per_unit": out["cpu_us"] / units,
        "switches_per_unit": out["switches"] / units,
        "per_second": (units / case.events if case.events else units) / seconds,
        "others": max(0, others / wall),  # cores that were not ours
        "busy": out["cpu_us"] / seconds / 1e6,
    }


def measure_quietly(lab, target, case, retakes):
    """The quietest of a few runs; one where nobody else was busy is enough."""
    best = measure(lab, target, case)
    while not best["errors"] and best["others"] > QUIET and retakes > 0:
        retakes -= 1
        again = measure(lab, target, case)
        if again["errors"] or again["others"] < best["others"]:
            best = again
    return best
