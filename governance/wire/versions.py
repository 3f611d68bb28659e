"""Lists of every version of definitions: a page counts versions, in the order of their definitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from governance.models import Revision
from governance.wire.paging import PageAsked, beyond, cursor_of, framed, values_at

LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class VersionOf:
    """One version of a definition; `row` is what holds now."""

    row: Any
    version: int

    @property
    def is_current(self) -> bool:
        return bool(self.version == self.row.version)


def cut_versions(rows: QuerySet[Any], asked: PageAsked, kind: str) -> tuple[list[VersionOf], dict[str, Any]]:
    """Cut one page out of the versions of definitions; must run inside the environment.

    Its cursors name the version beside the keys of the order.
    """
    place = values_at(asked, beside=("version",))
    at = _number(asked) if place else None
    found = list(beyond(rows, asked, place, with_the_place=True)[: asked.limit + 2])
    formers = _formers(kind, found)
    entries = [
        entry
        for row in found
        for entry in _versions(row, formers, is_falling=asked.is_falling)
        if at is None or row.public_id != place[-1] or _is_past(entry.version, at, asked)
    ]
    return framed(entries[: asked.limit + 1], asked, lambda entry: _cursor(entry, asked))


def bodies_of(entries: Iterable[VersionOf], kind: str) -> dict[tuple[UUID, int], Revision]:
    """Read what former versions were, by id and version."""
    formers = [entry for entry in entries if not entry.is_current]
    found = Revision.objects.filter(
        kind=kind,
        withdrawn_at=None,
        public_id__in={entry.row.public_id for entry in formers},
        version__in={entry.version for entry in formers},
    )
    return {(revision.public_id, revision.version): revision for revision in found}


def _formers(kind: str, rows: Sequence[Any]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    published = Revision.objects.filter(kind=kind, withdrawn_at=None, public_id__in=[row.public_id for row in rows])
    for public_id, version in published.values_list("public_id", "version"):
        found.setdefault(public_id, []).append(version)
    return found


def _versions(row: Any, formers: dict[UUID, list[int]], *, is_falling: bool) -> list[VersionOf]:
    numbers = sorted({row.version, *formers.get(row.public_id, ())}, reverse=is_falling)
    return [VersionOf(row, number) for number in numbers]


def _is_past(version: int, at: int, asked: PageAsked) -> bool:
    return version < at if asked.is_falling else version > at


def _number(asked: PageAsked) -> int:
    text = asked.named_values()["version"]
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise asked.bad_cursor()
    return int(text)


def _cursor(entry: VersionOf, asked: PageAsked) -> str:
    keys, _, last = cursor_of(entry.row, asked).rpartition("id:")
    return f"{keys}version:{entry.version},id:{last}"
