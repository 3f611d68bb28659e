"""The shortest way through a service makes of every record what the long way makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.engines.frames import is_line
from dataflow.engines.protocol import Batch, Done, Entry, Output, Whole
from dataflow.inline.running import Runner
from dataflow.running.program import Program
from dataflow.running.still_json import are_sound, is_broken
from tests.dataflow.builtins import masking

PARTS = (
    "123-45-6789",
    "\\u0031\\u0032123-45-6789",
    "poison",
    "care",
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "a",
    "é",
    " ",
    "\r",
)
JSON = ('{"ssn":"123-45-6789"}', '{"a":123-45-6789}', '{"a":1,"b":[{}', "{},{}]}", " []", '["\\u00123-45-6789"]', "{}")
RECORDS = st.one_of(
    st.lists(st.sampled_from(PARTS), max_size=6).map("".join),
    st.sampled_from(JSON),
    st.just("\n").map("a".join("bc").join),
).map(str.encode)
KEYED = st.tuples(
    st.one_of(st.none(), st.none(), st.just(b"key")), st.one_of(RECORDS, st.just(b"\xff"), st.just(b"a\nb"))
)


def program() -> Program:
    (service,) = masking().services
    return Program(service, Runner())


def entry(number: int, records: Sequence[tuple[bytes | None, bytes]]) -> Entry:
    if all(is_line(*each) for each in records):
        return Entry(b"%d-0" % number, b"\n".join(value for _, value in records))
    return Entry(b"%d-0" % number, None, records)


def told_apart(outcome: Whole | Sequence[Done]) -> list[Done]:
    if not isinstance(outcome, Whole):
        return list(outcome)
    outputs = [
        tuple(Output(topic, None, line) for topic in outcome.route.topics) for line in outcome.lines.split(b"\n")
    ]
    return [Done(each, outcome.route.counts) for each in outputs]


@given(st.lists(st.lists(KEYED, min_size=1, max_size=5), min_size=1, max_size=12), st.booleans())
def test_both_ways_make_the_same_of_every_record(frames: list[list[tuple[bytes | None, bytes]]], single: bool) -> None:
    if single:
        frames = [[record] for frame in frames for record in frame]
    batch = Batch("in", [entry(number, frame) for number, frame in enumerate(frames)])
    working = program()
    short = [told_apart(each) for each in working.work(batch)]
    assert [done for each in short for done in each] == working.run("in", batch.messages)
    assert [len(each) for each in short] == [len(each) for each in frames]


def test_the_short_way_is_taken_and_few_are_held_up_by_what_cannot_take_it() -> None:
    lines = [f"{number} 123-45-6789".encode() for number in range(64)]
    lines[40] = b"care 123-45-6789"
    with patch.object(Program, "run", autospec=True, side_effect=Program.run) as long:
        outcomes = program().work(Batch("in", [Entry(b"%d" % n, line) for n, line in enumerate(lines)]))
        assert [each for each in outcomes if not isinstance(each, Whole)] != []
        (call,) = long.call_args_list
        assert len(call.args[2]) == 8
    assert [done.outputs[0].value for each in outcomes for done in told_apart(each)] == [
        line.replace(b"123-45-6789", b"***-**-****") for line in lines
    ]


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        (b'{"a":"1"}', b'{"a":"*"}', False),
        (b'{"a":1}', b'{"a":*}', True),
        (b" [1]", b" [*]", True),
        (b"{no json 1}", b"{no json *}", False),
        (b'{"a":1}', b"one", False),
        (b"a", b"{", False),
        (b"[1", b"[2", False),
    ],
)
def test_json_stays_json(before: bytes, after: bytes, broken: bool) -> None:
    assert is_broken(before, after) is broken
    assert not (broken and are_sound(before, after))
    assert are_sound(before, before)


def test_records_that_are_json_only_together_are_not_taken_for_sound() -> None:
    before = b'{"a":[{}]}\n{"b":[1]}\n{}'
    assert are_sound(before, b'{"a":[{}]}\n{"b":[2]}\n{}')
    assert not are_sound(before, b'{"a":[{}\n{}]}\n{},{}')


def test_a_record_whose_json_a_mask_would_break_fails() -> None:
    (broken,), (fine,) = map(
        told_apart, program().work(Batch("in", [Entry(b"1", b'["\\u00123-45-6789"]'), Entry(b"2", b'["123-45-6789"]')]))
    )
    assert (broken.outputs, broken.failure) == ((), "out: what was JSON is none any more")
    assert broken.counts == (("s/mask-number", "succeeded"), ("s", "failed"))
    assert fine.outputs == (Output("out", None, b'["***-**-****"]'),)
