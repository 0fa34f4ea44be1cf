"""Small wrong changes of a C++ source, made from its words: no compiler. What
does not compile is left out later. Relies on the project's clang-format: a
binary operator has space on both sides, `T& x` and `vector<T>` have not."""

import dataclasses
import re

WORDS = re.compile(r"""
    (?P<space>\s+)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<directive>\#[^\n]*)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])')
  | (?P<number>\d(?:[eE][+-](?=\d)|[\w.]|'(?=\w))*)|(?P<word>[A-Za-z_]\w*)
  | (?P<sign><=>|<<=|>>=|\+\+|--|&&|\|\||[=!<>+\-*/%&|^]=|<<|>>|->|::|.)
""", re.X | re.S)

BINARY = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="],
    "<<": [">>"], ">>": ["<<"], "&": ["|"], "|": ["&"],
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "?": ["|| true ?", "== false ?"],
}
NAMES = {
    "min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "true": "false",
    "false": "true", "any_of": "all_of", "all_of": "any_of", "front": "back",
    "back": "front", "min_element": "max_element", "max_element": "min_element",
    "push_back": "push_front",
}
TYPES = {"class", "struct", "enum", "union", "namespace"}
NO_STATEMENT = {"return", "using", "auto", "const", "constexpr", "static", "friend", "typedef",
                "public", "private", "protected", "default", "case", "explicit", "template"}


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    start: int
    end: int
    text: str
    kind: str


@dataclasses.dataclass
class Word:
    kind: str
    text: str
    start: int

    @property
    def end(self):
        return self.start + len(self.text)


def words_of(source):
    found = [Word(m.lastgroup, m.group(), m.start()) for m in WORDS.finditer(source)]
    return [word for word in found if word.kind not in ("space", "comment", "directive")]


def number_mutants(text):
    body = text.rstrip("uUlLfF") if not text.startswith("0x") else text
    plain = body.replace("'", "")
    if plain.startswith("0x"):
        suffix = plain[len(plain.rstrip("uUlL")):]
        value = int(plain.rstrip("uUlL"), 16)
        return [f"{value + 1:#x}{suffix}"]
    suffix = text[len(body):]
    if "." in plain or "e" in plain:
        value = float(plain)
        return [f"{value * 2}", f"{value / 2}"] if value else ["1.0"]
    value = int(plain)
    return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value else [])


