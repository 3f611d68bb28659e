"""Setting, changing and withdrawing how long values are kept. What is stored follows in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.actions.change import Change, configuration_change
from governance.actions.publishing import must_be_current
from governance.identities import Caller
from governance.models import Purpose
from userstore import events
from userstore.actions.retention_changes import request_retention_change
from userstore.errors import Conflict, Invalid, NotFound
from userstore.models import Column, RetentionDuration
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.durations import Duration, checked_deleted, checked_live

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


def set_retention(caller: Caller, *, scope: Scope, duration: Duration) -> RetentionDuration:
    """Set how long values are kept where nothing is set yet.

    Raises:
        Conflict: something is set for exactly this scope.
        Invalid: a column is given without a purpose, or the duration makes no sense for the state.
        NotFound: no such column or purpose.
    """
    with configuration_change(caller, events.RETENTION_SET) as change:
        row = _set(change, scope, duration)
        request_retention_change(change)
    return row


def change_retention(caller: Caller, *, public_id: UUID, scope: Scope, duration: Duration, version: int) -> None:
    """Change how long values are kept; `version` is the one that was read.

    Raises:
        NotFound: nothing of that id is set for this scope.
        Invalid: somebody has changed it meanwhile, or the duration makes no sense.
    """
    with configuration_change(caller, events.RETENTION_SET) as change:
        _change(change, _stored(scope, public_id), duration, version)
        request_retention_change(change)


def withdraw_retention(caller: Caller, *, public_id: UUID, scope: Scope) -> None:
    """Take a setting away: what it was about inherits from the wider one.

    Raises:
        NotFound: nothing of that id is set for this scope.
    """
    with configuration_change(caller, events.RETENTION_WITHDRAWN) as change:
        _withdraw(change, _stored(scope, public_id))
        request_retention_change(change)


def set_retentions(caller: Caller, *, wishes: Sequence[Wish]) -> None:
    """Set, change and withdraw several durations together, all or none.

    Raises:
        Conflict, Invalid, NotFound: as for a single one.
    """
    if len({wish.scope for wish in wishes}) != len(wishes):
        raise Invalid("Something is set twice.", field="retention_durations")
    with configuration_change(caller, events.RETENTION_SET) as change:
        for wish in wishes:
            _fulfil(change, wish)
        request_retention_change(change)


def _fulfil(change: Change, wish: Wish) -> None:
    if wish.duration is None:
        if wish.public_id is not None:
            _withdraw(change, _stored(wish.scope, wish.public_id))
    elif wish.public_id is not None:
        _change(change, _stored(wish.scope, wish.public_id), wish.duration, wish.version)
    else:
        _set(change, wish.scope, wish.duration)


def _set(change: Change, scope: Scope, duration: Duration) -> RetentionDuration:
    column, purpose = found_scope(scope)
    checked = _checked(scope.state, duration)
    existing = RetentionDuration.objects.filter(state=scope.state, column=column, purpose=purpose).first()
    if existing is not None:
        raise Conflict(
            "A retention duration is set for this already.",
            existing_id=existing.public_id,
            identical=(existing.unit, existing.amount) == (checked.unit, checked.amount),
            remedy="Change it instead.",
        )
    row = RetentionDuration.objects.create(
        environment_id=change.environment_id,
        state=scope.state,
        column=column,
        purpose=purpose,
        unit=checked.unit,
        amount=checked.amount,
        created_at=change.now,
    )
    _tell(change, row)
    return row


def _change(change: Change, row: RetentionDuration, duration: Duration, version: int) -> None:
    must_be_current(version, current=row.version)
    checked = _checked(row.state, duration)
    row.unit, row.amount, row.version = checked.unit, checked.amount, row.version + 1
    row.save(update_fields=["unit", "amount", "version"])
    _tell(change, row)


def _withdraw(change: Change, row: RetentionDuration) -> None:
    _tell(change, row)
    row.delete()


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


def _stored(scope: Scope, public_id: UUID) -> RetentionDuration:
    column, purpose = found_scope(scope)
    row = (
        RetentionDuration.objects.select_for_update(of=("self",))
        .filter(public_id=public_id, state=scope.state, column=column, purpose=purpose)
        .first()
    )
    if row is None:
        raise NotFound("There is no such retention duration here.", field="id")
    return row


def _checked(state: int, duration: Duration) -> Duration:
    return checked_live(duration) if state == LIVE else checked_deleted(duration)


def _tell(change: Change, row: RetentionDuration) -> None:
    told = {
        "id": row.public_id,
        "state": STATE_NAMES[row.state],
        "column": row.column.name if row.column else None,
        "purpose": row.purpose.name if row.purpose else None,
        "kept": str(Duration(row.unit, row.amount)),
        "version": row.version,
    }
    change.facts.setdefault("retentions", []).append(told)
