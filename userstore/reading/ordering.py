"""The order of rows: by what the rows show, nulls first, ties by id; and places in it, which cursors carry.

Whoever may not see a value does not learn it from the order: a value that was withheld sorts like one that is absent,
a masked one like its mask. What is drawn anew in every call (tokens) or by a script has no order to offer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from governance.errors import Invalid
from userstore.datatypes import Concrete
from userstore.models.subjects import LIVE
from userstore.reading.calls import ASCENDING, DESCENDING
from userstore.reading.outputs import Output
from userstore.reading.plan import AccessorPlan
from userstore.reading.rows import OpenedSubject, SealedSubject

Scalar: TypeAlias = str | int | bool
Rank: TypeAlias = tuple[bool, Scalar | None]
"""Whether there is a value, and the value: nulls come first."""
LONGEST_RANK = 256
"""Characters of a text that count in an order: a cursor carries them, and an address has its limits."""


class Place(NamedTuple):
    """Where a subject stands in an order; places compare as the order has it, ascending."""

    ranks: tuple[Rank, ...]
    subject_id: UUID

    @property
    def moment(self) -> int | None:
        """The moment of a place along an index of moments, None along the ids."""
        return next((value for _, value in self.ranks if isinstance(value, int)), None)


def as_rank(value: Scalar | None) -> Rank:
    """Make a value comparable with others of its kind and with nothing."""
    return value is not None, value


class Key(Protocol):
    """One part of an order."""

    @property
    def name(self) -> str:
        """What binds a cursor to it: another definition of the same column is another order."""

    def values(self, subjects: Sequence[OpenedSubject], *, now: datetime) -> list[Scalar | None]:
        """What every subject is sorted by."""


@dataclass(frozen=True, slots=True)
class MomentKey:
    """The moment of creation or of the last change, in microseconds; needs no value of anybody."""

    column: str

    @property
    def name(self) -> str:
        return self.column

    def values(self, subjects: Sequence[OpenedSubject], *, now: datetime) -> list[Scalar | None]:  # noqa: ARG002  # the protocol's
        return [self.of(subject.sealed) for subject in subjects]

    def of(self, subject: SealedSubject) -> int:
        """Microseconds since the year 2000, as PostgreSQL counts."""
        created, updated, _, _ = subject.facts
        return int.from_bytes(created if self.column == "created" else updated, "big", signed=True)


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A column of the accessor, by what its transformer leaves of it."""

    output: Output
    read: Callable[[str], Scalar]

    @property
    def name(self) -> str:
        transformer = self.output.transformer
        return f"{self.output.column.public_id} {transformer.public_id} {transformer.version}"

    def values(self, subjects: Sequence[OpenedSubject], *, now: datetime) -> list[Scalar | None]:
        texts = [self._text(subject) for subject in subjects]
        transformer = self.output.transformer
        if not transformer.passes_through:
            column = self.output.column.public_id
            shown = iter(transformer.apply([text for text in texts if text is not None], now=now, column=column))
            # An empty result is left out of the row, so it is nothing here as well.
            texts = [None if text is None else next(shown) or None for text in texts]
        return [None if text is None else self.read(text) for text in texts]

    def _text(self, subject: OpenedSubject) -> str | None:
        column = self.output.column
        if column.is_system:
            return subject.sealed.system_text(column.name)
        texts = subject.values.get(column.pk)
        return texts[0] if texts else None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of subjects: keys, then the id. `name` binds cursors to it."""

    keys: tuple[Key, ...]
    is_descending: bool
    name: str

    @property
    def index(self) -> str | None:
        """What of a subject's row is in this order along an index: its id, created or updated; None: only a scan is."""
        match self.keys:
            case ():
                return "id"
            case (MomentKey(column=column),):
                return column
        return None

    @property
    def column_pks(self) -> frozenset[int]:
        """The stored columns that have to be opened to sort."""
        outputs = (key.output for key in self.keys if isinstance(key, ShownKey))
        return frozenset(output.column.pk for output in outputs if not output.column.is_system)

    def places(self, subjects: Sequence[OpenedSubject], *, now: datetime) -> list[Place]:
        """Where every subject stands.

        Raises:
            TransformationFailed: a value is not of its transformer's format.
        """
        each = [list(map(as_rank, key.values(subjects, now=now))) for key in self.keys]
        return [
            Place(ranks, subject.sealed.public_id)
            for ranks, subject in zip(zip(*each, strict=True) if each else [()] * len(subjects), subjects, strict=True)
        ]

    def place_along_index(self, subject: SealedSubject) -> Place:
        """Where a subject stands in an order that has an index."""
        ranks = tuple(as_rank(key.of(subject)) for key in self.keys if isinstance(key, MomentKey))
        return Place(ranks, subject.public_id)


BY_ID = Order((), is_descending=False, name="id ascending")


def order_of(plan: AccessorPlan, sort_key: str, sort_order: str) -> Order:
    """Compile an order for the rows of an accessor.

    Raises:
        Invalid: the keys do not end with id, repeat, or name what this accessor's rows cannot be sorted by.
    """
    if sort_order not in {"", ASCENDING, DESCENDING}:
        raise Invalid("The order is ascending or descending.", field="sort_order")
    names = (sort_key or "id").split(",")
    if names == ["id"] and sort_order != DESCENDING:
        return BY_ID
    if names[-1] != "id" or len(set(names)) != len(names):
        raise Invalid("A sort key is a list of different columns that ends with id.", field="sort_key")
    keys = tuple(_key(name, plan) for name in names[:-1])
    name = ",".join([*(key.name for key in keys), f"id {sort_order or ASCENDING}"])
    return Order(keys, sort_order == DESCENDING, name)


def _key(name: str, plan: AccessorPlan) -> Key:
    output = next((output for output in plan.outputs if output.column.name == name), None)
    is_blank = any(blank.column.name == name for blank in plan.blank)
    if name in {"created", "updated"} and not is_blank and (output is None or output.transformer.passes_through):
        return MomentKey(name)
    is_single = output is not None and not (output.column.is_array or output.column.data_type.fields)
    if output is None or not is_single or not (plan.state == LIVE or output.column.is_system):
        raise Invalid(
            "The rows of this accessor cannot be sorted by that.",
            field="sort_key",
            remedy="Use columns of the accessor with a single value, created or updated, and id at the end.",
        )
    if not output.transformer.is_repeatable:
        raise Invalid(
            "A column that is shown as a token or by a script has no order.",
            field="sort_key",
            remedy="Sort by another column.",
        )
    return ShownKey(output, _reader(output))


def _reader(output: Output) -> Callable[[str], Scalar]:
    """How a shown text compares: numbers as numbers, everything else by its characters, dates among them."""
    readers: dict[Concrete, Callable[[str], Any]] = {Concrete.INTEGER: int, Concrete.BOOLEAN: "true".__eq__}
    found = readers.get(output.column.data_type.concrete) if output.transformer.passes_through else None
    return found or _beginning


def _beginning(text: str) -> str:
    return text[:LONGEST_RANK]
