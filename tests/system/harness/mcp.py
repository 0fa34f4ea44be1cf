"""A client of MCP that says exactly what it is told, in either era."""
import copy
import json

BOTH = "application/json, text/event-stream"
LATEST = "2025-11-25"
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"


def message(method, params=None, number=1):
    """A request; a notification where the number is None."""
    made = {"jsonrpc": "2.0", "method": method}
    if number is not None:
        made["id"] = number
    if params is not None:
        made["params"] = params
    return made


def post(node, body, headers=None):
    """One POST, as a client on this machine sends it."""
    return node.ask("POST", "/mcp", body,
                    {"Host": "localhost", "Accept": BOTH, **(headers or {})})


def initialize(node, version=LATEST, headers=None, can=None):
    return post(node, message("initialize", {
        "protocolVersion": version, "capabilities": can or {},
        "clientInfo": {"name": "test", "version": "1"}}, 0), headers)


class Session:
    """A session of the legacy era; `headers` are those of its client, which
    `can` be asked that."""

    def __init__(self, node, version=LATEST, headers=None, can=None):
        self.node = node
        self.own = headers or {}
        reply = initialize(node, version, headers, can)
        assert reply.status == 200, reply
        self.greeting = reply.json()["result"]
        self.id = reply.header("Mcp-Session-Id")

    def at(self, node):
        """The same session, asked of another node."""
        other = copy.copy(self)
        other.node = node
        return other

    @property
    def headers(self):
        return {"Mcp-Session-Id": self.id, **self.own}

    def post(self, body, headers=None):
        return post(self.node, body, {**self.headers, **(headers or {})})

    def ask(self, method, params=None, number=1):
        return self.post(message(method, params, number))

    def result(self, method, params=None):
        reply = self.ask(method, params)
        assert reply.status == 200, reply
        return reply.json()["result"]

    def error(self, method, params=None):
        return self.ask(method, params).json()["error"]

    def call(self, tool, **arguments):
        return self.result("tools/call",
                           {"name": tool, "arguments": arguments})

    def end(self):
        return self.node.ask("DELETE", "/mcp", None,
                             {"Host": "localhost", **self.headers})

    def listen(self, client, last=None):
        """Its stream on that connection: the response, once it has begun.
        `last`: the event behind which it is taken up."""
        where = {} if last is None else {"Last-Event-ID": last}
        return begin(client, "GET", None,
                     {"Accept": "text/event-stream", **where, **self.headers})


def begin(client, method, body, headers):
    """Sends a request and reads the head of its answer, which may be a
    stream."""
    from .wire import request_bytes
    client.send(request_bytes(method, "/mcp", body,
                              {"Host": "localhost", "Accept": BOTH, **headers}))
    return client.head()


def modern(method, params=None, number=1, version=MODERN, can=None):
    """Body and headers of a modern request of a client that `can` be asked
    that."""
    meta = {META + "protocolVersion": version,
            META + "clientCapabilities": can or {},
            META + "clientInfo": {"name": "test", "version": "1"}}
    body = message(method, {**(params or {}), "_meta": meta}, number)
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": method,
               "Accept": "application/json"}
    name = (params or {}).get("name", (params or {}).get("uri"))
    if name is not None and method in ("tools/call", "prompts/get",
                                       "resources/read"):
        headers["Mcp-Name"] = name
    return body, headers


def ask_modern(node, method, params=None, can=None, number=1, **more):
    body, headers = modern(method, params, number, can=can)
    return post(node, body, {**headers, **more})


def messages(stream):
    """The messages of a stream, as they come."""
    for _, data in stream:
        if data:  # else it is what the stream begins with
            yield json.loads(data)


def numbered(client, response):
    """(id, message) of the events of a stream; the message is None where an
    event has no data."""
    pending = b""
    for piece in client.body(response):
        pending += piece
        while b"\n\n" in pending:
            block, _, pending = pending.partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line
                          in block.decode().split("\n") if ": " in line)
            if "data" in fields:
                yield fields.get("id"), json.loads(fields["data"] or "null")
