"""What a change makes of stored values, held to an oracle that thinks in plain lists and dicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from governance.errors import Conflict, Invalid
from userstore.datatypes import DATA_TYPES, Composite, CompositeField
from userstore.datatypes.composites import composite_type
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


STREET = CompositeField("Street", STRING)
NOTE = CompositeField("Note", STRING, is_ignored_for_uniqueness=True)
THING = composite_type(UUID(int=2), "Thing", "a thing", [STREET, NOTE], includes_id=True)
BY_ID = replace(PARTIAL, data_type=THING, unique_required=False, unique_id_required=True)
BY_VALUE = replace(PARTIAL, data_type=THING)


def thing(street: str, note: str = "", of: str = "") -> Composite:
    parts = (("street", street), ("note", note), ("id", of))
    return Composite(tuple(part for part in parts if part[1]))


def held(column: ColumnDefinition, *values: Composite) -> list[StoredValue]:
    return [
        StoredValue(
            uuid4(),
            n,
            column.identity_of(value),
            {1: 0},
            content=column.content_of(value),
            equal=THING.index_form(value),
        )
        for n, value in enumerate(values, start=1)
    ]


@st.composite
def things(draw: st.DrawFn, column: ColumnDefinition) -> list[Composite]:
    """Values of one subject that differ as the column demands."""
    drawn = draw(st.lists(st.builds(thing, TEXTS, st.sampled_from(["", "n", "m"]), TEXTS), max_size=4))
    distinct = {column.identity_of(value): value for value in drawn}
    if column.unique_required and column.unique_id_required:
        distinct = {column.identity_of(v): v for v in {THING.index_form(v): v for v in distinct.values()}.values()}
    return list(distinct.values())


BOTH = replace(BY_ID, unique_required=True)


@settings(max_examples=200)
@given(st.data(), st.sampled_from([BY_ID, BY_VALUE, BOTH, replace(BY_ID, immutable_required=True)]))
def test_composite_values_are_known_by_id_or_by_what_counts_and_change_in_place(
    data: st.DataObject, target: ColumnDefinition
) -> None:
    """The oracle is a dict by identity: additions overwrite in place or come last, deletions delete."""
    stored = held(target, *data.draw(things(target)))
    world = {value.form: value.content for value in stored}
    additions, deletions = data.draw(things(target)), data.draw(things(target))
    change = ColumnChange(
        target, replaces=False, additions=tuple(additions), deletions=tuple(deletions), added=(2,)
    )  # fmt: skip
    gone = {target.identity_of(value) for value in deletions}
    changes = any(world.get(target.identity_of(v), target.content_of(v)) != target.content_of(v) for v in additions)
    if target.immutable_required and changes:
        with pytest.raises(Invalid, match="never change"):
            merge(change, stored, until=0)
        return
    expected = {form: content for form, content in world.items() if form not in gone}
    order = list(world)
    for value in additions:
        form = target.identity_of(value)
        expected[form] = target.content_of(value)
        order += [form] if form not in order else []
    equal = {v.form: v.equal for v in stored} | {target.identity_of(v): THING.index_form(v) for v in additions}
    clash = target is BOTH and len({equal[form] for form in expected}) != len(expected)
    event(f"{target.unique_id_required=} {clash=} {changes=}")
    if clash:
        with pytest.raises(Conflict, match="another id"):
            merge(change, stored, until=0)
        return
    merged = merge(change, stored, until=0)
    removed = {value.id for value in merged.removed}
    left = [(v.ordinal, v.form, v.content) for v in stored if v.id not in removed]
    left += [(ordinal, target.identity_of(v), target.content_of(v)) for v, ordinal, _ in merged.added]
    assert [(form, content) for _, form, content in sorted(left)] == [(f, expected[f]) for f in order if f in expected]
    assert all(purposes == {2: 0} for _, _, purposes in merged.added)


def test_a_replaced_value_of_a_full_column_takes_over_what_all_may_be_used_for() -> None:
    column_ = replace(BY_ID, partial_updates=False)
    stored = held(column_, thing("a", of="1"), thing("b", of="2"))
    merged = merge(ColumnChange(column_, replaces=True, values=(thing("c", of="2"),)), stored, until=0)
    assert [value.id for value in merged.removed] == [stored[1].id, stored[0].id]
    assert merged.added == [(thing("c", of="2"), 1, {1: 0})]
