#!/usr/bin/python3
"""Every source of actors/ and protocol/ has a test: one of its name, or one that
includes its header or names the file. Exceptions: pairs.allow."""

import re

import tree


def main():
    allow, problems = tree.allowed("pairs")
    tests = tree.files(".cpp", ".hpp", ".py", under=("tests/",))
    stems = {path.stem.removeprefix("test_").removesuffix("_test") for path in tests}
    for path in tests:
        stems.update(re.findall(r"(\w+)\.[ch]pp\b", tree.text(path)))
    for path in tree.files(".cpp", under=("actors/", "protocol/")):
        tested = path.stem in stems
        if not tested and str(path) not in allow:
            problems.append(f"{path}:1: pairs: no file of tests/ is named {path.stem} or "
                            f"mentions {path.stem}.hpp; write a test, or say in "
                            "tools/pairs.allow why it needs none")
        if tested and str(path) in allow:
            problems.append(f"{path}:1: pairs: a test mentions it: remove it from tools/pairs.allow")
    tree.finish(problems)


if __name__ == "__main__":
    main()
