"""D25: the ticket that an access rests on does not fit it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from audit.analysis.accesses import LOOKS, Access
from audit.analysis.cases import MONDAY, access, person
from audit.analysis.explaining import GRACE
from audit.analysis.facts import Facts, Ticket
from audit.analysis.memory import GRANT, OWN, seconds
from audit.analysis.rule import Case, Context, Detection, Seen, Signal
from audit.analysis.statistics import nats, poisson_tail

JUST_BEFORE = timedelta(minutes=10)
SAME_DAY = timedelta(hours=12)
"""Whoever waits until a ticket of their own looks old enough has opened it for themselves all the same."""
USUAL, SPREAD = 0.5, 1.5
"""Such tickets a month that are usual at least, and how many more one may have than the others."""
MONTH = int(timedelta(days=30).total_seconds())


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    access = seen.access
    if not access.looks or ctx.facts.is_ticket_source_silent:
        return
    named = _named(access, ctx)
    if named:
        ticket = ctx.facts.tickets.get(named)
        wrong = "unknown" if ticket is None and ctx.facts.tickets else _misfit(ticket, access) if ticket else ""
        if wrong:
            yield _signal(access, wrong, access.subjects[0] if access.subjects else "")
        return
    for subject in access.subjects[:50]:
        for ticket in ctx.facts.about(subject):
            if _is_made_for_it(ticket, access):
                yield _signal(access, _OWN, subject, weight=_weight(ticket, access, ctx))


_OWN = "opened by the same person just before"


def _weight(ticket: Ticket, access: Access, ctx: Context) -> float:
    """Now and then somebody stands at the desk; who has that far more often than colleagues do has a habit."""
    now, role = seconds(access.at), f"role/{ctx.role(access.actor)}"
    known: list[list[Any]] = ctx.memory.get(OWN, access.actor) or []
    if all(each[1] != ticket.reference for each in known):
        known = ctx.memory.note(OWN, access.actor, [now, ticket.reference], most=40)
        ctx.memory.note(OWN, role, [now, access.actor], most=400)
    times = sum(now - each[0] <= MONTH for each in known)
    of_others = sum(now - at <= MONTH and who != access.actor for at, who in ctx.memory.get(OWN, role) or ())
    colleagues = sum(ctx.role(actor) == ctx.role(access.actor) for actor in ctx.facts.staff) - 1
    usual = max(USUAL, SPREAD * of_others / colleagues) if colleagues > 0 else USUAL
    return min(10.0, nats(poisson_tail(times, usual)))


def _signal(access: Access, wrong: str, subject: str, *, weight: float = 6.0) -> Signal:
    return Signal(
        f"{access.actor}:{access.grant or subject}", weight, (access,), actor=access.actor, subject=subject,
        why={"ticket": wrong},
    )  # fmt: skip


def _named(access: Access, ctx: Context) -> str:
    grant = ctx.memory.get(GRANT, access.grant) if access.grant else None
    return access.ticket or (grant["ticket"] if grant else "")


def _misfit(ticket: Ticket, access: Access) -> str:
    if ticket.subject and any(subject != ticket.subject for subject in access.subjects):
        return "about somebody else"
    if ticket.closed_at is not None and access.at >= ticket.closed_at + GRACE:
        return "closed before"
    if ticket.opened_at is not None and access.at < ticket.opened_at:
        return "opened afterwards"
    is_just_before = ticket.opened_at is not None and access.at - ticket.opened_at < JUST_BEFORE
    return _OWN if is_just_before and _is_made_for_it(ticket, access) else ""


def _is_made_for_it(ticket: Ticket, access: Access) -> bool:
    if ticket.opened_by != access.actor or ticket.opened_at is None:
        return False
    return timedelta(0) <= access.at - ticket.opened_at < SAME_DAY


def _tickets() -> Facts:
    day = timedelta(days=1)
    return Facts(
        tickets={
            "good": Ticket("good", person(1), "ann", MONDAY - day, opened_by="bob"),
            "closed": Ticket("closed", person(1), "ann", MONDAY - 30 * day, MONDAY - 10 * day, opened_by="bob"),
            "late": Ticket("late", person(1), "ann", MONDAY + day, opened_by="bob"),
            "own": Ticket("own", person(2), "ann", MONDAY - timedelta(minutes=2), opened_by="ann"),
        }
    )


DETECTION = Detection(
    id="D25",
    version=2,
    title="A ticket that does not fit",
    severity="high",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "subjects", "grant", "ticket"),
    runbook="Read the case. Was it merged with another one, or made up for the access?",
    operations=LOOKS,
    rule=rule,
    tests=(
        Case("about somebody else", True, (access(subjects=(person(2),), ticket="good"),), _tickets),
        Case("closed long before", True, (access(subjects=(person(1),), ticket="closed"),), _tickets),
        Case("opened afterwards", True, (access(subjects=(person(1),), ticket="late"),), _tickets),
        Case("opened for it by the same person", True, (access(subjects=(person(2),)),), _tickets),
        Case("a ticket of their own that looks old enough", True, (access(13, subjects=(person(2),)),), _tickets),
        Case("the day after they opened it", False, (access(24 * 60, subjects=(person(2),)),), _tickets),
        Case("no such ticket", True, (access(subjects=(person(1),), ticket="made up"),), _tickets),
        Case("about this person", False, (access(subjects=(person(1),), ticket="good"),), _tickets),
        Case("no ticket is named", False, (access(subjects=(person(3),)),), _tickets),
    ),
)
