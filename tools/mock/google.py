"""Gemini's wire: /v1beta/models/{m}:generateContent and its stream; the rest
is in google_more.py."""
import re

from . import google_more as more
from .content import known, need, typed
from .vendor import Vendor, data, dump, safe_json

STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED",
          403: "PERMISSION_DENIED", 404: "NOT_FOUND",
          429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
          504: "DEADLINE_EXCEEDED"}
FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP",
          "content_filter": "SAFETY"}
PATH = re.compile(r"/v1beta/models/([^/:]+):(generate|streamGenerate)Content")
FIELDS = {"contents", "systemInstruction", "tools", "toolConfig",
          "generationConfig", "safetySettings", "cachedContent", "model",
          "labels"}
CONFIG = {"stopSequences", "responseMimeType", "responseSchema",
          "responseJsonSchema", "responseModalities", "candidateCount",
          "maxOutputTokens", "temperature", "topP", "topK", "seed",
          "presencePenalty", "frequencyPenalty", "responseLogprobs",
          "logprobs", "thinkingConfig", "mediaResolution"}
PART = {"text", "inlineData", "fileData", "functionCall", "functionResponse",
        "executableCode", "codeExecutionResult", "thought",
        "thoughtSignature", "videoMetadata"}


class Google(Vendor):
    name = "google"
    word = b'"parts":[{"text"'

    def __init__(self):
        self.cache = more.Cache()

    def reset(self):
        self.cache = more.Cache()

    def serves(self, request):
        return any(form.fullmatch(request.path) for form in
                   (PATH, more.BATCH, more.KEPT)) \
            or request.path == "/v1beta/models"

    def lists(self, request):
        return request.path == "/v1beta/models" and request.method == "GET"

    def key(self, request):
        return request.header("x-goog-api-key") \
            or request.query.get("key", [None])[0]

    def model(self, request):
        match = PATH.fullmatch(request.path) \
            or more.BATCH.fullmatch(request.path)
        return match.group(1) if match else ""

    def refusal(self, request, key):
        if more.KEPT.fullmatch(request.path) and request.method != "POST":
            wrong = key is not None and self.key(request) != key
            return self.failure(401, "invalid api key") if wrong else None
        refusal = super().refusal(request, key)
        if refusal is None and "cachedContent" in safe_json(request):
            refusal = self.cache.refusal(
                safe_json(request), self.model(request), self.failure)
        return refusal

    def other(self, request, body, plan):
        if more.BATCH.fullmatch(request.path):
            return more.batch(body, plan)
        if more.KEPT.fullmatch(request.path):
            return self.cache.answer(request, body, plan, self.failure)
        return None

    def cached(self, _request, body):
        return self.cache.tokens(body), 0

    def streams(self, request):
        match = PATH.fullmatch(request.path)
        return bool(match) and match.group(2) == "streamGenerate"

    def check(self, request, body):
        if more.BATCH.fullmatch(request.path):
            return more.check_batch(request, body)
        if more.KEPT.fullmatch(request.path):
            return self.cache.check(request, body)
        if self.streams(request):
            need(request.query.get("alt") == ["sse"],
                 "this mock streams with alt=sse only")
        known(body, FIELDS, "")
        contents = typed(body.get("contents"), list, "contents")
        need(contents, "* GenerateContentRequest.contents: is not specified")
        for at, content in enumerate(contents):
            need(content.get("role") in ("user", "model", "function", None),
                 "Please use a valid role: user, model.")
            self._parts(content, f"contents[{at}]")
        system = body.get("systemInstruction")
        if system is not None:
            self._parts(typed(system, dict, "systemInstruction"),
                        "systemInstruction")
        config = body.get("generationConfig")
        if config is not None:
            known(typed(config, dict, "generationConfig"), CONFIG,
                  "generation_config")
            if "stopSequences" in config:
                typed(config["stopSequences"], list, "stop_sequences")
            if "maxOutputTokens" in config:
                typed(config["maxOutputTokens"], int, "max_output_tokens")
        for tool in body.get("tools") or []:
            for one in tool.get("functionDeclarations") or []:
                known(one, {"name", "description", "parameters", "response",
                            "parametersJsonSchema", "responseJsonSchema",
                            "behavior"}, "function_declarations")
                need(one.get("name"), "function_declarations: name")

    def _parts(self, content, where):
        parts = content.get("parts")
        need(isinstance(parts, list) and parts,
             f"{where}.parts: must not be empty")
        for part in parts:
            known(typed(part, dict, where), PART, where + ".parts")
            if "functionCall" in part:
                need(part["functionCall"].get("name"), f"{where}: name")
                typed(part["functionCall"].get("args", {}), dict, "args")
            if "functionResponse" in part:
                need(part["functionResponse"].get("name"), f"{where}: name")
                typed(part["functionResponse"].get("response"), dict,
                      "function_response.response")

    def answer(self, content):
        parts = [{"text": content.text}] if content.text else []
        parts += [call_part(call) for call in content.calls]
        return self._reply(content, parts, FINISH.get(
            content.finish, content.finish))

    def events(self, content, _request, _body):
        pieces = [[{"text": text}] for text in content.chunks]
        pieces += [[call_part(call)] for call in content.calls]
        last = len(pieces) - 1
        return [data(self._reply(
            content, parts, FINISH.get(content.finish, content.finish)
            if at == last else None)) for at, parts in enumerate(pieces)]

    def _reply(self, content, parts, finish):
        candidate = {"content": {"parts": parts, "role": "model"}, "index": 0}
        reply = {"candidates": [candidate], "modelVersion": content.model,
                 "responseId": "mock1"}
        if finish:
            candidate["finishReason"] = finish
        if content.usage:
            given = content.usage
            output = given["output"] if finish else 1
            reply["usageMetadata"] = {
                "promptTokenCount": given["input"],
                "candidatesTokenCount": output,
                "totalTokenCount": given["input"] + output}
            if given["cached"]:
                reply["usageMetadata"]["cachedContentTokenCount"] \
                    = given["cached"]
        return reply

    def ends(self, event):
        return b"finishReason" in event

    def error(self, status, message):
        return dump({"error": {"code": status, "message": message,
                               "status": STATUS.get(status, "UNKNOWN")}})

    def error_event(self, status, message):
        return b"data: " + self.error(status, message) + b"\n\n"

    def listing(self, models):
        return {"models": [{"name": "models/" + name} for name in models]}


def call_part(call):
    return {"functionCall": {"name": call["name"],
                             "args": call["arguments"]}}
