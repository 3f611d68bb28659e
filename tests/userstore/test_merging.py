"""What a change makes of stored values, held to an oracle that thinks in plain lists and dicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from governance.errors import Conflict
from userstore.datatypes import DATA_TYPES
from userstore.definitions import ColumnDefinition
from userstore.writing.changes import LONGEST_ARRAY, ColumnChange
from userstore.writing.merging import Merge, StoredValue, merge

STRING = DATA_TYPES["string"]
TEXTS = st.sampled_from(["a", "b", "c", "d"])
NUMBERS = st.integers(1, 4)
UNTIL = st.sampled_from([0, 100, 200])


def column(*, is_array: bool = True, partial: bool = False, unique: bool = False) -> ColumnDefinition:
    return ColumnDefinition(
        pk=1,
        public_id=UUID(int=1),
        name="c",
        data_type=STRING,
        is_array=is_array,
        is_system=False,
        is_indexed=False,
        is_unique=False,
        unique_required=unique or partial,
        partial_updates=partial,
        default_value="",
        pii_category="name",
        sensitivity=3,
        access_policy=None,
    )


FULL, UNIQUE, PARTIAL = column(), column(unique=True), column(partial=True)


@dataclass(frozen=True)
class Held:
    """One value of the oracle's world."""

    text: str
    purposes: tuple[tuple[int, int], ...]


def applied(stored: list[StoredValue], texts: dict[UUID, str], merged: Merge) -> list[StoredValue]:
    """Do to a list what `Pen.store` does to the table."""
    gone = {value.id for value in merged.removed}
    moved = {value.id: (ordinal, purposes) for value, ordinal, purposes in merged.changed}
    left = [
        replace(value, ordinal=moved[value.id][0], purposes=moved[value.id][1]) if value.id in moved else value
        for value in stored
        if value.id not in gone
    ]
    for text, ordinal, purposes in merged.added:
        fresh = StoredValue(uuid4(), ordinal, STRING.index_form(text), purposes)
        texts[fresh.id] = str(text)
        left.append(fresh)
    return sorted(left, key=lambda value: value.ordinal)


def expected(change: ColumnChange, world: list[Held], until: int) -> list[Held]:
    """The rules of the wire contract and of the design, read aloud."""
    added = dict.fromkeys(change.added, until)

    def own(value: Held) -> dict[int, int]:
        return {p: t for p, t in value.purposes if p not in change.dropped}

    def kept(pairs: list[tuple[str, dict[int, int]]]) -> list[Held]:
        return [Held(text, tuple(sorted(purposes.items()))) for text, purposes in pairs if purposes]

    if not change.replaces:
        result: list[tuple[str, dict[int, int]]] = []
        for value in world:
            purposes = dict(value.purposes)
            if value.text in change.deletions:
                gone = change.dropped or (change.fixed if change.is_exact else tuple(purposes))
                purposes = {p: t for p, t in purposes.items() if p not in gone}
            if value.text in change.additions:
                purposes |= added
            result.append((value.text, purposes))
        known = {value.text for value in world}
        return kept(result + [(str(text), added) for text in change.additions if text not in known])
    if change.values is None:
        return kept([(value.text, own(value) | ({} if change.is_exact else added)) for value in world])
    if change.is_exact:
        return kept([(str(text), added) for text in change.values])
    shared: dict[int, int] = {}
    if world and not change.column.partial_updates:
        for purpose in set.intersection(*({p for p, _ in value.purposes} for value in world)):
            ends = [end for value in world for p, end in value.purposes if p == purpose and end]
            shared[purpose] = min(ends) if ends else 0
    fresh = {p: t for p, t in shared.items() if p not in change.dropped} | added
    left = list(world)
    pairs = []
    for text in change.values:
        same = next((value for value in left if value.text == text), None)
        if same:
            left.remove(same)
        pairs.append((str(text), own(same) | added if same else fresh))
    return kept(pairs)


