"""Files with every kind of damage: the damaged record is reported by its line, its neighbours are written."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.userstore.imported import Desk, people
from userstore.importing import framing, opening
from userstore.importing.framing import CSV, LONGEST_RECORD, NDJSON, USERCLOUDS, Place, framing_of
from userstore.importing.instructions import Instructions
from userstore.importing.layout import Layout
from userstore.importing.opening import frames_from
from userstore.importing.records import Record, csv_header, reader_of
from userstore.models.imports import FINISHED, HELD

ONE, TWO, THREE = people(3)
FIELDS = ("id", "label", "alias", "age")
LAYOUT = Layout(("id",), tuple((name, name) for name in FIELDS[1:]), [], makes_ids=False, known=frozenset(FIELDS))


class Bytes:
    """A file in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, offset: int, size: int) -> bytes:
        return self.content[offset : offset + size]


def read(content: bytes, format_name: str = CSV, *, most: int = 7) -> list[Record]:
    """Every record of a file, cut in batches as an import does."""
    source, cutting, place = Bytes(content), framing_of(format_name, ","), Place()
    header: list[str] = []
    if format_name == CSV:
        (first,), place = frames_from(source, cutting, place, size=len(content), most=1)
        header = csv_header(first, ",")
    reader = reader_of(Instructions(uuid4(), format_name), LAYOUT, header)
    found: list[Record] = []
    while True:
        frames, behind = frames_from(source, cutting, place, size=len(content), most=most)
        if not frames and behind == place:
            return found
        found += reader(frames)
        place = behind


def labels(records: list[Record]) -> list[Any]:
    return [record.item.row_data["label"]["value"] for record in records if record.item]


def faults(records: list[Record]) -> list[tuple[int, str]]:
    return [(record.line, record.fault) for record in records if record.item is None]


def named(label: str | bytes, who: str = TWO) -> bytes:
    """One record of CSV."""
    text = label.encode() if isinstance(label, str) else label
    return who.encode() + b"," + text + b"," + who.encode() + b",7"


def between(record: bytes, *, header: bytes = b"id,label,alias,age", end: bytes = b"\n") -> bytes:
    """A record between two good ones."""
    return end.join([header, named("before", ONE), record, named("behind", THREE), b""])


HUGE = "x" * (LONGEST_RECORD + 10)
BAD: dict[str, tuple[bytes, str]] = {
    "latin-1": (named("M\xfcller".encode("latin-1")), "The record is not UTF-8."),
    "a quote in front of text": (named('"a"b'), "The quotes of the record are not as CSV has them."),
    "a quote that never closes": (named('"a'), "A quote is opened and never closed."),
    "a lone carriage return": (named("a\rb"), "The quotes of the record are not as CSV has them."),
    "a field too few": (b"a,b,c", "The record has 3 fields"),
    "a field too many": (named("x") + b",y", "The record has 5 fields"),
    "a huge field": (named("x" * 140_000), "A field is longer"),
    "a huge line": (named(HUGE), "The record is longer than"),
    "a huge quoted line": (named(f'"{HUGE}"'), "The record is longer than"),
    "a number of a million digits": (TWO.encode() + b",x,x," + b"9" * 1_000_000, "A field is longer"),
}


@pytest.mark.parametrize("name", BAD)
def test_damage_costs_its_own_record_only(name: str) -> None:
    record, reason = BAD[name]
    records = read(between(record))
    assert labels(records) == ["before", "behind"]
    ((line, told),) = faults(records)
    assert line == 3
    assert reason in told
    assert "x" * 20 not in told


def test_two_stray_quotes_hide_no_line_between_them() -> None:
    lines = [b"id,label,alias,age", named('5" pipe'), named("one"), named('"two"'), named('6" pipe'), named("three")]
    records = read(b"\n".join(lines))
    assert labels(records) == ["one", "two", "three"]
    assert [line for line, _ in faults(records)] == [2, 5]


