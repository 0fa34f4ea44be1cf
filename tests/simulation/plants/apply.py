#!/usr/bin/python3
"""apply.py PLANT.toml SOURCES OUT: writes a copy of one source with the bug of
a plant in it. Fails unless each old text is found exactly once: a plant that no
longer fits the source must be planted anew, not forgotten."""

import pathlib
import sys
import tomllib


def main():
    plant, sources, out = map(pathlib.Path, sys.argv[1:])
    what = tomllib.loads(plant.read_text(encoding="utf-8"))
    text = (sources / what["file"]).read_text(encoding="utf-8")
    for change in what["change"]:
        found = text.count(change["old"])
        if found != 1:
            sys.exit(f"{plant}: found {found} times in {what['file']}, not once:\n{change['old']}")
        text = text.replace(change["old"], change["new"])
    out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
