"""Which plan the next request gets."""
from .behaviours import TABLE

ONLY = {"path", "vendor", "body", "model"}


class Wrong(Exception):
    """The script is not one; the message says why."""


class Script:
    """A queue of plans, each for `times` requests, and a default.

    A plan with `match` waits in the queue for a request that fits it; others
    pass it by.
    """

    def __init__(self):
        self.clear()

    def clear(self):
        self.queue = []
        self.default = {"do": "ok"}

    def set(self, document):
        if isinstance(document, list):
            document = {"queue": document}
        if not isinstance(document, dict):
            raise Wrong("an object or an array of plans is needed")
        if unknown := set(document) - {"queue", "default"}:
            raise Wrong(f"unknown: {sorted(unknown)}; known: queue, default")
        queue = [checked(plan) for plan in document.get("queue", [])]
        default = checked(document.get("default", {"do": "ok"}))
        forever = [p for p in queue if p.get("times") == "forever"]
        self.queue = [p for p in queue if p.get("times") != "forever"]
        for plan in forever:
            if plan.get("match"):
                self.queue.append(dict(plan, times=float("inf")))
            else:
                default = plan
        self.default = default

    def next(self, request, vendor):
        for plan in self.queue:
            if fits(plan.get("match"), request, vendor):
                plan["times"] = plan.get("times", 1) - 1
                if plan["times"] <= 0:
                    self.queue.remove(plan)
                return plan
        return self.default

    def left(self):
        return len(self.queue)


def checked(plan):
    if isinstance(plan, str):
        plan = {"do": plan}
    if not isinstance(plan, dict):
        raise Wrong("a plan is an object or the name of a behaviour")
    name = plan.get("do", "ok")
    if name not in TABLE:
        raise Wrong(f"unknown behaviour {name!r}; known: {sorted(TABLE)}")
    times = plan.get("times", 1)
    if times != "forever" and (not isinstance(times, int) or times < 1):
        raise Wrong("times: a positive number or \"forever\"")
    if unknown := set(plan.get("match") or {}) - ONLY:
        raise Wrong(f"match: unknown {sorted(unknown)}; known: {sorted(ONLY)}")
    return dict(plan)


def fits(match, request, vendor):
    if not match:
        return True
    return ((match.get("path") or "") in request.path
            and match.get("vendor") in (None, vendor and vendor.name)
            and (match.get("body") or "") in request.text()
            and match.get("model") in (None, vendor and vendor.model(request)))
