"""What a study finds: tables, figures held against goals, and the few statistics
that they need."""

import dataclasses
import math
import statistics

from cases import QUIET

OK, MISSED, OPEN = "ok", "MISSED", "open"


@dataclasses.dataclass
class Goal:
    """`verdict` is open where the figures cannot tell."""
    what: str
    got: str
    bound: str
    verdict: str


@dataclasses.dataclass
class Finding:
    """`errors` are what should not have happened at all: with any, no goal is
    met, whatever the figures say."""
    name: str
    title: str
    tables: list = dataclasses.field(default_factory=list)  # (columns, rows)
    goals: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    errors: dict = dataclasses.field(default_factory=dict)
    raw: list = dataclasses.field(default_factory=list)
    others: list = dataclasses.field(default_factory=list)  # of each round

    def blame(self, errors):
        for why, count in errors.items():
            self.errors[why] = self.errors.get(why, 0) + int(count)

    def at_most(self, what, value, bound, unit="", told=True):
        self._goal(what, value, "<=", bound, unit, value <= bound, told)

    def at_least(self, what, value, bound, unit="", told=True):
        self._goal(what, value, ">=", bound, unit, value >= bound, told)

    def median_at_most(self, what, values, bound, unit="", told=True):
        """Met or missed only where the whole interval of the median says so."""
        _, low, high = median_interval(values)
        self._interval(what, values, "<=", bound, unit, high <= bound, low > bound, told)

    def median_at_least(self, what, values, bound, unit="", told=True):
        _, low, high = median_interval(values)
        self._interval(what, values, ">=", bound, unit, low >= bound, high < bound, told)

    def _interval(self, what, values, sign, bound, unit, met, missed, told):
        verdict = (OK if met else MISSED if missed else OPEN) if told else OPEN
        self.goals.append(Goal(what, interval(values, unit),
                               f"{sign} {number(bound)}{unit}", verdict))

    def holds(self, what, good, of):
        """All of them, and there were some."""
        verdict = OPEN if not of else OK if good == of else MISSED
        self.goals.append(Goal(what, f"{good:,} of {of:,}", "all", verdict))

    def _goal(self, what, value, sign, bound, unit, met, told):
        verdict = (OK if met else MISSED) if told else OPEN
        self.goals.append(Goal(what, f"{number(value)}{unit}",
                               f"{sign} {number(bound)}{unit}", verdict))

    def passed(self):
        return not self.errors and all(one.verdict == OK for one in self.goals)

    def loud(self):
        return [one for one in self.others if one > QUIET]


def number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def text(finding):
    """As Markdown."""
    parts = [f"### {finding.name}: {finding.title}\n"]
    for columns, rows in finding.tables:
        parts.append("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|\n"
                     + "".join("| " + " | ".join(map(str, row)) + " |\n" for row in rows))
    if finding.goals:
        parts.append("| goal | measured | bound | |\n|---|---|---|---|\n" + "".join(
            f"| {one.what} | {one.got} | {one.bound} | "
            f"{one.verdict if one.verdict == OK else f'**{one.verdict}**'} |\n"
            for one in finding.goals))
    if finding.errors:
        parts.append("**Errors, so no goal is met**: " + ", ".join(
            f"{why} ×{count}" for why, count in finding.errors.items()) + "\n")
    parts += [note + "\n" for note in finding.notes]
    if finding.loud():
        parts.append(f"**Not quiet**: other processes took more than {QUIET:.0%} of a core "
                     f"in {len(finding.loud())} of {len(finding.others)} rounds; take this "
                     "case again.\n")
    return "\n".join(parts)


def spread(values, form="{:.2f}"):
    """Median (least–most)."""
    return (form.format(statistics.median(values)) + " ("
            + form.format(min(values)) + "–" + form.format(max(values)) + ")")


def median_interval(values, confidence=0.95):
    """Median with bounds from the order of the values alone: each of n lies
    above the true median with 1/2, so ranks follow the binomial distribution,
    and no shape of the noise is assumed. Below 6 values there is none: (m, -inf,
    inf)."""
    ordered = sorted(values)
    n = len(ordered)
    middle = statistics.median(ordered)
    outside, rank = 0.0, 0  # the chance that it lies below the rank-th value
    while rank < n // 2:
        more = outside + math.comb(n, rank) / 2**n
        if 2 * more > 1 - confidence:
            break
        outside, rank = more, rank + 1
    if rank == 0:
        return middle, -math.inf, math.inf
    return middle, ordered[rank - 1], ordered[n - rank]


def interval(values, unit="", form="{:.3f}"):
    """Median (bounds of its 95 % interval)."""
    middle, low, high = (form.format(one) for one in median_interval(values))
    return f"{middle}{unit} ({low} … {high})"


@dataclasses.dataclass
class Line:
    slope: float  # units a second
    error: float  # of the slope, one standard deviation


def regression(times, values):
    """Least squares. The error is widened for residuals that follow one another
    (memory grows in steps), as if there were fewer of them."""
    n = len(times)
    t, v = statistics.fmean(times), statistics.fmean(values)
    spread_t = sum((x - t) ** 2 for x in times)
    slope = sum((x - t) * (y - v) for x, y in zip(times, values)) / spread_t
    rest = [y - v - slope * (x - t) for x, y in zip(times, values)]
    total = sum(x * x for x in rest)
    if total == 0:
        return Line(slope, 0.0)
    follow = sum(a * b for a, b in zip(rest, rest[1:])) / total
    follow = min(max(follow, 0.0), 0.99)
    independent = max(3.0, n * (1 - follow) / (1 + follow))
    return Line(slope, math.sqrt(total / n / (independent - 2) / (spread_t / n)))
