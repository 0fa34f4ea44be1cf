"""config/prometheus/alerts.yml: each alert says what to do, and fires when it
should. That it asks for what a live scrape has: test_dashboards.py."""
import re

import pytest

from harness import promql
from harness.prometheus import promtool
from harness.rules import ALERTS, FOLDER

TESTS = FOLDER / "alerts_test.yml"


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_to_do(alert):
    """Who is woken needs to know how bad it is, what it is and what to do."""
    rule = ALERTS[alert]
    summary, runbook = (rule["annotations"][it] for it in
                        ("summary", "runbook"))
    assert rule["labels"]["severity"] in ("critical", "warning"), rule
    assert summary.endswith("."), rule
    assert runbook.endswith(".") and len(runbook) > 60, rule
    _, by = promql.selectors(rule["expr"])
    used = set(re.findall(r"\$labels\.(\w+)", summary + runbook))
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
