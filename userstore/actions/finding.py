"""Finding the person that temporary access is asked for: by an exact value, and nothing else is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance import counting
from governance.actions.change import refusal_on_record
from governance.authorization import Ask, authorize
from governance.catalogue import requestables
from governance.errors import Throttled
from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore import events
from userstore.actions.erasure_preview import equals, has_value
from userstore.definitions import definitions_of
from userstore.errors import NotFound
from userstore.models import Subject
from userstore.models.subjects import LIVE
from userstore.reading.narrowing import candidates_of
from userstore.writing.keys import handle_of, subject_key

SEARCHES_PER_HOUR = 60
"""Of one caller: who looks for more is not working on cases."""


def find_person(
    caller: Caller, *, accessor_id: UUID, column_id: UUID | None, value: str, now: datetime | None = None
) -> UUID:
    """Return the id of the one person who has exactly this value, or, without a column, this id.

    Nobody and several look the same. Who looked, by which column and how many were found is on record, even where it
    was nobody.

    Raises:
        Refused: the caller may not ask for access through this accessor; on record.
        NotFound: not exactly one person; or no such accessor or column.
        Invalid: the column has no index to look up in, or this is no value of it.
        Throttled: too many searches in an hour.
    """
    now = now or timezone.now()
    standing = fresh_standing_of(caller.environment_id)
    with refusal_on_record(events.SUBJECT_SOUGHT, caller):
        with in_environment(caller.environment_id):
            asked = requestables().find(accessor_id)
        if asked is None:
            raise NotFound("There is no such accessor.", field="accessor")
        touched = () if column_id is None else (column_id,)
        ask = Ask("request", asked.resource, purposes=tuple(asked.purposes), columns=touched)
        clearance = authorize(caller, ask, standing=standing, now=now)
        hour = int(now.timestamp() // 3600)
        if not counting.spend(
            "search", caller.account_id, bucket=hour, buckets=1, allowance=SEARCHES_PER_HOUR, seconds=3600
        ):
            raise Throttled("You have searched too often in this hour.")
    with in_environment(caller.environment_id):
        column = definitions_of(standing).by_public_id.get(column_id) if column_id else None
        if column_id is not None and column is None:
            raise NotFound("There is no such column.", field="column")
        found = _of_id(value) if column is None else _of_value(caller, column_id, value)
        append(
            events.SUBJECT_SOUGHT,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "subjects": [handle_of(each, subject_key(each)) for each in found],
                "column": column.name if column else "id",
                "found": len(found),
            },
            decision_id=clearance.decision_id,
        )
    if len(found) != 1:
        raise NotFound("Nobody, or more than one person, has this.", field="value", remedy="Check it, or use the id.")
    return found[0].public_id


def _of_id(text: str) -> list[Subject]:
    try:
        wanted = UUID(text.strip())
    except ValueError:
        return []
    return list(Subject.objects.select_for_update().filter(public_id=wanted, erased_at=None))


def _of_value(caller: Caller, column_id: UUID | None, value: str) -> list[Subject]:
    definitions = definitions_of(fresh_standing_of(caller.environment_id))
    column = definitions.by_public_id[column_id]  # type: ignore[index]  # looked up before
    selector = equals(column, value)
    candidates = candidates_of(selector, definitions, caller.environment_id, LIVE)
    rows = Subject.objects.select_for_update().filter(public_id__in=sorted(candidates)[:3], erased_at=None)
    return [each for each in rows if has_value(each, column, selector)]
