"""The API of harness/shop.yaml, which can be told to fail and to be silent. On
loopback, on a free port, in this process.

    with ApiServer() as api:
        node = start({"dependency": {"shop": api.dependency()}})
        api.refuse(503); api.hang(); api.behave()
        api.seen        # (verb, target, headers, body), as they came
"""
import http.server
import json
import pathlib
import threading

from .moods import Moods

SPEC = pathlib.Path(__file__).resolve().with_name("shop.yaml")
PICTURE = b"\x89PNG\r\n\x1a\n"


class ApiServer(Moods):
    def __init__(self):
        super().__init__()
        self.items = {"1": {"name": "hammer"}}
        self.seen = []

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"home": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def dependency(self, **settings):
        port = self.server.server_address[1]
        return {"kind": "openapi", "url": f"http://127.0.0.1:{port}/v1",
                "spec": str(SPEC), "refresh": "200ms",
                "retry": {"base": "1ms", "attempts": 3}, **settings}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    home = None

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        home = self.home
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        home.seen.append((self.command, self.path, dict(self.headers), body))
        home.gate.wait()
        if home.refusal:
            return self.answer(home.refusal, b'{"secret": "words of the API"}')
        path = self.path.split("?")[0].removeprefix("/v1")
        if path == "/picture":
            return self.answer(200, PICTURE, "image/png")
        if self.command == "POST":
            home.items[str(len(home.items) + 1)] = json.loads(body)
            return self.answer(201, body)
        if path == "/items":
            return self.answer(200, json.dumps(list(home.items)).encode())
        number = path.removeprefix("/items/")
        if number not in home.items:
            return self.answer(404, b'{"error": "no such item"}')
        if self.command == "DELETE":
            del home.items[number]
            return self.answer(204)
        return self.answer(200, json.dumps(home.items[number]).encode())

    do_GET = do_POST = do_PUT = do_DELETE = serve
