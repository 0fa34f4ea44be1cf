"""Reads PromQL as far as needed to hold it against a scrape."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
TOKEN = re.compile(rf'"(?:[^"\\]|\\.)*"|\{{[^}}]*\}}|\[[^\]]*\]|{NAME}'
                   r"|[=!<>]=|[0-9.]+[smhd]?|\S")
MATCHER = re.compile(rf'({NAME})(=~|!~|!=|=)"([^"]*)"')
RENAMED = re.compile(r'\blabel_replace\(.*?,\s*"(\w+)",\s*"[^"]*",\s*'
                     r'"(\w+)",\s*"[^"]*"\)', re.S)
GROUPS = ("by", "on", "without", "ignoring", "group_left", "group_right")
WORDS = {"and", "or", "unless", "offset", "bool"}
COMPARISONS = {"==", "!=", ">=", "<=", ">", "<"}


def selectors(expression):
    """[(metric, [(label, operator, value), …])], and the labels that are asked
    of them by `by`, `on` and the like."""
    tokens = TOKEN.findall(expression)
    found, labels, at = [], set(), 0
    while at < len(tokens):
        token, after = tokens[at], (tokens[at + 1:] + [""])[0]
        at += 1
        if token in GROUPS and after == "(":
            end = tokens.index(")", at)
            labels |= set(tokens[at + 1:end]) - {","}
            at = end + 1
        elif (re.fullmatch(NAME, token) and token not in WORDS
              and after not in ("(", *GROUPS)):
            found.append((token, MATCHER.findall(after)
                          if after.startswith("{") else []))
    for made, of in RENAMED.findall(expression):
        labels = labels - {made} | {of}
    return found, labels


def without_thresholds(expression):
    """What a comparison looks at, whatever comes of it: 0 or 1 for each
    series instead of those that fulfil it."""
    return " ".join(token + " bool" if token in COMPARISONS else token
                    for token in TOKEN.findall(expression))


def substituted(expression, **values):
    """With Grafana's variables filled in: `$name` is `values["name"]`."""
    for name, value in values.items():
        expression = re.sub(rf"\${name}\b", value, expression)
    assert "$" not in re.sub(r'"[^"]*"', "", expression), expression
    return expression
