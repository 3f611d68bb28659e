"""A small world in which every step of temporary access can be tried: three people, four moments, one request.

`laws` says what may never happen in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

from governance.breakglass.facts import NOBODY, Facts
from governance.breakglass.machines import GRANT, NEW, REQUEST, REVIEW, TABLE, Step, take

ANN, BEN, CAL = (UUID(int=number) for number in (1, 2, 3))
PEOPLE = (ANN, BEN, CAL)
NEEDED = 2
MOMENTS = 3
_TICK = timedelta(minutes=30)
_BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
_DECIDE, _USE, _LIVE = 2, 2, 1
"""Ticks to decide, to begin, and to live."""

LIVING = {"ready", "active", "suspended"}
UNDECIDED = {"pending", "needs_info"}


@dataclass(frozen=True, slots=True)
class World:
    """Everything that can be asked about, at one moment. Ann asks; `deciders` hold the right to approve."""

    now: int = 0
    deciders: frozenset[UUID] = frozenset(PEOPLE)
    may_ask: bool = True
    request: str = NEW
    decide_by: int = 0
    begins: int = 0
    approved_by: frozenset[UUID] = frozenset()
    width: int = 2
    """How much is asked for; an approval may make it 1."""
    asked_back: bool = False
    grant: str = NEW
    granted_width: int = 0
    use_by: int = 0
    ends: int = 0
    review: str = NEW
    reviewer: UUID | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody tries a step. The flags are what they bring with them."""

    machine: str
    verb: str
    actor: UUID
    is_good: frozenset[str] = frozenset()
    width: int = 2


FLAGS = {
    "submit": ("justified", "ticket", "short", "ceiling", "few", "few_open"),
    "declare": (
        "justified",
        "ticket",
        "short",
        "ceiling",
        "few",
        "declarer",
        "fresh",
        "hour",
        "reads",
        "none_overdue",
        "seldom",
    ),
    "ask": ("same", "comment"),
    "answer": ("comment",),
    "approve": ("same",),
    "deny": ("same", "comment"),
    "activate": ("fresh",),
    "suspend": ("contain", "comment"),
    "resume": ("contain", "comment"),
    "revoke": ("contain",),
    "claim": ("may_review",),
    "refer": ("may_review", "comment"),
    "conclude": ("may_review", "over"),
    "remark": ("may_review", "over", "comment"),
    "report": ("may_review", "over", "comment"),
}


def events() -> list[Event]:
    """Everything that anybody can try, with every choice of what they bring."""
    found = []
    for machine, verb in dict.fromkeys((step.machine, step.verb) for step in TABLE):
        flags = FLAGS.get(verb, ())
        widths = (1, 2, 3) if verb == "approve" else (2,)
        # One thing at a time is missing; two at once would be refused for either.
        choices = [frozenset(flags), *(frozenset(flags) - {flag} for flag in flags)]
        for actor, is_good, width in product((*PEOPLE, NOBODY), choices, widths):
            found.append(Event(machine, verb, actor, is_good, width))
    return found


_BY_STATE: dict[tuple[str, str], list[Event]] = {}
for _event in events():
    for _state in {
        state for step in TABLE if (step.machine, step.verb) == (_event.machine, _event.verb) for state in step.sources
    }:
        _BY_STATE.setdefault((_event.machine, _state), []).append(_event)


def events_in(world: World) -> Iterator[Event]:
    """What can be tried in a world; what is no step of the state it is in is refused before any guard is asked."""
    for machine in (REQUEST, GRANT, REVIEW):
        yield from _BY_STATE.get((machine, state_of(world, machine)), ())


def facts_of(world: World, event: Event) -> Facts:
    """What is known when somebody tries a step."""
    good = event.is_good
    return Facts(
        now=_at(world.now),
        actor=event.actor,
        requester=ANN,
        grantee=ANN,
        reviewer=world.reviewer,
        may_request=world.may_ask,
        may_approve=event.actor in world.deciders,
        may_contain="contain" in good,
        may_review="may_review" in good,
        may_declare="declarer" in good,
        approved_by=world.approved_by,
        able_approvers=world.deciders,
        needed=NEEDED,
        duration=timedelta(hours=2 if event.verb == "declare" and "hour" not in good else 1),
        longest=timedelta(hours=8) if "short" in good else timedelta(minutes=10),
        total=timedelta(hours=3),
        ceiling=timedelta(hours=3 if "ceiling" in good else 2),
        decide_by=_at(world.decide_by),
        not_before=_at(world.begins),
        activate_by=_at(world.use_by),
        not_after=_at(world.ends),
        factor_at=_at(world.now) if "fresh" in good else None,
        factor_within=timedelta(minutes=5),
        is_justified="justified" in good,
        is_ticket_good="ticket" in good,
        is_commented="comment" in good,
        is_same_content="same" in good,
        only_narrows=event.width <= world.width,
        only_reads="reads" in good,
        was_asked_back=world.asked_back,
        open_requests=0 if "few_open" in good else 5,
        most_open=5,
        recent_emergencies=0 if "seldom" in good else 2,
        most_emergencies=2,
        overdue_reviews=0 if "none_overdue" in good else 1,
        subjects=1 if "few" in good else 51,
        most_subjects=50,
        is_over="over" in good,
        approvers_of_grant=world.approved_by if world.grant != NEW else frozenset(),
    )


def _at(tick: int) -> datetime:
    return _BEGIN + tick * _TICK


def state_of(world: World, machine: str) -> str:
    """The state of one of the machines."""
    return {REQUEST: world.request, GRANT: world.grant, REVIEW: world.review}[machine]


def after(world: World, event: Event, *, table: tuple[Step, ...] = TABLE) -> World | None:
    """The world once somebody has taken a step; None where they are refused."""
    if (event.machine == GRANT and world.grant == NEW) or (event.machine == REVIEW and world.review == NEW):
        return None
    step = take(event.machine, event.verb, state_of(world, event.machine), facts_of(world, event), table=table)
    if not isinstance(step, Step):
        return None
    changes: dict[str, object] = {step.machine: step.target}
    if event.verb == "submit":
        changes |= {"decide_by": world.now + _DECIDE, "begins": world.now + 1}
    elif event.verb == "ask":
        changes["asked_back"] = True
    elif event.verb == "approve":
        changes |= {"approved_by": world.approved_by | {event.actor}, "width": event.width}
        if step.target == "approved":
            changes |= {"grant": "ready", "granted_width": event.width, "use_by": world.now + _USE}
    elif event.verb == "declare":
        changes |= {"grant": "active", "granted_width": world.width, "ends": world.now + _LIVE, "review": "open"}
    elif event.verb == "activate":
        changes["ends"] = world.now + _LIVE
    elif event.verb == "claim":
        changes["reviewer"] = event.actor
    elif event.verb == "refer":
        changes["reviewer"] = None
    elif event.verb == "relinquish" and world.review == NEW:
        changes["review"] = "open"
    return replace(world, **changes)


def drifts(world: World) -> Iterator[World]:
    """What happens by itself: time passes, people gain and lose rights."""
    if world.now < MOMENTS:
        yield replace(world, now=world.now + 1)
    yield replace(world, deciders=world.deciders ^ {CAL})
    yield replace(world, may_ask=not world.may_ask)


def opens(world: World) -> bool:
    """Whether Ann's grant opens anything now: a comparison with the clock, whatever any job has done."""
    return world.grant == "active" and world.now < world.ends
