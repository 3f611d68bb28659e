"""Where the fields of a file could go, before somebody decides: what was asked, or what their names suggest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from governance.standing import fresh_standing_of
from userstore.errors import Invalid
from userstore.importing.framing import NDJSON
from userstore.importing.instructions import Instructions, instructions_of
from userstore.importing.layout import ID
from userstore.importing.opening import field_names
from userstore.importing.sources import SealedPieces
from userstore.models import Import
from userstore.writing.plan import mutator_plan

_LONGEST_NAME = 64
_MOST_DIGITS = 4
_SHOWN_OF_A_VALUE = 24


@dataclass(frozen=True, slots=True)
class SketchedField:
    """A field, the column it goes into ("": none), and its name as it may be shown."""

    position: int
    name: str = field(repr=False)
    shown: str
    column: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """A layout that nobody has decided on yet."""

    fields: tuple[SketchedField, ...]
    columns: tuple[str, ...]
    """The columns of the mutator: each needs one field."""
    selector_text: str
    selecting: tuple[int, ...]
    """For each `?` of the selector the position of its field, 0 for none."""
    looks_named: bool
    """Whether the first line looks like names; if not, it may be somebody's data, and no name is shown as it is."""
    makes_ids: bool
    """Whether no field needs to select: everybody in the file is new."""
    asked: Instructions
    """What was asked, with this layout."""


def sketch_of(row: Import) -> Sketch | None:
    """Return how an uploaded file is laid out as things stand; None where its records say themselves what goes where.

    To be called inside the import's environment.

    Raises:
        FileUnfit: the head of the file cannot be read.
        NotFound: there is no such mutator.
    """
    asked, names, columns, _, placeholders = _known(row)
    if not names:
        return None
    return _sketched(row, _columns_for(names, columns, asked), _selecting_for(names, placeholders, asked))


def redrawn(row: Import, columns: Sequence[str], selecting: Sequence[int]) -> Sketch:
    """Return the layout that somebody chose: for each field its column or "", for each `?` the position of its field.

    Raises:
        Invalid: a column that the mutator does not write, or two fields for one column.
        FileUnfit: the head of the file cannot be read.
    """
    return _sketched(row, columns, selecting)


def _sketched(row: Import, chosen: Sequence[str], selecting: Sequence[int]) -> Sketch:
    asked, names, columns, selector_text, placeholders = _known(row)
    if len(chosen) != len(names) or not {*chosen} <= {"", *columns}:
        raise Invalid("Choose a column of the mutator for each field, or leave it out.", field="columns")
    taken = [column for column in chosen if column]
    for column in columns:
        if taken.count(column) > 1:
            raise Invalid(f"Two fields go into the column {column}.", field="columns", remedy="Leave one of them out.")
    if len(selecting) != placeholders or not all(0 <= position <= len(names) for position in selecting):
        raise Invalid("Choose a field for each value of the selector.", field="selector")
    into: dict[str, str | None] = {name: column or None for name, column in zip(names, chosen, strict=True)}
    if asked.format == NDJSON:  # a record need not have every field, and one that the first records lack may come later
        into |= {column: column for column in columns if column not in taken and column not in into}
    looks_named = all(_looks_like_a_name(name) for name in names)
    return Sketch(
        fields=tuple(
            SketchedField(position, name, name if looks_named else _hidden(name), column)
            for position, (name, column) in enumerate(zip(names, chosen, strict=True), start=1)
        ),
        columns=tuple(columns),
        selector_text=selector_text,
        selecting=tuple(selecting),
        looks_named=looks_named,
        makes_ids=asked.creates and placeholders == 1 and ID not in {name.casefold() for name in names},
        asked=replace(asked, columns=into, selector=tuple(names[position - 1] for position in selecting if position)),
    )


def _known(row: Import) -> tuple[Instructions, list[str], list[str], str, int]:
    asked = instructions_of(row)
    if asked.mutator_id is None:
        return asked, [], [], "", 0
    plan = mutator_plan(fresh_standing_of(row.environment_id), asked.mutator_id)
    columns = sorted(target.column.name for target in plan.targets)
    names = field_names(row, SealedPieces(row))
    return asked, names, columns, plan.selector_text, plan.selector.selector.placeholders


def _columns_for(names: Sequence[str], columns: Sequence[str], asked: Instructions) -> list[str]:
    if asked.columns:
        known: Mapping[str, str | None] = {name.casefold(): column for name, column in asked.columns.items()}
        return [known.get(name.casefold()) or "" for name in names]
    free = {_plain(column): column for column in columns}
    exact = {column.casefold(): column for column in columns}
    found = [exact.get(name.casefold(), "") for name in names]
    for number, name in enumerate(names):
        likely = free.get(_plain(name), "")
        if not found[number] and likely not in found:
            found[number] = likely
    return found


def _selecting_for(names: Sequence[str], placeholders: int, asked: Instructions) -> list[int]:
    wanted = asked.selector or ((ID,) if placeholders == 1 else ())
    positions = {name.casefold(): position for position, name in enumerate(names, start=1)}
    found = [positions.get(name.casefold(), 0) for name in wanted][:placeholders]
    return found + [0] * (placeholders - len(found))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _looks_like_a_name(text: str) -> bool:
    """Whether this can be shown as the name of a field: no address, number, date or long text."""
    digits = sum(character.isdigit() for character in text)
    return "@" not in text and digits <= _MOST_DIGITS and len(text) <= _LONGEST_NAME


def _hidden(text: str) -> str:
    return text[:1] + "•" * min(max(len(text) - 1, 0), _SHOWN_OF_A_VALUE)
