"""The matrix: fault x dialect x form x load, and how one cell is taken."""
import dataclasses
import os
import time
import traceback

import busy
import stories
from assertions import Checks
from expectation import Fault, NotApplicable
from faults import FAULTS
from idle import idle
from injection import Skipped, put

DIALECTS = ("openai", "anthropic", "google")
LOADS = ("idle", "under", "beside")
MOST_SLACK = 3.0  # seconds


@dataclasses.dataclass(frozen=True)
class Cell:
    fault: Fault
    dialect: str
    form: str
    load: str

    @property
    def expect(self):
        return getattr(self.fault, self.form)

    @property
    def exclusive(self):
        """Whether nothing else may run meanwhile: it measures time."""
        return self.load == "beside" or self.fault.row == "leave"

    def __str__(self):
        return (f"{self.fault.row} {self.fault.name} / {self.dialect} / "
                f"{self.form} / {self.load}")


@dataclasses.dataclass
class Result:
    cell: Cell
    verdict: str  # ok, FAIL, skipped
    why: list
    figures: dict
    seconds: float
    takes: int = 1


def loads_of(fault, form, wanted):
    for load in wanted:
        if load == "idle" or not fault.only_idle:
            # One form is enough to disturb a neighbour.
            if load != "beside" or form == fault.forms[0]:
                yield load


def matrix(options):
    """(cells, rows that are not applicable)."""
    chosen = [one for one in FAULTS
              if one.row in options.rows]
    cells = [Cell(fault, dialect, form, load)
             for fault in chosen if isinstance(fault, Fault)
             and options.wants(fault)
             for dialect in options.dialects
             if dialect in (fault.dialects or DIALECTS)
             for form in fault.forms
             for load in loads_of(fault, form, options.loads)
             if load == "idle" or options.picks(fault, dialect, form, load)]
    return cells, [one for one in chosen if isinstance(one, NotApplicable)]


def procedure(cell):
    if cell.load == "under":
        return busy.under
    if cell.load == "beside":
        return busy.beside
    return getattr(stories, cell.fault.story) if cell.fault.story else idle


def strain():
    """How many times more wants to run than there are cores: 0 is none."""
    return max(0.0, os.getloadavg()[0] / os.cpu_count() - 1)


def slack(options):
    """Bounds allow for the scheduler: more on a machine where more wants to
    run than there are cores."""
    return min(options.slack * (1 + strain()), MOST_SLACK)


def take(cell, lab, options):
    figures = {}

    def once():
        checks = Checks(slack(options), min(0.1 * strain(), MOST_SLACK))
        figures.clear()
        try:
            with put(lab, cell.fault, cell.dialect) as site:
                figures.update(procedure(cell)(
                    cell, lab, site, checks, options) or {})
        except Skipped:
            raise
        except Exception as error:  # one cell's trouble is not the run's
            where = traceback.extract_tb(error.__traceback__)[-1]
            checks.fail(f"{type(error).__name__} at {where.name}:"
                        f"{where.lineno}: {error}"[:600])
        return checks

    if cell.fault.needs in options.without:
        return Result(cell, "skipped", [f"left out: {cell.fault.needs}"], {},
                      0)
    begun = time.monotonic()
    try:
        checks, takes = busy.retaken(once, options.takes)
    except Skipped as why:
        return Result(cell, "skipped", [str(why)], {}, 0)
    problems = list(dict.fromkeys(checks.problems))
    return Result(cell, "FAIL" if problems else "ok", problems, figures,
                  time.monotonic() - begun, takes)
