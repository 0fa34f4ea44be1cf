#!/usr/bin/python3
"""apply.py PLANT.toml SOURCES FILE OUT: writes a copy of one source with what a
plant changes in it. Fails unless each old text is found exactly once: a plant
that no longer fits its source must be planted anew, not forgotten."""

import pathlib
import sys
import tomllib


def main():
    plant, sources, file, out = map(pathlib.Path, sys.argv[1:])
    what = tomllib.loads(plant.read_text(encoding="utf-8"))
    text = (sources / file).read_text(encoding="utf-8")
    for change in what["change"]:
        if change["file"] != str(file):
            continue
        found = text.count(change["old"])
        if found != 1:
            sys.exit(f"{plant}: found {found} times in {file}, not once:\n{change['old']}")
        text = text.replace(change["old"], change["new"])
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
