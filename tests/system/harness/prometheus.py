"""A real Prometheus with the shipped config, hurried."""
import json
import re
import shutil
import subprocess
import tempfile
import urllib.parse

import pytest
import yaml

from . import rules, wire
from .process import Process
from .waiting import eventually

INTERVAL = "500ms"
# The line of its log that tells the port; the one that was asked for is 0.
ADDRESS = re.compile(r"component=web .*address=(127\.0\.0\.1:[1-9][0-9]*)")


def promtool(*arguments):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (apt-get install prometheus)")
    return subprocess.run(["promtool", *map(str, arguments)], text=True,
                          capture_output=True)


class Prometheus:
    """Scrapes these addresses, and evaluates the rules, twice a second.
    """

    def __init__(self, targets):
        if not shutil.which("prometheus"):
            pytest.skip("prometheus is not installed")
        self.dir = tempfile.mkdtemp(prefix="caisson-prometheus-")
        self.process = Process(
            ["prometheus", f"--config.file={self._config(targets)}",
             f"--storage.tsdb.path={self.dir}/data",
             "--web.listen-address=127.0.0.1:0"])
        try:
            self.address = eventually(self._address, 20, "Prometheus' port")
            eventually(lambda: self._get("/-/ready").status == 200, 20,
                       "a ready Prometheus")
            self.born = self.now()
        except BaseException:
            self.stop()
            raise

    def _config(self, targets):
        """The shipped one with other targets and times."""
        config = yaml.safe_load((rules.FOLDER / "prometheus.yml").read_text())
        config["global"].update(scrape_interval=INTERVAL,
                                scrape_timeout=INTERVAL,
                                evaluation_interval=INTERVAL)
        config["rule_files"] = [str(rules.FOLDER / name)
                                for name in config["rule_files"]]
        [scrape] = config["scrape_configs"]
        [static] = scrape["static_configs"]
        static["targets"] = targets
        file = f"{self.dir}/prometheus.yml"
        with open(file, "w", encoding="utf-8") as out:
            yaml.safe_dump(config, out)
        return file

    def _address(self):
        assert self.process.running(), self.process.stderr[-4000:]
        found = ADDRESS.search(self.process.stderr)
        return found and found[1]

    def _get(self, target):
        return wire.ask(self.address, "GET", target)

    def ask(self, path, **parameters):
        """`data` of an answer of its API, which must be a success."""
        reply = self._get(f"/api/v1/{path}?"
                          + urllib.parse.urlencode(parameters, doseq=True))
        answer = json.loads(reply.body)
        assert answer["status"] == "success", f"{parameters}: {answer}"
        return answer["data"]

    def now(self):
        """Its own clock, seconds."""
        return float(self.ask("query", query="time()")["result"][1])

    def query(self, expression):
        """[({label: value}, number), …], without what is not a number."""
        result = self.ask("query", query=expression)["result"]
        return [(one["metric"], float(one["value"][1])) for one in result
                if one["value"][1] != "NaN"]

    def range(self, expression):
        """[({label: value}, [number, …]), …] of each second since it started,
        without what is not a number."""
        now = self.now()
        result = self.ask("query_range", query=expression, start=self.born,
                          end=now, step=max(1, (now - self.born) // 1000)
                          )["result"]
        found = [(one["metric"], [float(number) for _, number in one["values"]
                                  if number != "NaN"]) for one in result]
        return [(labels, numbers) for labels, numbers in found if numbers]

    def series(self, selector):
        """The label sets that it has stored."""
        return self.ask("series", **{"match[]": selector})

    def values(self, label, selector):
        return self.ask(f"label/{label}/values", **{"match[]": selector})

    def rules(self):
        """All rules, as it runs them."""
        return [rule for group in self.ask("rules")["groups"]
                for rule in group["rules"]]

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
