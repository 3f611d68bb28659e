"""How many findings one rule opens in an hour: what is beyond becomes one finding, and its alerts are kept.

A rule that finds something in everybody, be it by a fault or because somebody wants to be one of many, must not bury
what the others find.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from audit.analysis.rule import MOST_EVIDENCE, alert_id
from audit.models import Alert, Finding

PER_HOUR = 20
BEYOND = "beyond"
"""What an alert says of itself while it waits behind the others, and the key of the one that stands for these."""


def rationed(
    raised: Sequence[Alert], *, environment_id: UUID, now: datetime, containing: Collection[str]
) -> tuple[list[Alert], list[Alert]]:
    """Return which of some new alerts open a finding, and those that stand for what is left.

    Everybody's first comes before anybody's second, the strongest first. What is to be stopped is never left. What
    is left opens a finding of its own as soon as it is found again in an hour with room.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    opened = Finding.objects.filter(opened_at__gte=hour).values("id")
    told = Counter(Alert.objects.filter(id__in=opened).values_list("rule", "actor"))
    room = Counter(dict.fromkeys({each.rule for each in raised}, PER_HOUR))
    room.subtract(Counter(rule for rule, _ in told.elements()))
    opening: list[Alert] = []
    left: defaultdict[str, list[Alert]] = defaultdict(list)
    for each in _by_turns(raised, told):
        is_to_be_stopped = each.action == "contain" and each.rule in containing
        if is_to_be_stopped or room[each.rule] > 0:
            room[each.rule] -= 1
            opening.append(each)
        else:
            left[each.rule].append(each)
    _wait_no_more(opening)
    fresh = ([each for each in theirs if BEYOND not in each.why] for theirs in left.values())
    return opening, [_sum(theirs, environment_id, hour) for theirs in fresh if theirs]


def _by_turns(raised: Sequence[Alert], told: Counter[tuple[str, str]]) -> list[Alert]:
    turns = Counter(told)
    numbered: list[tuple[int, Alert]] = []
    for each in sorted(raised, key=lambda alert: (-alert.nats, str(alert.id))):
        numbered.append((turns[each.rule, each.actor], each))
        turns[each.rule, each.actor] += 1
    return [each for _, each in sorted(numbered, key=lambda pair: pair[0])]


def _wait_no_more(opening: Sequence[Alert]) -> None:
    waited = [each for each in opening if each.why.pop(BEYOND, None) is not None]
    Alert.objects.bulk_update(waited, ["why"])


def _sum(fresh: Sequence[Alert], environment_id: UUID, hour: datetime) -> Alert:
    """Count alerts of one rule in the one that stands for them, each once however often it is found."""
    for each in fresh:
        each.why[BEYOND] = 1
    Alert.objects.bulk_update(fresh, ["why"])
    first = fresh[0]
    found = _id_of(first, environment_id, hour)
    known = Alert.objects.select_for_update().filter(id=found).first()
    standing = known or Alert(
        id=found,
        environment_id=environment_id,
        rule=first.rule,
        version=first.version,
        severity=first.severity,
        action="review",
        key=f"{BEYOND}:{hour.isoformat()}",
        window_start=hour,
        threshold=1,
        count=0,
        nats=0.0,
        actor="",
        actor_kind="",
        grant="",
        subject="",
        why={},
        evidence={},
        at=first.at,
    )
    standing.count += len(fresh)
    standing.nats = max(standing.nats, *(each.nats for each in fresh))
    standing.why = {"more": standing.count}
    shown = {place: entry for each in fresh for place, entry in [*each.evidence.items()][:1]}
    standing.evidence = dict([*(standing.evidence | shown).items()][:MOST_EVIDENCE])
    standing.save()
    return standing


def _id_of(alert: Alert, environment_id: UUID, hour: datetime) -> UUID:
    """Return the id of what stands for the others; once somebody has decided about it, that of the next one."""
    scope = str(environment_id)
    while True:
        found = alert_id(alert.rule, alert.version, BEYOND, hour, scope=scope)
        decided = Finding.objects.filter(id=found).values_list("decided_at", flat=True).first()
        if decided is None:
            return found
        scope = f"{found} {decided.isoformat()}"
