"""HTTP/1.1 as bytes: reading requests, laying out replies."""
import json
from urllib.parse import parse_qs, urlsplit


class BadRequest(Exception):
    """What came is not HTTP; the message says why."""


class Request:
    def __init__(self, method, target, headers, raw_head):
        self.method = method
        self.target = target
        split = urlsplit(target)
        self.path = split.path
        self.query = parse_qs(split.query)
        self.headers = headers  # [[name, value], …] as they came
        self.raw_head = raw_head
        self.body = b""

    def header(self, name, default=None):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return default

    def count(self, name):
        return sum(key.lower() == name.lower() for key, _ in self.headers)

    def asks_close(self):
        return "close" in self.header("connection", "").lower()

    def text(self):
        return self.body.decode("utf-8", "backslashreplace")

    def json(self):
        return json.loads(self.body)


def parse_head(raw):
    """The head without its empty line, strictly: a proxy under test must not
    get away with anything."""
    text = raw.decode("latin-1")
    lines = text.split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] != "HTTP/1.1":
        raise BadRequest("request line: " + lines[0][:100])
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name.strip() != name:
            raise BadRequest("header: " + line[:100])
        headers.append([name, value.strip(" \t")])
    request = Request(parts[0], parts[1], headers, text)
    if request.count("host") != 1:
        raise BadRequest("exactly one Host is needed")
    if request.count("content-length") > 1:
        raise BadRequest("two Content-Length")
    if request.count("transfer-encoding") and request.count("content-length"):
        raise BadRequest("Transfer-Encoding with Content-Length")
    return request


class Reply:
    """A reply before it is sent. `events` is None unless it is a stream."""

    def __init__(self, status=200, headers=None, body=b"", events=None):
        self.status = status
        self.headers = list(headers or [])
        self.body = body
        self.events = events
        self.framing = "length" if events is None else "chunked"
        self.chunk_bytes = 0

    def head(self, length=None):
        lines = [f"HTTP/1.1 {self.status} {reason(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.framing == "length":
            lines.append(f"Content-Length: "
                         f"{len(self.content()) if length is None else length}")
        elif self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def content(self):
        return self.body if self.events is None else b"".join(self.events)

    def pieces(self):
        """What follows the head, one item for each event or write."""
        parts = [self.body] if self.events is None else self.events
        if self.chunk_bytes:
            parts = sliced(b"".join(parts), self.chunk_bytes)
        return [self.frame(part) for part in parts if part]

    def frame(self, data):
        return chunk(data) if self.framing == "chunked" else data

    def tail(self):
        return b"0\r\n\r\n" if self.framing == "chunked" else b""


def sliced(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def as_bytes(body):
    """A body from a script: text as it is, anything else as JSON."""
    if isinstance(body, str):
        return body.encode("utf-8")
    return json.dumps(body).encode("utf-8")


REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 301: "Moved Permanently",
    302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    413: "Payload Too Large", 415: "Unsupported Media Type",
    422: "Unprocessable Entity", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 529: "Overloaded",
}


def reason(status):
    return REASONS.get(status, "Status")
