"""Which field of a record goes into which column: decided once for a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from userstore.importing.errors import FileUnfit
from userstore.importing.instructions import Instructions
from userstore.writing.changes import KEEP_VALUES
from userstore.writing.plan import MutatorPlan
from userstore.writing.sheets import BatchItem

ID = "id"


@dataclass(frozen=True, slots=True)
class Layout:
    """Turns the named fields of a record into a call.

    An empty or absent field says nothing about its column: what is there stays, with the purposes it has.
    """

    selector: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    """Fields, and the columns they go into."""
    purposes: list[Mapping[str, str]]
    makes_ids: bool
    known: frozenset[str] = field(default_factory=frozenset)

    def item(self, given: Mapping[str, Any]) -> BatchItem:
        """The call that a record stands for."""
        values = [str(uuid4())] if self.makes_ids else [given.get(name) for name in self.selector]
        return BatchItem(values, {column: self._change(given.get(name, "")) for name, column in self.columns})

    def _change(self, value: Any) -> Mapping[str, Any]:
        if value == "":
            return _KEEP
        if value is None:
            return _NOTHING
        return {"value": value, "purpose_additions": self.purposes} if self.purposes else {"value": value}


_KEEP: Mapping[str, Any] = {"value": KEEP_VALUES}
_NOTHING: Mapping[str, Any] = {"value": None}


def layout_of(instructions: Instructions, plan: MutatorPlan, header: Sequence[str] | None) -> Layout:
    """Lay the fields of a file out over the columns of its mutator.

    Args:
        header: the names in a file's first line; None where every record names its fields itself.

    Raises:
        FileUnfit: a name of the header is there twice or goes nowhere, or a column or a value of the selector gets
            nothing. Names are told by their position: a file without a header begins with somebody's data.
    """
    targets = [target.column.name for target in plan.targets]
    given = dict(instructions.columns) or {name: name for name in targets}
    selector = instructions.selector or ((ID,) if plan.selector.selector.placeholders == 1 else ())
    if header is not None:
        given, selector = _as_in_header(header, given, selector, instructions)
    columns = {name: column for name, column in given.items() if column}
    if sorted(columns.values()) != sorted(targets):
        raise FileUnfit(f"The file has to have a field for each of these columns: {', '.join(sorted(targets))}.")
    makes_ids = instructions.creates and not selector
    if not makes_ids and len(selector) != plan.selector.selector.placeholders:
        raise FileUnfit(
            f"The selector of the mutator takes {plan.selector.selector.placeholders} values, and fields for "
            f"{len(selector)} are there.",
            remedy="Name the fields that select, one for each ? of the selector.",
        )
    return Layout(
        selector=selector,
        columns=tuple(columns.items()),
        purposes=[{"id": str(purpose)} for purpose in instructions.purposes],
        makes_ids=makes_ids,
        known=frozenset([*selector, *given]),
    )


def _as_in_header(
    header: Sequence[str], given: Mapping[str, str | None], selector: Sequence[str], instructions: Instructions
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Spell the names as the header does: letter case makes no difference."""
    written: dict[str, str] = {}
    for position, name in enumerate(header, start=1):
        if name.casefold() in written:
            raise FileUnfit(f"Name {position} of the first line is there twice.")
        written[name.casefold()] = name
    known = {name.casefold(): column for name, column in given.items()}
    selecting = [name.casefold() for name in selector]
    for position, folded in enumerate(written, start=1):
        if folded not in known and folded not in selecting:
            raise FileUnfit(
                f"Name {position} of the first line is neither a column of the mutator nor a field that selects.",
                remedy="Say which column it goes into, or that it goes into none.",
            )
    found = tuple(written[name] for name in selecting if name in written)
    if len(found) < len(selecting) and (instructions.selector or not instructions.creates):
        raise FileUnfit(f"The first line lacks a field that selects: {', '.join(selector)}.")
    return {written[name]: column for name, column in known.items() if name in written}, found
