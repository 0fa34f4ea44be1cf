"""Streams as a strict client sees them: in one piece, or broken off."""
import json

# Events of each vendor's stream before its first word.
PREFACE = {"openai": 1, "anthropic": 3, "google": 0}


class Chunks:
    """A stream of `POST /v1/chat/completions`, from all of its events."""

    def __init__(self, events):
        self.said = [data for _, data in events]
        parsed = [json.loads(data) for data in self.said if data != "[DONE]"]
        self.errors = [one["error"] for one in parsed if "error" in one]
        self.chunks = [one for one in parsed if "error" not in one]
        self.choices = [one["choices"][0] for one in self.chunks
                        if one["choices"]]
        deltas = [choice["delta"] for choice in self.choices]
        self.text = "".join(delta.get("content") or "" for delta in deltas)
        self.roles = [delta["role"] for delta in deltas if delta.get("role")]
        self.finishes = [choice["finish_reason"] for choice in self.choices
                         if choice["finish_reason"]]
        self.usages = [one["usage"] for one in self.chunks if one.get("usage")]
        self.marks = [one["caisson"] for one in self.chunks
                      if "caisson" in one]

    def _one_stream(self):
        for name in ("id", "model", "created"):
            values = {one[name] for one in self.chunks}
            assert len(values) == 1, f"several {name}: {values}"
        assert self.roles == ["assistant"], self.said
        assert self.choices[0]["delta"]["role"] == "assistant", self.said
        assert all(choice["index"] == 0 for choice in self.choices)

    def complete(self):
        """One stream from its role to its [DONE]."""
        self._one_stream()
        assert not self.errors, self.errors
        assert self.said.count("[DONE]") == 1, self.said
        assert self.said[-1] == "[DONE]", self.said
        assert len(self.finishes) == 1, self.said
        assert self.choices[-1]["finish_reason"], "words after the finish"
        return self

    def broken(self):
        """One stream that says itself that it has failed."""
        self._one_stream()
        assert "[DONE]" not in self.said, "it ends as if it were complete"
        assert len(self.errors) == 1, self.said
        assert "error" in json.loads(self.said[-1]), "words after the error"
        assert not self.marks, "what failed is not degraded"
        return self


class Messages:
    """A stream of `POST /v1/messages`, from all of its events."""

    def __init__(self, events):
        self.said = [(name, json.loads(data)) for name, data in events
                     if name != "ping"]
        for name, data in self.said:
            assert data["type"] == name, (name, data)
        self.names = [name for name, _ in self.said]
        self.text = "".join(
            data["delta"].get("text", "") for data in
            self.of("content_block_delta"))

    def of(self, name):
        return [data for one, data in self.said if one == name]

    def _one_stream(self):
        assert self.names[0] == "message_start", self.names
        assert self.names.count("message_start") == 1, self.names
        place = None
        for name, data in self.said:
            if name == "content_block_start":
                assert place is None and data["index"] == self._ended(data)
                place = data["index"]
            elif name == "content_block_delta":
                assert data["index"] == place, self.said
            elif name == "content_block_stop":
                assert data["index"] == place, self.said
                place = None
            elif name == "message_delta":
                assert place is None, "the message ends within a block"

    def _ended(self, start):
        """Blocks that have ended before this one starts."""
        at = self.said.index(("content_block_start", start))
        return self.names[:at].count("content_block_stop")

    def complete(self):
        """One stream from its start to its message_stop."""
        self._one_stream()
        assert "error" not in self.names, self.said
        assert self.names[-2:] == ["message_delta", "message_stop"], self.names
        for name in ("message_delta", "message_stop"):
            assert self.names.count(name) == 1, self.names
        return self

    def broken(self):
        """One stream that says itself that it has failed."""
        self._one_stream()
        assert self.names[-1] == "error", self.names
        assert self.names.count("error") == 1, self.names
        assert not self.of("message_stop"), "it ends as if it were complete"
        return self


def asked(kind, seen):
    """What a provider was shown of the conversation: [(role, text), …]."""
    body = seen.json()
    if kind == "google":
        roles = {"user": "user", "model": "assistant"}
        return [(roles[turn["role"]],
                 "".join(part["text"] for part in turn["parts"]))
                for turn in body["contents"]]
    return [(turn["role"], words(turn["content"]))
            for turn in body["messages"]]


def words(content):
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content)
