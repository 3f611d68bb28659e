"""D7: many who work here look at the same person within a week, and nothing explains it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import LOOKS, Access
from audit.analysis.cases import DAY, access, person
from audit.analysis.explaining import MOST_PEOPLE
from audit.analysis.memory import WATCHED, seconds
from audit.analysis.rule import Case, Context, Detection, Parameter, Seen, Signal

WEEK = int(timedelta(days=7).total_seconds())
OFTEN = int(timedelta(hours=1).total_seconds())
"""Whoever looks again so soon is remembered already."""
MOST_WATCHERS = 200
ID = "D7"
MANY = Parameter("staff", 4, 2, 100, "people at work who look at one person within a week")


def rule(seen: Seen, ctx: Context) -> Iterator[Signal]:
    now, actor = seconds(seen.access.at), seen.access.actor
    if seen.access.actor_kind != "operator" or len(seen.access.subjects) > MOST_PEOPLE:
        return  # programs are no colleagues, and nobody is followed through long lists
    for subject in seen.unexplained:
        before = ctx.memory.get(WATCHED, subject) or {}
        watchers = {who: at for who, at in before.items() if now - at <= WEEK}
        if now - watchers.get(actor, 0) >= OFTEN:
            watchers = dict(list((watchers | {actor: now}).items())[-MOST_WATCHERS:])
            ctx.memory.keep(WATCHED, subject, watchers)
        if len(watchers) >= ctx.value(ID, MANY):
            yield Signal(
                subject, 3.0 + len(watchers), (seen.access,), actor=actor, subject=subject, why={"staff": len(watchers)}
            )


def _each(*staff: str, apart: float = 1.0, kind: str = "operator") -> tuple[Access, ...]:
    return tuple(
        access(place * apart, actor=who, actor_kind=kind, subjects=(person(1),)) for place, who in enumerate(staff)
    )


DETECTION = Detection(
    id=ID,
    version=2,
    title="Many colleagues look at one person",
    severity="medium",
    action="review",
    dedup_minutes=7 * DAY,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Look for an event around the person. Ask each of them; consider to freeze what is shown of the person.",
    operations=LOOKS,
    only_unexplained=True,
    rule=rule,
    parameters=(MANY,),
    tests=(
        Case("eight look up one person after a piece of news", True, _each(*"abcdefgh")),
        Case("three do", False, _each(*"abc")),
        Case("three do, and somebody's five programs", False, (*_each(*"abc"), *_each(*"pqrst", kind="client"))),
        Case("one does so again and again", False, _each(*"aaaaaaaa")),
        Case("four do within two months", False, _each(*"abcd", apart=15 * DAY)),
    ),
)
