"""The project's own files, for the checks beside this one: what git tracks, and
what it would (new files count before they are committed)."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(*suffixes, under=("",)):
    """Paths relative to the root; `suffixes` like ".hpp", none means all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [pathlib.PurePosixPath(name) for name in sorted(set(listed.split("\0")))
            if name and name.startswith(tuple(under))
            and (not suffixes or name.endswith(suffixes)) and (ROOT / name).is_file()]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def includes(path):
    """(line, whether in quotes, header) of each."""
    for number, line in enumerate(text(path).splitlines(), 1):
        if found := INCLUDE.match(line):
            yield number, found[1] == '"', found[2]


def allowed(name):
    """Exceptions of a check: lines `path: reason` of tools/NAME.allow, a path
    that ends with a slash is a folder; and what is wrong with the list itself."""
    reasons, problems = {}, []
    for number, line in enumerate(text(f"tools/{name}.allow").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        path, _, reason = line.partition(":")
        where = f"tools/{name}.allow:{number}"
        if not reason.strip():
            problems.append(f"{where}: give a reason: `path: reason`")
        elif not (ROOT / path).exists():
            problems.append(f"{where}: {path} does not exist: remove the line")
        reasons[path] = reason.strip()
    return reasons, problems


def allows(allow, path):
    return any(str(path) == one or (one.endswith("/") and str(path).startswith(one))
               for one in allow)


def finish(problems):
    """Prints what was found; the exit status says whether anything was."""
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(1 if problems else 0)
