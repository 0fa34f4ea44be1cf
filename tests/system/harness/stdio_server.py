"""A server of MCP that is a process: a message a line. Its tools do to it what
happens to such servers. Run by a node, told by its arguments:

    stdio_server.py FOLDER [--era modern] [--mute-before-session] [--greet]

Whatever is said to it stands in FOLDER/said, a line each.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

META = "io.modelcontextprotocol/"
PARSER = argparse.ArgumentParser()
PARSER.add_argument("folder", type=pathlib.Path)
PARSER.add_argument("--era", default="legacy")
PARSER.add_argument("--mute-before-session", action="store_true")
PARSER.add_argument("--greet", action="store_true")
ASKED = PARSER.parse_args()

TOOLS = ["echo", "env", "where", "pid", "die", "die_once", "garbage", "loud",
         "flood", "ask", "talk", "log", "more", "wait", "child", "count"]
HINTS = {"echo": {"readOnlyHint": True}, "die_once": {"idempotentHint": True}}
OUT = threading.Lock()
ANSWERS = {}
TOLD = threading.Condition()
BEGUN = False


def say(message):
    with OUT:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def note(line):
    with OUT, (ASKED.folder / "said").open("a") as file:
        file.write(line.rstrip("\n") + "\n")


def text(what):
    return {"content": [{"type": "text", "text": str(what)}]}


def tell(method, **params):
    say({"jsonrpc": "2.0", "method": method, "params": params})


def ask(method, params):
    number = f"q{len(ANSWERS)}-{time.monotonic_ns()}"
    say({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    with TOLD:
        TOLD.wait_for(lambda: number in ANSWERS, 20)
    return ANSWERS.get(number)


def call(name, arguments, meta):
    if name == "echo":
        return text(arguments.get("text", ""))
    if name == "env":
        return text(json.dumps(dict(os.environ)))
    if name == "where":
        return text(json.dumps({
            "cwd": os.getcwd(),
            "files": sorted(os.listdir("/proc/self/fd"))}))
    if name == "pid":
        return text(os.getpid())
    if name == "die":
        os._exit(3)
    if name == "die_once":
        mark = ASKED.folder / "died"
        if not mark.exists():
            mark.touch()
            os._exit(3)
        return text("alive again")
    if name == "garbage":
        with OUT:
            sys.stdout.write("a line of a program\n[1,2\n\n{}\n")
            sys.stdout.flush()
        return text("after garbage")
    if name == "loud":
        for number in range(arguments.get("lines", 3)):
            sys.stderr.write(f"complaint {number}\n")
        sys.stderr.write("x" * 5000 + "\n")
        sys.stderr.flush()
        return text("said")
    if name == "flood":
        with OUT:
            sys.stdout.write("x" * (17 << 20))
            sys.stdout.flush()
        return text("never")
    if name == "ask":
        return text(json.dumps(ask("elicitation/create", {
            "message": "Who?", "requestedSchema": {
                "type": "object", "properties": {}}})))
    if name == "talk":
        for step in (1, 2):
            tell("notifications/progress", progress=step, total=2,
                 progressToken=meta["progressToken"])
        return text("talked")
    if name == "log":
        tell("notifications/message", level="warning", data="careful")
        return text("logged")
    if name == "more":
        TOOLS.append("late")
        tell("notifications/tools/list_changed")
        return text("more")
    if name == "wait":
        (ASKED.folder / f"waiting-{arguments.get('text', '')}").touch()
        while not (ASKED.folder / "go").exists():
            time.sleep(0.01)
        return text("waited")
    if name == "child":
        child = subprocess.Popen(["sleep", "1000"])
        return text(child.pid)
    if name == "count":
        return text(sum(1 for _ in (ASKED.folder / "said").open()))
    return {**text("there is no such tool"), "isError": True}


def serve(method, params):
    if method == "initialize":
        return {"protocolVersion": "2025-11-25",
                "capabilities": {"tools": {"listChanged": True}},
                "serverInfo": {"name": "process", "version": "1"}}
    if method == "server/discover" and ASKED.era == "modern":
        return {"supportedVersions": ["2026-07-28"], "capabilities": {}}
    if method == "tools/list":
        return {"tools": [{"name": name, "description": f"The tool {name}.",
                           "inputSchema": {"type": "object"},
                           "annotations": HINTS.get(name, {})}
                          for name in TOOLS]}
    if method == "tools/call":
        return call(params["name"], params.get("arguments") or {},
                    params.get("_meta", {}))
    if method in ("ping", "logging/setLevel"):
        return {}
    return None


def handle(message):
    method, number = message["method"], message["id"]
    result = serve(method, message.get("params", {}))
    if result is None:
        return say({"jsonrpc": "2.0", "id": number, "error": {
            "code": -32601, "message": "Method not found"}})
    if ASKED.era == "modern":
        result = {"resultType": "complete", **result}
    return say({"jsonrpc": "2.0", "id": number, "result": result})


if ASKED.greet:
    print("Welcome to this server!")
    sys.stdout.flush()
(ASKED.folder / "pids").open("a").write(f"{os.getpid()}\n")
for line in sys.stdin:
    note(line)
    message = json.loads(line)
    BEGUN |= message.get("method") == "initialize"
    if "method" not in message:
        with TOLD:
            ANSWERS[message["id"]] = message.get("result",
                                                 message.get("error"))
            TOLD.notify_all()
    elif "id" in message and (BEGUN or not ASKED.mute_before_session):
        threading.Thread(target=handle, args=(message,), daemon=True).start()
