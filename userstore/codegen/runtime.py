"""The part of a generated file that is always the same: how values are read from rows and written into calls."""

from __future__ import annotations

IMPORTS = """\
from __future__ import annotations

import datetime
import json
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Any, Callable, ClassVar, Generic, TypeVar

from usercloudssdk.client import Client
from usercloudssdk.constants import MUTATOR_COLUMN_CURRENT_VALUE, MUTATOR_COLUMN_DEFAULT_VALUE

T = TypeVar("T")
"""

RUNTIME = '''
@dataclass(frozen=True)
class Change(Generic[T]):
    """A new value of a column, and purposes that are permitted for it from now on, or not any more."""

    value: T | Any
    permit: tuple[Purpose, ...] = ()
    withdraw: tuple[Purpose, ...] = ()

    @classmethod
    def keep(cls, *, permit: tuple[Purpose, ...] = (), withdraw: tuple[Purpose, ...] = ()) -> Change[Any]:
        """Leave the value as it is and change its purposes."""
        return cls(MUTATOR_COLUMN_CURRENT_VALUE, permit, withdraw)

    @classmethod
    def default(cls, *, permit: tuple[Purpose, ...] = (), withdraw: tuple[Purpose, ...] = ()) -> Change[Any]:
        """Write the column's default value."""
        return cls(MUTATOR_COLUMN_DEFAULT_VALUE, permit, withdraw)

    def _row_data(self) -> dict[str, Any]:
        return {"value": _written(self.value), **_purposes(self.permit, self.withdraw)}


@dataclass(frozen=True)
class Changes(Generic[T]):
    """Values of an array that come and go, each with purposes of its own."""

    add: tuple[T, ...] = ()
    remove: tuple[T, ...] = ()
    permit: tuple[Purpose, ...] = ()
    withdraw: tuple[Purpose, ...] = ()

    def _row_data(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if self.add:
            values["value_additions"] = _written(list(self.add))
        if self.remove:
            values["value_deletions"] = _written(list(self.remove))
        return {**values, **_purposes(self.permit, self.withdraw)}


def _purposes(permit: tuple[Purpose, ...], withdraw: tuple[Purpose, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if permit:
        found["purpose_additions"] = [{"name": purpose.value} for purpose in permit]
    if withdraw:
        found["purpose_deletions"] = [{"name": purpose.value} for purpose in withdraw]
    return found


def _written(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_written(each) for each in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else value == "true"


def _date(value: Any) -> datetime.date:
    return datetime.date.fromisoformat(value)


def _timestamp(value: Any) -> datetime.datetime:
    return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))


def _composite(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else value


def _one(read: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else read(value)


def _many(read: Callable[[Any], T], value: Any) -> list[T] | None:
    return None if value is None else [read(each) for each in json.loads(value)]
'''
