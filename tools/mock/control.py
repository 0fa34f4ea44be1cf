"""The control API under /_mock/."""
import json

from .script import Wrong
from .wire import Reply


async def answer(upstream, request):
    name = request.path.removeprefix("/_mock/")
    action = ROUTES.get((request.method, name))
    if action is None:
        known = ", ".join(f"{m} /_mock/{n}" for m, n in sorted(ROUTES))
        return say({"error": f"no such action; known: {known}"}, 404)
    try:
        document = json.loads(request.body) if request.body else {}
        return say(await action(upstream, request, document))
    except (Wrong, ValueError, TypeError) as error:
        return say({"error": str(error)}, 400)


async def script(upstream, _request, document):
    upstream.script.set(document)
    return {"ok": True, "queued": upstream.script.left()}


async def stats(upstream, request, _document):
    last = int(request.query.get("last", ["100"])[0])
    report = upstream.stats.report(last)
    report["queued"] = upstream.script.left()
    return report


async def reset(upstream, _request, document):
    upstream.reset(everything=bool(document.get("connections")))
    await upstream.open()
    return {"ok": True}


async def refuse(upstream, _request, document):
    upstream.refuse(document.get("ms"))
    return {"ok": True}


async def listen(upstream, _request, _document):
    await upstream.open()
    return {"ok": True}


async def drop(upstream, _request, document):
    """Closes all connections that are open now."""
    count = len(upstream.live)
    for connection in list(upstream.live):
        connection.end(document.get("how", "fin"))
    return {"ok": True, "closed": count}


def say(document, status=200):
    return Reply(status, [["Content-Type", "application/json"]],
                 json.dumps(document).encode())


ROUTES = {
    ("POST", "script"): script,
    ("GET", "stats"): stats,
    ("POST", "reset"): reset,
    ("POST", "refuse"): refuse,
    ("POST", "listen"): listen,
    ("POST", "drop"): drop,
}
