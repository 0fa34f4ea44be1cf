"""A client that speaks just enough RESP to look into a Redis."""
import socket
import ssl


class ErrorReply(Exception):
    """What Redis answered instead: str() begins with its code."""


class Connection:
    """One connection; `tls` is a file of authorities to trust."""

    def __init__(self, port, *, within=5.0, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), within)
        if tls:
            context = ssl.create_default_context(cafile=tls)
            self.socket = context.wrap_socket(self.socket,
                                              server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, *words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            raw = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
        self.socket.sendall(b"".join(parts))

    def read(self):
        """The next reply: str, bytes that are no text, int, None or a list."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("the connection to Redis ended")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ErrorReply(rest.decode(errors="replace"))
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._bulk(int(rest))
        assert kind == b"*", line
        return None if rest == b"-1" else [
            self._element() for _ in range(int(rest))]

    def _element(self):
        try:
            return self.read()
        except ErrorReply as error:
            return error

    def _bulk(self, size):
        raw = self.file.read(size + 2)[:-2]
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw

    def ask(self, *words):
        self.send(*words)
        return self.read()
