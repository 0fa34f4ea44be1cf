"""The shipped rules, as config/prometheus has them."""
import pathlib

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "config/prometheus"


def of_file(name, kind):
    """{name: rule} of all groups; `kind` is "alert" or "record"."""
    document = yaml.safe_load((FOLDER / name).read_text())
    rules = [rule for group in document["groups"] for rule in group["rules"]]
    assert all(kind in rule for rule in rules), f"{name} has other rules too"
    found = {rule[kind]: rule for rule in rules}
    assert len(found) == len(rules), f"{name} says a name twice"
    return found


ALERTS = of_file("alerts.yml", "alert")
RECORDS = of_file("recording.yml", "record")
