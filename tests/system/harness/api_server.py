"""The API of harness/shop.yaml, which can be told to fail and to be silent. On
loopback, on a free port, in this process.

    with ApiServer() as api:
        node = start({"dependency": {"shop": api.dependency()}})
        api.refuse(503); api.hang(); api.behave()
        api.seen        # (verb, target, headers, body), as they came
"""
import json
import pathlib

from .local import LocalHandler, LocalServer

SPEC = pathlib.Path(__file__).resolve().with_name("shop.yaml")
PICTURE = b"\x89PNG\r\n\x1a\n"


class _Handler(LocalHandler):
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


class ApiServer(LocalServer):
    handler = _Handler

    def __init__(self):
        super().__init__()
        self.items = {"1": {"name": "hammer"}}
        self.seen = []

    def dependency(self, **settings):
        return {"kind": "openapi", "url": f"{self.url}/v1",
                "spec": str(SPEC), "refresh": "200ms",
                "retry": {"base": "1ms", "attempts": 3}, **settings}
