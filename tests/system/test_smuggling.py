"""Published ways to smuggle a request, through the front door (SPEC 13,
reference/reliability.md 2.1): tests/corpus/garden.json and te_mutations.json."""
import json
import pathlib
import subprocess
import sys

import pytest

from harness.node import Node

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "corpus"
GARDEN = json.loads((FOLDER / "garden.json").read_text())
MUTATIONS = json.loads((FOLDER / "te_mutations.json").read_text())
# To who takes the field for an announcement of chunks, a request of its own.
BODY = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
FAMILIES = sorted({case["name"].split()[0] for case in MUTATIONS})
# After these the node closes by itself: nobody knows where a request begins.
FRAMING = {400, 505}


@pytest.fixture(scope="module")
def node():
    """One node for all: nothing here changes it."""
    with Node() as node:
        yield node


def replies_to(node, raw, expected):
    """What comes for `raw` and then the end of what we send, as a text for each
    of `expected` that is another; nothing when all is as it should be."""
    wrong = []
    with node.client(within=10) as client:
        client.send(raw)
        for one in expected:
            if one == "wait":
                break
            reply = client.read()
            if (reply.status >= 400) if one == "ok" else (reply.status != one):
                wrong.append(f"expected {one}: {reply}")
        if expected[-1] == "wait":
            return wrong
        if expected[-1] not in FRAMING:
            client.half_close()
        if rest := client.rest():
            wrong.append(f"and then: {rest!r}")
    return wrong


@pytest.mark.parametrize("case", GARDEN, ids=lambda case: case["name"])
def test_the_garden(case, node):
    """Each request of a connection gets its verdict, and nobody else's."""
    wrong = replies_to(node, case["raw"].encode("latin-1"), case["expect"])
    assert not wrong, f"{case['why']}: {wrong}"


@pytest.mark.parametrize("family", FAMILIES)
def test_disguises_of_transfer_encoding(family, node):
    """A Content-Length beside what looks like a Transfer-Encoding is refused,
    or rules alone: never two answers."""
    wrong = {}
    for case in MUTATIONS:
        if case["name"].split()[0] != family:
            continue
        raw = (b"GET /health/live HTTP/1.1\r\n" + case["field"].encode("latin-1")
               + b"\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
        if found := replies_to(node, raw, [case["expect"]]):
            wrong[case["name"]] = found
    assert not wrong, wrong


def test_the_disguises_are_those_of_the_script():
    """te_mutations.json is made by te_mutations.py."""
    made = subprocess.run([sys.executable, "-B", FOLDER / "te_mutations.py"],
                          capture_output=True, text=True, check=True).stdout
    assert made == (FOLDER / "te_mutations.json").read_text()
