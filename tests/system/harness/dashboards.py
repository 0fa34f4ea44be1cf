"""The shipped dashboards, as config/grafana has them."""
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "config/grafana"
BOARDS = {file.stem: json.loads(file.read_text())
          for file in sorted((FOLDER / "dashboards").glob("*.json"))}
LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def panels(board):
    """All of them but the headings of rows, folded away or not."""
    for panel in BOARDS[board]["panels"]:
        yield from panel.get("panels", [])
        if panel["type"] != "row":
            yield panel


class Query:
    """What a panel or an annotation asks. `legend`: the labels it shows."""

    def __init__(self, where, expression, legend, instant=False):
        self.where = where
        self.expression = expression
        self.legend = set(LEGEND.findall(legend))
        self.instant = instant


def queries(board):
    for panel in panels(board):
        for target in panel["targets"]:
            yield Query(f"{panel['title']} {target['refId']}", target["expr"],
                        target["legendFormat"], target["instant"])
    for note in BOARDS[board]["annotations"]["list"]:
        if not note.get("builtIn"):
            yield Query(f"annotation {note['name']}", note["expr"],
                        note["titleFormat"] + note["textFormat"])


def variables(board):
    """{name: what it asks Prometheus, or None where it does not}."""
    return {one["name"]: one["query"]["query"] if one["type"] == "query"
            else None for one in BOARDS[board]["templating"]["list"]}
