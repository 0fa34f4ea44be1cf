"""Peers that are no HTTP server: they take no connection, say nothing, or
speak a TLS that nobody should. All on loopback, on free ports."""
import contextlib
import selectors
import socket
import ssl
import threading


@contextlib.contextmanager
def black_hole():
    """A port where a SYN is never answered: its queue is full and nobody
    accepts. Stands in for a firewall that drops."""
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        yield deaf.getsockname()[1]


class Listener:
    """Accepts in a thread of its own until it is closed."""

    def __init__(self):
        self.taken = 0
        self._sock = socket.socket()
        self._sock.bind(("127.0.0.1", 0))
        self._sock.listen(256)
        self._sock.setblocking(False)
        self.port = self._sock.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._poll = selectors.DefaultSelector()
        self._poll.register(self._sock, selectors.EVENT_READ, self._accept)
        self._poll.register(self._woken, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            for key, _ in self._poll.select():
                if key.data is None:
                    return
                key.data(key.fileobj)

    def _accept(self, sock):
        with contextlib.suppress(BlockingIOError):
            peer, _ = sock.accept()
            self.taken += 1
            self.meet(peer)

    def watch(self, peer, then):
        self._poll.register(peer, selectors.EVENT_READ, then)

    def leave(self, peer):
        self._poll.unregister(peer)
        peer.close()

    def meet(self, peer):
        raise NotImplementedError

    def close(self):
        self._wake.send(b"x")
        self._thread.join(5)
        for key in list(self._poll.get_map().values()):
            key.fileobj.close()
        self._poll.close()
        self._wake.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Mute(Listener):
    """Takes connections, reads, and never says a word: for a TLS client a
    handshake that stalls."""

    def meet(self, peer):
        peer.setblocking(False)
        self.watch(peer, self._read)

    def _read(self, peer):
        try:
            if peer.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.leave(peer)


class OldTls(Listener):
    """Speaks TLS 1.1 and nothing newer, and says so as a server does: with an
    alert."""

    def __init__(self, cert, key):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(cert, key)
        self._context.set_ciphers("DEFAULT:@SECLEVEL=0")
        self._context.minimum_version = ssl.TLSVersion.TLSv1_1
        self._context.maximum_version = ssl.TLSVersion.TLSv1_1
        super().__init__()

    def meet(self, peer):
        peer.settimeout(5)
        with contextlib.suppress(OSError), peer, \
                self._context.wrap_socket(peer, server_side=True) as secure:
            secure.recv(65536)
