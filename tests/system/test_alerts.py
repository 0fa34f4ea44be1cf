"""config/prometheus/alerts.yml: a real Prometheus accepts the rules, they name
what a live scrape has, and each of them can fire (SPEC section 10)."""
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import setups
from harness.mock import Mock
from harness.node import Node

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "config/prometheus"
RULES = FOLDER / "alerts.yml"
TESTS = FOLDER / "alerts_test.yml"
OURS = {"up"}                  # Prometheus' own
GIVEN = {"job", "instance"}    # what every scraped sample has
WORDS = {"by", "and", "or", "unless", "on", "ignoring", "without", "offset"}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"


def rules():
    """{alert: {"expr", "for", "severity", "summary", "runbook"}}: read by
    lines, there being no YAML in Python's library."""
    found = {}
    for block in re.split(r"\n  - alert: ", RULES.read_text())[1:]:
        name, body = block.split("\n", 1)
        rule = found[name] = {}
        for key, value in re.findall(r"^ +(\w+): (.*)$", body, re.M):
            rule[key] = value.strip().strip('"')
        if rule["expr"] == "|":
            lines = body.split("expr: |\n", 1)[1].split("\n")
            rule["expr"] = "\n".join(
                line for line in lines[:next(
                    at for at, line in enumerate(lines)
                    if not line.startswith("      "))])
    return found


ALERTS = rules()


def selectors(expression):
    """[(metric, [(label, operator, value), …])] and the labels of `by`."""
    by = re.findall(r"\bby \(([^)]*)\)", expression)
    rest = re.sub(r"\s*\bby \([^)]*\)\s*", "", expression)
    found = []
    for name, labels in re.findall(
            rf"\b({NAME})(?![\w(:])(?:\{{([^}}]*)\}})?", re.sub(
                r"\[[^\]]*\]|\boffset \w+", "", rest)):
        if name not in WORDS:
            found.append((name, re.findall(
                rf'({NAME})(=~|!~|!=|=)"([^"]*)"', labels)))
    return found, {label.strip() for each in by for label in each.split(",")}


def promtool(*arguments):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (apt-get install prometheus)")
    return subprocess.run(["promtool", *map(str, arguments)], text=True,
                          capture_output=True)


@pytest.fixture(scope="module")
def scrape():
    """Of a node with a stream that was cut, a breaker that has opened, a
    reload that was refused."""
    with Mock() as mock, Node(setups.config(
            a=setups.dependency(mock, breaker={"failures": 1},
                                bulkhead={"concurrency": 1}))) as node:
        node.chat(setups.chat())
        mock.always("cut", after=3)
        node.chat(setups.chat(stream=True))
        node.chat(setups.chat())
        node.rewrite(text="nonsense = 1\n")
        node.admin("/admin/reload")
        yield node.metrics()


def samples(scrape, metric):
    return [labels for name, labels, _ in scrape.samples if name == metric]


def test_a_real_prometheus_accepts_the_rules():
    """SPEC 10: a test proves that a real Prometheus accepts the rules."""
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout, done.stdout


@pytest.mark.parametrize("alert", ALERTS)
def test_every_metric_and_label_is_in_a_live_scrape(scrape, alert):
    """SPEC 10: every metric and label they name is in a live scrape."""
    found, by = selectors(ALERTS[alert]["expr"])
    assert found, ALERTS[alert]
    for metric, matchers in found:
        if metric in OURS:
            continue
        have = samples(scrape, metric)
        assert have, f"{metric} is not in the scrape"
        known = set().union(*have) | GIVEN
        asked = by | {label for label, _, _ in matchers}
        assert asked <= known, f"{metric} has {known}, not {asked - known}"
        for label, operator, value in matchers:
            if label not in GIVEN:
                matching(have, metric, label, operator, value)


def matching(have, metric, label, operator, value):
    """The value is one that the node says: no rule waits for a typing error."""
    pattern = re.escape(value) if operator == "=" else value
    assert operator in ("=", "=~"), "look at what it excludes by hand"
    said = {labels.get(label) for labels in have}
    assert any(re.fullmatch(pattern, one or "") for one in said), (
        f'{metric}{{{label}{operator}"{value}"}}: there are {said}')


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do(alert):
    """Who is woken needs to know how bad it is, what it is and what to do."""
    rule = ALERTS[alert]
    assert rule["severity"] in ("critical", "warning"), rule
    assert rule["summary"].endswith("."), rule
    assert rule["runbook"].endswith(".") and len(rule["runbook"]) > 60, rule
    _, by = selectors(rule["expr"])
    used = set(re.findall(r"\$labels\.(\w+)", rule["summary"]
                          + rule["runbook"]))
    assert not by or used <= by, f"{used - by} is summed away"


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_shown_firing_and_quiet(alert):
    """alerts_test.yml has both for each."""
    text = TESTS.read_text()
    for how in ("fires", "is quiet"):
        assert f'- name: "{alert} {how}: ' in text, f"none where it {how}"


def test_each_alert_fires_when_it_should_and_only_then():
    """promtool runs the rules on made-up series."""
    done = promtool("test", "rules", TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
