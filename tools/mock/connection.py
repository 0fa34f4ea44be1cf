"""One client connection: bytes in, requests out, and every way to end it."""
import asyncio
import socket
import struct

from .wire import BadRequest, parse_head

MAX_HEAD = 1 << 20


class Gone(Exception):
    """The client closed."""


class Connection(asyncio.Protocol):
    """Reads with back-pressure of its own; a FIN or RST of the client cancels
    what is being answered."""

    def __init__(self, serve):
        self.serve = serve
        self.buffer = bytearray()
        self.gone = False
        self.transport = None
        self.served = 0      # requests answered on this connection
        self.stale = None    # how to close when the next request arrives
        self.sent = 0
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._task = None
        self.on_gone = None  # called once when the client has closed

    # --- asyncio's side -------------------------------------------------
    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(high=64 * 1024)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._task = asyncio.ensure_future(self.serve(self))

    def data_received(self, data):
        self.buffer += data
        self._readable.set()

    def eof_received(self):
        self._lost()
        return False

    def connection_lost(self, _error):
        self._lost()

    def pause_writing(self):
        self._writable.clear()

    def resume_writing(self):
        self._writable.set()

    def _lost(self):
        if self.gone:
            return
        self.gone = True
        self._readable.set()
        self._writable.set()
        if self.on_gone:
            self.on_gone()

    # --- reading --------------------------------------------------------
    async def more(self):
        if self.gone:
            raise Gone
        self._readable.clear()
        await self._readable.wait()
        if self.gone and not self.buffer:
            raise Gone

    async def readable(self):
        while not self.buffer:
            await self.more()

    async def take(self, count):
        while len(self.buffer) < count:
            await self.more()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def take_line(self):
        while (end := self.buffer.find(b"\r\n")) < 0:
            await self.more()
        return (await self.take(end + 2))[:-2]

    async def request(self):
        """The next whole request."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > MAX_HEAD:
                raise BadRequest("head too large")
            await self.more()
        request = parse_head((await self.take(end + 4))[:-4])
        if request.header("expect", "").lower() == "100-continue":
            await self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request.header("transfer-encoding"):
            request.body = await self.chunked_body()
        else:
            length = request.header("content-length", "0")
            if not length.isdigit():
                raise BadRequest("Content-Length: " + length)
            request.body = await self.take(int(length))
        return request

    async def chunked_body(self):
        body = b""
        while size := int(await self.take_line(), 16):
            body += await self.take(size)
            await self.take(2)
        while await self.take_line():
            pass
        return body

    # --- writing and ending ---------------------------------------------
    async def send(self, data):
        if self.gone:
            raise Gone
        self.transport.write(data)
        self.sent += len(data)
        await self._writable.wait()
        if self.gone:
            raise Gone

    def end(self, how="fin"):
        """Closes: `fin` after what was written, `rst` at once and hard."""
        if how == "rst":
            sock = self.transport.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()

    async def flushed(self):
        """Everything written is in the kernel."""
        while self.transport.get_write_buffer_size() and not self.gone:
            await asyncio.sleep(0.001)
