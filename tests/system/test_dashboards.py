"""config/grafana and the rules of config/prometheus, shown to a real
Prometheus that scrapes live nodes (SPEC section 10): each panel, variable,
recording and alert has an answer, and names what the scrape has."""
import contextlib
import re

import pytest
import yaml

from harness import dashboards, promql, rules, stimulus
from harness.node import ROOT
from harness.prometheus import Prometheus, promtool
from harness.waiting import eventually

OURS = {"up", "ALERTS"}  # Prometheus' own
PATIENCE = 30           # seconds, for what a quiet machine does in one
# Grafana's own variables.
TIMES = {"__rate_interval": "15s", "__interval": "15s", "__range": "30m"}
# Of Grafana's, by which it writes numbers.
UNITS = {"none", "short", "percentunit", "s", "bytes", "reqps", "cps",
         "currencyUSD"}
FAMILIES = set(re.findall(
    r'"(\w+)"', (ROOT / "actors/telemetry/families.hpp").read_text()))
STIMULI = [stimulus.Resilience, stimulus.Limits, stimulus.SharedLimits,
           stimulus.Caching]
NODES = [one for one in STIMULI
         if all((ROOT / part).exists() for part in one.parts)]
# What no node says yet, and why a question about it is skipped.
AWAY = [one for one in STIMULI if one not in NODES]
LATER = set().union(*(one.families for one in AWAY), *(
    one.families - FAMILIES for one in STIMULI))
LATER_SAID = set().union(*(one.said for one in AWAY))
BOARDS = list(dashboards.BOARDS)
QUERIES = [pytest.param(board, query, id=f"{board}: {query.where}")
           for board in BOARDS for query in dashboards.queries(board)]
VARIABLES = [pytest.param(board, name, asked, id=f"{board}: {name}")
             for board in BOARDS
             for name, asked in dashboards.variables(board).items() if asked]
ALL = {**rules.ALERTS, **rules.RECORDS}


class World:
    """Nodes in trouble, and the Prometheus that watches them."""

    def __init__(self, ends):
        self.stimuli = []
        for make in NODES:
            self.stimuli.append(make())
            ends.callback(self.stimuli[-1].stop)
        self.prometheus = ends.enter_context(Prometheus(
            [one.node.telemetry_address for one in self.stimuli]))
        self.act()
        self.scraped()
        self.act()
        self.metrics = [one.node.metrics() for one in self.stimuli]

    def act(self):
        for one in self.stimuli:
            one.act()

    def scraped(self):
        """Prometheus has seen each series of the nodes as it is by now."""
        for one in self.stimuli:
            at = one.node.telemetry_address
            handled = one.node.metrics().value("http_requests_total")
            eventually(
                lambda: self.prometheus.query(
                    f'sum(http_requests_total{{instance="{at}"}})')[0][1]
                >= handled, PATIENCE, "a scrape of what has happened")

    def answer(self, expression, instant=False):
        """As Grafana asks: for the time that is shown, or for its end."""
        ask = self.prometheus.query if instant else self.prometheus.range
        return eventually(lambda: ask(expression), PATIENCE,
                          f"an answer to {expression}")

    def labels(self, metric):
        """Label sets of a metric: of the scrapes, or as it was recorded."""
        if metric in rules.RECORDS:
            return eventually(lambda: self.prometheus.series(metric),
                              PATIENCE, metric)
        found = [labels for scrape in self.metrics
                 for name, labels, _ in scrape.samples if name == metric]
        assert found, f"{metric} is not in a scrape"
        return [{**labels, "job": "caisson", "instance": "?"}
                for labels in found]


@pytest.fixture(scope="module")
def world():
    with contextlib.ExitStack() as ends:
        yield World(ends)


def asked_in_the_end(expression):
    """Families and values of labels, through what is recorded."""
    for metric, matchers in promql.selectors(expression)[0]:
        yield from ((label, value) for label, _, value in matchers)
        if metric in rules.RECORDS:
            yield from asked_in_the_end(rules.RECORDS[metric]["expr"])
        else:
            yield re.sub("_(bucket|count|sum)$", "", metric)


def skip_what_comes_later(expression):
    if missing := (LATER | LATER_SAID) & set(asked_in_the_end(expression)):
        pytest.skip(f"no node says {missing} yet")


def filled_in(board, expression):
    """Every variable as "All", for Grafana's own times."""
    return promql.substituted(expression, **TIMES, **{
        name: ".*" for name in dashboards.variables(board)})


@pytest.mark.parametrize("board, query", QUERIES)
def test_a_query_of_a_dashboard_has_an_answer(world, board, query):
    """SPEC 10; and the legend names what the answer has."""
    expression = filled_in(board, query.expression)
    skip_what_comes_later(expression)
    for labels, _ in world.answer(expression, query.instant):
        assert query.legend <= set(labels), (
            f"the legend shows {query.legend - set(labels)}")