@st.composite
def changes(draw: st.DrawFn, target: ColumnDefinition) -> ColumnChange:
    is_unique = target.unique_required
    fixed = draw(st.frozensets(NUMBERS, max_size=2))
    dropped = tuple(draw(st.lists(NUMBERS, unique=True, max_size=2)))
    if fixed:
        dropped = tuple(p for p in dropped if p in fixed)
        added: tuple[int, ...] = tuple(sorted(fixed - set(dropped)))
    else:
        added = tuple(p for p in draw(st.lists(NUMBERS, unique=True, max_size=2)) if p not in dropped)
    common: dict[str, Any] = {"column": target, "dropped": dropped, "is_exact": bool(fixed), "fixed": fixed}
    texts = st.lists(TEXTS, max_size=1 if not target.is_array else 4, unique=is_unique).map(tuple)
    if target.partial_updates and draw(st.booleans()):
        additions, deletions = draw(texts), draw(texts)
        if not added and not fixed:
            additions = ()
        return ColumnChange(
            replaces=False, additions=additions, deletions=deletions, added=added or tuple(sorted(fixed)), **common
        )
    return ColumnChange(replaces=True, values=draw(st.none() | texts), added=added, **common)


@settings(max_examples=400)
@given(st.data(), st.sampled_from([FULL, UNIQUE, PARTIAL, column(is_array=False)]))
def test_any_sequence_of_changes_leaves_what_the_oracle_says(data: st.DataObject, target: ColumnDefinition) -> None:
    stored: list[StoredValue] = []
    texts: dict[UUID, str] = {}
    world: list[Held] = []
    for _ in range(data.draw(st.integers(1, 6))):
        change, until = data.draw(changes(target)), data.draw(UNTIL)
        world = expected(change, world, until)
        stored = applied(stored, texts, merge(change, stored, until=until))
        event(f"{target.partial_updates=} {change.replaces=} values={len(world)}")
        assert [Held(texts[v.id], tuple(sorted(v.purposes.items()))) for v in stored] == world
        assert len({value.ordinal for value in stored}) == len(stored)


@settings(max_examples=300)
@given(st.data())
def test_a_new_value_of_a_partial_column_never_inherits_a_purpose(data: st.DataObject) -> None:
    stored = [
        StoredValue(uuid4(), n, STRING.index_form(text), dict.fromkeys(data.draw(st.sets(NUMBERS, min_size=1)), 0))
        for n, text in enumerate(data.draw(st.lists(TEXTS, unique=True)), start=1)
    ]
    change = data.draw(changes(PARTIAL))
    for _, _, purposes in merge(change, stored, until=0).added:
        assert set(purposes) <= set(change.added)


@pytest.mark.parametrize("after", [(), ("b",), ("a",)])
def test_a_value_that_is_there_twice_is_replaced_twice(after: tuple[str, ...]) -> None:
    twice = [StoredValue(uuid4(), n, STRING.index_form("a"), {1: 0}) for n in (1, 2)]
    merged = merge(ColumnChange(FULL, replaces=True, values=after), twice, until=0)
    assert len(merged.removed) == (1 if after == ("a",) else 2)


def test_a_value_kept_keeps_its_row_so_its_tokens_live_on() -> None:
    kept = StoredValue(uuid4(), 1, STRING.index_form("a"), {1: 0})
    merged = merge(ColumnChange(FULL, replaces=True, values=("b", "a")), [kept], until=0)
    assert [(value.id, ordinal) for value, ordinal, _ in merged.changed] == [(kept.id, 2)]
    assert merged.removed == []


def test_an_array_grows_to_its_limit_and_no_further() -> None:
    stored = [StoredValue(uuid4(), n, STRING.index_form(str(n)), {1: 0}) for n in range(1, LONGEST_ARRAY)]
    one_more = ColumnChange(PARTIAL, replaces=False, additions=("x",), added=(1,))
    assert len(merge(one_more, stored, until=0).added) == 1
    with pytest.raises(Conflict):
        merge(replace(one_more, additions=("x", "y")), stored, until=0)
