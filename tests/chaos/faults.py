"""The table: reference/reliability.md section 3, column L, as data. Where it
and SPEC differ SPEC stands, and `note` says so.

Reason for length: one table.
"""
from expectation import OVERLOAD_TRIES, Expect, Fault, NotApplicable

ERROR = "external.llm.error"
LATE = "external.llm.timeout"
LIMITED = "external.llm.rate_limited"
OVERLOADED = "external.llm.overloaded"
UNAVAILABLE = "external.llm.unavailable"
REFUSED = "external.llm.refused"
NO_MODEL = "external.llm.model_not_found"
CANARY = "CANARY-7f3a at db7.internal /etc/secret SELECT"

TOLD = ["one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight"]
# So many events of a stream hold at least one word of TOLD, and not the last.
AFTER = {"openai": 3, "anthropic": 5, "google": 2}


# --- what comes out -----------------------------------------------------------

IN_A_HURRY = {"X-Request-Timeout-Ms": "2000"}


def bad(*kinds, **more):
    return Expect(502, ERROR, kinds, **more)


def late(*kinds, lasts="timeout", **more):
    return Expect(504, LATE, kinds, lasts=lasts, **more)


def down(*kinds, **more):
    return Expect(503, UNAVAILABLE, kinds, **more)


def overloaded(code, *kinds):
    return Expect(503, code, kinds, tries=OVERLOAD_TRIES)


def refused(status=400, code=REFUSED):
    return Expect(status, code, counted=False, tries=1, moves_on=False)


def broken(code, *kinds, lasts=None):
    """In mid-stream: an error event, no [DONE], no second try."""
    return Expect(200, code, kinds, tries=1, mid_stream=True, lasts=lasts)


# --- what goes in -------------------------------------------------------------

def both(row, name, expect, **more):
    return Fault(row, name, whole=expect, stream=expect, **more)


def whole(row, name, expect, **more):
    return Fault(row, name, whole=expect, **more)


def stream(row, name, expect, **more):
    return Fault(row, name, stream=expect, **more)


def does(do, **fields):
    return {"plan": {"do": do, "message": CANARY, "chunks": TOLD, **fields}}


def says(status, headers=None, **fields):
    return does("status", status=status, headers=headers or {}, **fields)


def after_a_word(do, **fields):
    return {"plan": {dialect: does(do, after=after, **fields)["plan"]
                     for dialect, after in AFTER.items()}}


def sequence(row, name, story, forms=("whole", "stream"),
             expect=Expect(200, "ok"), **more):
    return Fault(row, name, story=story,
                 **{form: expect for form in forms}, **more)


def held(row, name, code, kind, said, note="", **more):
    """A Retry-After too long to be waited for: told to the client, and until
    then nobody asks again."""
    return sequence(row, name, "held_back", expect=Expect(503, code, (kind,)),
                    given={"said": said, "headers": IN_A_HURRY}, note=note,
                    **more)


