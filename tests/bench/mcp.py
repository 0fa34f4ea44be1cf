"""MCP as the studies speak it, in both eras: requests as bytes, which go out as they
are (bench_load --request), and sessions."""

import http.client
import json

MODERN, LEGACY = "2026-07-28", "2025-11-25"
META = "io.modelcontextprotocol/"
ACCEPT = "application/json, text/event-stream"


def message(method, params, number=1):
    """A request; a notification where the number is None. The id stands first, for
    bench_upstream."""
    return {"jsonrpc": "2.0", **({} if number is None else {"id": number}),
            "method": method, "params": params}


def called(tool, arguments, session=""):
    """Headers and body of a call: within that session, or else of a client that
    needs none."""
    params = {"name": tool, "arguments": arguments}
    if session:
        return ({"MCP-Protocol-Version": LEGACY, "Mcp-Session-Id": session},
                message("tools/call", params))
    params["_meta"] = {META + "protocolVersion": MODERN, META + "clientCapabilities": {},
                       META + "clientInfo": {"name": "bench", "version": "1"}}
    return ({"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool},
            message("tools/call", params))


def bytes_of(verb, port, fields, body=None):
    """A request to /mcp as it goes out."""
    lines = {"Host": f"127.0.0.1:{port}", "Accept": ACCEPT, **fields}
    text = b""
    if body is not None:
        text = written(body)
        lines |= {"Content-Type": "application/json", "Content-Length": len(text)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{verb} /mcp HTTP/1.1\r\n{head}\r\n".encode() + text


def written(body):
    """Without blanks, for bench_upstream reads no JSON."""
    return json.dumps(body, separators=(",", ":")).encode()


class Line:
    """A connection on which one thing is asked after the other."""

    def __init__(self, port):
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def post(self, fields, body):
        """Status, headers and the message that it answers; None for none."""
        self.link.request("POST", "/mcp", written(body), {
            "Accept": ACCEPT, "Content-Type": "application/json", **fields})
        reply = self.link.getresponse()
        text = reply.read()
        return reply.status, reply.headers, json.loads(text) if text else None

    def begin_session(self):
        """Its id. Its client can be asked nothing."""
        status, headers, said = self.post({}, message("initialize", {
            "protocolVersion": LEGACY, "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"}}))
        if status != 200 or "result" not in said:
            raise RuntimeError(f"mcp: no session, {status} {said}")
        session = headers["Mcp-Session-Id"]
        status, _, said = self.post({"Mcp-Session-Id": session},
                                    message("notifications/initialized", {}, None))
        if status != 202:
            raise RuntimeError(f"mcp: the session is refused, {status} {said}")
        return session


def ready(port, tool, arguments, session=""):
    """Whether that tool can be called by now; its result has no error then."""
    with Line(port) as line:
        status, _, said = line.post(*called(tool, arguments, session))
    return status == 200 and "result" in said and not said["result"].get("isError")