GOOD: dict[str, tuple[bytes, str]] = {
    "a line end inside quotes": (named('"a\nb"'), "a\nb"),
    "a carriage return inside quotes": (named('"a\r\nb"'), "a\r\nb"),
    "doubled quotes": (named('"say ""hi"""'), 'say "hi"'),
    "a formula": (named("=cmd|' /C calc'!A0"), "=cmd|' /C calc'!A0"),
    "a NUL": (named("a\0b"), "a\0b"),
    "letters of all scripts": (named("Žluťoučký 🐎"), "Žluťoučký 🐎"),
    "white space": (named("  a  "), "  a  "),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_looks_strange_is_kept_to_the_letter(name: str) -> None:
    record, kept = GOOD[name]
    records = read(between(record))
    assert (labels(records), faults(records)) == (["before", kept, "behind"], [])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CR LF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with BOM"])
def test_line_ends_byte_order_marks_and_blank_lines_change_nothing(end: bytes, mark: bytes) -> None:
    records = read(mark + between(end + named("middle") + end, end=end) + end)
    assert (labels(records), faults(records)) == (["before", "middle", "behind"], [])


def test_a_last_line_that_is_cut_off_is_reported() -> None:
    records = read(between(named("middle")) + ONE.encode() + b',"cut o')
    assert (len(labels(records)), faults(records)) == (3, [(5, "The file ends in the middle of this record.")])


def flat(**changed: Any) -> bytes:
    return json.dumps({"id": TWO, "label": "x", "alias": TWO, "age": 1, **changed}).encode()


NESTED = b'{"id":' + b"[" * 900 + b"]" * 900 + b"}"
LINES: dict[str, tuple[bytes, str]] = {
    "invalid UTF-8": (flat(label="m").replace(b'"m"', b'"\xff"'), "The record is not UTF-8."),
    "no JSON": (b"{nope", "The record is no JSON."),
    "NaN": (flat(age=1).replace(b": 1}", b": NaN}"), "The record is no JSON."),
    "an array": (b"[1, 2]", "The record has to be a JSON object."),
    "nested too deep": (NESTED, "deeper than 64 levels"),
    "nested beyond reason": (b"[" * 100_000, "The record is no JSON."),
    "an unknown field": (flat(nickname="x"), "a field that is neither a column of the mutator nor selects"),
    "a half surrogate": (flat(label="m").replace(b'"m"', b'"\\ud800"'), "The record is no JSON."),
    "a call without changes": (b'{"selector_values": [], "row_data": 7}', "row_data has to be a JSON object."),
    "a huge line": (flat(label=HUGE), "The record is longer than"),
}


@pytest.mark.parametrize("name", LINES)
def test_damaged_lines_of_ndjson_cost_their_own_record_only(name: str) -> None:
    record, reason = LINES[name]
    before, behind = (flat(id=who, label=text) for who, text in ((ONE, "before"), (THREE, "behind")))
    records = read(b"\n".join([b"\xef\xbb\xbf" + before, record, behind]), NDJSON)
    assert labels(records) == ["before", "behind"]
    ((line, told),) = faults(records)
    assert line == 2
    assert reason in told


def test_of_two_equal_keys_the_last_counts_as_in_every_call() -> None:
    assert labels(read(flat().replace(b'"label": "x"', b'"label": "x", "label": "y"'), NDJSON)) == ["y"]


def test_the_vendors_records_without_their_separators_are_reported() -> None:
    records = read(
        b"\x02".join([b"[]{}", b'{"a": 1}\x01{}', b'["x"]\x01[]', b"\x01{}", b"null\x01{}", b""]), USERCLOUDS
    )
    assert [told for _, told in faults(records)] == [
        "The record lacks the byte 0x01 between the selector's values and the changes.",
        "The selector's values have to be a JSON array.",
        "What changes has to be a JSON object.",
        "The record is no JSON.",
    ]
    assert [record.line for record in records if record.item] == [5]


anything = st.lists(
    st.sampled_from(
        [b'"', b"\n", b"\r", b",", b"\x01", b"\x02", b"{", b"}", b"[", b"a", b"\xff", b"\0", b'"a"', b"a,b,c,d"]
    )
).map(b"".join)


@given(
    content=anything,
    window=st.integers(20, 45),
    most=st.integers(1, 5),
    format_name=st.sampled_from([CSV, NDJSON, USERCLOUDS]),
)
def test_however_a_file_is_cut_every_record_is_read_once(
    content: bytes, window: int, most: int, format_name: str
) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(framing, "LONGEST_RECORD", 40)
        small.setattr(opening, "LONGEST_RECORD", 40)
        content = b"id,label,alias,age\n" + content
        whole = read(content, format_name, most=1000)
        small.setattr(opening, "_WINDOW", window)
        records = read(content, format_name, most=most)
    assert records == whole
    lines = [record.line for record in records]
    assert lines == sorted(set(lines))


HEADS: dict[str, tuple[bytes, str]] = {
    "a name twice": (b"id,label,Label,age\n", "Name 3 of the first line is there twice."),
    "an unknown name": (b"id,label,alias,ada@example.com\n", "Name 4 of the first line"),
    "a column missing": (b"id,label,alias\n", "a field for each of these columns: age, alias, label"),
    "no id": (b"label,alias,age\n", "lacks a field that selects"),
    "UTF-16": ("id,label,alias,age\n".encode("utf-16"), "UTF-16"),
    "an open quote": (b'id,"label,alias,age\n', "cannot be read"),
}
VENDOR_HEADS: dict[str, tuple[bytes, str]] = {
    "no mutator": (b"no id\x02{}\x02", "has to begin with the id of a mutator"),
    "an array for a context": (ONE.encode() + b"\x02[]\x02", "has to be a JSON object"),
    "a broken context": (ONE.encode() + b"\x02{\x02", "has to begin with the id of a mutator"),
    "an unknown mutator": (ONE.encode() + b"\x02{}\x02[]\x01{}", "no such mutator"),
}


@pytest.mark.django_db(transaction=True)
def test_a_head_that_does_not_fit_holds_the_import_and_repeats_no_name() -> None:
    desk = Desk()
    asked: dict[str, Any] = {"unknown": "leave"}
    vendor = {**asked, "format": USERCLOUDS, "mutator_id": None, "purposes": ()}
    for heads, options in ((HEADS, asked), (VENDOR_HEADS, vendor)):
        for name, (content, reason) in heads.items():
            row = desk.imported(content, **options)
            assert (row.state, row.records) == (HELD, 0), name
            assert reason in row.held_because, name
            assert "ada@" not in row.held_because
    with pytest.raises(Exception, match="The file is empty"):
        desk.imported(b"")
    only_a_head = desk.imported(b"id,label,alias,age\n")
    assert (only_a_head.state, only_a_head.records) == (FINISHED, 0)


@pytest.mark.django_db(transaction=True)
def test_what_no_column_takes_is_reported_and_damaged_neighbours_do_no_harm() -> None:
    desk = Desk()
    bad = [
        named("a\0b"),
        TWO.encode() + b",x,x," + b"9" * 100_000,
        named("x", "somebody"),
        *(b for b, _ in BAD.values()),
    ]
    row = desk.imported(between(b"\n".join(bad)))
    assert (row.state, row.effective, row.failed) == (FINISHED, 2, len(bad)), row.held_because
    assert [found["label"] for found in desk.rows(ONE, TWO, THREE)] == ["before", "behind"]
    told = [(field, reason) for _, field, reason in desk.faults(row)]
    assert told[0] == (
        "label.value",
        "A value is not of type string: a text holds Unicode characters, no NUL and no half surrogates.",
    )
    assert told[1] == ("age.value", "A value is not of type integer: an integer is a whole number, such as 42.")
    assert told[2][0] == "selector_values"


@pytest.mark.django_db(transaction=True)
def test_fields_go_where_the_mapping_says_and_people_without_an_id_get_one() -> None:
    desk = Desk()
    columns = {"Name": "label", "Nick": "alias", "Years": "age", "Shoe size": None}
    content = f"Person;Name;Nick;Years;Shoe size\n{ONE};Ada;a;36;42\n".encode()
    row = desk.imported(content, columns=columns, selector=("Person",), delimiter=";")
    assert (row.effective, row.failed) == (1, 0), (row.held_because, desk.faults(row))
    assert desk.rows(ONE) == [{"label": "Ada", "alias": "a", "age": "36"}]
    row = desk.imported(b"label,alias,age\nCy,c,36\nDee,d,\n")
    assert (row.effective, row.users_created) == (2, 2)
