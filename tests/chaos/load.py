"""Many connections at once, in a process of its own: what the driver does
meanwhile does not show in the times. Reads one JSON job a line on stdin, says
one JSON result a line on stdout.

A job: {"address", "bodies": [JSON bodies, taken in turn], "headers", "connections",
"count": requests a connection | "seconds", "every_ms": pace of a connection,
"within": seconds until a request is given up}. With a pace, latency counts from
when a request was due.
"""
import asyncio
import json
import sys
import time

PATH = "/v1/chat/completions"


def request_bytes(body, headers):
    data = json.dumps(body).encode()
    fields = {"Host": "caisson", "Content-Type": "application/json",
              "Content-Length": len(data), **(headers or {})}
    lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
    return f"POST {PATH} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + data


async def read_reply(reader):
    """(status, headers, body) of one reply; interim ones are passed over."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        status = int(lines[0].split(" ")[1])
        if status >= 200:
            break
    fields = {name.lower(): value.strip() for name, _, value in
              (line.partition(":") for line in lines[1:] if line)}
    if "chunked" not in fields.get("transfer-encoding", ""):
        size = int(fields["content-length"])
        return status, fields, await reader.readexactly(size)
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return status, fields, bytes(body)


def verdict(status, fields, body):
    """What the answer says, in a word: "ok", a code, "event:CODE" for an error
    in mid-stream, "cut" for a stream without an end."""
    if not fields.get("content-type", "").startswith("text/event-stream"):
        document = json.loads(body)
        error = document.get("error")
        return error["code"] if error else "ok" if status == 200 else "odd"
    events = [block[6:] for block in body.decode().strip().split("\n\n")
              if block.startswith("data: ")]
    error = next((json.loads(event)["error"]["code"] for event in events
                  if event.startswith('{"error"')), None)
    if "[DONE]" in events:
        return "ok" if error is None else "done with an error"
    return "event:" + error if error else "cut"


class Connection:
    """One connection of the job; opened again when the node closes it."""

    def __init__(self, job, number):
        self.job = job
        self.host, _, port = job["address"].rpartition(":")
        self.port = int(port)
        self.requests = [request_bytes(body, job.get("headers"))
                         for body in job["bodies"]]
        self.number = number
        self.writer = None
        self.samples = []

    async def asked(self, data):
        """A reply. A kept connection may have been closed meanwhile: as any
        client does, a new one is tried then, once."""
        kept = self.writer is not None
        if not kept:
            self.reader, self.writer = await asyncio.open_connection(
                self.host, self.port, limit=1 << 26)
        try:
            self.writer.write(data)
            return await read_reply(self.reader)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            if not kept or getattr(error, "partial", b""):
                raise
            self.hang_up()
            return await self.asked(data)

    async def once(self, which, due):
        status, fields, body = await self.asked(self.requests[which])
        took = time.monotonic() - due
        self.samples.append([status, verdict(status, fields, body),
                             fields.get("retry-after"), took, which])
        if fields.get("connection") == "close":
            self.hang_up()

    def hang_up(self):
        if self.writer is not None:
            self.writer.close()
        self.writer = None

    async def run(self, begin):
        pace = self.job.get("every_ms", 0) / 1000
        count = self.job.get("count")
        end = begin + self.job["seconds"] if count is None else None
        due = begin + pace * self.number / self.job["connections"]
        done = 0
        while (done < count) if count is not None else (due < end):
            now = time.monotonic()
            if due > now:
                await asyncio.sleep(due - now)
            which = (self.number + done) % len(self.requests)
            start = due if pace else time.monotonic()
            try:
                await asyncio.wait_for(self.once(which, start),
                                       self.job.get("within", 20))
            except (asyncio.TimeoutError, OSError, EOFError, ValueError,
                    KeyError, asyncio.IncompleteReadError) as error:
                self.samples.append([0, f"lost: {error!r}"[:200], None,
                                     time.monotonic() - start, which])
                self.hang_up()
            done += 1
            due = max(due + pace, time.monotonic() - pace) if pace \
                else time.monotonic()
        self.hang_up()


async def perform(job):
    connections = [Connection(job, number)
                   for number in range(job["connections"])]
    begin = time.monotonic() + 0.02
    await asyncio.gather(*(one.run(begin) for one in connections))
    return [sample for one in connections for sample in one.samples]


def main():
    print(json.dumps({"event": "ready"}), flush=True)
    for line in sys.stdin:
        samples = asyncio.run(perform(json.loads(line)))
        print(json.dumps(samples), flush=True)


if __name__ == "__main__":
    main()
