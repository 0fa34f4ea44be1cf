#!/usr/bin/python3
"""clang-tidy over actors/ and protocol/ (and server/ with --all), with the flags
of a configured build. A file that was clean is not looked at again until it, a
header of ours or .clang-tidy changes: tidy.py BUILD_FOLDER CLANG_TIDY [--all]"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import tree

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "caisson/tidy"


def state_of_headers(tidy):
    state = hashlib.sha256(subprocess.run([tidy, "--version"], capture_output=True).stdout)
    for path in [".clang-tidy", *tree.files(".hpp")]:
        state.update(f"{path}\n{tree.text(path)}".encode())
    return state


def look(tidy, build, path, stamp):
    """What clang-tidy says of one file; nothing when it is clean."""
    got = subprocess.run([tidy, "--quiet", "-p", build, str(tree.ROOT / path)],
                         capture_output=True, text=True, cwd=tree.ROOT)
    if got.returncode == 0:
        CACHE.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        return []
    lines = got.stdout.replace(f"{tree.ROOT}/", "").splitlines()
    said = [line for line in lines if ": error: " in line or ": warning: " in line]
    return said or [f"{path}:1: tidy: {got.stderr.strip() or 'failed'}"]


def main():
    build, tidy = sys.argv[1:3]
    layers = ("actors/", "protocol/") + (("server/",) if "--all" in sys.argv else ())
    known = {entry["file"] for entry in
             json.loads((pathlib.Path(build) / "compile_commands.json").read_text())}
    headers = state_of_headers(tidy)
    work = []
    for path in tree.files(".cpp", under=layers):
        if str(tree.ROOT / path) not in known:
            continue  # made since the build was configured
        key = headers.copy()
        key.update(f"{path}\n{tree.text(path)}".encode())
        stamp = CACHE / key.hexdigest()
        if not stamp.exists():
            work.append((path, stamp))
    problems = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(lambda one: look(tidy, build, *one), work):
            problems.update(dict.fromkeys(said))  # a header speaks once
    tree.finish(list(problems))


if __name__ == "__main__":
    main()
