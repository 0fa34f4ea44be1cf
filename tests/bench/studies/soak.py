"""Mixed traffic for minutes, faults and clients that leave included; memory and
descriptors must not follow it. A line through the samples after the warm-up says
what they grew by."""

import socket
import threading
import time

from node import Client, Node, Watch, dependency
from study import MISSED, OK, OPEN, Finding, Goal, regression
from studies.common import say

MOST_KB = 1024   # RSS may grow by this over the whole of the measured time
MOST_FILES = 8   # and descriptors by this
LOADS = {
    # As many connections as a second needs, however slow the machine: were new
    # ones opened when it stalls, the descriptors would follow its stalls.
    "json": dict(model="bench-1k", min_bytes=1000, rate=2000, connections=64),
    "sse": dict(model="bench-sse", stream=1, min_events=33, rate=50, connections=64),
    "faulty json": dict(model="flaky", min_bytes=1000, rate=200, connections=128,
                        allow="502,503,504"),
    "faulty sse": dict(model="sse-flaky", stream=1, min_events=20, rate=25, connections=64,
                       allow="502,503,504"),
}
LEAVERS = 20  # a second
COLUMNS = ("traffic", "offered/s", "whole answers", "refused", "p50 ms", "p99 ms")


def config(lab):
    return (
        dependency("bench", lab.upstream_port, 'models = ["bench-1k", "bench-sse"]',
                   bulkhead="concurrency = 512\nqueue = 1000\nadaptive = true")
        + dependency("flaky", lab.upstream_port,
                     'timeout = "300ms"\nidle_timeout = "300ms"',
                     breaker='failures = 10\nopen_for = "200ms"\nopen_for_max = "200ms"\n'
                             'ramp_up = "200ms"\nper_model = true\nfailure_rate = 0.9',
                     retry='attempts = 2\nbase = "10ms"',
                     bulkhead="concurrency = 256\nqueue = 256\nadaptive = true")
        + '[models.flaky]\nchain = ["flaky/bench-flaky", "bench/bench-1k"]\n'
          'hedge_after = "100ms"\n'
          '[models.sse-flaky]\nchain = ["flaky/bench-sse-flaky", "bench/bench-sse"]\n')


class Leavers:
    """Clients that ask, for an answer or a stream, and go away before it is there."""

    def __init__(self, port):
        self.port, self.count = port, 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def run(self):
        kept = None
        while not self.stopped.wait(1 / LEAVERS):
            body = (b'{"model":"bench-sse-paced","stream":true,"messages":[]}'
                    if self.count % 2 else b'{"model":"bench-1k","messages":[]}')
            body = body.replace(b"[]", b'[{"role":"user","content":"hello"}]')
            if kept:
                kept.close()  # 50 ms after it asked: in mid-stream
            try:
                kept = socket.create_connection(("127.0.0.1", self.port), 2)
                kept.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                             b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(body), body))
            except OSError:
                kept = None
                continue
            self.count += 1
            if self.count % 3 == 0:
                kept.close()
                kept = None
        if kept:
            kept.close()


def run(lab, options):
    seconds = options.minutes * 60
    warm_up = max(20.0, seconds / 5) if seconds >= 60 else seconds / 3
    found = Finding("soak", f"{options.minutes:g} minutes, the first {warm_up:.0f} s of them "
                            "warm-up")
    with Node(lab, "soak", config(lab)) as node:
        clients = {name: Client(lab, node.port, seconds=seconds, warm_up=0.5, **how)
                   for name, how in LOADS.items()}
        try:
            with Watch([lab.upstream.pid, *node.pids(),
                        *(one.process.pid for one in clients.values())]) as watch:
                with Leavers(node.port) as leavers:
                    samples = sample(node, seconds)
                results = {name: one.result() for name, one in clients.items()}
            time.sleep(2)
            left = node.descriptors()
        finally:
            for one in clients.values():
                one.stop()
    found.others.append(watch.others)
    tell(found, results, leavers.count)
    judge(found, [one for one in samples if one[0] >= warm_up], samples)
    found.notes.append(f"Two seconds after the last client has gone: {left} descriptors.")
    return found


def sample(node, seconds):
    """(second, RSS in kB, descriptors), once a second."""
    samples, began, told = [], time.monotonic(), 0
    while (at := time.monotonic() - began) < seconds:
        samples.append((at, node.rss_kb(), node.descriptors()))
        if at // 60 > told:
            told = at // 60
            say(f"soak minute {told:.0f}: {samples[-1][1] / 1024:.1f} MB, "
                f"{samples[-1][2]} descriptors")
        time.sleep(1 - (time.monotonic() - began) % 1)
    return samples


def tell(found, results, leavers):
    rows = []
    for name, one in results.items():
        rows.append([name, f"{LOADS[name]['rate']:,}", f"{one['requests']:,.0f}",
                     f"{one['refused']:,.0f}", f"{one['p50_us'] / 1e3:.1f}",
                     f"{one['p99_us'] / 1e3:.1f}"])
        found.raw.append({"traffic": name, **one})
        found.blame({f"{name}: {why}": count for why, count in one["errors"].items()})
    rows.append(["leaves before its answer", f"{LEAVERS}", f"{leavers:,} asked", "", "", ""])
    found.tables.append((COLUMNS, rows))


def judge(found, used, samples):
    found.raw.append({"samples": samples})
    times = [one[0] for one in used]
    span = times[-1] - times[0]
    for what, values, unit, most in (
            ("RSS", [one[1] for one in used], "kB", MOST_KB),
            ("descriptors", [one[2] for one in used], "", MOST_FILES)):
        line = regression(times, values)
        low, high = ((line.slope + sign * 2 * line.error) * span for sign in (-1, 1))
        found.goals.append(Goal(
            f"{what}: {line.slope * 60:+.2f} ± {2 * line.error * 60:.2f} {unit} a minute, so "
            f"in {span:.0f} s",
            f"{line.slope * span:+.1f} ({low:+.1f} … {high:+.1f}) {unit}",
            f"<= {most} {unit}",
            OK if high <= most else MISSED if low > most else OPEN))
    found.at_most("RSS at the end", used[-1][1] / 1024, 80, " MB")
    found.notes.append(
        f"RSS {samples[0][1] / 1024:.1f} MB at first, {used[0][1] / 1024:.1f} after the "
        f"warm-up, {used[-1][1] / 1024:.1f} at the end; descriptors {samples[0][2]}, "
        f"{used[0][2]}, {used[-1][2]}. Met only where the whole interval of the slope (two "
        "standard errors, widened for samples that follow one another) is.")
