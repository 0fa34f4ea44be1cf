"""A client that speaks TLS, of which every byte on the wire can be seen and
held back: TLS in memory, beside a plain socket."""
import ssl

from . import wire


def trusting(ca_file, **options):
    """A client's context that trusts `ca_file` only; `options` are attributes
    (minimum_version=…)."""
    context = ssl.create_default_context(cafile=ca_file)
    for name, value in options.items():
        setattr(context, name, value)
    return context


class SecureClient(wire.Client):
    """As its parent, over TLS. `context` is an `ssl.SSLContext`; without
    `greet` nothing is said until `shake_hands`."""

    def __init__(self, address, context, within=10.0, name="localhost",
                 greet=True, **options):
        super().__init__(address, within, **options)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        if greet:
            self.shake_hands()

    def hello(self):
        """The first bytes a client says, not yet sent."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return self._out.read()

    def shake_hands(self):
        self._turn(self.tls.do_handshake)

    def _turn(self, step):
        """`step` until it needs no more bytes; what it says is sent."""
        while True:
            try:
                result = step()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                data = self.sock.recv(65536)
                if not data:
                    self._in.write_eof()
                self._in.write(data)
            except ssl.SSLError:
                self._flush()  # an alert
                raise

    def _flush(self):
        if self._out.pending:
            self.sock.sendall(self._out.read())

    def send(self, data):
        self.tls.write(data)
        self._flush()

    def close_notify(self):
        """Says that nothing follows, and goes on to listen."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()

    half_close = close_notify

    def more(self):
        """Reads once; False after a close_notify. A FIN without one is
        `ssl.SSLEOFError`."""
        try:
            data = self._turn(lambda: self.tls.read(65536))
        except ssl.SSLZeroReturnError:
            return False
        self.buffer += data
        return bool(data)
