"""What a node offers to clients of MCP, as one of them sees it."""
from .mcp import Session
from .waiting import eventually


def names(node):
    return [one["name"] for one in Session(node).result("tools/list")["tools"]]


def offered(node, *wanted):
    """Waits until these are among the tools that are offered."""
    eventually(lambda: set(wanted) <= set(names(node)),
               what=f"{wanted} are offered")


def text(result):
    return result["content"][0]["text"]
