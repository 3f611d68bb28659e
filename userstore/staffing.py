"""What is known of those who work here, for the analysis of the book: their teams and leave, and who is close to them.

Whoever is a person of the store as well is compared with others there by the blind indexes of columns of two
categories: `surname` and `address`. No value is opened, and no name leaves: the analysis gets handles and counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from audit.analysis.accesses import Access
from audit.analysis.detections.surname import RARE
from audit.analysis.facts import Facts, Job, Staff
from governance.models import MarkedSubject, RegisteredJob, StaffMember
from userstore.handles import handles_of, handles_of_rows
from userstore.models import Column, Value
from userstore.models.subjects import LIVE

SURNAME, ADDRESS = "surname", "address"
"""Categories of columns; only those with an index can be compared."""
LARGEST_HOUSEHOLD = 12
"""An address of more people is a house, and they are no household."""


class StaffFacts:
    """The staff directory of an environment, and of those who act which people are close to them."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:  # noqa: ARG002  the transaction is in it
        """Return the directory; it runs inside the environment of the transaction."""
        acting = {each.actor for each in accesses if each.actor_kind == "operator"}
        members = list(StaffMember.objects.all())
        own = {each.own_record: str(each.account_id) for each in members if each.own_record}
        people = {own[subject.public_id]: (subject.pk, handle) for subject, handle in handles_of(own.keys())}
        looked_at = {actor: pk for actor, (pk, _) in people.items() if actor in acting}
        namesakes = _alike(SURNAME, looked_at, most=RARE)
        family = _alike(ADDRESS, looked_at, most=LARGEST_HOUSEHOLD)
        return Facts(
            staff={
                str(each.account_id): _told(
                    each,
                    own=people.get(str(each.account_id), (0, ""))[1],
                    namesakes=namesakes.get(str(each.account_id), []),
                    family=family.get(str(each.account_id), []),
                )
                for each in members
            }
        )


class MarkedPeople:
    """Those whom officers have the analysis watch over."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:  # noqa: ARG002  the same for all accesses
        kinds = dict(MarkedSubject.objects.values_list("subject_id", "kind"))
        found = [(kinds[subject.public_id], handle) for subject, handle in handles_of(kinds.keys())]
        return Facts(
            flagged=frozenset(handle for kind, handle in found if kind == MarkedSubject.FLAGGED),
            honey=frozenset(handle for kind, handle in found if kind == MarkedSubject.HONEY),
        )


class RegisteredJobs:
    """The clients whose schedule officers registered."""

    def facts_about(self, accesses: Collection[Access], *, environment_id: UUID) -> Facts:  # noqa: ARG002  the same for all accesses
        rows = RegisteredJob.objects.annotate(actor=F("client__public_id"))
        return Facts(jobs={str(each.actor): _job(each, str(each.actor)) for each in rows})


def _job(row: RegisteredJob, actor: str) -> Job:
    through = frozenset(map(str, row.accessors))
    return Job(actor, frozenset(row.purposes), frozenset(row.hours), through)


def _told(member: StaffMember, *, own: str, namesakes: list[str], family: list[str]) -> Staff:
    return Staff(
        actor=str(member.account_id),
        team=member.team,
        manager=str(member.manager_id) if member.manager_id else "",
        role=member.role,
        on_leave=tuple((_begin(first), _begin(last, after=1)) for first, last in member.leave),
        joined_at=_begin(member.joined_on) if member.joined_on else None,
        left_at=_begin(member.left_on, after=1) if member.left_on else None,
        own=own,
        family=frozenset(family),
        namesakes=dict.fromkeys(namesakes, len(namesakes) + 1),
    )


def _begin(day: date | str, *, after: int = 0) -> datetime:
    told = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(told + timedelta(days=after), time(), UTC)


def _alike(category: str, people: dict[str, int], *, most: int) -> dict[str, list[str]]:
    """Return for each actor the handles of others who have the same value in a column of a category, where few do."""
    columns = list(
        Column.objects.filter(pii_category__iexact=category, is_index_settled=True)
        .exclude(index_type="none")
        .values_list("pk", flat=True)
    )
    if not columns or not people:
        return {}
    values = Value.objects.filter(column__in=columns, state=LIVE).exclude(blind=None)
    own: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for subject, column, blind in values.filter(subject__in=people.values()).values_list(
        "subject_id", "column_id", "blind"
    ):
        own[subject].append((column, bytes(blind or b"")))
    others = {actor: _few(values, own[pk], besides=pk, most=most) for actor, pk in people.items() if own[pk]}
    handles = {subject.pk: handle for subject, handle in handles_of_rows(set().union(*others.values()))}
    return {actor: [handles[pk] for pk in sorted(pks) if pk in handles] for actor, pks in others.items()}


def _few(values: QuerySet[Value], own: list[tuple[int, bytes]], *, besides: int, most: int) -> set[int]:
    found: set[int] = set()
    for column, blind in own:
        same = values.filter(column=column, blind=blind)
        pks = set(same.values_list("subject_id", flat=True)[: most + 1])
        if len(pks) <= most:
            found |= pks
    return found - {besides}
