"""What is set for how long values are kept, and what is inherited; all of it must run inside an environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.models import Purpose
from userstore.errors import Invalid, NotFound
from userstore.models import Column, RetentionDuration
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.durations import Duration
from userstore.retention.schedule import Schedule, schedule_from

STATE_NAMES = {LIVE: "live", SOFT_DELETED: "softdeleted"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a duration is about: values in a state, of a column for a purpose, of a purpose, or all; by public id."""

    state: int
    column: UUID | None = None
    purpose: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What one scope shall be kept: a duration, or None for what it inherits. `version` is the one that it replaces."""

    scope: Scope
    duration: Duration | None
    public_id: UUID | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """How long is kept what a scope means. Without an id nothing is set for it, and `duration` is what it inherits."""

    scope: Scope
    duration: Duration
    inherited: Duration
    inherited_from: str
    """Where it would come from if nothing were set: "purpose", "environment" or "built in"."""
    purpose_name: str | None = None
    column_name: str | None = None
    public_id: UUID | None = None
    version: int = 0


def found_scope(scope: Scope) -> tuple[Column | None, Purpose | None]:
    """Find what a scope names; must run inside the environment.

    Raises:
        Invalid: a column without a purpose, or a column whose values are no rows.
        NotFound: no such column or purpose.
    """
    if scope.column is not None and scope.purpose is None:
        raise Invalid("The retention of a column is set for a purpose.", field="purpose_id")
    column = Column.objects.filter(public_id=scope.column).first() if scope.column else None
    purpose = Purpose.objects.filter(public_id=scope.purpose).first() if scope.purpose else None
    if scope.column and column is None:
        raise NotFound("There is no such column.", field="column_id")
    if scope.purpose and purpose is None:
        raise NotFound("There is no such purpose.", field="purpose_id")
    if column is not None and column.is_system:
        raise Invalid("A built-in column has no purposes, so nothing of it is kept for one.", field="column_id")
    return column, purpose


def setting_of(scope: Scope) -> Setting:
    """Return what holds for the environment or for a purpose; raise `NotFound` where there is no such purpose."""
    purpose = _purpose(scope.purpose) if scope.purpose else None
    return _settings(scope.state, None, [purpose])[0]


def set_for(scope: Scope) -> Setting:
    """Return what holds for any scope; raises like `found_scope`."""
    column, purpose = found_scope(scope)
    return _settings(scope.state, column, [purpose])[0]


def settings_of_column(state: int, column_id: UUID) -> list[Setting]:
    """Return what holds for a column, for every purpose; raise `NotFound` where there is no such column."""
    return _settings(state, _column(column_id), list(Purpose.objects.order_by("name")))


def every_setting(state: int) -> list[Setting]:
    """Return what holds for the environment, for every purpose, and wherever something is set for a column."""
    purposes = list(Purpose.objects.order_by("name"))
    found = _settings(state, None, [None, *purposes])
    for column in Column.objects.filter(is_system=False).order_by("name"):
        found += [each for each in _settings(state, column, purposes) if each.public_id is not None]
    return found


def stored_setting(
    state: int, public_id: UUID, *, column_id: UUID | None = None, purpose_id: UUID | None = None
) -> Setting:
    """Return one setting by its id; raise `NotFound` where none of this state, column and purpose has it."""
    rows = RetentionDuration.objects.select_related("column", "purpose").filter(state=state, public_id=public_id)
    if column_id is None:
        rows = rows.filter(column=None)
        rows = rows.filter(purpose__public_id=purpose_id) if purpose_id else rows.filter(purpose=None)
    else:
        rows = rows.filter(column__public_id=column_id)
    row = rows.first()
    if row is None:
        raise NotFound("There is no such retention duration here.", field="id")
    return _settings(state, row.column, [row.purpose])[0]


def _settings(state: int, column: Column | None, purposes: Sequence[Purpose | None]) -> list[Setting]:
    rows = list(RetentionDuration.objects.filter(state=state))
    stored = {(row.column_id, row.purpose_id): row for row in rows}
    schedule = schedule_from(rows)
    return [_setting(state, column, purpose, stored, schedule) for purpose in purposes]


def _setting(
    state: int,
    column: Column | None,
    purpose: Purpose | None,
    stored: dict[tuple[int | None, int | None], RetentionDuration],
    schedule: Schedule,
) -> Setting:
    place = (column.pk if column else None, purpose.pk if purpose else None)
    row = stored.get(place)
    wider: list[tuple[int | None, int | None]] = [(None, place[1])] if column else []
    wider += [(None, None)] if purpose else []
    source = next((each for each in wider if each in stored), None)
    inherited = schedule.without(state, place).duration_of(state, *place)
    return Setting(
        scope=Scope(state, column.public_id if column else None, purpose.public_id if purpose else None),
        duration=Duration(row.unit, row.amount) if row else inherited,
        inherited=inherited,
        inherited_from="built in" if source is None else "purpose" if source[1] is not None else "environment",
        purpose_name=purpose.name if purpose else None,
        column_name=column.name if column else None,
        public_id=row.public_id if row else None,
        version=row.version if row else 0,
    )


def _purpose(public_id: UUID) -> Purpose:
    found = Purpose.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such purpose.", field="purpose_id")
    return found


def _column(public_id: UUID) -> Column:
    found = Column.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such column.", field="column_id")
    return found