@pytest.mark.parametrize("board, name, asked", VARIABLES)
def test_a_variable_of_a_dashboard_has_values(world, board, name, asked):
    """As Grafana asks for them; and what it is called, it selects."""
    selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)",
                                   asked).groups()
    assert label == name
    selector = filled_in(board, selector)
    skip_what_comes_later(selector)
    assert eventually(lambda: world.prometheus.values(label, selector),
                      PATIENCE, asked)


@pytest.mark.parametrize("expression", [
    pytest.param(filled_in(board, query.expression),
                 id=f"{board}: {query.where}")
    for board in BOARDS for query in dashboards.queries(board)] + [
    pytest.param(rule["expr"], id=name) for name, rule in ALL.items()])
def test_every_metric_and_label_is_in_a_live_scrape(world, expression):
    """SPEC 10: every metric and label they name is in a live scrape; and so
    is each value that is asked for."""
    found, asked = promql.selectors(expression)
    assert found, expression
    skip_what_comes_later(expression)
    for metric, matchers in found:
        if metric in OURS:
            continue
        have = world.labels(metric)
        known = set().union(*have)
        assert asked <= known, f"{metric} has {known}, not {asked - known}"
        for label, operator, value in matchers:
            said = {labels.get(label) for labels in have}
            pattern = value if "~" in operator else re.escape(value)
            if label != "instance":
                assert any(re.fullmatch(pattern, one or "") for one in said), (
                    f"{metric}{{{label}{operator}\"{value}\"}}: {said}")


def test_a_real_prometheus_accepts_the_config_and_runs_the_rules(world):
    """promtool, and the server itself."""
    done = promtool("check", "config", rules.FOLDER / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules.RECORDS)} rules found" in done.stdout, done.stdout

    def healthy():
        loaded = world.prometheus.rules()
        assert {rule["name"] for rule in loaded} == set(ALL)
        assert all(rule["health"] == "ok" for rule in loaded), loaded
        return True
    eventually(healthy, PATIENCE, "rules that run")


@pytest.mark.parametrize("name", rules.RECORDS)
def test_a_recording_has_a_value(world, name):
    """Not only its query: Prometheus has recorded it, with the labels that
    its name begins with."""
    skip_what_comes_later(name)
    level = name.split(":")[0].replace("cache_type", "cache-type")
    said = {label.replace("-", "_") for label in level.split("_")}
    for labels, _ in world.answer(name):
        assert set(labels) - {"__name__", "job", "instance"} == said, labels


@pytest.mark.parametrize("name", rules.ALERTS)
def test_an_alert_asks_for_something_that_is_there(world, name):
    """Whether it fires is another question: alerts_test.yml."""
    expression = promql.without_thresholds(rules.ALERTS[name]["expr"])
    skip_what_comes_later(expression)
    world.answer(expression)


# --- what a reader sees -----------------------------------------------------

boards = pytest.mark.parametrize("board", BOARDS)


@boards
def test_each_panel_says_what_it_shows(board):
    for panel in dashboards.panels(board):
        what = panel["title"]
        assert re.fullmatch(r"[A-Z].*[^.]", what), what
        assert panel["description"].endswith("."), what
        assert len(panel["description"]) > 40, what
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, what


@boards
def test_no_panel_invents_data(board):
    """An empty answer is shown as none."""
    for query in dashboards.queries(board):
        assert not re.search(r"\b(vector|absent)\b", query.expression)


@boards
def test_each_query_goes_where_the_reader_says(board):
    """To the data source chosen above, for the jobs and nodes chosen above."""
    where = {"type": "prometheus", "uid": "${datasource}"}
    for panel in dashboards.panels(board):
        assert panel["datasource"] == where, panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == where, panel["title"]
    chosen = {("job", "=~", "$job"), ("instance", "=~", "$instance")}
    for query in dashboards.queries(board):
        for metric, matchers in promql.selectors(query.expression)[0]:
            assert chosen <= set(matchers), f"{query.where}: {metric}"


@boards
def test_panels_fill_the_grid_and_do_not_overlap(board):
    taken, ids = set(), []
    for panel in dashboards.BOARDS[board]["panels"]:
        ids.append(panel["id"])
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len(set(ids)) == len(ids)
    assert len(taken) == 24 * (1 + max(y for _, y in taken)), "there are holes"


def test_dashboards_are_found_and_told_apart():
    """By Grafana's provisioning, their uid and their title."""
    every = dashboards.BOARDS.values()
    assert len({one["uid"] for one in every}) == len(BOARDS)
    assert len({one["title"] for one in every}) == len(BOARDS)
    folder = dashboards.FOLDER / "provisioning"
    [provider] = yaml.safe_load(
        (folder / "dashboards/caisson.yml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].endswith("/dashboards")
    [source] = yaml.safe_load(
        (folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert source["type"] == "prometheus"
    assert source["url"].startswith("http")
