"""Why somebody may have looked at a person: what explains an access is not asked about.

Explanations by join paths from the user over a case to the person: Fabbri and LeFevre, Explanation-based auditing,
arXiv 1109.6880.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from audit.analysis.accesses import Access
from audit.analysis.facts import Ticket
from audit.analysis.memory import GRANT, HANDLED, Memory, seconds
from audit.analysis.rule import Context, Seen

RECENTLY = int(timedelta(days=30).total_seconds())
GRACE = timedelta(days=2)
"""A case is looked at for a while after it was closed."""
MOST_PEOPLE = 200
"""Of an access to more people nobody is explained one by one: a job, a grant or nothing explains it."""
TICKET, QUEUE, GRANTED, RECENT, JOB, SELF, EXPECTED = (
    "ticket", "queue", "grant", "handled", "job", "self", "expected",
)  # fmt: skip
_FIRST_HAND = frozenset({TICKET, QUEUE, GRANTED})


def explain(access: Access, ctx: Context) -> Seen:
    """Return an access with its explanations; what nobody looks at needs none."""
    if not access.looks:
        return Seen(access)
    whole = _of_all(access, ctx)
    if whole:
        return Seen(access, (whole,), handled=access.subjects if whole in _FIRST_HAND else ())
    if not access.subjects:
        return Seen(access, is_explained=access.subject_count == 0)
    if len(access.subjects) > MOST_PEOPLE:
        return Seen(access, (), access.subjects, is_explained=False)
    found: set[str] = set()
    left: list[str] = []
    handled: list[str] = []
    for subject in access.subjects:
        why = _of_one(access, subject, ctx)
        if why:
            found.add(why)
            if why in _FIRST_HAND:
                handled.append(subject)
        else:
            left.append(subject)
    return Seen(access, tuple(sorted(found)), tuple(left), is_explained=not left, handled=tuple(handled))


def note_handling(seen: Seen, memory: Memory) -> None:
    """Remember whom somebody has dealt with for a reason of that person; that they did so lately is none.

    Of a list each is looked at alone: one's case must not renew what explains the look at another.
    """
    access = seen.access
    if seen.handled and len(access.subjects) <= MOST_PEOPLE:
        moment = seconds(access.at)
        for subject in seen.handled:
            memory.keep(HANDLED, f"{access.actor}:{subject}", moment)


def is_ticket_of(ticket: Ticket, actor: str, ctx: Context) -> bool:
    """Whether somebody works on a case: it is theirs, or their team's."""
    if ticket.assignee == actor:
        return True
    team = ctx.facts.team(actor)
    return bool(team) and ticket.queue == team


def is_at_work_on(ticket: Ticket, at: datetime) -> bool:
    """Whether a case is open, or was until just now."""
    if ticket.opened_at is not None and at < ticket.opened_at:
        return False
    return ticket.closed_at is None or at < ticket.closed_at + GRACE


def is_excused(access: Access, ctx: Context) -> bool:
    """Whether nobody is accused of an access without a reason, since no tickets come in; they explain no program."""
    return ctx.facts.is_ticket_source_silent and access.actor_kind != "client"


def _of_all(access: Access, ctx: Context) -> str:
    if access.actor_kind in ("subject", "system") or (access.key and "acting_for" in access.facts):
        return SELF
    job = ctx.facts.jobs.get(access.actor)
    if job is not None and not job.deviation(access):
        return JOB
    if access.grant and not _ticket_of_grant(access, ctx.memory):
        return GRANTED
    return ""


def _ticket_of_grant(access: Access, memory: Memory) -> str:
    known = memory.get(GRANT, access.grant)
    return known["ticket"] if known else ""


def _of_one(access: Access, subject: str, ctx: Context) -> str:
    facts, actor, at = ctx.facts, access.actor, access.at
    for ticket in facts.about(subject):
        if is_at_work_on(ticket, at) and is_ticket_of(ticket, actor, ctx):
            return TICKET if ticket.assignee == actor else QUEUE
    if access.grant:
        return _by_grant(access, subject, ctx)
    if access.ticket and access.ticket in facts.tickets and not facts.tickets[access.ticket].subject:
        return TICKET  # a case about nobody known; whether it fits is another rule's question
    last = ctx.memory.get(HANDLED, f"{actor}:{subject}")
    if last is not None and abs(seconds(at) - last) <= RECENTLY:
        return RECENT
    if facts.expectations and any(each.holds(actor=actor, subject=subject, at=at) for each in facts.expectations):
        return EXPECTED
    person = facts.staff.get(actor)
    return SELF if person is not None and person.own == subject else ""


def _by_grant(access: Access, subject: str, ctx: Context) -> str:
    """A grant explains an access, unless the ticket that it was given for is known to be about somebody else."""
    ticket = ctx.facts.tickets.get(_ticket_of_grant(access, ctx.memory))
    return "" if ticket is not None and ticket.subject not in ("", subject) else GRANTED
