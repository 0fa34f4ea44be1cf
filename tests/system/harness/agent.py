"""A node with an agent, a model that says what it is told, and tools."""
from . import mcp
from .setups import config, dependency
from .toml import merged

# What the node offers by itself, in this order.
OWN_TOOLS = ["search_tools", "agent_chat", "conversation_get",
             "conversation_search"]


def thinking(mock, kind="openai", **tables):
    """The config of a node whose agent asks the mock."""
    return merged({**config(a=dependency(mock, kind)),
                   "agent": {"model": "chain"}}, tables)


def wants(*tools, **more):
    """A model's answer that is a wish: names, or (name, arguments)."""
    calls = [one if isinstance(one, tuple) else (one, {}) for one in tools]
    return {"do": "ok", "tool_calls": [
        {"id": f"call_{at}", "name": name, "arguments": arguments}
        for at, (name, arguments) in enumerate(calls, 1)], **more}


def says(text, **more):
    return {"do": "ok", "text": text, **more}


def structured(result):
    assert not result.get("isError"), result
    return result["structuredContent"]


def failure(result):
    """The text of a call that failed."""
    assert result.get("isError") is True, result
    return result["content"][0]["text"]


def call(node, tool, headers=None, number=1, **arguments):
    """One call in the modern era."""
    body, own = mcp.modern("tools/call", {"name": tool, "arguments": arguments},
                           number)
    reply = mcp.post(node, body, {**own, **(headers or {})})
    assert reply.status == 200, reply
    return reply.json()["result"]
