"""What the vendors have in common."""
import json

from .content import Content, Invalid
from .wire import Reply

JSON = [["Content-Type", "application/json"]]
SSE = [["Content-Type", "text/event-stream"], ["Cache-Control", "no-cache"]]


class Vendor:
    name = ""
    word = b""  # what stands in an event with text, and in no other

    # Each vendor brings: serves, model, streams, key, check, answer, events,
    # error, error_event, listing; `other` where it has more than chats.

    def refusal(self, request, key):
        """The vendor's own error reply, or None for a good request."""
        if key is not None and self.key(request) != key:
            return self.failure(401, "invalid api key")
        if self.lists(request):
            return None
        if request.method != "POST":
            return self.failure(405, "method not allowed: " + request.method)
        kind = (request.header("content-type") or "").split(";")[0].strip()
        if kind.lower() != "application/json":
            return self.failure(415, "Content-Type must be application/json")
        try:
            document = request.json()
            if not isinstance(document, dict):
                raise Invalid("the body must be an object")
            self.check(request, document)
        except Invalid as error:
            return self.failure(400, str(error))
        except (ValueError, RecursionError) as error:
            return self.failure(400, f"not JSON: {error}")
        return None

    def failure(self, status, message):
        return Reply(status, JSON, self.error(status, message))

    def lists(self, request):
        return request.method == "GET"

    def other(self, _request, _document, _plan):
        """The reply to what is no chat; None where it is one."""
        return None

    def cached(self, _request, _document):
        """Tokens of the prompt that were read from a cache, and written."""
        return 0, 0

    def reset(self):
        """Forgets what it keeps between requests."""

    def first_word(self, events):
        """Which of the events is the first that holds text."""
        return next((at for at, event in enumerate(events)
                     if self.word in event), 0)

    def good(self, request, plan):
        """The reply that a healthy vendor gives."""
        if self.lists(request):
            models = plan.get("models", ["mock-model"])
            return Reply(200, JSON, dump(self.listing(models)))
        document = safe_json(request)
        if (reply := self.other(request, document, plan)) is not None:
            return reply
        content = Content(plan, self.name, self.model(request))
        read, written = self.cached(request, document)
        if content.usage:
            content.usage["cached"] = content.usage["cached"] or read
            content.usage["written"] = written
        if self.streams(request):
            return Reply(200, SSE,
                         events=self.events(content, request, document))
        return Reply(200, JSON, dump(self.answer(content)))


def safe_json(request):
    try:
        document = request.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def dump(document):
    return json.dumps(document, ensure_ascii=False,
                      separators=(",", ":")).encode("utf-8")


def data(document):
    return b"data: " + dump(document) + b"\n\n"
