"""Mutants that no law can notice, and why: tools/mutation/equivalents."""

import collections

import mutants

Known = collections.namedtuple("Known", "file before after reason number")


def read(path):
    """Blocks of lines: the file, `- before`, `+ after`, and the reason."""
    known = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "-", "+", " ")):
            continue
        block = []
        for other in lines[number:]:
            if not other.strip():
                break
            block.append(other)
        before = tuple(x[1:].strip() for x in block if x.startswith("-"))
        after = tuple(x[1:].strip() for x in block if x.startswith("+"))
        reason = " ".join(x.strip() for x in block if not x.startswith(("-", "+")))
        known.append(Known(line.strip(), before, after, reason, number))
    return known


def key(mutant, source):
    _, before, after = mutants.change_of(mutant, source)
    return mutant.file, tuple(before), tuple(after)


def split(everything, sources, known):
    """Those to be judged, and those that are known."""
    listed = {(one.file, one.before, one.after) for one in known if one.reason}
    wanted, excused = [], []
    for mutant in everything:
        (excused if key(mutant, sources[mutant.file]) in listed else wanted).append(mutant)
    return wanted, excused


def stale(known, sources, excused):
    """What is wrong with the list itself."""
    met = {key(mutant, sources[mutant.file]) for mutant in excused}
    problems = []
    for one in known:
        where = f"tools/mutation/equivalents:{one.number}: mutate:"
        if not one.reason:
            problems.append(f"{where} give a reason, indented below the change")
        elif one.file in sources and (one.file, one.before, one.after) not in met:
            problems.append(f"{where} there is no such mutant any more: remove it")
    return problems
