"""What a change does to the configuration, as a second person reads it: before and after, line by line, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from governance.drafts.picture import NOTHING, Drawn, Picture, Place
from keyring.fingerprints import fingerprint

NEW, GONE, CHANGED = "new", "gone", "changed"
AS_IT_IS, ANOTHER = "as it is", "another"
"""What is told of a secret or a moment that changes: that it does."""
SOMEBODY = "a person"
_WHO = "subject id"
"""What the field is called by which a row names a person of the store."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field of what changes. What was not there is a dash."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is new, gone or changed."""

    kind: str
    name: str
    what: str
    lines: tuple[Line, ...]


def differences_between(before: Picture, after: Picture) -> tuple[Difference, ...]:
    """Say what of one picture became another in the other; nothing where they are equal."""
    found = [difference for place in _touched(before, after) for difference in _difference(before, after, place)]
    return tuple(sorted(found, key=lambda each: (each.kind, each.name, each.what)))


def basis_of(environment_id: UUID, before: Picture, after: Picture) -> str:
    """Return a fingerprint of everything that the change touches, exactly as it was before."""
    exact = [[place, sorted(before[place].exact)] for place in sorted(_touched(before, after)) if place in before]
    return fingerprint(environment_id, "basis of a change", json.dumps(exact).encode())


def as_json(differences: tuple[Difference, ...]) -> str:
    """Write differences down; `from_json` reads them."""
    return json.dumps([asdict(each) for each in differences], ensure_ascii=False)


def from_json(text: str) -> tuple[Difference, ...]:
    """Read what `as_json` wrote."""
    return tuple(_read(each) for each in json.loads(text))


def without_people(text: str) -> str:
    """Return what `as_json` wrote without saying who somebody was, for when nobody decides about it any more."""
    told = json.loads(text)
    for difference in told:
        for line in difference["lines"]:
            if line["field"] == _WHO:
                line.update({side: SOMEBODY for side in ("before", "after") if line[side] != NOTHING})
    return json.dumps(told, ensure_ascii=False)


def _read(written: Mapping[str, Any]) -> Difference:
    lines = tuple(Line(**line) for line in written["lines"])
    return Difference(written["kind"], written["name"], written["what"], lines)


def _touched(before: Picture, after: Picture) -> list[Place]:
    places = before.keys() | after.keys()
    return [place for place in places if place not in before or place not in after or _differ(before, after, place)]


def _differ(before: Picture, after: Picture, place: Place) -> bool:
    former, later = before[place], after[place]
    return (former.name, former.lines, former.marks) != (later.name, later.lines, later.marks)


def _difference(before: Picture, after: Picture, place: Place) -> Iterator[Difference]:
    former, later = before.get(place), after.get(place)
    shown = former or later
    if shown is None:
        return
    what = NEW if former is None else GONE if later is None else CHANGED
    yield Difference(shown.kind, shown.name, what, tuple(_lines(former, later)))


def _lines(former: Drawn | None, later: Drawn | None) -> Iterator[Line]:
    was, becomes = former.lines if former else {}, later.lines if later else {}
    if former is not None and later is not None and former.name != later.name and "name" not in was:
        yield Line("name", former.name, later.name)
    for name in sorted(was.keys() | becomes.keys()):
        one, other = was.get(name, NOTHING), becomes.get(name, NOTHING)
        if one != other:
            yield Line(name, one, other)
    held, holds = former.marks if former else {}, later.marks if later else {}
    for name in sorted(held.keys() | holds.keys()):
        if held.get(name, "") != holds.get(name, ""):
            yield Line(name, AS_IT_IS if held.get(name) else NOTHING, ANOTHER if holds.get(name) else NOTHING)
