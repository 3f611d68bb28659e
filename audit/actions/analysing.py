"""Looking at what was sealed: how far it went, what is remembered and what was found commit together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from audit.actions.alerting import keep_alerts
from audit.analysis.accesses import Access
from audit.analysis.engine import CREATED, Engine
from audit.analysis.explaining import MOST_PEOPLE, explain
from audit.analysis.memory import (
    AGAIN,
    APPROVED,
    ASKED,
    COLLEAGUES,
    COLUMN,
    DAY,
    DECLARED,
    EVERYBODY,
    GRANT,
    HANDLED,
    HOME,
    KEPT,
    LATE,
    ORDINAL,
    OWN,
    REQUEST,
    SAID,
    USED,
    WATCHED,
    Memory,
)
from audit.analysis.reading import ends_of, is_passed, sealed, sealed_late, sealed_on, tree_size
from audit.analysis.rule import Day
from audit.analysis.sources import facts_about, rules_here
from audit.models import AnalysisCursor, Recollection
from audit.rollups.totals import hours_above
from keyring.walls import in_environment

MOST_AT_ONCE = 5_000
"""Places of the tree that one transaction looks at."""
MOST_PEOPLE_AT_ONCE = 20_000
"""People whom the accesses of one transaction name: each of them is remembered."""
RECALLED_AT_ONCE = 10_000
"""Accesses of which all that could be remembered is asked for in one statement."""
MOST_DAYS = 7
"""Days that are looked at as a whole in one run, should the worker have stood still."""
MOST_LATE = 200_000
"""Places of the tree that one run goes through for entries of days that were over when these were written."""


def look_on(environment_id: UUID, *, now: datetime) -> int:
    """Look at the next sealed entries; return how many places it went on. Repeating it, or losing it, changes nothing.

    Two that do so at once take turns at the cursor: what one has looked at, the other does not look at again.
    """
    with in_environment(environment_id):
        cursor = _cursor(environment_id)
        first, until = cursor.index, min(cursor.index + MOST_AT_ONCE, tree_size())
        if until <= first:
            return 0
        accesses = sealed(environment_id, first, until)
        enough = _enough(accesses)
        if enough < len(accesses):
            until, accesses = accesses[enough].index, accesses[:enough]
        if accesses:
            _look_at(accesses, environment_id, now)
        cursor.index, cursor.turned_at = until, now
        cursor.save(update_fields=["index", "turned_at"])
    return until - first


def _enough(accesses: Sequence[Access]) -> int:
    """Return how many accesses, from the first one on, name no more people than one transaction has time for."""
    people = 0
    for number, access in enumerate(accesses):
        people += len(access.subjects)
        if number and people > MOST_PEOPLE_AT_ONCE:
            return number
    return len(accesses)


def close_days(environment_id: UUID, *, now: datetime) -> int:
    """Look at today so far as a whole, and at days that are over and were not yet; return how many days that was.

    A day is closed for good once the look at single accesses has passed all of it; until then it comes again. So does
    one that got entries afterwards: an entry belongs to the day that it names.
    """
    today = now.astimezone(UTC).date()
    closed = 0
    with in_environment(environment_id):
        done = _cursor(environment_id).closed_until
    over = _days_since(done or today - timedelta(days=2), today)[:MOST_DAYS]
    for day in over:
        closed += 1
        if not _close(environment_id, day, now=now):
            return closed
    _close(environment_id, today, now=now)
    return closed + 1 + _close_late(environment_id, now=now)


def forget_recollections(environment_id: UUID, *, now: datetime) -> int:
    """Forget what no rule looks back to any more, the order of people aside; return how much that was."""
    with in_environment(environment_id):
        return Recollection.objects.filter(kept_at__lt=now - KEPT).exclude(topic=ORDINAL).delete()[0]


def _days_since(done: date, today: date) -> list[date]:
    return [done + timedelta(days=each) for each in range(1, (today - done).days)]


def _close(environment_id: UUID, day: date, *, now: datetime) -> bool:
    """Look at a day as a whole; say whether that was for good: it is over, and the cursor has passed all of it."""
    with in_environment(environment_id):
        cursor = _cursor(environment_id)
        is_over = is_passed(environment_id, day, below=cursor.index, now=now)
        accesses = list(sealed_on(environment_id, day, below=cursor.index))
        _run_over(day, accesses, environment_id, now=now)
        if is_over:
            cursor.closed_until = day
            cursor.save(update_fields=["closed_until"])
        return is_over


def _close_late(environment_id: UUID, *, now: datetime) -> int:
    """Look again at days that got entries when they were over, the oldest first; return how many days that was."""
    closed = places = 0
    while places <= MOST_LATE:
        with in_environment(environment_id):
            cursor = _cursor(environment_id)  # whoever looks at single accesses notes no later ones meanwhile
            known = Recollection.objects.filter(topic=LATE).order_by("key")
            waiting = next((each for each in known if each.value[1] > each.value[2]), None)
            if waiting is None:
                break
            day, (first, last, _) = date.fromisoformat(waiting.key), waiting.value
            on_time = {each.index: each for each in sealed_on(environment_id, day, below=cursor.index)}
            late = {each.index: each for each in sealed_late(environment_id, day, first=first, last=last)}
            _run_over(day, [each for _, each in sorted((on_time | late).items())], environment_id, now=now)
            waiting.value = [first, last, last]
            waiting.save(update_fields=["value"])
        places += last - first
        closed += 1
    return closed


def _run_over(day: date, accesses: Sequence[Access], environment_id: UUID, *, now: datetime) -> None:
    """Run the rules that look at whole days over the accesses of one, and keep what they find."""
    if not accesses:
        return
    here = rules_here()
    facts = facts_about(accesses, environment_id=environment_id, now=now)
    facts.hours = hours_above(environment_id=environment_id, day=day)
    engine = here.engine(facts=facts, scope=str(environment_id))
    _recall_for(accesses, engine)
    _recall_topic(engine.ctx.memory, DAY)
    engine.close(Day(day, [explain(each, engine.ctx) for each in accesses]))
    keep_alerts(engine.touched(), environment_id=environment_id, now=now, containing=here.containing)


def _note_late(accesses: Iterable[Access], memory: Memory, now: datetime) -> None:
    """Remember of days that were over before which places their entries have; they are looked at as a whole again."""
    days = {each.at.astimezone(UTC).date() for each in accesses}
    over = {day for day in days if now >= ends_of(day)}
    for each in accesses:
        day = each.at.astimezone(UTC).date()
        if day in over:
            first, _, closed = memory.get(LATE, day.isoformat()) or (each.index, each.index, -1)
            memory.keep(LATE, day.isoformat(), [min(first, each.index), each.index, closed])


def _look_at(accesses: Sequence[Access], environment_id: UUID, now: datetime) -> None:
    here = rules_here()
    facts = facts_about(accesses, environment_id=environment_id, now=now)
    engine = here.engine(facts=facts, scope=str(environment_id))
    memory = engine.ctx.memory
    _recall_for(accesses, engine)
    for access in accesses:
        engine.see(access)
    _note_late(accesses, memory, now)
    _keep(memory, environment_id, now)
    keep_alerts(engine.touched(), environment_id=environment_id, now=now, containing=here.containing)


def _cursor(environment_id: UUID) -> AnalysisCursor:
    AnalysisCursor.objects.bulk_create([AnalysisCursor(environment_id=environment_id)], ignore_conflicts=True)
    return AnalysisCursor.objects.select_for_update().get(environment_id=environment_id)


def _roles(accesses: Iterable[Access], engine: Engine) -> dict[str, str]:
    return {actor: engine.ctx.role(actor) for actor in {each.actor for each in accesses}}


def _keys(accesses: Iterable[Access], roles: dict[str, str]) -> set[tuple[str, str]]:
    """Return what could be remembered of some accesses."""
    keys: set[tuple[str, str]] = set()
    for each in accesses:
        actor = each.actor
        keys |= {(topic, actor) for topic in (SAID, DECLARED, APPROVED, HOME, OWN, COLLEAGUES)}
        keys |= {(DECLARED, EVERYBODY), (APPROVED, EVERYBODY), (OWN, f"role/{roles[actor]}")}
        keys.add((DAY, f"{actor}:{each.at.date().isoformat()}"))
        keys.add((LATE, each.at.astimezone(UTC).date().isoformat()))
        keys |= {(COLUMN, f"{actor}:{column}") for column in each.columns}
        keys |= {(COLUMN, f"role/{roles[actor]}:{column}") for column in each.columns}
        if len(each.subjects) <= MOST_PEOPLE:
            keys |= {(topic, f"{actor}:{subject}") for topic in (HANDLED, AGAIN, ASKED) for subject in each.subjects}
        keys |= {(topic, subject) for topic in (WATCHED, ORDINAL) for subject in each.subjects}
        if each.kind == CREATED:
            keys.add((ORDINAL, ""))
        if each.grant:
            keys |= {(GRANT, each.grant), (USED, each.grant)}
        if "request" in each.facts:
            keys.add((REQUEST, str(each.facts["request"] or "")))
    return keys


def _recall_for(accesses: Sequence[Access], engine: Engine) -> None:
    """Take up what is remembered of some accesses, a part of them after the other: keys of a day fill a memory."""
    roles = _roles(accesses, engine)
    for first in range(0, len(accesses), RECALLED_AT_ONCE):
        keys = _keys(accesses[first : first + RECALLED_AT_ONCE], roles)
        found = Recollection.objects.filter(key__in=sorted({key for _, key in keys}))
        engine.ctx.memory.recall(found.values_list("topic", "key", "value"))


def _recall_topic(memory: Memory, topic: str) -> None:
    memory.recall(Recollection.objects.filter(topic=topic).values_list("topic", "key", "value"))


def _keep(memory: Memory, environment_id: UUID, now: datetime) -> None:
    rows = [
        Recollection(environment_id=environment_id, topic=topic, key=key, value=value, kept_at=now)
        for topic, key, value in memory.settle()
    ]
    Recollection.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["environment_id", "key", "topic"],
        update_fields=["value", "kept_at"],
    )
