"""Everything this upstream can do to a caller. THE table is at the end: the
name of a function is the name in a script, its docstring its manual.

Fields that every behaviour with a reply takes: `delay_ms` before the first
byte, `event_delay_ms` between events, `split` n bytes a chunk and a write,
`framing` length|chunked|close, `headers`, `close` true|"silent".
"""
import asyncio
import functools
import random
import zlib

from .wire import Reply, as_bytes, chunk

TABLE = {}


def behaviour(function):
    TABLE[function.__name__] = function
    return function


class Scene:
    """One request, its connection and its plan: what a behaviour acts with.
    Behaviours return whether the connection may serve another request."""

    def __init__(self, upstream, connection, request, vendor, plan):
        self.upstream = upstream
        self.connection = connection
        self.request = request
        self.vendor = vendor
        self.plan = plan

    def get(self, name, default):
        return self.plan.get(name, default)

    def good(self):
        reply = self.vendor.good(self.request, self.plan)
        return self.dressed(reply)

    def raw(self, body, content_type="application/json", status=200):
        """A reply whose body is none of the vendor's."""
        return self.dressed(Reply(status, [["Content-Type", content_type]],
                                  body))

    def dressed(self, reply):
        """With the plan's headers and framing."""
        extra = self.get("headers", {})
        pairs = extra.items() if isinstance(extra, dict) else extra
        names = {name.lower() for name, _ in pairs}
        reply.headers = [pair for pair in reply.headers
                         if pair[0].lower() not in names]
        reply.headers += [[name, value] for name, value in pairs]
        if self.get("close", False) is True or self.request.asks_close():
            reply.headers.append(["Connection", "close"])
        reply.framing = self.get("framing", reply.framing)
        reply.chunk_bytes = self.get("split", 0)
        return reply

    async def send(self, data):
        size = self.get("split", 0)
        if not size:
            return await self.connection.send(data)
        for at in range(0, len(data), size):
            await self.connection.send(data[at:at + size])
            await self.connection.flushed()
            await asyncio.sleep(0)

    async def drip(self, data, every_ms):
        for at in range(len(data)):
            await self.connection.send(data[at:at + 1])
            await asyncio.sleep(every_ms / 1000)

    async def delay(self):
        await asyncio.sleep(self.get("delay_ms", 0) / 1000)

    async def forever(self):
        await asyncio.Event().wait()

    async def end(self, how=None):
        """Ends the connection. Before a reset, the peer gets a moment to read:
        a RST throws away what its kernel still holds."""
        await self.connection.flushed()
        how = how or self.get("how", "fin")
        if how == "rst" and self.connection.sent:
            await asyncio.sleep(self.get("grace_ms", 20) / 1000)
        self.connection.end(how)
        return False

    async def begin(self, reply):
        await self.delay()
        await self.send(reply.head())

    async def pieces(self, reply, count=None):
        """The reply's events, or `count` of them, paced."""
        pause = self.get("event_delay_ms", 0) / 1000
        for at, piece in enumerate(reply.pieces()[:count]):
            if at and pause:
                await asyncio.sleep(pause)
            await self.send(piece)

    async def reply(self, reply):
        """All of it, properly; a short one in a single write."""
        if reply.events is None and not self.get("split", 0):
            await self.delay()
            await self.send(reply.head() + b"".join(reply.pieces())
                            + reply.tail())
        else:
            await self.begin(reply)
            await self.pieces(reply)
            await self.send(reply.tail())
        if self.get("close", False) or reply.framing == "close":
            return await self.end("fin")
        return True


# --- good and plainly bad answers -------------------------------------------

@behaviour
async def ok(scene):
    """The vendor's answer; see content.py for text, chunks, tool_calls, …"""
    return await scene.reply(scene.good())


@behaviour
async def crowded(scene):
    """A good answer whose `delay_ms` (10) grows with the crowd: as long for up
    to `places` (1) at once, twice as long for twice as many."""
    running = scene.upstream.stats.concurrent
    stretch = max(1.0, running / scene.get("places", 1))
    scene.plan = dict(scene.plan,
                      delay_ms=scene.get("delay_ms", 10) * stretch)
    return await ok(scene)


@behaviour
async def status(scene):
    """`status` with `headers` and `body` (text or JSON; default: the vendor's
    error body, with `message`)."""
    number = scene.get("status", 500)
    body = scene.get("body", None)
    content = scene.vendor.error(number, scene.get(
        "message", f"mock says {number}")) if body is None else as_bytes(body)
    return await scene.reply(scene.raw(content, status=number))


@behaviour
async def redirect(scene):
    """`status` (302) to `location`."""
    reply = scene.raw(b"", "text/plain", scene.get("status", 302))
    reply.headers.append(["Location", scene.get(
        "location", f"http://127.0.0.1:{scene.upstream.port}/elsewhere")])
    return await scene.reply(reply)


# --- silence ----------------------------------------------------------------