SPEND_CAP = {
    "openai": (429, {"error": {
        "message": CANARY, "type": "insufficient_quota", "param": None,
        "code": "enforced_spend_limit_reached"}}),
    "anthropic": (402, {"type": "error", "error": {
        "type": "billing_error", "message": CANARY}}),
    "google": (429, {"error": {
        "code": 429, "message": CANARY, "status": "RESOURCE_EXHAUSTED",
        "details": [{
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": "RequestsPerDayPerProject"}]}]}}),
}
NO_SUCH_MODEL = {
    "openai": {"error": {"message": "The model `m` does not exist",
                         "type": "invalid_request_error", "param": None,
                         "code": "model_not_found"}},
    "anthropic": {"type": "error", "error": {
        "type": "not_found_error", "message": "model: m"}},
    "google": {"error": {"code": 404, "status": "NOT_FOUND", "message":
                         "models/m is not found for API version v1beta"}},
}
SPEND_PLAN = {"plan": {
    dialect: {"do": "status", "status": status, "body": body}
    for dialect, (status, body) in SPEND_CAP.items()}}
NO_MODEL_PLAN = {"plan": {
    dialect: {"do": "status", "status": 404, "body": body}
    for dialect, body in NO_SUCH_MODEL.items()}}
WRONG_SHAPE = {"plan": {
    "openai": does("wrong_type", body={"choices": 3})["plan"],
    "anthropic": does("wrong_type", body={"content": 3})["plan"],
    "google": does("wrong_type", body={"candidates": 3})["plan"]}}

DATED = {"Date": "Sun, 06 Nov 1994 08:49:36 GMT"}
IN_A_SECOND = {
    "IMF-fixdate": "Sun, 06 Nov 1994 08:49:37 GMT",
    "RFC 850": "Sunday, 06-Nov-94 08:49:37 GMT",
    "asctime": "Sun Nov  6 08:49:37 1994",
}
# OpenAI's events know no word for it: a server_error like any other.
SAYS_OVERLOADED = ("anthropic", "google")
NO_429 = "SPEC 7: a provider's 429 is ours: 503, never the client's 429"
NO_401 = "SPEC 7: a provider's 401 is ours: 502"
COUNTS = "SPEC 4: a 429 counts at the breaker like others"
SEQUENCE = "the fault is a sequence of replies, not a state"
REDIS, AUDIT = (f"not applicable yet: no such dependency kind ({name})"
                for name in ("redis", "postgres"))

FAULTS = [
    both("1", "refused", down("connect", reaches=False), inject="refused"),
    both("2", "black hole", late("connect_timeout", lasts="connect_timeout",
                                 reaches=False), inject="black_hole"),
    both("3", "silence", late("first_byte_timeout"), **does("hang")),
    whole("3", "a head and silence", late("body_timeout"),
          **does("gap", after=0)),
    stream("3", "a head and silence", late("first_byte_timeout"),
           **does("gap", after=0)),
    both("4", "half a head", late("first_byte_timeout", "body_timeout"),
         **does("hang_headers")),
    both("4", "head of 50 B/s", late("first_byte_timeout", "body_timeout"),
         **does("drip_head", every_ms=20)),
    whole("5", "body of 50 B/s", late("body_timeout"),
          **does("drip_body", every_ms=20)),
    stream("5", "stream of 50 B/s before its first token",
           late("first_byte_timeout"), **does("drip_body", every_ms=20)),

    stream("6", "silent in mid-stream",
           broken(LATE, "idle_timeout", lasts="idle_timeout"),
           **after_a_word("gap")),
    sequence("6", "silent in mid-stream, with a next target", "continued",
             ["stream"], needs="stream_failover", only_idle=SEQUENCE,
             expect=Expect(200, "ok", lasts="idle_timeout"),
             **after_a_word("gap")),

    both("7", "FIN before the reply", bad("eof"), **does("reset", how="fin")),
    stream("7", "a head and FIN", bad("eof", "framing"),
           **does("cut", after=0)),
    both("8", "RST before the reply", bad("reset", "eof"), **does("reset")),
    stream("8", "a head and RST", bad("eof", "reset", "framing"),
           **does("cut", after=0, how="rst")),
    sequence("8", "stale keep-alive, RST", "free_retry", given={"how": "rst"},
             only_idle=SEQUENCE),
    sequence("8", "stale keep-alive, FIN", "free_retry", given={"how": "fin"},
             only_idle=SEQUENCE),

    both("9", "FIN inside the head", bad("framing", "eof"),
         **does("cut_bytes", after=20)),
    whole("9", "RST inside the body", bad("framing", "reset"),
          **does("cut_bytes", after=200, how="rst")),
    stream("9", "FIN in mid-stream", broken(ERROR, "framing", "eof"),
           **after_a_word("cut")),
    stream("9", "RST in mid-stream", broken(ERROR, "framing", "reset"),
           **after_a_word("cut", how="rst")),
    sequence("9", "FIN in mid-stream, with a next target", "continued",
             ["stream"], needs="stream_failover", only_idle=SEQUENCE,
             **after_a_word("cut")),
    sequence("9", "RST in mid-stream, with a next target", "continued",
             ["stream"], needs="stream_failover", only_idle=SEQUENCE,
             **after_a_word("cut", how="rst")),

    whole("10", "short of its length", bad("framing"), **does("truncate")),
    stream("10", "short of its length", broken(ERROR, "framing"),
           **does("truncate")),
    whole("10", "short chunk", bad("framing"), **does("truncate_chunked")),
    stream("10", "short chunk", broken(ERROR, "framing"),
           **does("truncate_chunked")),
    whole("10", "length too large", late("body_timeout"),
          **does("wrong_length", delta=5)),
    whole("10", "length too small", bad("decode", "framing"),
          **does("wrong_length", delta=-5)),
    stream("10", "no last event", broken(ERROR, "framing", "decode", "eof"),
           **does("no_done")),

    sequence("11", "429, Retry-After: 1", "waits", only_idle=SEQUENCE,
             note=COUNTS, **says(429, {"Retry-After": "1"})),
    held("11", "429, Retry-After past the deadline", LIMITED, "rate_limited",
         (29, 30), NO_429, **says(429, {"Retry-After": "30"})),
    *[sequence("12", f"429, {form}", "waits", only_idle=SEQUENCE, note=COUNTS,
               **says(429, {**DATED, "Retry-After": date}))
      for form, date in IN_A_SECOND.items()],
    both("12", "429, a date that is past", overloaded(LIMITED, "rate_limited"),
         note=NO_429, **says(429, {"Retry-After": DATED["Date"]})),
    held("12", "429, a date past the cap", LIMITED, "rate_limited",
         (119, 3600), "SPEC 4: the cap is 120 s; " + NO_429,
         **says(429, {**DATED,
                      "Retry-After": "Sun, 06 Nov 1994 09:49:36 GMT"})),
    both("12", "429, garbage", overloaded(LIMITED, "rate_limited"),
         note=NO_429, **says(429, {"Retry-After": "soon"})),
    both("13", "429 alone", overloaded(LIMITED, "rate_limited"), note=NO_429,
         **says(429)),
    both("13", "spend cap", Expect(503, LIMITED, counted=False, tries=1),
         note=NO_429, **SPEND_PLAN),

    both("14", "500", bad("server_error"), **says(500)),
    sequence("14", "500, then good", "saved", only_idle=SEQUENCE, **says(500)),
    both("15", "502", bad("server_error"), **says(502)),
    both("15", "503", down("server_error"), **says(503)),
    held("15", "503, Retry-After: 30", OVERLOADED, "overloaded", (29, 30),
         **says(503, {"Retry-After": "30"})),
    both("15", "504", Expect(504, LATE, ("server_error",)), **says(504)),
    both("16", "529", overloaded(OVERLOADED, "overloaded"), **says(529)),
    held("16", "529, Retry-After: 30", OVERLOADED, "overloaded", (29, 30),
         **says(529, {"Retry-After": "30"})),
    stream("14", "an error as first event", bad("server_error"),
           **does("error_event", after=0, status=500)),
    stream("14", "an error in mid-stream", broken(ERROR, "server_error"),
           **after_a_word("error_event", status=500)),
    stream("16", "overloaded as first event",
           overloaded(OVERLOADED, "overloaded"), dialects=SAYS_OVERLOADED,
           **does("error_event", after=0)),
    stream("16", "overloaded in mid-stream", broken(OVERLOADED, "overloaded"),
           dialects=SAYS_OVERLOADED, **after_a_word("error_event")),

    *[both("17", str(status), refused(), **says(status))
      for status in (400, 404, 413, 422)],
    both("17", "404, no such model", refused(404, NO_MODEL), **NO_MODEL_PLAN),
    *[both("17", str(status), Expect(502, ERROR, counted=False, tries=1),
           note=NO_401, **says(status)) for status in (401, 403)],

    both("18", "garbage", bad("decode", "eof"), **does("garbage")),
    both("18", "HTML", bad("decode", "framing"), **does("html")),
    both("18", "an array", bad("decode"), **does("wrong_type")),
    whole("18", "a number", bad("decode"), **does("wrong_type", body=1)),
    whole("18", "the wrong shape", bad("decode"), **WRONG_SHAPE),
    whole("18", "nothing", bad("decode"), **does("wrong_type", body="")),
    stream("18", "no event", bad("eof", "decode"), **does("empty_stream")),
    whole("18", "two documents", bad("decode"), **does("two_documents")),

    both("19", "head of 1 MB", bad("too_large", tries=1), mock_seconds=5,
         **does("big_headers")),
    whole("19", "body of 64 MiB", bad("too_large", tries=1), mock_seconds=10,
          **does("big_body")),
    whole("19", "body without end", bad("too_large", tries=1),
          only_idle="64 x 16 MiB measure the mock", mock_seconds=10,
          **does("endless")),
    stream("19", "event without end", bad("too_large", tries=1),
           mock_seconds=5, **does("endless_event")),
    sequence("19", "stream without end", "deadline_in_mid_stream", ["stream"],
             only_idle="it ends with the request's deadline, not by itself",
             **does("endless")),
    both("19", "gzip bomb", bad("decode", "too_large"), **does("gzip_bomb")),
    both("19", "500 with a body of 1 MB", bad("server_error"),
         **does("status", status=500, body="x" * (1 << 20))),

    both("20", "expired", bad("tls", tries=1, reaches=False),
         mock_seconds=2, inject="tls_expired"),
    both("20", "wrong name", bad("tls", tries=1, reaches=False),
         mock_seconds=2, inject="tls_wrong_name"),
    both("20", "self-signed", bad("tls", tries=1, reaches=False),
         mock_seconds=2, inject="tls_self_signed"),
    both("20", "TLS 1.1", bad("tls", tries=1, reaches=False),
         mock_seconds=2, inject="tls_old"),
    both("20", "stalled handshake",
         late("connect_timeout", lasts="connect_timeout", reaches=False),
         inject="tls_stalled"),

    both("21", "NXDOMAIN", down("dns", reaches=False), inject="dns_nxdomain"),
    both("21", "SERVFAIL", down("dns", reaches=False), inject="dns_servfail"),
    both("21", "no answer from DNS",
         late("connect_timeout", "dns", lasts="connect_timeout",
              reaches=False), inject="dns_silent",
         note="SPEC 7: what is late is 504"),
    sequence("21", "DNS fails after it knew", "last_good_address",
             ["whole"], inject="dns_good", only_idle=SEQUENCE),
    sequence("21", "the address changes", "address_changes", ["whole"],
             inject="dns_good", only_idle=SEQUENCE),

    both("22", "endless 1xx", bad("framing", "too_large"), mock_seconds=3,
         **does("flood_1xx", count=None)),
    both("22", "redirect to an inner host", bad("framing"), inject="redirect"),
    both("22", "HTTP/0.9", bad("framing"), **does("http09")),
    sequence("22", "a second reply behind the first", "smuggled",
             only_idle=SEQUENCE, **does("extra_bytes")),

    NotApplicable("23", "Redis: READONLY, LOADING, OOM, MOVED, wrong type, "
                  "failover", REDIS),
    NotApplicable("24", "PostgreSQL: kill -9, too many clients, disk full, "
                  "serialization, lock wait", AUDIT),

    sequence("25", "recovers", "recovers", only_idle=SEQUENCE, **says(500)),
    sequence("25", "does not recover yet", "stays_open", only_idle=SEQUENCE,
             **says(500)),

    # Beyond the table: SPEC 4, "Deadline" and "Retry".
    sequence("leave", "the client leaves: RST", "client_leaves",
             given={"how": "reset"}, only_idle=SEQUENCE),
    sequence("leave", "the client leaves: FIN", "client_leaves",
             given={"how": "close"}, only_idle=SEQUENCE),
    sequence("leave", "it leaves the queue: RST", "leaves_the_queue",
             given={"how": "reset"}, only_idle=SEQUENCE),
    sequence("leave", "it leaves the queue: FIN", "leaves_the_queue",
             given={"how": "close"}, only_idle=SEQUENCE),
    sequence("storm", "an upstream that always fails", "amplification",
             ["whole"], only_idle="its load is its own", **says(500)),
]
