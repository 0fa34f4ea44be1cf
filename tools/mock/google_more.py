"""Gemini's wire beside generateContent: embeddings in batches, and
/v1beta/cachedContents, which keeps what requests begin with."""
import itertools
import re
import time

from .content import known, need, typed, vector
from .vendor import JSON, dump
from .wire import Reply

BATCH = re.compile(r"/v1beta/models/([^/:]+):batchEmbedContents")
KEPT = re.compile(r"/v1beta/(cachedContents)(/[a-z0-9]+)?")
CACHE_FIELDS = {"model", "ttl", "expireTime", "displayName", "contents",
                "systemInstruction", "tools", "toolConfig"}
TTL = re.compile(r"[0-9]+(\.[0-9]+)?s")
SMALLEST = 1024  # tokens, counted as a fourth of the bytes


def check_batch(request, body):
    known(body, {"requests"}, "")
    model = "models/" + BATCH.fullmatch(request.path).group(1)
    requests = typed(body.get("requests"), list, "requests")
    need(requests, "* BatchEmbedContentsRequest.requests: is required")
    need(len(requests) <= 100, "* BatchEmbedContentsRequest.requests: at most "
         "100 requests can be in one batch")
    for one in requests:
        known(typed(one, dict, "requests"),
              {"model", "content", "taskType", "title",
               "outputDimensionality"}, "requests")
        need(one.get("model") == model, "requests.model: must be the batch's")
        parts = (one.get("content") or {}).get("parts")
        need(parts and all(part.get("text") for part in parts),
             "content contains an empty Part")


def batch(body, plan):
    usage = plan.get("usage")
    reply = {"embeddings": [{"values": vector(
        "".join(part["text"] for part in one["content"]["parts"]),
        plan.get("dimensions") or one.get("outputDimensionality") or 4)}
        for one in body["requests"]]}
    reply["embeddings"] = reply["embeddings"][:plan.get("rows", 100)]
    if usage:
        reply["usageMetadata"] = {"promptTokenCount": usage.get("input", 9)}
    return Reply(200, JSON, dump(reply))


class Cache:
    """What is kept, by name, until its time is up."""

    def __init__(self):
        self._ids = itertools.count(1)
        self.kept = {}

    def check(self, request, body):
        need(KEPT.fullmatch(request.path).group(2) is None,
             "cachedContents: create it without a name")
        known(body, CACHE_FIELDS, "cached_content")
        need(str(body.get("model", "")).startswith("models/"),
             "* CreateCachedContentRequest.cached_content.model: is required")
        ttl = body.get("ttl")
        need(ttl is None or TTL.fullmatch(str(ttl)), "ttl: a duration")
        size = len(dump({name: body[name] for name in body
                         if name not in ("model", "ttl")})) // 4
        need(size >= SMALLEST, "Cached content is too small. total_token_count"
             f"={size}, min_total_token_count={SMALLEST}")

    def answer(self, request, body, plan, failure):
        name = KEPT.fullmatch(request.path).group(2)
        if name is None:
            if request.method == "GET":
                return self.say({"cachedContents": [
                    public(entry) for entry in self.kept.values()]})
            return self.say(public(self.create(body, plan)))
        entry = self.find("cachedContents" + name)
        if entry is None:
            return failure(404, "Not found: cached content metadata")
        if request.method == "DELETE":
            del self.kept[entry["name"]]
            return self.say({})
        return self.say(public(entry))

    def create(self, body, plan):
        life = float(str(plan.get("ttl") or body.get("ttl", "3600s"))[:-1])
        entry = {"name": f"cachedContents/mock{next(self._ids)}",
                 "model": body["model"], "life": life,
                 "until": time.monotonic() + life,
                 "tokens": len(dump(body)) // 4}
        self.kept[entry["name"]] = entry
        return entry

    def find(self, name):
        entry = self.kept.get(name)
        if entry is not None and time.monotonic() >= entry["until"]:
            del self.kept[name]
            entry = None
        return entry

    def refusal(self, body, model, failure):
        """Of a request that names one: None if it may."""
        entry = self.find(body["cachedContent"])
        if entry is None:
            return failure(403, "CachedContent not found (or permission "
                           "denied)")
        if entry["model"] != "models/" + model:
            return failure(400, "Model used by GenerateContent request and "
                           "CachedContent has to be the same.")
        for name in ("systemInstruction", "tools", "toolConfig"):
            if name in body:
                return failure(400, "CachedContent can not be used with "
                               "GenerateContent request setting system_"
                               "instruction, tools or tool_config.")
        return None

    def tokens(self, body):
        entry = self.find(body.get("cachedContent") or "")
        return entry["tokens"] if entry else 0

    @staticmethod
    def say(document):
        return Reply(200, JSON, dump(document))


def public(entry):
    return {"name": entry["name"], "model": entry["model"],
            "createTime": "2026-01-01T00:00:00Z",
            "updateTime": "2026-01-01T00:00:00Z",
            "expireTime": "2026-01-01T00:05:00Z",
            "usageMetadata": {"totalTokenCount": entry["tokens"]}}
