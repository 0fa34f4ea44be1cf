"""The words in which faults.py says what goes wrong and what must come out."""
import dataclasses

# The limits of the node under test, in seconds. Only the one that a fault is
# about is short: the others must not end it first on a busy machine.
SHORT = 0.1
LONG = 5.0
OPENS_AT = 5        # breaker.failures of the dependency that is to trip
TRIES = 2           # retry.attempts where retries are looked at
OVERLOAD_TRIES = 6  # SPEC 4: at the last target, whatever `attempts` says
ANSWER = 0.1        # what the table allows beyond a limit
TIMED = {"connect_timeout": "connect", "first_byte_timeout": "first_byte",
         "body_timeout": "body", "idle_timeout": "idle"}


@dataclasses.dataclass(frozen=True)
class Expect:
    """What one call to a dependency with that fault must come to."""
    status: int
    code: str
    # What `exception_type` may say; () where nothing is counted.
    kinds: tuple = ()
    # Whether the breaker counts it.
    counted: bool = True
    # Attempts of a call to which TRIES are allowed.
    tries: int = TRIES
    # Whether an attempt is a request that the upstream sees.
    reaches: bool = True
    # The limit that each attempt lasts: timeout, connect_timeout or
    # idle_timeout; None: it fails at once.
    lasts: str | None = None
    # Whether the next target of the chain is asked.
    moves_on: bool = True
    # An error event after the first token instead of an error's status.
    mid_stream: bool = False

    @property
    def tries_before_moving(self):
        """SPEC 4: while the chain has another target, neither a time-out nor
        an overload is tried again at the same one."""
        return 1 if self.lasts or self.tries == OVERLOAD_TRIES else self.tries

    def seconds(self, tries, more=0.0):
        """(least, most) that the node may take for so many tries; `more` is
        not the node's."""
        least = SHORT * tries if self.lasts else 0
        return least, least + ANSWER + more


@dataclasses.dataclass(frozen=True)
class Fault:
    """One line of the matrix: a way to inject a row's fault, and what must
    come of it, as whole reply and as stream."""
    row: str
    name: str
    # What the mock does; a dialect's name maps to its own plan.
    plan: dict | None = None
    # Where not the mock's plan: a name of injection.py.
    inject: str = "plan"
    whole: Expect | None = None
    stream: Expect | None = None
    # A sequence instead of a state: a function of stories.py.
    story: str | None = None
    # What its story is told.
    given: dict = dataclasses.field(default_factory=dict)
    # Loads under which it makes no sense, and why.
    only_idle: str | None = None
    # Those whose wire can say it; () means all.
    dialects: tuple = ()
    # Seconds that 64 of it at once cost the mock itself; one costs a tenth.
    mock_seconds: float = 0.2
    # What must exist in the product first.
    needs: str | None = None
    # Where the table says otherwise, what stands instead.
    note: str = ""

    @property
    def forms(self):
        return [form for form in ("whole", "stream")
                if getattr(self, form) is not None]

    def plan_for(self, dialect):
        plan = self.plan or {"do": "ok"}
        return plan.get(dialect, plan)


@dataclasses.dataclass(frozen=True)
class NotApplicable:
    """A row of the table without a dependency kind to try it on."""
    row: str
    name: str
    why: str
