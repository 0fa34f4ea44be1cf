#!/usr/bin/python3
"""Writes te_mutations.json: fields that somebody may take for the announcement
of a chunked body, for a request that has a Content-Length as well.

    te_mutations.py > te_mutations.json

If two parsers disagree about such a field, the body of the request is a request
to one of them (CL.TE). The families:

- bytes: each byte that no token and no visible text has (0x00 to 0x20, 0x7F to
  0xFF) at each of six places: before, in and behind the name, before, in and
  behind the value. A tab or blank around the value is legal, and refused as a
  second framing.
- name: other spellings of the name: case, joints, look-alikes, no colon.
- value: other spellings of the value: case, quotes, parts, parameters, escapes.
- list, twice: chunked in a list with others or with nothing, and in two fields.
- line: the field hidden behind, or torn by, a line end that is none.
- other: other fields, which announce nothing: the only ones to be accepted.

`field` has bytes as code points up to 255; `expect` is the status, or "ok".
"""
import json
import sys

NAME, VALUE = "Transfer-Encoding", "chunked"
NO_TOKEN = [*range(0x00, 0x21), *range(0x7F, 0x100)]
PLACES = {
    "before the name": "{0}Transfer-Encoding: chunked",
    "in the name": "Transfer{0}-Encoding: chunked",
    "behind the name": "Transfer-Encoding{0}: chunked",
    "before the value": "Transfer-Encoding:{0}chunked",
    "in the value": "Transfer-Encoding: chun{0}ked",
    "behind the value": "Transfer-Encoding: chunked{0}",
}

NAMES = [
    "transfer-encoding", "TRANSFER-ENCODING", "tRANSFER-eNCODING",
    "Transfer_Encoding", "transfer_encoding", "Transfer Encoding",
    # Letters that fold, or are cut, to others: dotless i, long s, Kelvin, wide.
    "Transfer-Encod\u00c4\u00b1ng", "Tran\u00c5\u00bffer-Encoding",
    "\u00ef\u00bc\u00b4ransfer-Encoding", "Transf\u00e9r-Encoding",
    "\"Transfer-Encoding\"", "Transfer-Encoding:", "(x)Transfer-Encoding",
    "Transfer-Encoding;x", "Transfer-Encoding,Host", "Transfer-Encoding=",
    "[Transfer-Encoding]", "{Transfer-Encoding}", "Transfer/Encoding",
    "Transfer\\-Encoding", "@Transfer-Encoding", "<Transfer-Encoding>",
]

VALUES = [
    "Chunked", "CHUNKED", "cHuNkEd", "\"chunked\"", "'chunked'", "`chunked`",
    "chunk", "chunke", "chunkedd", "xchunked", "chunked-", "x-chunked",
    "chunked;", "chunked;q=1", "chunked; q=0", "chunked;chunked", "chunked/1",
    "chunked(x)", "(x)chunked", "<chunked>", "[chunked]", "{chunked}", "=chunked",
    "chunked=1", "chunked:", ":chunked", "chunked chunked", "x chunked x",
    "%63hunked", "chun%6bed", "\\chunked", "chun\\ked", "\\u0063hunked",
    # Kelvin's K is a k to who folds Unicode, wide letters to who normalises.
    "chun\u00e2\u0084\u00aaed", "\u00ef\u00bd\u0083hunked", "ch\u00fcnked",
    "identity", "gzip", "deflate", "compress", "br", "trailers", "none", "null",
    "true", "1", "0", "*", "", ".", "-",
]

LISTS = [
    "chunked,", ",chunked", ",,chunked", ", chunked", "chunked,,", "chunked ,",
    "chunked, chunked", "chunked,chunked", "chunked, identity",
    "identity, chunked", "gzip, chunked", "chunked, gzip", "x, chunked",
    "chunked, x", "chunked;a=b, chunked", "gzip,\tchunked", "chunked\t,",
    "\"x, chunked\"", "x,chunked,x", "chunked; chunked, chunked",
]

# What follows the first field, on a line of its own.
SECONDS = ["chunked", "identity", "x", "", "gzip", "chunked, x", "CHUNKED"]

LINES = [
    "Transfer-Encoding:\r\n chunked", "Transfer-Encoding:\r\n\tchunked",
    "Transfer-Encoding: chunked\r\n ", "Transfer-Encoding: x\r\n chunked",
    "Transfer-Encoding: chunked\r\n x", "Transfer-Encoding:\n chunked",
    "Transfer-Encoding:\r chunked", "Transfer-\r\n Encoding: chunked",
    "Transfer-Encoding\r\n : chunked", "Transfer-Encoding\r\n: chunked",
    "X: x\rTransfer-Encoding: chunked", "X: x\nTransfer-Encoding: chunked",
    "X: x\r\rTransfer-Encoding: chunked", "X: x\n\rTransfer-Encoding: chunked",
    "X: x\r\n\rTransfer-Encoding: chunked",
    "X: x\x00\r\nTransfer-Encoding: chunked", "X: x\x0bTransfer-Encoding: chunked",
    "X: x\x0cTransfer-Encoding: chunked", "X\r\nTransfer-Encoding: chunked",
    ": x\r\nTransfer-Encoding: chunked", "Transfer-Encoding",
    "Transfer-Encoding chunked", "Transfer-Encoding= chunked",
    "Transfer-Encoding:\x00\r\n chunked", "Transfer-Encoding:chunked\r",
    "Transfer-Encoding: chunked\r\n\r",
]

OTHERS = [
    "Content-Encoding: chunked", "X-Transfer-Encoding: chunked", "TE: chunked",
    "Trailer: Transfer-Encoding", "X: x\u0085Transfer-Encoding: chunked",
    "X: Transfer-Encoding: chunked",
]


def cases():
    for place, form in PLACES.items():
        for byte in NO_TOKEN:
            yield f"byte {byte:02x} {place}", form.format(chr(byte)), 400
    for name in NAMES:
        yield f"name {name}", f"{name}: {VALUE}", 400
    for value in VALUES:
        yield f"value {value}", f"{NAME}: {value}", 400
        yield f"value {value}, no blank", f"{NAME}:{value}", 400
    for value in LISTS:
        yield f"list {value}", f"{NAME}: {value}", 400
    for second in SECONDS:
        yield f"twice chunked, {second}", (
            f"{NAME}: {VALUE}\r\n{NAME}: {second}"), 400
        if second != VALUE:
            yield f"twice {second}, chunked", (
                f"{NAME}: {second}\r\n{NAME}: {VALUE}"), 400
    for number, line in enumerate(LINES):
        yield f"line {number}", line, 400
    for field in OTHERS:
        yield f"other {field}", field, "ok"


def text():
    lines = [json.dumps({"name": name, "field": field, "expect": expect})
             for name, field, expect in cases()]
    return "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    sys.stdout.write(text())
