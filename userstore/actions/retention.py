"""Setting, changing and withdrawing how long values are kept. What is stored follows in batches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from governance.actions.change import Change, configuration_change
from governance.actions.publishing import must_be_current
from governance.drafts.draftable import draftable
from governance.identities import Caller
from userstore import events
from userstore.actions.retention_changes import request_retention_change
from userstore.errors import Conflict, Invalid, NotFound
from userstore.models import RetentionDuration
from userstore.retention.durations import Duration, checked
from userstore.retention.settings import STATE_NAMES, Scope, Wish, found_scope


@draftable
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


@draftable
def change_retention(caller: Caller, *, public_id: UUID, scope: Scope, duration: Duration, version: int) -> None:
    """Change how long values are kept; `version` is the one that was read.

    Raises:
        NotFound: nothing of that id is set for this scope.
        Invalid: somebody has changed it meanwhile, or the duration makes no sense.
    """
    with configuration_change(caller, events.RETENTION_SET) as change:
        _change(change, _stored(scope, public_id), duration, version)
        request_retention_change(change)


@draftable
def withdraw_retention(caller: Caller, *, public_id: UUID, scope: Scope) -> None:
    """Take a setting away: what it was about inherits from the wider one.

    Raises:
        NotFound: nothing of that id is set for this scope.
    """
    with configuration_change(caller, events.RETENTION_WITHDRAWN) as change:
        _withdraw(change, _stored(scope, public_id))
        request_retention_change(change)


@draftable
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
    kept = checked(scope.state, duration)
    existing = RetentionDuration.objects.filter(state=scope.state, column=column, purpose=purpose).first()
    if existing is not None:
        raise Conflict(
            "A retention duration is set for this already.",
            existing_id=existing.public_id,
            identical=(existing.unit, existing.amount) == (kept.unit, kept.amount),
            remedy="Change it instead.",
        )
    row = RetentionDuration.objects.create(
        environment_id=change.environment_id,
        state=scope.state,
        column=column,
        purpose=purpose,
        unit=kept.unit,
        amount=kept.amount,
        created_at=change.now,
    )
    _tell(change, row)
    return row


def _change(change: Change, row: RetentionDuration, duration: Duration, version: int) -> None:
    must_be_current(version, current=row.version)
    kept = checked(row.state, duration)
    row.unit, row.amount, row.version = kept.unit, kept.amount, row.version + 1
    row.save(update_fields=["unit", "amount", "version"])
    _tell(change, row)


def _withdraw(change: Change, row: RetentionDuration) -> None:
    _tell(change, row)
    row.delete()


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
