"""Many raw records at once: a gate says which are to be opened, and the others go through as they are.

What comes out is, byte for byte, what opening every one of them gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from dataflow.functions.protocol import Answer, Joined, KeepsJson, Work
from dataflow.functions.texts import Texts, TextUnfit
from userstore.detecting.finding import masked_lines
from userstore.detecting.gate import Gate, has_bare_number, is_undisguised
from userstore.detecting.jsontext import are_json, is_json, looks_like_json
from userstore.detecting.protocol import Detector
from userstore.detecting.registry import SSN

AT_ONCE = 1_000
"""Texts that are joined: more of them would not stay in the processor's cache."""
_FEW = 4
"""Where fewer than one of so many records is suspect, the suspects are opened one by one."""
_SSN_FORM = b"000-00-0000"
_DIGITS_ALIKE = bytes(0x30 if 0x30 <= each <= 0x39 else each for each in range(256))


def by_gate(one: Callable[[Any], Answer], joined: Joined, detectors: Sequence[Detector]) -> Work:
    """Return what works on texts, of which only suspects are opened.

    Args:
        one: works on one text.
        joined: works on texts that line feeds join.
    """
    gate = Gate(detectors)

    def work(values: Sequence[Any]) -> list[Answer]:
        if len(values) <= AT_ONCE:
            return some(values)
        parts = (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE))
        return [answer for part in parts for answer in some(part)]

    def some(values: Sequence[Any]) -> list[Answer]:
        records = "\n".join(values).encode(errors="surrogatepass")
        if records.count(b"\n") != len(values) - 1:
            return [one(each) for each in values]
        found = joined(records)
        if found is not None:
            return list(values) if found == records else found.decode(errors="surrogatepass").split("\n")
        told = list(values)
        for number in gate.suspects(records):
            told[number] = one(told[number])
        return told

    return work


def lines_at_once(texts: Texts, detectors: Sequence[Detector]) -> KeepsJson:
    """Return what works on joined records: a few suspects one by one, many of them in one go."""
    gate = Gate(detectors)
    in_one_go = _in_one_go(gate)
    at_once = _ssn_at_once(detectors[0], gate) if _is_ssn(detectors) else _never

    def work(records: bytes) -> bytes | None:
        told = at_once(records)
        if told is not None:
            return told
        suspects = gate.suspects(records)
        if not suspects:
            return records
        told = in_one_go(records) if len(suspects) * _FEW > records.count(b"\n") and _is_simple(records) else None
        return told if told is not None else _one_by_one(records, suspects, texts)

    return KeepsJson(work)


def _one_by_one(records: bytes, suspects: Sequence[int], texts: Texts) -> bytes | None:
    lines = records.split(b"\n")
    try:
        for number in suspects:
            lines[number] = texts.record(lines[number].decode()).encode()
    except (TextUnfit, UnicodeDecodeError, RecursionError):
        return None
    return b"\n".join(lines)


def _is_ssn(detectors: Sequence[Detector]) -> bool:
    if len(detectors) != 1 or detectors[0].patterns != SSN.patterns or len(detectors[0].mask) != len(_SSN_FORM):
        return False
    return all(b"0" in need.form for need in detectors[0].needs)


def _never(records: bytes) -> bytes | None:  # noqa: ARG001  stands where there is no faster way
    return None


def _in_one_go(gate: Gate) -> Callable[[bytes], bytes | None]:
    """Return what masks all lines together, where each is what it seems."""

    def work(records: bytes) -> bytes | None:
        told = masked_lines(records.decode(), gate.possible(records))
        return None if told is None else _checked(told.encode())

    return work


def _ssn_at_once(detector: Detector, gate: Gate) -> Callable[[bytes], bytes | None]:
    """Return what writes masks over numbers with dashes, as most are: a mask is as long. None where that is not all.

    Where no digit is left in records that are what they seem, there is no trace of anything either; two numbers with
    nothing between, of which none is one, are a long row and do not come this far.
    """
    mask = detector.mask.encode()

    def work(records: bytes) -> bytes | None:
        forms = records.translate(_DIGITS_ALIKE)
        if forms.count(_SSN_FORM) * _FEW < records.count(b"\n") or not is_undisguised(records):
            return None
        told = forms.replace(_SSN_FORM, mask)
        return _checked(told) if b"0" not in told else among_others(records, forms)

    def among_others(records: bytes, forms: bytes) -> bytes | None:
        if has_bare_number(records) or b"0" + _SSN_FORM in forms or _SSN_FORM + b"0" in forms:
            return None
        parts, at = [], 0
        for part in forms.split(_SSN_FORM):
            parts.append(records[at : at + len(part)])
            at += len(part) + len(_SSN_FORM)
        told = mask.join(parts)
        return None if gate.has_traces(told) else _checked(told)

    return work


def _is_simple(records: bytes) -> bool:
    return is_undisguised(records) and not has_bare_number(records)


def _checked(records: bytes) -> bytes | None:
    """Return records that were changed, None where one of them begins as JSON and may be none.

    A mask where JSON can have none makes invalid what was valid; inside a string it never makes valid what was not.
    """
    if not any(sign in records for sign in (b"{", b"[", b'"')):
        return records
    number = records.count(b"\n") + 1
    if _are_objects(records, number) or are_json(records, number) or all(map(_is_well, records.split(b"\n"))):
        return records
    return None


def _are_objects(records: bytes, number: int) -> bool:
    """Say that every line is an object, in the quickest way there is; False where that cannot tell.

    Joined by commas lines could be valid together that are none alone: a line feed before each comma keeps strings from
    running on, no object runs on in a line that begins with a brace (lists could), and no line has two.
    """
    if not records.startswith(b"{") or b"[" in records or records.count(b"\n{") != number - 1:
        return False
    try:
        return len(orjson.loads(b"[%b]" % records.replace(b"\n", b"\n,"))) == number
    except orjson.JSONDecodeError:
        return False


def _is_well(line: bytes) -> bool:
    return not looks_like_json(line.decode()) or is_json(line)
