"""Just enough TOML to write a config from nested dicts."""
import json
import re


def dumps(document):
    lines = []
    table(document, [], lines)
    return "\n".join(lines) + "\n"


def table(document, path, lines):
    plain = {k: v for k, v in document.items() if not isinstance(v, dict)}
    if path and (plain or not document):
        lines.append("[" + ".".join(key(part) for part in path) + "]")
    for name, value in plain.items():
        lines.append(f"{key(name)} = {scalar(value)}")
    for name, value in document.items():
        if isinstance(value, dict):
            table(value, path + [name], lines)


def key(name):
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(scalar(one) for one in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def merged(base, extra):
    """`extra` over `base`, table by table."""
    result = dict(base)
    for name, value in extra.items():
        if isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result
