"""Masked values that come back: told by the mark that went beside them, they leave what is stored as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from governance.errors import Conflict, Invalid
from userstore.definitions import ColumnDefinition
from userstore.marks import is_as_shown, is_mark, is_of


def comes_back(mark: object, value: Any, column: ColumnDefinition, environment_id: UUID) -> bool:
    """Say whether a value is the mask that the mark went with: then it is none, and what is stored stays.

    Raises:
        Invalid: this is no mark, or masked values of an array were changed: which of them they stand for is not known.
    """
    if not is_mark(mark):
        raise Invalid("This is no mark of a masked value.", field=f"{column.name}.mark")
    is_back = is_as_shown(str(mark), environment_id, column.public_id, _texts(value, column))
    if column.is_array and not is_back:
        raise Invalid(
            "Masked values of an array come back as they were, all of them.",
            field=f"{column.name}.value",
            remedy="Leave the mark out to replace every value, or add and delete single ones.",
        )
    return is_back


def must_be_of(mark: str, column: ColumnDefinition, environment_id: UUID, subject_id: UUID) -> None:
    """Return if the mark went with this person's cell.

    Raises:
        Conflict: it is of another one, or made up. A mask of somebody else would be stored for a value.
    """
    if not is_of(mark, environment_id, column.public_id, subject_id):
        raise foreign_mark(column)


def foreign_mark(column: ColumnDefinition) -> Conflict:
    """The conflict of a mark that was given with another person's value, or with none."""
    return Conflict("The mark was not given with this user's value.", field=f"{column.name}.mark")


def _texts(value: Any, column: ColumnDefinition) -> Sequence[str]:
    """What a cell would have shown that comes back as this value."""
    if value is None or value == "":
        return ()
    if not column.is_array:
        return (_text(value),)
    try:
        values = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return (str(value),)
    return tuple(map(_text, values)) if isinstance(values, list) else (_text(values),)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
