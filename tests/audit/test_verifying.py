"""A verifier finds a book whole only if it is, and names the entry from which on it is not."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.verify.checkpoints import Keys
from audit.verify.demands import Demands
from audit.verify.exports import checkpoint_line, end_line, leaf_line, tile_line
from audit.verify.notes import LOG, WITNESS, Checkpoint, NoteRefused, new_signer, read_checkpoint
from audit.verify.proving import last_checkpoint
from audit.verify.reports import Report, Verdict
from audit.verify.tiles import Edge
from audit.verify.tree import leaf_hash, root_of
from audit.verify.verifying import verify
from tests.audit.books import KEYS, LOG_KEY, NOON, WITNESS_KEY, bodies, body_at, export_of, noted

COUNT, EVERY = 600, 70
WHOLE = export_of(bodies(COUNT), every=EVERY)
KEPT = read_checkpoint(last_checkpoint(WHOLE))


def found(lines: list[bytes], *, kept: Checkpoint | None = None, keys: Keys = KEYS) -> Report:
    return verify(lines, keys=keys, kept=kept)


def bad_index(lines: list[bytes], *, kept: Checkpoint | None = None) -> int | None:
    report = found(lines, kept=kept)
    assert report.verdict is Verdict.BROKEN, report.as_text()
    assert report.first_bad is not None and report.first_bad.is_exact
    return report.first_bad.index


def at(lines: list[bytes], start: bytes) -> int:
    return next(number for number, line in enumerate(lines) if line.startswith(start))


def replaced(start: bytes, line: bytes) -> list[bytes]:
    number = at(WHOLE, start)
    return [*WHOLE[:number], line, *WHOLE[number + 1 :]]


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, COUNT])
def test_a_whole_book_is_found_whole(count: int) -> None:
    report = found(export_of(bodies(count), every=EVERY))
    assert report.verdict is Verdict.WHOLE, report.as_text()
    assert (report.size, report.bodies, report.witnessed) == (count, count, count)
    assert report.root == root_of(map(leaf_hash, bodies(count))).hex()


@given(st.integers(0, 70_000))
def test_an_edge_goes_on_from_what_is_kept_of_it_and_has_the_root_of_the_tree(size: int) -> None:
    leaves = [leaf_hash(number.to_bytes(4)) for number in range(size % 1400)]
    edge, whole = Edge(), Edge()
    list(whole.extend(leaves))
    list(edge.extend(leaves[: size % 700]))
    assert edge.root() == root_of(leaves[: size % 700])
    edge = Edge(edge.begun).copy()
    list(edge.extend(leaves[edge.size :]))
    assert (edge.root(), edge.begun, edge.size) == (root_of(leaves), whole.begun, len(leaves))


def line_of(position: int) -> tuple[int, int]:
    """Return which line a byte of the whole export is in, and which entry comes next there."""
    for number, line in enumerate(WHOLE):
        if position < len(line):
            return number, sum(each.startswith(b"leaf") for each in WHOLE[:number])
        position -= len(line)
    raise AssertionError("behind the end")


@given(st.integers(0, sum(map(len, WHOLE)) - 1), st.integers(0, 7))
def test_no_bit_of_an_export_can_be_turned_unseen(position: int, bit: int) -> None:
    turned = bytearray(b"".join(WHOLE))
    turned[position] ^= 1 << bit
    report = found(split_lines(bytes(turned)))
    number, index = line_of(position)
    assert report.verdict is not Verdict.WHOLE
    if number in (0, len(WHOLE) - 1):
        return
    assert report.verdict is Verdict.BROKEN, report.as_text()
    bad = report.first_bad
    assert bad is not None
    if WHOLE[number].startswith(b"leaf"):
        assert (bad.index, bad.is_exact) == (index, True)
    elif WHOLE[number].startswith(b"tile"):
        assert index - 256 <= bad.index <= index
    else:
        assert index - EVERY <= bad.index <= index


def split_lines(text: bytes) -> list[bytes]:
    """Split at line feeds alone, as reading a file does."""
    return [line + b"\n" for line in text.split(b"\n")[:-1]] + [line for line in text.split(b"\n")[-1:] if line]


@given(st.integers(0, COUNT - 1), st.integers(1, COUNT - 1))
@settings(max_examples=25)
def test_two_entries_that_changed_places_are_seen_at_the_first(one: int, step: int) -> None:
    other = (one + step) % COUNT
    entries = bodies(COUNT)
    entries[one], entries[other] = entries[other], entries[one]
    lines = export_of(entries, every=EVERY)
    signed = [line for line in WHOLE if line.startswith(b"checkpoint")]
    tiles = [line for line in WHOLE if line.startswith(b"tile")]
    forged = [
        signed.pop(0) if line.startswith(b"checkpoint") else tiles.pop(0) if line.startswith(b"tile") else line
        for line in lines
    ]
    report = found(forged)
    bad = report.first_bad
    assert report.verdict is Verdict.BROKEN and bad is not None
    assert bad.index <= min(one, other) < bad.until
    assert min(one, other) >= 512 or bad.is_exact, "where a tile is full, it tells which"


@pytest.mark.parametrize("index", [0, 1, 255, 256, COUNT - 1])
def test_a_line_that_is_gone_is_missed_at_its_place(index: int) -> None:
    number = at(WHOLE, b"leaf\t%d\t" % index)
    lines = [*WHOLE[:number], *WHOLE[number + 1 :]]
    if index == COUNT - 1:
        assert found(lines).first_bad.index <= index  # type: ignore[union-attr]  # the last one has no successor
    else:
        assert bad_index(lines) == index


@pytest.mark.parametrize("index", [0, 300, COUNT - 1])
def test_an_entry_whose_body_is_gone_is_named(index: int) -> None:
    entry = bodies(COUNT)[index]
    assert bad_index(replaced(b"leaf\t%d\t" % index, leaf_line(index, leaf_hash(entry), None))) == index


@pytest.mark.parametrize("index", [0, 300, COUNT - 1])
def test_an_entry_that_was_replaced_with_its_leaf_is_found_by_the_tile_or_the_checkpoint(index: int) -> None:
    other = body_at(NOON + timedelta(seconds=index), index, environment="6d0c6f2e-9a39-4f9e-8f61-0d5be1f6a002")
    report = found(replaced(b"leaf\t%d\t" % index, leaf_line(index, leaf_hash(other), other)))
    bad = report.first_bad
    assert report.verdict is Verdict.BROKEN and bad is not None and bad.index <= index < bad.until


@pytest.mark.parametrize("start", [b"tile\t0\t0", b"tile\t0\t1"])
def test_a_tile_that_is_gone_or_double_is_missed(start: bytes) -> None:
    number = at(WHOLE, start)
    assert found([*WHOLE[:number], *WHOLE[number + 1 :]]).verdict is Verdict.BROKEN
    assert found([*WHOLE[: number + 1], *WHOLE[number:]]).verdict is Verdict.BROKEN


def test_what_no_checkpoint_covers_is_named() -> None:
    number = len(WHOLE) - 2
    report = found([*WHOLE[:number], *WHOLE[number + 1 :]])
    assert [(each.kind, each.index, each.until) for each in report.findings] == [("unsigned", 560, COUNT)]


def test_a_tail_that_was_cut_shows_against_a_checkpoint_that_was_kept() -> None:
    lines = export_of(bodies(500), every=EVERY)
    assert found(lines).verdict is Verdict.WHOLE
    report = found(lines, kept=KEPT)
    assert (report.verdict, report.first_bad.index, report.first_bad.kind) == (Verdict.BROKEN, 500, "cut")  # type: ignore[union-attr]  # it has one


def test_a_fork_with_the_real_key_shows_against_a_checkpoint_that_was_kept() -> None:
    forked = bodies(COUNT + 50)
    forked[321] = body_at(NOON + timedelta(seconds=321), 999)
    lines = export_of(forked, every=EVERY)
    assert found(lines).verdict is Verdict.WHOLE
    report = found(lines, kept=KEPT)
    bad = report.first_bad
    assert report.verdict is Verdict.BROKEN and bad is not None and bad.kind == "kept"
    assert bad.index <= 321 < bad.until
    assert found(export_of(bodies(COUNT + 50), every=EVERY), kept=KEPT).verdict is Verdict.WHOLE


def test_an_entry_that_says_it_is_older_than_what_was_witnessed_is_named() -> None:
    entries = bodies(COUNT)
    entries[400] = body_at(NOON - timedelta(hours=3), 400)
    assert bad_index(export_of(entries, every=EVERY)) == 400
    assert found(export_of(entries, every=EVERY), keys=Keys(LOG_KEY.verifier)).verdict is Verdict.WHOLE
    entries[400] = b'{"actor":{"id":null},"facts":{}}'
    report = found(export_of(entries, every=EVERY))
    assert [each.kind for each in report.findings] == ["undated"]


def test_what_waited_for_the_sealer_is_not_back_dated() -> None:
    """Entries of a day that got their places in two turns, the second after the first was witnessed."""
    entries, edge = bodies(COUNT), Edge()
    lines = [WHOLE[0]]
    for index, body in enumerate(entries):
        tiles = edge.append(leaf_hash(body))
        lines += [leaf_line(index, leaf_hash(body), body), *map(tile_line, tiles)]
        if index in (300, COUNT - 1):
            lines.append(checkpoint_line(noted(edge, LOG_KEY, NOON + timedelta(days=1))))
    assert found([*lines, end_line(COUNT)]).verdict is Verdict.WHOLE


def test_nobody_disturbs_the_dating_with_a_time_that_no_calendar_has() -> None:
    entries = bodies(COUNT)
    entries[10] = entries[10].replace(b"2026-11-22T12", b"9999-99-99T99")
    entries[400] = body_at(NOON - timedelta(hours=3), 400)
    assert bad_index(export_of(entries, every=EVERY)) == 400


def test_an_export_that_was_cut_on_its_way_tells_nothing() -> None:
    for lines in (WHOLE[:-1], [*WHOLE[:-1], WHOLE[-1][:-1]], WHOLE[:50], [*WHOLE[:50], WHOLE[50][:20]], [], [b""]):
        assert found(lines).verdict is Verdict.UNKNOWN


def test_another_key_has_signed_nothing_here() -> None:
    other = new_signer("elsewhere.test/book", LOG, b"somebody else's seed, 32 bytes..")
    assert found(WHOLE, keys=Keys(other.verifier)).verdict is Verdict.UNKNOWN
    same_name = new_signer(LOG_KEY.name, LOG, b"somebody else's seed, 32 bytes..")
    assert found(export_of(bodies(9), signer=same_name)).verdict is Verdict.BROKEN


def test_witnesses_have_to_agree_and_nobody_else_cosigns() -> None:
    second = new_signer("second.test", WITNESS, b"another witness's seed, 32 bytes")
    both = Keys(LOG_KEY.verifier, (WITNESS_KEY.verifier, second.verifier), 2)
    assert found(WHOLE, keys=both).verdict is Verdict.UNKNOWN
    only_second = Keys(LOG_KEY.verifier, (second.verifier,), 1)
    assert {each.kind for each in found(WHOLE, keys=only_second).findings} == {"checkpoint"}
    with pytest.raises(NoteRefused, match="more witnesses"):
        Keys(LOG_KEY.verifier, (WITNESS_KEY.verifier, WITNESS_KEY.verifier), 2)
    with pytest.raises(NoteRefused, match="mixed up"):
        Keys(WITNESS_KEY.verifier)


def test_it_says_up_to_where_and_until_when_witnesses_have_seen_the_book() -> None:
    edge, lines = Edge(), [WHOLE[0]]
    for index, body in enumerate(bodies(90)):
        edge.append(leaf_hash(body))
        lines.append(leaf_line(index, leaf_hash(body), body))
        if index in (29, 59, 89):
            seen_by = () if index == 89 else (WITNESS_KEY,)
            lines.append(checkpoint_line(noted(edge, LOG_KEY, NOON + timedelta(seconds=index + 1), cosigners=seen_by)))
    lines.append(end_line(90))
    report = found(lines)
    assert (report.verdict, report.witnessed, report.unwitnessed) == (Verdict.WHOLE, 60, 30)
    assert (report.witnessed_at, report.unwitnessed_since) == (
        "2026-11-22T12:01:00.000000Z", "2026-11-22T12:01:00.000000Z",
    )  # fmt: skip
    assert "30 came since, which no witness has seen, from 2026-11-22T12:01:00" in report.as_text()
    recent, longer_ago = (Demands(witnessed_after=NOON + timedelta(seconds=each)) for each in (60, 61))
    assert verify(lines, keys=KEYS, demands=recent).verdict is Verdict.WHOLE
    assert verify(lines, keys=KEYS, demands=longer_ago).verdict is Verdict.UNKNOWN
    nobody = found(lines, keys=Keys(LOG_KEY.verifier))
    assert (nobody.verdict, nobody.unwitnessed, nobody.unwitnessed_since) == (Verdict.WHOLE, 0, "")
    assert (found(WHOLE).unwitnessed, found(WHOLE).unwitnessed_since) == (0, "")


def test_a_body_that_would_break_its_line_travels_in_hexadecimal() -> None:
    entries = bodies(20)
    entries[7] = entries[7][:-1] + b"\n\t}"
    lines = export_of(entries)
    assert lines[8].startswith(b"leaf-hex\t7\t")
    assert found(lines).verdict is Verdict.WHOLE


def test_no_garbage_stops_the_verifier() -> None:
    chance = random.Random(4)
    for _ in range(200):
        lines = list(WHOLE[:40])
        at_line = chance.randrange(1, 40)
        word = chance.choice([b"leaf", b"leaf-hex", b"tile", b"checkpoint", b"end", b"begun", b""])
        fields = [chance.choice([b"", b"0", b"7", b"99999999999999999999", chance.randbytes(9), b64encode(b"x\n\n")])]
        lines[at_line] = b"\t".join([word, *fields * chance.randrange(5)]) + b"\n"
        assert found(lines).verdict is not Verdict.WHOLE


def test_findings_can_be_read_by_programs() -> None:
    told = json.loads(found(replaced(b"leaf\t9\t", leaf_line(9, bytes(32), b"x"))).as_json())
    assert (told["verdict"], told["first_bad_index"], told["findings"][0]["kind"]) == ("broken", 9, "body")
    assert json.loads(found(WHOLE).as_json())["first_bad_index"] is None
