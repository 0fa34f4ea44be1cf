"""Configs and request bodies that many tests share."""
from .toml import merged

# What stands behind the origin in a dependency's `url`; the node appends the
# rest (DESIGN: "appended to the path of the dependency's url").
URL_PATH = {"openai": "/v1", "openai_compatible": "/v1", "anthropic": "",
            "google": ""}
KEY = "sk-canary-a1b2c3d4e5f6"


def dependency(mock, kind="openai", models=("m",), **tables):
    """A dependency on the mock, quick to give up: one attempt, no pause."""
    base = {
        "kind": kind, "url": mock.origin + URL_PATH[kind],
        "models": list(models), "timeout": "5s", "connect_timeout": "2s",
        "retry": {"attempts": 1, "base": "1ms", "cap": "5ms",
                  "jitter": "none"},
        "breaker": {"failures": 1000},
    }
    return merged(base, tables)


def each(mock, kinds, model="{}-model", **tables):
    """A dependency for each kind, called as it, with a model of its own."""
    return {kind: dependency(mock, kind, [model.format(kind)], **tables)
            for kind in kinds}


def config(**dependencies):
    """One model "m" of the client whose chain is the dependencies in order.
    """
    return {
        "dependency": dependencies,
        "models": {"chain": {"chain": [
            f"{name}/{entry['models'][0]}"
            for name, entry in dependencies.items()]}},
    }


def chat(text="hi", model="chain", **more):
    """A plain chat request; "chain" is the model of `config`."""
    return {"model": model,
            "messages": [{"role": "user", "content": text}], **more}


WEATHER = {"type": "function", "function": {
    "name": "weather", "description": "Weather of a city",
    "parameters": {"type": "object", "required": ["city"],
                   "properties": {"city": {"type": "string"}}}}}
