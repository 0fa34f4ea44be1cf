"""A client that sends exactly the bytes it is told and reads strictly."""
import json
import socket
import ssl
import struct


class Closed(Exception):
    """The peer closed before the reply was complete; `got` is what came."""

    def __init__(self, got, how="FIN"):
        super().__init__(f"closed by peer ({how}) after {got!r}"[:500])
        self.got = got


class Response:
    def __init__(self, status, reason, headers, body, raw_head):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.raw_head = raw_head

    def header(self, name, default=None):
        found = self.all(name)
        return found[0] if found else default

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def code(self):
        """`error.code` of the body, or None when it is no error."""
        try:
            return self.json()["error"]["code"]
        except (ValueError, KeyError, TypeError):
            return None

    def events(self):
        return parse_events(self.body)

    def __repr__(self):
        return f"<{self.status} {self.reason}: {self.text[:400]}>"


def parse_events(data):
    """[(event name or None, data text), …] of whole server-sent events."""
    events = []
    for block in data.replace(b"\r\n", b"\n").split(b"\n\n"):
        name, lines = None, []
        for line in block.decode("utf-8").split("\n"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                lines.append(value)
            elif field == "event":
                name = value
        if lines:
            events.append((name, "\n".join(lines)))
    return events


class Client:
    """One connection. `address` is "host:port" or (host, port); `source` is the
    client's own address."""

    def __init__(self, address, within=10.0, rcvbuf=None, source=None):
        host, port = split(address)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if source:
            self.sock.bind((source, 0))
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(within)
        self.sock.connect((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def more(self):
        """Reads once; False when the peer has closed."""
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return False
        self.buffer += data
        return bool(data)

    def until(self, mark):
        while mark not in self.buffer:
            if not self.more():
                raise Closed(self.buffer)
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise Closed(self.buffer)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def rest(self):
        """Everything to the end of the connection."""
        while self.more():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def head(self):
        raw = self.until(b"\r\n\r\n").decode("latin-1")
        lines = raw.split("\r\n")
        version, status, *reason = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", f"status line {lines[0]!r}"
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name == name.strip(), f"header line {line!r}"
            headers.append((name, value.strip()))
        return Response(int(status), "".join(reason), headers, b"", raw)

    def read(self, method="POST"):
        """One whole response; interim ones (1xx) are passed over."""
        while (response := self.head()).status < 200:
            pass
        if method == "HEAD" or response.status in (204, 304):
            return response
        for data in self.body(response):
            response.body += data
        return response

    def body(self, response):
        """The body piece by piece as it arrives."""
        if "chunked" in response.header("Transfer-Encoding", "").lower():
            while size := int(self.until(b"\r\n").split(b";")[0], 16):
                yield self.exactly(size)
                assert self.exactly(2) == b"\r\n", "chunk without its CRLF"
            while self.until(b"\r\n"):
                pass
        elif response.header("Content-Length") is not None:
            yield self.exactly(int(response.header("Content-Length")))
        else:
            yield self.rest()

    def stream(self, response):
        """Server-sent events as they arrive: (name, data). Raises Closed when
        the body is cut."""
        pending = b""
        for data in self.body(response):
            pending = (pending + data).replace(b"\r\n", b"\n")
            while b"\n\n" in pending:
                block, _, pending = pending.partition(b"\n\n")
                yield from parse_events(block + b"\n\n")

    def ask(self, method, target, body=None, headers=None):
        """Sends a request on this connection and reads its response."""
        self.send(request_bytes(method, target, body, headers))
        return self.read(method)


def split(address):
    if isinstance(address, str):
        host, _, port = address.rpartition(":")
        return host, int(port)
    return address


def request_bytes(method, target, body=None, headers=None, host="caisson"):
    """A well-formed request. A dict or list is sent as JSON."""
    pairs = {"Host": host}
    if body is not None:
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        pairs["Content-Type"] = "application/json"
        pairs["Content-Length"] = str(len(body))
    pairs.update(headers or {})
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{k}: {v}" for k, v in pairs.items() if v is not None]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def ask(address, method, target, body=None, headers=None, within=10.0):
    """One request on a connection of its own."""
    with Client(address, within) as client:
        return client.ask(method, target, body,
                          {"Connection": "close", **(headers or {})})


def tls_client(address, ca_file, name="localhost"):
    """A connected TLS socket, for tests of the mock itself."""
    context = ssl.create_default_context(cafile=ca_file)
    raw = socket.create_connection(split(address), timeout=5)
    return context.wrap_socket(raw, server_hostname=name)
