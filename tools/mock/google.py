"""Gemini's wire: /v1beta/models/{m}:generateContent and its stream."""
import re

from .content import need, typed
from .vendor import Vendor, data, dump

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

    def serves(self, request):
        return bool(PATH.fullmatch(request.path)) \
            or request.path == "/v1beta/models"

    def lists(self, request):
        return request.path == "/v1beta/models" and request.method == "GET"

    def key(self, request):
        return request.header("x-goog-api-key") \
            or request.query.get("key", [None])[0]

    def model(self, request):
        match = PATH.fullmatch(request.path)
        return match.group(1) if match else ""

    def streams(self, request):
        match = PATH.fullmatch(request.path)
        return bool(match) and match.group(2) == "streamGenerate"

    def check(self, request, body):
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


def known(document, fields, where):
    """Protobuf JSON takes both spellings and refuses what it does not know."""
    for name in list(document):
        camel = re.sub(r"_([a-z])", lambda m: m.group(1).upper(), name)
        if camel != name and camel in fields:
            document[camel] = document.pop(name)
        need(camel in fields, f'Invalid JSON payload received. Unknown name '
             f'"{name}" at \'{where}\': Cannot find field.')
