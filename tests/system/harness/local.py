"""A server of the tests, on loopback, on a free port, in this process. It can be told
how to behave (`moods`); each request has a handler, whose `home` it is."""
import http.server
import json
import threading

from .moods import Moods


class LocalServer(Moods):
    handler = None  # a LocalHandler

    def __enter__(self):
        handler = type("Handler", (self.handler,), {"home": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"


class LocalHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    home = None

    def log_message(self, *_):
        pass

    def reply(self, status, body=None, **headers):
        """`body` as JSON; a header may have several lines."""
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if data:
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            for one in [value] if isinstance(value, str) else value:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
