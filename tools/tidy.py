#!/usr/bin/python3
"""clang-tidy over actors/ and protocol/ (and server/ with --all), with the flags
of a configured build. A file that was clean is not looked at again until it, a
header that it reads or .clang-tidy changes: tidy.py BUILD CLANG_TIDY [--all]"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import tree

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "caisson/tidy"


def included(path, known):
    """The headers of ours that a file reads, by way of others too."""
    if path not in known:
        known[path] = set()  # two that include each other end here
        for _, quoted, name in tree.includes(path):
            header = pathlib.PurePosixPath(name)
            if quoted and (tree.ROOT / header).is_file():
                known[path] |= {header} | included(header, known)
    return known[path]


def key_of(path, rules, flags, known):
    """What clang-tidy's word on a file follows from; headers of the system are
    the distribution's."""
    key = hashlib.sha256(rules)
    key.update(flags.replace(str(tree.ROOT), "").encode())
    for one in [path, *sorted(included(path, known))]:
        key.update(f"{one}\n{tree.text(one)}".encode())
    return key.hexdigest()


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
    flags = {entry["file"]: entry["command"] for entry in
             json.loads((pathlib.Path(build) / "compile_commands.json").read_text())}
    version = subprocess.run([tidy, "--version"], capture_output=True).stdout
    rules = version + (tree.ROOT / ".clang-tidy").read_bytes()
    headers = {}
    work = []
    for path in tree.files(".cpp", under=layers):
        if str(tree.ROOT / path) not in flags:
            continue  # made since the build was configured
        stamp = CACHE / key_of(path, rules, flags[str(tree.ROOT / path)], headers)
        if not stamp.exists():
            work.append((path, stamp))
    problems = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(lambda one: look(tidy, build, *one), work):
            problems.update(dict.fromkeys(said))  # a header speaks once
    tree.finish(list(problems))


if __name__ == "__main__":
    main()
