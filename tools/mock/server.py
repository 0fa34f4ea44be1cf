"""Listeners, the life of a connection, and which plan a request gets."""
import asyncio
import itertools
import json
import socket

from . import behaviours, control, vendors
from .connection import Connection, Gone
from .script import Script
from .stats import Stats
from .wire import BadRequest, Reply


class Upstream:
    """The vendor port (TLS or plain, can be closed and opened again) and the
    control port (plain, always open)."""

    def __init__(self, host, port, tls=None, key=None):
        self.host = host
        self.tls = tls
        self.key = key
        self.script = Script()
        self.stats = Stats()
        self.live = set()
        self.running = {}  # connection -> task that answers it
        self._ids = itertools.count(1)
        self._server = None
        self._held = None
        self._reopen = None
        self._bind(port)

    def _bind(self, port):
        """A bound socket that does not listen: connecting to it is refused,
        and nobody else can take the port meanwhile."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.host, port))
        self._held = sock
        self.port = sock.getsockname()[1]

    async def start(self, refuse=False):
        loop = asyncio.get_running_loop()
        self._control = await loop.create_server(
            lambda: Connection(self._serve_control), self.host, 0, backlog=512)
        self.control_port = self._control.sockets[0].getsockname()[1]
        if not refuse:
            await self.open()

    async def open(self):
        if self._reopen:
            self._reopen.cancel()
            self._reopen = None
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: Connection(self._serve_vendor), sock=self._held,
                ssl=self.tls, backlog=1024)

    def refuse(self, ms=None):
        """Closes the vendor port, for `ms` or until opened again."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._bind(self.port)
        if self._reopen:
            self._reopen.cancel()
            self._reopen = None
        if ms is not None:
            loop = asyncio.get_running_loop()
            self._reopen = loop.call_later(
                ms / 1000, lambda: asyncio.ensure_future(self.open()))

    def reset(self, everything=False):
        """As freshly started; replies under way are cut, idle connections
        stay unless `everything`."""
        self.script.clear()
        for vendor in vendors.ALL:
            vendor.reset()
        for connection in list(self.live if everything else self.running):
            if connection.transport is not None:
                connection.end("rst")
        self.stats.clear()
        self.stats.opened = len(self.live)

    def close(self):
        if self._server is not None:
            self._server.close()
        self._control.close()

    # --- connections ----------------------------------------------------
    async def _serve_control(self, connection):
        try:
            while True:
                request = await connection.request()
                reply = await control.answer(self, request)
                await connection.send(reply.head() + reply.body)
        except Gone:
            pass
        except BadRequest as error:
            connection.transport.write(bad(str(error)))
        connection.end()

    async def _serve_vendor(self, connection):
        self.live.add(connection)
        self.stats.opened += 1
        number = next(self._ids)
        stats = self.stats
        try:
            while await self._one(connection, number):
                connection.served += 1
        except Gone:
            pass
        except BadRequest as error:
            connection.transport.write(bad(str(error)))
        finally:
            self.live.discard(connection)
            stats.closed += 1
            connection.end()

    async def _one(self, connection, number):
        """Answers one request; False when the connection is over."""
        await connection.readable()
        if connection.stale:
            self.stats.stale += 1
            connection.end(connection.stale)
            return False
        request = await connection.request()
        if request.path.startswith("/_mock/"):
            reply = await control.answer(self, request)
            await connection.send(reply.head() + reply.body)
            return True
        vendor = vendors.of(request)
        plan = self.script.next(request, vendor)
        record = self.stats.arrived(request, number)
        record["did"] = plan.get("do")
        before = connection.sent
        task = asyncio.ensure_future(self._behave(
            connection, request, vendor, plan))
        self.running[connection] = task
        connection.on_gone = task.cancel
        outcome = "cancelled"
        try:
            keep = await task
            outcome = "done"
            return keep and not request.asks_close()
        except asyncio.CancelledError:
            return False
        finally:
            connection.on_gone = None
            self.running.pop(connection, None)
            record["sent"] = connection.sent - before
            self.stats.ended(record, outcome)

    async def _behave(self, connection, request, vendor, plan):
        scene = behaviours.Scene(self, connection, request, vendor, plan)
        if vendor is None:
            return await scene.reply(Reply(
                404, [["Content-Type", "application/json"]],
                json.dumps({"error": {"message": "no such path: "
                                      + request.path}}).encode()))
        if plan.get("do", "ok") not in behaviours.UNCHECKED:
            refusal = vendor.refusal(request, self.key)
            if refusal is not None:
                return await scene.reply(refusal)
        return await behaviours.TABLE[plan.get("do", "ok")](scene)


def bad(why):
    body = json.dumps({"error": {"message": why}}).encode()
    reply = Reply(400, [["Content-Type", "application/json"],
                        ["Connection", "close"]], body)
    return reply.head() + body
