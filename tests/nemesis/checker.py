"""What must be true of a history, as sentences about what is not. Nothing here
asks a node: tests/system/test_nemesis_checker.py shows each law its breach."""
from collections import Counter

WHOLE_WITHIN = 5.0  # seconds after a fault has ended


def lost(history):
    """Who asks once more at another node gets an answer."""
    return [f"{one.id} (round {one.round}) is lost: " + ", then ".join(
                f"{each.node} {each.status or each.error}"
                for each in one.attempts)
            for one in history if one.attempts[-1].status != 200]


def crossed(history):
    """An attempt has one outcome: an answer that is its own and nothing
    behind it, or none."""
    return [f"{one.id} at {each.node}: {each.stray}"
            for one in history for each in one.attempts
            if each.stray or (each.status is None) == (not each.error)]


def misjudged(spent):
    """Whose hour is limited is let in, refused, or not answered."""
    return [f"{one.id} at {each.node}: {each.status}"
            for one in spent for each in one.attempts
            if each.status not in (200, 429, None)]


def let_in(spent, number):
    """How many of a round's client."""
    return sum(each.status == 200 for one in spent if one.round == number
               for each in one.attempts)


def over_limit(passed, limit, nodes, quiet):
    """README.md's bounds. `quiet`: nothing happened, each node was asked and
    answered in time: the limit to the last one. Else at most twice the limit
    and a twentieth; and nobody is refused before a node's share is used up."""
    most = limit if quiet else 2 * limit + limit // 20
    least = limit if quiet else limit // nodes
    if least <= passed <= most:
        return []
    return [f"{passed} were let in, not {least} to {most}"]


def counts(history):
    """By node and life: how many of its answers came, and how many attempts
    nobody knows the end of. Who was not there has not been asked."""
    came, unknown = Counter(), Counter()
    for one in history:
        for each in one.attempts:
            where = came if each.status is not None else unknown
            where[each.node, each.life] += each.sent
    return came, unknown


def miscounted(history, counters):
    """`counters`: by node and life, how many requests it says to have answered.
    Each answer that came is counted once, and nothing that was not asked."""
    came, unknown = counts(history)
    return [f"{node} (life {life}) counts {number:g}; {came[node, life]} "
            f"answers came and {unknown[node, life]} may have"
            for (node, life), number in counters.items()
            if not came[node, life] <= number
            <= came[node, life] + unknown[node, life]]


def one_view(counters, told):
    """`told`: by node, what it says that each life counts."""
    return [f"{name} tells {of[where]:g} of {where[0]}, which tells {number:g}"
            for name, of in told.items() for where, number in counters.items()
            if of[where] != number]


def late(seconds):
    """`seconds` until the cluster was whole again; None: it was not at all."""
    if seconds is not None and seconds <= WHOLE_WITHIN:
        return []
    took = "not" if seconds is None else f"only after {seconds:.1f} s"
    return [f"the cluster is {took} whole again"]


def undone(done):
    """A fault that nobody notices proves nothing."""
    return [] if done else ["nobody has noticed the fault"]
