"""tests/nemesis/checker.py: each law of it sees its breach. Needs no binary."""
import pathlib
import sys

import pytest

NEMESIS = pathlib.Path(__file__).resolve().parents[1] / "nemesis"
sys.path.insert(0, str(NEMESIS))

import checker  # noqa: E402
from load import Asked, Attempt  # noqa: E402

GOOD = Attempt("a", 1, status=200)
DEAD = Attempt("b", 1, error="ConnectionRefusedError")


def asked(*attempts):
    return Asked("nemesis-7", 0, attempts)


def test_who_is_answered_at_another_node_is_not_lost():
    assert checker.lost([asked(GOOD), asked(DEAD, GOOD)]) == []


@pytest.mark.parametrize("attempts", (
    (DEAD, DEAD), (DEAD, Attempt("a", 1, status=503))))
def test_who_is_answered_nowhere_is_lost(attempts):
    breach, = checker.lost([asked(GOOD), asked(*attempts)])
    assert "nemesis-7" in breach and "b ConnectionRefusedError" in breach


def test_an_answer_of_somebody_else_is_seen():
    stray = Attempt("a", 1, status=200, stray=" the answer of nemesis-8")
    assert checker.crossed([asked(GOOD), asked(DEAD, GOOD)]) == []
    breach, = checker.crossed([asked(GOOD), asked(stray)])
    assert "nemesis-8" in breach


@pytest.mark.parametrize("attempt", (
    Attempt("a", 1), Attempt("a", 1, status=200, error="TimeoutError")))
def test_an_attempt_without_an_outcome_or_with_two_is_seen(attempt):
    assert len(checker.crossed([asked(attempt)])) == 1


@pytest.mark.parametrize(("passed", "quiet", "sound"), (
    (60, True, True), (59, True, False), (61, True, False),
    (61, False, True), (123, False, True), (124, False, False),
    (20, False, True), (19, False, False)))
def test_bounds_of_limits(passed, quiet, sound):
    refused = Attempt("a", 1, status=429)
    spent = [Asked("spend-1", 3, (GOOD,))] * passed + [
        Asked("spend-2", 3, (refused,)), Asked("spend-3", 4, (GOOD,))]
    assert checker.misjudged(spent) == []
    assert checker.let_in(spent, 3) == passed
    assert (checker.over_limit(passed, 60, 3, quiet) == []) == sound


def test_a_limit_that_is_neither_kept_nor_refused():
    wrong = Attempt("a", 1, status=500)
    breach, = checker.misjudged([Asked("spend-1", 3, (DEAD,)),
                                 Asked("spend-2", 3, (wrong,))])
    assert "spend-2" in breach


@pytest.mark.parametrize(("number", "sound"), (
    (1, False), (2, True), (3, True), (4, False)))
def test_an_answer_is_counted_once_by_the_life_that_gave_it(number, sound):
    """Two came, and of a third nobody knows; another life's are not its own,
    and who was not there counts nothing."""
    gave_up = Attempt("a", 1, error="TimeoutError")
    absent = Attempt("a", 1, error="ConnectionRefusedError", sent=False)
    history = [asked(absent, GOOD), asked(gave_up, Attempt("b", 1, status=200)),
               asked(GOOD), asked(Attempt("a", 2, status=200))]
    assert (checker.miscounted(history, {("a", 1): number}) == []) == sound


def test_a_node_that_tells_something_else_of_another():
    counters = {("a", 1): 2, ("b", 3): 4}
    told = {"a": dict(counters), "b": {("a", 1): 1, ("b", 3): 4}}
    assert checker.one_view(counters, {"a": told["a"]}) == []
    assert checker.one_view(counters, told) == [
        "b tells 1 of a, which tells 2"]


@pytest.mark.parametrize(("seconds", "sound"), (
    (0.0, True), (5.0, True), (5.1, False), (None, False)))
def test_a_cluster_that_is_late_or_never_whole(seconds, sound):
    assert (checker.late(seconds) == []) == sound


def test_a_fault_that_nobody_notices():
    assert checker.undone(True) == []
    assert len(checker.undone(False)) == 1
