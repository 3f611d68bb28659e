"""Functions of flows on records of the seed's size, against a parser with a pattern, as most pipelines have it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from benchmarks.bars import Report, interleaved, medians, ratio, seconds_of
from benchmarks.seeding import Store
from dataflow.functions.protocol import NoSecrets
from dataflow.functions.registry import BUILTINS
from dataflow.schemas.shapes import TEXT

_RECORDS, _ONE_IN = 50_000, 100
_RECOGNIZED = 5_000
_SSN = re.compile(r"(?<![0-9])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9])")
_MASK = "***-**-****"


def measure_flows(store: Store, report: Report) -> None:  # noqa: ARG001  functions need no store
    """Flows: records of 39 bytes, each with a number of social security or one in a hundred."""
    full = [_with_number(number) for number in range(_RECORDS)]
    few = [_without(number) if number % _ONE_IN else _with_number(number) for number in range(_RECORDS)]
    _measure_masking(full, report)
    _measure_gate(few, report)
    _measure_recognizer(full[:_RECOGNIZED], report)


def _with_number(number: int) -> str:
    return f'{{"name":"alice","ssn":"987-65-{number % 10_000:04d}"}}'


def _without(number: int) -> str:
    return f'{{"name":"alice","is":"nothing {number % 100_000:05d}"}}'


def _measure_masking(records: Sequence[str], report: Report) -> None:
    joined, lines = BUILTINS["mask-ssn"].joined({}), "\n".join(records).encode()
    work = BUILTINS["mask-ssn"].prepare(TEXT, {}, NoSecrets())
    assert joined is not None
    assert work(records) == _parsed(records)
    assert joined(lines) == "\n".join(_parsed(records)).encode()
    found = interleaved(
        {
            "parse": seconds_of(lambda: _parsed(records)),
            "mask": seconds_of(lambda: work(records)),
            "joined": seconds_of(lambda: joined(lines)),
        }
    )
    each = medians(found)
    detail = f"{each['mask'] / _RECORDS * 1e9:.0f} ns a record, json and re {each['parse'] / _RECORDS * 1e9:.0f} ns"
    report.bar("mask-ssn, every record hit, over json and re", ratio(found, "parse", "mask"), ">=", 2, "x", detail)
    report.note("mask-ssn on joined records", f"{_RECORDS / each['joined'] / 1e6:.2f} million records/s")


def _measure_gate(records: Sequence[str], report: Report) -> None:
    """All records opened, against those alone that the gate names."""
    work = BUILTINS["mask-ssn"].prepare(TEXT, {}, NoSecrets())
    assert work(records) == _parsed(records)
    found = interleaved({"parse": seconds_of(lambda: _parsed(records)), "gate": seconds_of(lambda: work(records))})
    each = medians(found)
    detail = f"{each['gate'] / _RECORDS * 1e9:.0f} ns a record, the same bytes come out"
    name = "mask-ssn, 1 % of records hit, over opening all"
    report.bar(name, ratio(found, "parse", "gate"), ">=", 10, "x", detail)


def _measure_recognizer(records: Sequence[str], report: Report) -> None:
    """Presidio's recognizer as it is called for one record, without the language model that it can do without."""
    name = "mask-ssn over Presidio's recognizer of US_SSN"
    try:
        from presidio_analyzer.predefined_recognizers import UsSsnRecognizer
    except ImportError:
        report.note(name, "not measured: `make bench` installs Presidio")
        return
    recognizer = UsSsnRecognizer()
    work = BUILTINS["mask-ssn"].prepare(TEXT, {}, NoSecrets())
    records = [each for each in records if recognizer.analyze(each, ["US_SSN"], None)]
    assert len(records) > 0.9 * _RECOGNIZED, "numbers that are given as samples are not recognized, but others are"
    found = interleaved(
        {
            "presidio": seconds_of(lambda: [recognizer.analyze(each, ["US_SSN"], None) for each in records]),
            "mask": seconds_of(lambda: work(records)),
        }
    )
    detail = f"{medians(found)['presidio'] / len(records) * 1e9:,.0f} ns a record, not masked"
    report.bar(name, ratio(found, "presidio", "mask"), ">=", 50, "x", detail)


def _parsed(records: Sequence[str]) -> list[str]:
    return [json.dumps(_walked(json.loads(each)), separators=(",", ":")) for each in records]


def _walked(value: Any) -> Any:
    if isinstance(value, str):
        return _SSN.sub(_MASK, value)
    if isinstance(value, dict):
        return {_walked(key): _walked(each) for key, each in value.items()}
    return [_walked(each) for each in value] if isinstance(value, list) else value