@behaviour
async def hang(scene):
    """Reads the request and says nothing."""
    await scene.forever()


@behaviour
async def hang_headers(scene):
    """Half a head, then nothing."""
    head = scene.good().head()
    await scene.connection.send(head[:len(head) // 2])
    await scene.forever()


@behaviour
async def drip_head(scene):
    """The head, one byte every `every_ms` (1000); then the rest."""
    reply = scene.good()
    await scene.delay()
    await scene.drip(reply.head(), scene.get("every_ms", 1000))
    await scene.connection.send(b"".join(reply.pieces()) + reply.tail())
    return True


@behaviour
async def drip_body(scene):
    """The head at once, the body one byte every `every_ms` (1000)."""
    reply = scene.good()
    await scene.begin(reply)
    await scene.drip(b"".join(reply.pieces()) + reply.tail(),
                     scene.get("every_ms", 1000))
    return True


@behaviour
async def gap(scene):
    """`after` events, then silence for `ms` (without it: for good)."""
    reply = scene.good()
    after = scene.get("after", 1)
    await scene.begin(reply)
    await scene.pieces(reply, after)
    ms = scene.get("ms", None)
    if ms is None:
        await scene.forever()
    await asyncio.sleep(ms / 1000)
    await scene.send(b"".join(reply.pieces()[after:]) + reply.tail())
    return True


# --- ends too early ---------------------------------------------------------

@behaviour
async def reset(scene):
    """No byte of a reply, then the connection ends: `how` rst (default) or
    fin."""
    await scene.delay()
    return await scene.end(scene.get("how", "rst"))


@behaviour
async def cut(scene):
    """`after` events of a stream (0: just the head), then the end: `how` fin
    (default) or rst. No last chunk."""
    reply = scene.good()
    await scene.begin(reply)
    await scene.pieces(reply, scene.get("after", 1))
    return await scene.end()


@behaviour
async def cut_bytes(scene):
    """The first `after` bytes of the whole reply, head included, then the
    end: `how` fin or rst."""
    reply = scene.good()
    whole = reply.head() + b"".join(reply.pieces()) + reply.tail()
    await scene.delay()
    await scene.send(whole[:scene.get("after", 1)])
    return await scene.end()


@behaviour
async def truncate(scene):
    """Content-Length of the whole, half of the body, FIN."""
    reply = scene.good()
    reply.framing = "length"
    content = reply.content()
    await scene.delay()
    await scene.send(reply.head() + content[:len(content) // 2])
    return await scene.end()


@behaviour
async def truncate_chunked(scene):
    """A chunk that is announced longer than it is, FIN."""
    reply = scene.good()
    reply.framing = "chunked"
    content = reply.content()
    await scene.begin(reply)
    await scene.send(chunk(content)[:len(content) // 2])
    return await scene.end()


@behaviour
async def wrong_length(scene):
    """Content-Length off by `delta` (-5): too little leaves bytes over, too
    much never ends (the connection stays open)."""
    reply = scene.good()
    reply.framing = "length"
    content = reply.content()
    await scene.delay()
    await scene.send(reply.head(len(content) + scene.get("delta", -5))
                     + content)
    if scene.get("delta", -5) > 0:
        await scene.forever()
    return True


# --- nonsense with 200 ------------------------------------------------------

@behaviour
async def garbage(scene):
    """Random bytes called JSON (or an event stream when asked for one)."""
    body = random.Random(scene.get("seed", 7)).randbytes(
        scene.get("bytes", 512))
    kind = "text/event-stream" if scene.vendor.streams(scene.request) \
        else "application/json"
    return await scene.reply(scene.raw(body, kind))


@behaviour
async def html(scene):
    """A proxy's error page, with 200."""
    return await scene.reply(scene.raw(
        b"<html><body><h1>It works!</h1></body></html>", "text/html"))


@behaviour
async def wrong_type(scene):
    """JSON that is not the vendor's: `body` (default: an array)."""
    return await scene.reply(scene.raw(as_bytes(scene.get("body", [1, 2]))))


@behaviour
async def two_documents(scene):
    """The right answer twice in one body."""
    reply = scene.good()
    return await scene.reply(scene.raw(reply.content() * 2))


# --- too much ---------------------------------------------------------------

@behaviour
async def big_headers(scene):
    """A good reply behind `bytes` (1 MiB) of header fields."""
    reply = scene.good()
    for at in range(scene.get("bytes", 1 << 20) // 1024 + 1):
        reply.headers.append([f"X-Filler-{at}", "x" * 1008])
    return await scene.reply(reply)


@behaviour
async def big_body(scene):
    """A well-formed answer whose text is `bytes` (64 MiB) long. It is made
    while it is sent: the mock stays small."""
    mark = "<fill>"
    scene.plan = dict(scene.plan, chunks=[mark])
    reply = scene.good()
    first, last = reply.content().split(mark.encode())
    size = scene.get("bytes", 64 << 20)
    block = b"x" * (1 << 16)
    reply.framing = "length"
    await scene.delay()
    await scene.send(reply.head(len(first) + size + len(last)) + first)
    for _ in range(size >> 16):
        await scene.connection.send(block)
    await scene.send(block[:size & 0xFFFF] + last)
    return True


@behaviour
async def endless(scene):
    """A reply that never ends: a stream says its first word for ever, or a
    chunked body of blanks."""
    reply = scene.good()
    reply.framing = "chunked"
    if reply.events is None:
        filler = chunk(b" " * (1 << 14))
        await scene.begin(reply)
    else:
        word = scene.vendor.first_word(reply.events)
        await scene.begin(reply)
        await scene.pieces(reply, word)
        filler = reply.pieces()[word]
    while True:
        await scene.connection.send(filler)
        await asyncio.sleep(scene.get("event_delay_ms", 0) / 1000)


@behaviour
async def endless_event(scene):
    """An event stream whose one event never ends: a line without measure."""
    reply = scene.good()
    reply.framing = "chunked"
    await scene.begin(reply)
    await scene.send(chunk(b"data: "))
    filler = chunk(b"x" * (1 << 14))
    while True:
        await scene.connection.send(filler)
        await asyncio.sleep(0)


@functools.lru_cache
def packed(size):
    gzip = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([gzip.compress(b" " * (1 << 20))
                     for _ in range(size >> 20)]) + gzip.flush()


@behaviour
async def gzip_bomb(scene):
    """A coding that nobody asked for: `bytes` (64 MiB) of blanks, a thousand
    times smaller on the wire."""
    reply = scene.good()
    reply.headers.append(["Content-Encoding", "gzip"])
    reply.body, reply.events = packed(scene.get("bytes", 64 << 20)), None
    reply.framing = "length"
    return await scene.reply(reply)


# --- streams with a defect --------------------------------------------------

@behaviour
async def error_event(scene):
    """`after` events, then the vendor's error event (`status` 529,
    `message`), then a clean end of the body."""
    reply = scene.good()
    await scene.begin(reply)
    await scene.pieces(reply, scene.get("after", 1))
    await scene.send(reply.frame(scene.vendor.error_event(
        scene.get("status", 529), scene.get("message", "mock overloaded"))))
    await scene.send(reply.tail())
    return True


@behaviour
async def garbage_event(scene):
    """`after` events, then one that is not JSON, then the rest."""
    reply = scene.good()
    after = scene.get("after", 1)
    await scene.begin(reply)
    await scene.pieces(reply, after)
    await scene.send(reply.frame(b"data: {\"choices\":[{\xff\n\n"))
    await scene.send(b"".join(reply.pieces()[after:]) + reply.tail())
    return True


@behaviour
async def empty_stream(scene):
    """An event stream without any event, properly ended."""
    reply = scene.dressed(Reply(
        200, [["Content-Type", "text/event-stream"]], events=[]))
    return await scene.reply(reply)


@behaviour
async def no_done(scene):
    """A stream whose body ends properly, but without the vendor's last event
    ([DONE], message_stop, finishReason)."""
    reply = scene.good()
    reply.events = [event for event in reply.events or []
                    if not scene.vendor.ends(event)]
    return await scene.reply(reply)


# --- protocol tricks --------------------------------------------------------

@behaviour
async def flood_1xx(scene):
    """`count` (1000) interim replies, then the good one; `count` null: no end
    of them."""
    count = scene.get("count", 1000)
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"
    sent = 0
    while count is None or sent < count:
        await scene.connection.send(interim * 10)
        sent += 10
        await asyncio.sleep(0)
    return await ok(scene)


@behaviour
async def http09(scene):
    """A body without any head, as HTTP/0.9 had it."""
    await scene.delay()
    await scene.send(scene.good().content())
    return await scene.end("fin")


@behaviour
async def extra_bytes(scene):
    """A good reply with a second, unasked-for one behind it in the same
    write; `body` is the second's."""
    reply = scene.good()
    second = Reply(200, [["Content-Type", "application/json"]], as_bytes(
        scene.get("body", {"smuggled": True})))
    await scene.delay()
    await scene.send(reply.head() + b"".join(reply.pieces()) + reply.tail()
                     + second.head() + second.body)
    return True


@behaviour
async def stale(scene):
    """A good reply; the next request on this connection meets a closed door:
    `how` rst (default) or fin, with no byte. It counts in `stale`, not in
    `requests`."""
    keep = await ok(scene)
    scene.connection.stale = scene.get("how", "rst")
    return keep


@behaviour
async def refuse(scene):
    """Resets this connection and closes the port for `ms` (null: until
    POST /_mock/listen)."""
    scene.upstream.refuse(scene.get("ms", 500))
    return await scene.end("rst")


# Behaviours that do not look whether the request is a good one.
UNCHECKED = {"hang", "reset", "refuse", "status"}
