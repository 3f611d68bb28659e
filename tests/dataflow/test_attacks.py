"""What somebody tried who wanted personal data out of a flow, or a flow to stand still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dataflow.engines.protocol import Done, Message
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.inline.running import Runner
from dataflow.running.program import Program
from tests.dataflow.test_planning import planned, refused

FLOW = """\
apiVersion: 0.6.0
meta: {name: tried, version: 0.1.0, namespace: tests}
config: {converter: CONVERTER}
types:
  person: {type: object, properties: {ssn: {type: string, pii: ssn}, n: {type: u32}}}
  bare: {type: object, properties: {ssn: {type: string}, n: {type: u32}}}
topics:
  given: {schema: {KEYvalue: {type: GIVEN}}, privacy: {pii: [ssn], expires: 1d}}
  out: {schema: {value: {type: OUT}}}
services:
  try:
    sources: [{type: topic, id: given}]
    transforms:
      - STEPS
    sinks: [{type: topic, id: out}]
"""
MASK = "{operator: map, uses: mask-ssn}"
SSN = "123-45-6789"


def flow(*steps: str, given: str = "person", out: str = "bare", converter: str = "json", key: str = "") -> str:
    told = {"STEPS": "\n      - ".join(steps), "GIVEN": given, "OUT": out, "CONVERTER": converter, "KEY": key}
    text = FLOW
    for name, value in told.items():
        text = text.replace(name, value)
    return text


def code(source: str) -> str:
    body = "\n".join(f"          {line}" for line in source.splitlines())
    return f"operator: map\n        run: |\n{body}"


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def run(text: str, folder: Path, runner: Runner, *records: str, key: bytes | None = None) -> list[Done]:
    (service,) = planned(text, folder).services
    messages = [Message(str(number), key, each.encode()) for number, each in enumerate(records)]
    return Program(service, runner).run("given", messages)


def test_a_masked_value_does_not_leave_as_the_key(tmp_path: Path, runner: Runner) -> None:
    raw = flow(MASK, given="string", out="string", converter="raw")
    (done,) = run(raw, tmp_path, runner, SSN, key=SSN.encode())
    assert [(each.key, each.value) for each in done.outputs] == [(None, b"***-**-****")]
    tagged = flow(MASK, key="key: {type: person}, ")
    assert "personal data (ssn) can reach the topic `out`" in refused(tagged, tmp_path)
    made = flow(code("def f(r) -> tuple:\n    return r['ssn'], r"), MASK, out="person")
    assert "personal data (ssn) can reach the topic `out`" in refused(made, tmp_path)


def test_a_topic_has_one_name(tmp_path: Path) -> None:
    twice = flow(MASK).replace("  out: {", "  again: {name: given, schema: {value: {type: bare}}}\n  out: {")
    assert "`again` and `given` are both called `given` on the wire" in refused(twice, tmp_path)


def test_a_mask_is_believed_only_where_it_sees_what_it_masks(tmp_path: Path) -> None:
    assert planned(flow(MASK), tmp_path).services[0].sinks[0].tainted == frozenset()
    washed = flow(code("def f(r):\n    return r"), MASK)
    assert "personal data (ssn) can reach the topic `out`" in refused(washed, tmp_path)
    named = flow(code("def f(r):\n    return r"), "{operator: map, uses: mask-ssn, with: {fields: [$.ssn]}}")
    assert planned(named, tmp_path).services[0].sinks[0].tainted == frozenset()


def test_sources_are_merged_only_where_their_tags_are_alike(tmp_path: Path) -> None:
    text = flow(MASK).replace("sources: [", "sources: [{type: topic, id: other}, ")
    text = text.replace("  out: {", "  other: {schema: {value: {type: bare}}}\n  out: {")
    assert "or their tags differ" in refused(text, tmp_path)


def test_code_does_not_change_what_other_code_calls(tmp_path: Path, runner: Runner) -> None:
    disarm = "import re\n\ndef disarm(text):\n    re.sub = lambda *_: text\n    return text"
    mask = "import re\n\ndef mask(text):\n    return re.sub('[0-9]', '*', text)"
    text = flow(code(disarm), code(mask), given="string", out="string", converter="raw")
    text = text.replace("privacy: {pii: [ssn], expires: 1d}", "x").replace(", x}", "}")
    (done,) = run(text, tmp_path, runner, SSN)
    assert [each.value for each in done.outputs] == [b"***-**-****"]


@pytest.mark.parametrize("raised", ["type(r, (Exception,), {})", "type('A\\n' + r, (Exception,), {})"])
def test_an_error_is_told_by_a_name_that_stands_in_the_code(tmp_path: Path, runner: Runner, raised: str) -> None:
    number = runner.add(source=f"def f(r):\n    raise {raised}\n", function="f", takes_bytes=False)
    (answer,) = runner.call(number, [["name_alice"]])
    assert answer.why in {"an error in line 2", "an error"}
    number = runner.add(
        source="class Odd(Exception): pass\ndef f(r):\n    raise Odd(r)\n", function="f", takes_bytes=False
    )
    assert runner.call(number, [["name_alice"]])[0].why == "Odd in line 3"


def test_a_record_on_which_a_function_ends_fails_alone(tmp_path: Path, runner: Runner) -> None:
    loads = "import json\n\ndef loads(text):\n    return json.loads(text)"
    dumps = "import json\n\ndef dumps(value):\n    return json.dumps(value)"
    text = flow(code(loads), code(dumps), given="string", out="string", converter="raw")
    text = text.replace(", privacy: {pii: [ssn], expires: 1d}", "")
    deep, fine = run(text, tmp_path, runner, "[" * 400 + "]" * 400, "[1]")
    assert (deep.outputs, deep.failure) == ((), "dumps: TypeError")
    assert [each.value for each in fine.outputs] == [b"[1]"]


def test_an_entry_that_nobody_of_ours_wrote_is_one_record(engine: RedisStreams, client: redis.Redis) -> None:
    client.xadd(engine.stream("in"), {"p": b"\x00\x00"})
    batch = engine.intake("f", "s", [("in", "0")], "w").take(most=10, wait=1.0)
    assert batch is not None
    assert [each.value for each in batch.messages] == [b"\x00\x00"]


@pytest.mark.parametrize("value", ["2020-13-45", "9" * 5000, "!!python/none x", "!strange x"])
def test_a_parameter_that_is_no_value_is_a_fault(value: str) -> None:
    with pytest.raises(FileRefused, match="this is no value"):
        read_flow(flow(f"{{operator: map, uses: mask-ssn, with: {{a: {value}}}}}"), "f")


@pytest.mark.parametrize("text", ["123\t45\t6789", "a\n123\n45\n6789", "4111\t1111\t1111\t1111"])
def test_tabs_and_line_breaks_do_not_hide_numbers(tmp_path: Path, runner: Runner, text: str) -> None:
    mask = "{operator: map, uses: mask, with: {categories: [ssn, card]}}"
    raw = flow(mask, given="string", out="string", converter="raw")
    (done,) = run(raw, tmp_path, runner, text)
    shown = b"".join(each.value for each in done.outputs)
    assert not any(digit in shown for digit in b"123456789")


def test_what_is_hidden_has_no_names_left(tmp_path: Path, runner: Runner) -> None:
    text = flow(
        "{operator: map, uses: mask, with: {fields: [$.people]}}", given="string", out="string", converter="raw"
    )
    (done,) = run(text, tmp_path, runner, '{"people": {"Alice Smith": {"n": 1}, "Bob Smith": 2}}')
    shown = b"".join(each.value for each in done.outputs)
    assert b"Smith" not in shown
