"""Filling and clearing the blind indexes of values that were stored before their column's index changed.

A write that was planned before the change may still commit behind it, with or without an index as it was. So nothing
is filled before every transaction that was under way is over, and look-ups go without the index until all is done:
what `create index concurrently` does in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic, sleep
from uuid import UUID

from django.db import connection

from audit.recorder import append
from governance.actions.change import raise_epoch
from governance.identities import system_caller
from governance.models import Environment
from keyring.keys import index_key_for, open_key
from keyring.models import WrappedKey
from keyring.places import cell_place
from keyring.walls import in_environment
from keyring.walls.transactions import is_under_way_before, transactions_so_far
from userstore import events
from userstore.definitions import data_type_of
from userstore.models import Column, DataTypeDefinition, Subject, Value

_BATCH = 500
_PATIENCE = 2.0
"""Seconds to wait for transactions under way; the clock tries again later."""
_FIRST = UUID(int=0)


def settle_index(environment_id: UUID, column_id: UUID, *, most: int) -> bool:
    """Fill or clear a column's index if that is due, about `most` values; say whether nothing is left to do.

    Every batch commits for itself, so a call that ends early, or is killed, is gone on with by the next one. Must be
    called outside a transaction, else it leaves everything to a later call.
    """
    if connection.in_atomic_block or not _earlier_transactions_are_over():
        return False
    after, done, in_this_pass = _FIRST, 0, 0
    while done < most:
        with in_environment(environment_id):
            column = _unsettled(column_id)
            if column is None:
                return True
            batch = _next_batch(column, after)
            if not batch and not in_this_pass:
                _settled(column, done)
                return True
            settled = _settle_batch(column, batch)
        # What came behind the pass that goes through the ids in their order is found by another one.
        after, done = (batch[-1], done + len(batch)) if batch else (_FIRST, done)
        in_this_pass = in_this_pass + settled if batch else 0
    return False


def settle_indexes(*, most: int) -> int:
    """Go on with every index that is not settled, in all environments; return how many are still not."""
    left = 0
    for environment_id in Environment.objects.values_list("id", flat=True):
        with in_environment(environment_id):
            due = list(Column.objects.filter(is_index_settled=False).values_list("public_id", flat=True))
        left += sum(not settle_index(environment_id, column_id, most=most) for column_id in due)
    return left


def _unsettled(column_id: UUID) -> Column | None:
    """Lock the column, so that what is wanted of its index stays as it is until the batch commits."""
    return Column.objects.select_for_update().filter(public_id=column_id, is_index_settled=False).first()


def _is_indexed(column: Column) -> bool:
    return column.index_type != "none" or column.search_indexed


def _next_batch(column: Column, after: UUID) -> list[UUID]:
    due = Value.objects.filter(column=column, blind__isnull=_is_indexed(column), id__gt=after)
    return list(due.order_by("id").values_list("id", flat=True)[:_BATCH])


def _settle_batch(column: Column, value_ids: Sequence[UUID]) -> int:
    return _fill(column, value_ids) if _is_indexed(column) else _clear(value_ids)


def _fill(column: Column, value_ids: Sequence[UUID]) -> int:
    """Give values their blind indexes; say how many had one due, those that have gone meanwhile among them.

    One whose subject has no key any more can be found by nobody anyhow.
    """
    owners = Value.objects.filter(pk__in=value_ids).values_list("subject_id", flat=True)
    # The order in which writes lock subjects, so that neither waits for the other for ever.
    subjects = {one.pk: one for one in Subject.objects.select_for_update().filter(pk__in=owners).order_by("public_id")}
    keys = dict(
        WrappedKey.objects.filter(pk__in=[one.key_id for one in subjects.values()]).values_list("pk", "wrapped")
    )
    data_type = data_type_of(DataTypeDefinition.objects.get(name=column.data_type))
    index = index_key_for(column.environment_id, str(column.public_id))
    filled, unreadable = [], 0
    for row in Value.objects.filter(pk__in=value_ids, blind__isnull=True):
        subject = subjects.get(row.subject_id)
        if subject is None or subject.key_id not in keys:
            unreadable += 1
            continue
        key = open_key(column.environment_id, subject.key_id, bytes(keys[subject.key_id]))
        place = cell_place(column.environment_id, subject.public_id, column.public_id, row.id)
        value = data_type.restore(key.unseal(bytes(row.sealed), place))
        row.blind, row.blind_version = index.blind(data_type.index_form(value)), index.version
        filled.append(row)
    Value.objects.bulk_update(filled, ["blind", "blind_version"])
    return len(value_ids) - unreadable


def _clear(value_ids: Sequence[UUID]) -> int:
    return Value.objects.filter(pk__in=value_ids).update(blind=None)


def _settled(column: Column, values: int) -> None:
    """Let look-ups go by the index from the next statement on, in every process."""
    column.is_index_settled = True
    column.save(update_fields=["is_index_settled"])
    raise_epoch(column.environment_id)
    append(
        events.COLUMN_INDEX_SETTLED,
        environment_id=column.environment_id,
        actor=system_caller(column.environment_id).actor,
        facts={
            "column": column.public_id,
            "name": column.name,
            "index": "filled" if _is_indexed(column) else "cleared",
            "values": values,
        },
    )


def _earlier_transactions_are_over() -> bool:
    """Wait until everything that was under way when this was called has committed or gone back."""
    mark, deadline = transactions_so_far(), monotonic() + _PATIENCE
    while is_under_way_before(mark):
        if monotonic() > deadline:
            return False
        sleep(0.02)
    return True
