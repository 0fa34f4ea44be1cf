#!/usr/bin/python3
"""Files stay short enough to be read in one go; a longer one says why in its
first comment ("Reason for length: ..."), and there is an end to that too."""

import tree

WANTED, MOST, MOST_TEST = 300, 400, 500
README, ADR = 40, 60
TESTING = ("tests/", "tools/mock")
FOLDERS = ("tests", "adr", "config", "tools")
# In these each folder with sources has its README.
LAYERS = ("actors/", "protocol/", "server/")


def is_source(path):
    script = not path.suffix and tree.text(path).startswith("#!")
    return path.suffix in (".hpp", ".cpp", ".py") or script


def first_comment(text):
    """The lines before the first code, roughly: up to the first blank line that
    follows anything but `#pragma once`."""
    return "\n\n".join(text.replace("#pragma once\n", "", 1).strip().split("\n\n")[:2])


def source(path, text, lines):
    test = str(path).startswith(TESTING)
    most = MOST_TEST if test else MOST
    if lines > most:
        return f"{lines} lines, at most {most}: split it by ideas"
    if lines > WANTED and not test and "Reason for length" not in first_comment(text):
        return (f'{lines} lines: split it, or say "Reason for length: ..." in its first '
                f"comment (up to {most})")
    return None


def length_problem(path):
    text = tree.text(path)
    lines = text.count("\n")
    if path.name == "README.md" and len(path.parts) > 1 and lines > README:
        return f"{lines} lines, a folder's README has at most {README}"
    if path.parts[0] == "adr" and path.suffix == ".md" and lines > ADR:
        return f"{lines} lines, a decision has at most {ADR}"
    return source(path, text, lines) if is_source(path) else None


def main():
    problems = []
    for path in tree.files():
        what = length_problem(path)
        if what:
            problems.append(f"{path}:1: lengths: {what}")
    layers = {str(path.parent) for path in tree.files(".hpp", ".cpp", under=LAYERS)}
    for folder in (*FOLDERS, *sorted(layers)):
        if not (tree.ROOT / folder / "README.md").is_file():
            problems.append(f"{folder}/README.md:1: lengths: missing (purpose, who may "
                            "include it, reading order)")
    tree.finish(problems)


if __name__ == "__main__":
    main()
