"""What the policies cost on a good day in instructions, which do not know where a
process lies in memory: the nodes of `policies-overhead` under callgrind, one connection,
a fixed number of requests. The kernel's work is not in it; it is the same for all, and
two thirds of the CPU. The node is some 40 times slower there, so what it does every
20 ms weighs 40 times as much, and still more where it has to share its core: these
figures err on the high side, and are open where others were busy.
"""

import re
import socket
import subprocess

from cases import QUIET
from node import Node, Watch
from study import Finding
from studies import policies
from studies.common import say

TITLE = "instructions per request of the node alone, against the same without policies"
BOUND = 4.0  # %: with the kernel's share it is less than half of that
KINDS = ("all", "metrics_only", "disabled")
# Requests before those that count, and those.
LOADS = {"bench-1k": (1200, 2000), "bench-sse": (200, 400)}
BODY = ('{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":'
        '"why is the sky blue?"}}],"temperature":0.7,"max_tokens":256}}')


def request(model):
    body = BODY.format(model=model, stream="true" if "sse" in model else "false")
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            f"{body}").encode()


def ask(connection, what):
    """One after the other: a sequence that is the same in every run."""
    connection.sendall(what)
    said = b""
    while not whole(said):
        more = connection.recv(65536)
        if not more:
            raise RuntimeError(f"the node closed the connection after {said[:100]!r}")
        said += more
    if not said.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the node answered {said[:100]!r}")


def whole(said):
    head, end, body = said.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return end and (len(body) >= int(length[1]) if length
                    else body.endswith(b"\r\n0\r\n\r\n"))


def counted(lab, kind, model):
    """Instructions of all threads, a request; and how busy others were."""
    warm_up, count = LOADS[model]
    out = lab.dir / f"callgrind-{kind}-{model}"
    under = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
    with Node(lab, f"instructions-{kind}", policies.config(lab, kind), under=under) as node:
        with socket.create_connection(("127.0.0.1", node.port), 60) as connection:
            def run(times):
                for _ in range(times):
                    ask(connection, request(model))
            run(warm_up)
            control(node, "--zero")
            with Watch([lab.upstream.pid, *node.pids()]) as watch:
                run(count)
            control(node, "--dump")
    # The first dump is of those requests, what follows it of the end.
    said = out.with_name(out.name + ".1").read_text(errors="replace")
    return (int(re.search(r"^(?:totals|summary): (\d+)", said, re.MULTILINE)[1]) / count,
            watch.others)


def control(node, what):
    subprocess.run(["callgrind_control", what, str(node.process.pid)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(lab, options):
    found = Finding("policies-instructions", TITLE)
    rows = []
    for model in LOADS:
        got = {}
        for kind in KINDS:
            got[kind], others = counted(lab, kind, model)
            found.others.append(others)
            say(f"policies-instructions {model} {kind}: {got[kind]:,.0f}")
            found.raw.append({"load": model, "kind": kind, "instructions": got[kind]})
        for other in KINDS[1:]:
            more = got["all"] - got[other]
            share = 100 * more / got[other]
            rows.append([model, f"all / {other}", f"{got['all']:,.0f}",
                         f"{got[other]:,.0f}", f"{more:+,.0f}", f"{share:+.2f} %"])
            found.at_most(f"{model}: all against {other}", share, BOUND, " %",
                          told=max(found.others[-len(KINDS):]) <= QUIET)
    found.tables.append((("load", "pair", "instructions", "against", "difference", "share"),
                         rows))
    return found
