"""Column types that Django does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    IntegerField = models.BigIntegerField[int, int]
else:
    IntegerField = models.BigIntegerField


class TransactionIdField(IntegerField):
    """PostgreSQL's `xid8`: the 64-bit id of the transaction that wrote a row. An int in Python."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002  Django's signature
        return "xid8"

    def from_db_value(self, value: Any, *_context: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        """Return text: PostgreSQL casts text to xid8, integers it does not."""
        value = super().get_prep_value(value)
        return str(value) if isinstance(value, int) else value


class CurrentTransactionId(models.Func):
    """`pg_current_xact_id()`: the top-level transaction, also inside savepoints."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    arity = 0
    output_field = TransactionIdField()
