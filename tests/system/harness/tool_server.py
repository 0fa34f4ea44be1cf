"""An upstream server of MCP that can be told to be of either era or both, to
forget, to fail and to be silent. On loopback, on a free port, in this process.

    with ToolServer(tools=[tool("read", readOnlyHint=True)]) as up:
        node = start({"dependency": {"up": up.dependency()}})
        up.forget_sessions(); up.refuse(503); up.hang(); up.behave()
        up.calls("tools/call")    # what was asked, as it came
"""
import contextlib
import http.server
import json
import queue
import threading
import uuid

from .local import LocalHandler
from .moods import Moods

META = "io.modelcontextprotocol/"


def tool(name, **hints):
    made = {"name": name, "description": f"The tool {name}.",
            "inputSchema": {"type": "object"}}
    if hints:
        made["annotations"] = hints
    return made


class Cut(Exception):
    """Of a tool: its stream ends here, before its answer."""


class ToolServer(Moods):
    """`era`: "legacy" (sessions), "modern" or "both"."""

    def __init__(self, tools=(), era="legacy", prompts=(), resources=(),
                 templates=()):
        super().__init__()
        self.era = era
        self.lists = {"tools": list(tools), "prompts": list(prompts),
                      "resources": list(resources),
                      "resourceTemplates": list(templates)}
        self.answers = {}      # tool -> its result, or a function of the call
        self.seen = []         # (method or None, headers, body)
        self.sessions = {}     # id -> capabilities of its client
        self.told = threading.Condition()
        self.levels = []
        self.rests = {}        # last event -> what a client missed after it
        self.ended = []        # sessions that their client has ended
        self.keeps_open = False  # streams after their answer
        self.misjudged = 0     # modern requests whose revision it refuses first
        self.greets = False    # as a modern one it answers `initialize` too
        self.vague = False     # it answers, but has no lists but that of tools
        self.guard = None      # (headers, body) -> None, or (status, challenges)
        self.streams = []      # queues of what is to be said on each
        self.server = None
        self.port = 0

    # --- its life ---------------------------------------------------------
    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Also after `stop`, on the same port."""
        handler = type("Handler", (_Handler,), {"home": self})
        self.server = _Server(("127.0.0.1", self.port), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self):
        self.gate.set()
        for stream in self.streams:
            stream.put(None)
        self.server.shutdown()
        self.server.server_close()
        self.server.end_connections()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/mcp"

    def dependency(self, **settings):
        return {"kind": "mcp_http", "url": self.url, "refresh": "200ms",
                "retry": {"base": "1ms", "attempts": 3}, **settings}

    # --- how it behaves ---------------------------------------------------
    def forget_sessions(self):
        self.sessions.clear()

    def tell(self, method, params):
        """By itself, on every stream."""
        for stream in list(self.streams):
            stream.put({"jsonrpc": "2.0", "method": method, "params": params})

    # --- what it has seen -------------------------------------------------
    def calls(self, method):
        with self.told:
            return [body for name, _, body in self.seen if name == method]

    def headers(self, method):
        """Of the last request of that method."""
        with self.told:
            return [head for name, head, _ in self.seen if name == method][-1]

    def note(self, headers, body):
        with self.told:
            self.seen.append((body.get("method"), headers, body))
            self.told.notify_all()

    def wait_for(self, predicate, within=5.0):
        """Until `predicate(body)` is true of something that came."""
        with self.told:
            assert self.told.wait_for(
                lambda: any(predicate(body) for _, _, body in self.seen),
                within), f"it did not come; seen: {self.seen!r}"

    # --- its words --------------------------------------------------------
    def answer(self, body, say):
        method, params = body["method"], body.get("params", {})
        if method == "server/discover":
            return {"supportedVersions": ["2026-07-28"], "capabilities": {}}
        if method == "initialize":
            return {"protocolVersion": "2025-11-25", "capabilities": {},
                    "serverInfo": {"name": "up", "version": "1"}}
        if method.endswith("/list"):
            member = ("resourceTemplates" if "templates" in method
                      else method.split("/", 1)[0])
            if self.vague and member != "tools":
                return {}
            return {member: self.lists[member]}
        if method == "tools/call":
            told = self.answers.get(params["name"])
            if callable(told):
                return told(body, say)
            return told or {"content": [
                {"type": "text", "text": f"{params['name']} says hello"}]}
        if method == "prompts/get":
            return {"messages": [{"role": "user", "content": {
                "type": "text", "text": params["name"]}}]}
        if method == "resources/read":
            return {"contents": [{"uri": params["uri"], "text": "read"}]}
        if method == "completion/complete":
            return {"completion": {"values": [params["ref"].get("name", "")]}}
        if method == "logging/setLevel":
            self.levels.append(params["level"])
            return {}
        return None


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *arguments):
        self.open = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def end_connections(self):
        for one in list(self.open):
            with contextlib.suppress(OSError):
                one.shutdown(2)

    def handle_error(self, request, client_address):
        pass  # clients that hang up are a part of the tests


class _Handler(LocalHandler):
    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def event(self, message, name=None):
        data = f"data: {json.dumps(message)}\n\n".encode()
        if name:
            data = f"id: {name}\nretry: 60\n".encode() + data
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end_stream(self):
        self.wfile.write(b"0\r\n\r\n")

    def error(self, status, code, message, number=None, **more):
        self.reply(status, {"jsonrpc": "2.0", "id": number, "error": {
            "code": code, "message": message, **more}})

    def do_POST(self):
        home = self.home
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        home.note(dict(self.headers.items()), body)
        home.gate.wait()
        if home.refusal:
            return self.reply(home.refusal)
        if no := home.guard and home.guard(self.headers, body):
            return self.reply(no[0], WWW_Authenticate=no[1])
        if home.era == "modern" or (home.era == "both" and self.claims(body)):
            return self.modern(body)
        return self.legacy(body)

    @staticmethod
    def claims(body):
        """Whether it says that it is modern."""
        meta = body.get("params", {}).get("_meta", {})
        return META + "protocolVersion" in meta

    def do_GET(self):
        """The stream of a session."""
        if self.home.era == "modern":
            return self.reply(405)
        if no := self.home.guard and self.home.guard(self.headers, {}):
            return self.reply(no[0], WWW_Authenticate=no[1])
        if self.headers.get("Mcp-Session-Id") not in self.home.sessions:
            return self.error(404, -32001, "Session not found")
        if last := self.headers.get("Last-Event-ID"):
            return self.tell_rest(self.home.rests.get(last))
        return self.listen()

    def tell_rest(self, missed):
        if missed is None:
            return self.error(400, -32000, "No such event")
        self.begin_stream()
        for message in missed:
            self.event(message)
        return self.end_stream()

    def do_DELETE(self):
        self.home.ended.append(self.headers["Mcp-Session-Id"])
        self.home.sessions.pop(self.headers["Mcp-Session-Id"], None)
        self.reply(200)

    def listen(self, first=None):
        self.begin_stream()
        if first:
            self.event(first)
        stream = queue.Queue()
        self.home.streams.append(stream)
        if first:
            self.home.note({}, {"listening": first["params"]})
        with contextlib.suppress(OSError):
            for message in iter(stream.get, None):
                self.event(message)
        self.home.streams.remove(stream)
        self.close_connection = True
        return None

    def modern(self, body):
        if body["method"] == "initialize" and self.home.greets:
            return self.reply(200, {"jsonrpc": "2.0", "id": body["id"], "result": {
                **self.home.answer(body, None), "protocolVersion": "2026-07-28"}})
        if not self.claims(body):
            return self.error(400, -32602, "no _meta", body.get("id"))
        if self.home.misjudged > 0:
            self.home.misjudged -= 1
            return self.error(400, -32022, "no such revision", body.get("id"),
                              data={"supported": ["2026-07-28"]})
        if body["method"] == "initialize":
            return self.error(404, -32601, "none", body["id"])
        if body["method"] == "subscriptions/listen":
            return self.listen({
                "jsonrpc": "2.0",
                "method": "notifications/subscriptions/acknowledged",
                "params": body["params"]["notifications"]})
        return self.serve(body)

    def legacy(self, body):
        method = body.get("method")
        if method == "server/discover":
            return self.error(400, -32000, "Bad Request: no session")
        if method == "initialize":
            name = uuid.uuid4().hex
            self.home.sessions[name] = body["params"]["capabilities"]
            return self.serve(body, Mcp_Session_Id=name)
        if self.headers.get("Mcp-Session-Id") not in self.home.sessions:
            return self.error(404, -32001, "Session not found")
        if "id" not in body or method is None:
            return self.reply(202)
        return self.serve(body)

    def wait_for_the_end(self):
        """Of the connection, by who is at its other end."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.rfile.read(1)

    def serve(self, body, **headers):
        streaming = []

        def say(message, name=None):
            if not streaming:
                self.begin_stream()
                streaming.append(True)
            self.event(message, name)

        try:
            result = self.home.answer(body, say)
        except Cut:
            return self.end_stream()
        answer = {"jsonrpc": "2.0", "id": body["id"]}
        if result is None:
            answer["error"] = {"code": -32601, "message": "none"}
        elif "error" in result and len(result) == 1:
            answer |= result
        else:
            if self.claims(body) and "resultType" not in result:
                result = {"resultType": "complete", **result}
            answer["result"] = result
        if streaming:
            self.event(answer)
            if self.home.keeps_open:
                return self.wait_for_the_end()
            self.end_stream()
        else:
            self.reply(200, answer, **headers)
