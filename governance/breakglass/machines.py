"""The three machines of temporary access, as one table: a request is decided, a grant lives, a review looks back.

The table drives the actions' guards, the database's own check of every change of state, the diagram in the
documentation, and the exhaustive check of a small world. A step that is not in it does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.breakglass import guards as g
from governance.breakglass.facts import Facts
from governance.breakglass.guards import Guard

REQUEST, GRANT, REVIEW = "request", "grant", "review"
NEW = "new"
"""Before there is a row."""

PENDING, NEEDS_INFO, APPROVED, DENIED, CANCELLED, LAPSED, DECLARED = (
    "pending", "needs_info", "approved", "denied", "cancelled", "lapsed", "declared",
)  # fmt: skip
READY, ACTIVE, SUSPENDED, EXPIRED, RELINQUISHED, REVOKED, UNUSED = (
    "ready", "active", "suspended", "expired", "relinquished", "revoked", "unused",
)  # fmt: skip
OPEN, CLAIMED, APPROPRIATE, REMARKED, VIOLATION = "open", "claimed", "appropriate", "remarked", "violation"


@dataclass(frozen=True, slots=True)
class Step:
    """One way from a state to another; `verb` is what whoever takes it does."""

    machine: str
    verb: str
    sources: tuple[str, ...]
    target: str
    guards: tuple[Guard, ...]


_ASKING = (g.REQUESTER, g.MAY_REQUEST, g.JUSTIFIED, g.TICKET, g.SHORT_ENOUGH, g.BELOW_CEILING, g.FEW_SUBJECTS)
_DECIDING = (g.MAY_APPROVE, g.NOT_OWN, g.SAME_CONTENT, g.IN_TIME)
_APPROVING = (*_DECIDING, g.ONLY_NARROWS, g.MAY_REQUEST)
_LIVING = (READY, ACTIVE, SUSPENDED)

TABLE: tuple[Step, ...] = (
    Step(REQUEST, "submit", (NEW,), PENDING, (*_ASKING, g.SOMEBODY_CAN, g.FEW_OPEN)),
    Step(REQUEST, "declare", (NEW,), DECLARED, (
        *_ASKING, g.MAY_DECLARE, g.FRESH_FACTOR, g.SHORT_EMERGENCY, g.ONLY_READS, g.NOTHING_OVERDUE, g.FEW_EMERGENCIES,
    )),
    Step(REQUEST, "ask", (PENDING,), NEEDS_INFO, (*_DECIDING, g.COMMENTED, g.NOT_ASKED_BACK)),
    Step(REQUEST, "answer", (NEEDS_INFO,), PENDING, (g.REQUESTER, g.COMMENTED, g.IN_TIME)),
    Step(REQUEST, "approve", (PENDING,), PENDING, (*_APPROVING, g.NOT_TWICE, g.MORE_NEEDED)),
    Step(REQUEST, "approve", (PENDING,), APPROVED, (*_APPROVING, g.LAST_APPROVAL)),
    Step(REQUEST, "deny", (PENDING, NEEDS_INFO), DENIED, (*_DECIDING, g.COMMENTED)),
    Step(REQUEST, "cancel", (PENDING, NEEDS_INFO), CANCELLED, (g.REQUESTER,)),
    Step(REQUEST, "lapse", (PENDING, NEEDS_INFO), LAPSED, (g.CLOCK, g.TOO_LATE)),
    Step(GRANT, "activate", (READY,), ACTIVE, (
        g.GRANTEE, g.HAS_BEGUN, g.STILL_TO_USE, g.MAY_REQUEST, g.STILL_APPROVED, g.FRESH_FACTOR,
    )),
    Step(GRANT, "suspend", (ACTIVE,), SUSPENDED, (g.MAY_CONTAIN, g.COMMENTED)),
    Step(GRANT, "resume", (SUSPENDED,), ACTIVE, (g.MAY_CONTAIN, g.NOT_GRANTEE, g.RUNNING, g.COMMENTED)),
    Step(GRANT, "revoke", _LIVING, REVOKED, (g.MAY_END,)),
    Step(GRANT, "relinquish", _LIVING, RELINQUISHED, (g.GRANTEE,)),
    Step(GRANT, "expire", (ACTIVE, SUSPENDED), EXPIRED, (g.CLOCK, g.OVER)),
    Step(GRANT, "waste", (READY,), UNUSED, (g.CLOCK, g.NEVER_USED)),
    Step(REVIEW, "claim", (OPEN,), CLAIMED, (g.MAY_REVIEW, g.NO_PART_IN_IT)),
    Step(REVIEW, "refer", (CLAIMED,), OPEN, (g.MAY_REVIEW, g.OWN_REVIEW, g.COMMENTED)),
    Step(REVIEW, "conclude", (CLAIMED,), APPROPRIATE, (g.MAY_REVIEW, g.OWN_REVIEW, g.HAS_ENDED)),
    Step(REVIEW, "remark", (CLAIMED,), REMARKED, (g.MAY_REVIEW, g.OWN_REVIEW, g.HAS_ENDED, g.COMMENTED)),
    Step(REVIEW, "report", (CLAIMED,), VIOLATION, (g.MAY_REVIEW, g.OWN_REVIEW, g.HAS_ENDED, g.COMMENTED)),
)  # fmt: skip

INITIAL = {REQUEST: (PENDING, DECLARED), GRANT: (READY, ACTIVE), REVIEW: (OPEN,)}
"""The states in which rows of a machine begin."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not taken: the guards that do not hold, the first one first; none: there is no such step here."""

    verb: str
    state: str
    failed: tuple[Guard, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the record says, most specific first."""
        if not self.failed:
            return (f"state: {self.verb} is no step of what is {self.state}",)
        return tuple(f"guard: {guard.name}" for guard in self.failed)


def take(machine: str, verb: str, state: str, facts: Facts, *, table: tuple[Step, ...] = TABLE) -> Step | Refusal:
    """Return the step that these facts allow, or why there is none."""
    refusal = Refusal(verb, state)
    for step in _steps(machine, verb, state, table):
        failed = tuple(guard for guard in step.guards if not guard.holds(facts))
        if not failed:
            return step
        if not refusal.failed or len(failed) < len(refusal.failed):
            refusal = Refusal(verb, state, failed)
    return refusal


def states_of(machine: str) -> tuple[str, ...]:
    """Every state of a machine, in the order of the table."""
    named = [*INITIAL[machine]]
    for step in TABLE:
        if step.machine == machine:
            named += [*step.sources, step.target]
    return tuple(state for state in dict.fromkeys(named) if state != NEW)


def moves_of(machine: str) -> frozenset[tuple[str, str]]:
    """Every pair of states between which a row of a machine may move."""
    return frozenset(
        (source, step.target)
        for step in TABLE
        if step.machine == machine
        for source in step.sources
        if NEW != source != step.target
    )


def _steps(machine: str, verb: str, state: str, table: tuple[Step, ...]) -> Iterator[Step]:
    return (step for step in table if step.machine == machine and step.verb == verb and state in step.sources)