class Reader:
    """Walks the words of one file and collects its mutants."""

    def __init__(self, file, source):
        self.file, self.source = file, source
        self.words = words_of(source)
        self.found = {}

    def add(self, start, end, text, kind):
        made = self.source[:start] + text + self.source[end:]
        self.found.setdefault(made, Mutant(self.file, start, end, text, kind))

    def replace(self, word, text, kind):
        self.add(word.start, word.end, text, kind)

    def spaced(self, word):
        before, after = self.source[word.start - 1], self.source[word.end:word.end + 1]
        return before.isspace() and after.isspace()

    def called(self, i):
        """Whether the word at `i` is called, or a constant: not a name of ours."""
        return self.words[i].text in ("true", "false") or (
            self.words[i - 1].text in ("::", ".", "->") and self.words[i + 1].text in ("(", "<"))

    def match(self, i):
        """The index of the bracket that closes the one at `i`."""
        pairs, depth = {"(": ")", "{": "}", "[": "]"}, 0
        opening, closing = self.words[i].text, pairs[self.words[i].text]
        for j in range(i, len(self.words)):
            depth += (self.words[j].text == opening) - (self.words[j].text == closing)
            if depth == 0:
                return j
        raise ValueError(f"{self.file}: {opening} is never closed")

    def negated_anyway(self, i, end):
        """Whether a mutant of one of the words in between is its negation."""
        words = self.words[i:end]
        if any(word.text in ("&&", "||", "?") for word in words):
            return False
        return words[0].text in ("!", "true", "false") or any(
            word.text in BINARY and word.text[0] in "<>=!" and self.spaced(word) for word in words)

    # -- words --------------------------------------------------------------

    def small(self):
        for i, word in enumerate(self.words):
            if word.kind == "number":
                for text in number_mutants(word.text):
                    self.replace(word, text, "constant")
            elif word.kind == "word" and word.text in NAMES and self.called(i):
                self.replace(word, NAMES[word.text], "name")
            elif word.text in BINARY and self.spaced(word):
                for text in BINARY[word.text]:
                    self.replace(word, text, "operator")
            elif word.text in ("++", "--"):
                self.replace(word, "--" if word.text == "++" else "++", "operator")
            elif word.text == "!" and self.words[i + 1].text != "=":
                self.replace(word, "", "negation")

    # -- statements ---------------------------------------------------------

    def is_code(self, i):
        """Whether the brace at `i` opens statements, not a value or a type."""
        before = self.words[i - 1]
        if before.text in (")", "const", "noexcept", "else", "do", "mutable", "override"):
            return True
        return before.text in ("{", "}", ";")

    def outside(self):
        i, head = 0, 0
        while i < len(self.words):
            text = self.words[i].text
            if text == "{":
                names = {word.text for word in self.words[head:i]}
                if not names & TYPES and self.is_code(i) and i > head:
                    i = self.function(head, i)
                elif self.is_code(i) or names & TYPES:
                    i += 1
                else:
                    i = self.match(i) + 1 # a value
                    continue
                head = i
                continue
            if text in (";", "}"):
                head = i + 1
            i += 1

    def function(self, head, i):
        names = [word.text for word in self.words[head:i]]
        first = self.words[i + 1].text
        nothing = "return;" if "void" in names else "return {};"
        if first not in ("return", "}"):
            self.add(self.words[i].end, self.words[i].end, " " + nothing, "early return")
        return self.block(i)

    def block(self, i):
        """Statements from the brace at `i` on; the index after its end."""
        i += 1
        while self.words[i].text != "}":
            text = self.words[i].text
            if text == "{":
                i = self.block(i)
            elif text in ("if", "while", "for", "switch"):
                i += 2 if self.words[i + 1].text == "constexpr" else 1
                end = self.match(i)
                if text in ("if", "while") and not self.negated_anyway(i + 1, end):
                    inner = self.source[self.words[i].end:self.words[end].start]
                    self.add(self.words[i].end, self.words[end].start, f"!({inner})", "condition")
                self.lambdas(i + 1, end)
                i = end + 1
            elif text in ("else", "do"):
                i += 1
            elif text in ("case", "default"):
                while self.words[i].text != ":":
                    i += 1
                i += 1
            else:
                i = self.statement(i)
        return i + 1

    def lambdas(self, i, end):
        while i < end:
            i = self.block(i) if self.words[i].text == "{" and self.is_code(i) else i + 1

    def statement(self, i):
        first = i
        while self.words[i].text != ";":
            if self.words[i].text == "{" and self.is_code(i):
                i = self.block(i)
            elif self.words[i].text in "([{":
                end = self.match(i)
                self.lambdas(i + 1, end)
                i = end + 1
            else:
                i += 1
        start, end = self.words[first], self.words[i]
        if start.text == "return" and i > first + 1:
            value = self.source[start.end:end.start].strip()
            if not self.negated_anyway(first + 1, i):
                self.add(start.end, end.start, f" !({value})", "return")
            if value not in ("{}", "std::nullopt", "false", "*this"):
                self.add(start.end, end.start, " {}", "return")
        elif start.text not in NO_STATEMENT and end.start > start.start:
            self.add(start.start, end.start, "", "statement")
        return i + 1


def mutants_of(file, source):
    reader = Reader(file, source)
    reader.small()
    reader.outside()
    return sorted(reader.found.values(), key=lambda x: (x.start, x.text))


def change_of(mutant, source):
    """Line number, the lines before and the lines after, whole and stripped."""
    begin = source.rfind("\n", 0, mutant.start) + 1
    end = source.find("\n", mutant.end)
    before = source[begin:end]
    after = source[begin:mutant.start] + mutant.text + source[mutant.end:end]
    def lines(text):
        return [line.strip() for line in text.split("\n") if line.strip()]
    return source.count("\n", 0, mutant.start) + 1, lines(before), lines(after)
