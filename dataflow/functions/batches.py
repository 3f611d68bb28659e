"""Many raw records at once: a gate says which are to be opened, and the others go through as they are.

What comes out is, byte for byte, what opening every one of them gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dataflow.functions.protocol import Answer, Joined, Work
from dataflow.functions.texts import Texts, TextUnfit
from userstore.detecting.finding import masked_lines
from userstore.detecting.gate import Gate, has_bare_number, is_undisguised
from userstore.detecting.jsontext import is_json, looks_like_json
from userstore.detecting.protocol import Detector
from userstore.detecting.registry import SSN

_FEW = 4
"""Where fewer than one of so many records is suspect, the suspects are opened one by one."""
_SSN_FORM = b"000-00-0000"
_DIGIT = 0x30
_DIGITS_ALIKE = bytes(_DIGIT if 0x30 <= each <= 0x39 else each for each in range(256))


def by_gate(one: Callable[[Any], Answer], detectors: Sequence[Detector]) -> Work:
    """Return what works on texts, of which only suspects are opened."""
    gate = Gate(detectors)

    def work(values: Sequence[Any]) -> list[Answer]:
        told = list(values)
        joined = "\n".join(told).encode(errors="surrogatepass")
        if joined.count(b"\n") != len(told) - 1:
            return [one(each) for each in told]
        for number in gate.suspects(joined):
            told[number] = one(told[number])
        return told

    return work


def lines_at_once(texts: Texts, detectors: Sequence[Detector]) -> Joined:
    """Return what works on joined records: a few suspects one by one, many of them in one go."""
    gate = Gate(detectors)
    in_one_go = _ssn_in_one_go(detectors[0], gate) if _is_ssn(detectors) else _in_one_go(detectors)

    def work(records: bytes) -> bytes | None:
        if gate.is_clear(records):
            return records
        told = in_one_go(records)
        return told if told is not None else _one_by_one(records, gate.suspects(records), texts)

    return work


def _one_by_one(records: bytes, suspects: Sequence[int], texts: Texts) -> bytes | None:
    lines = records.split(b"\n")
    try:
        for number in suspects:
            lines[number] = texts.record(lines[number].decode()).encode()
    except (TextUnfit, UnicodeDecodeError, RecursionError):
        return None
    return b"\n".join(lines)


def _is_ssn(detectors: Sequence[Detector]) -> bool:
    return len(detectors) == 1 and detectors[0].patterns == SSN.patterns and len(detectors[0].mask) == len(_SSN_FORM)


def _in_one_go(detectors: Sequence[Detector]) -> Callable[[bytes], bytes | None]:
    """Return what masks all lines together; None where that is not sure to be what each line alone becomes."""
    gate = Gate(detectors)

    def work(records: bytes) -> bytes | None:
        suspects = gate.suspects(records)
        if len(suspects) * _FEW < records.count(b"\n") or not _is_simple(records):
            return None
        told = masked_lines(records.decode(), detectors)
        return None if told is None else _checked(told.encode())

    return work


def _ssn_in_one_go(detector: Detector, gate: Gate) -> Callable[[bytes], bytes | None]:
    """Return what writes masks over numbers that are written with dashes, as most are: a mask is as long."""
    mask, length = detector.mask.encode(), len(_SSN_FORM)

    def work(records: bytes) -> bytes | None:
        forms = records.translate(_DIGITS_ALIKE)
        found = forms.count(_SSN_FORM)
        if found * _FEW < records.count(b"\n") or not _is_simple(records):
            return None
        forms, patched = b" " + forms + b" ", bytearray(records)
        at = forms.find(_SSN_FORM)
        while at >= 0:
            if forms[at - 1] != _DIGIT and forms[at + length] != _DIGIT:
                patched[at - 1 : at - 1 + length] = mask
            at = forms.find(_SSN_FORM, at + 1)
        told = bytes(patched)
        return _checked(told) if gate.is_clear(told) else None

    return work


def _is_simple(records: bytes) -> bool:
    return is_undisguised(records) and not has_bare_number(records)


def _checked(records: bytes) -> bytes | None:
    """Return records that were changed, None where one of them begins as JSON and may be none.

    A mask where JSON can have none makes invalid what was valid; inside a string it never makes valid what was not.
    """
    if not any(sign in records for sign in (b"{", b"[", b'"')):
        return records
    return records if _are_objects(records) or all(map(_is_well, records.split(b"\n"))) else None


def _are_objects(records: bytes) -> bool:
    """Say that every line is an object, without parsing them one by one; False where it takes that to be sure.

    Joined by commas lines could be valid together that are none alone: a line feed before each comma keeps strings from
    running on, and no object runs on in one that begins with a brace; lists could.
    """
    if b"[" in records or not records.startswith(b"{") or not records.endswith(b"}"):
        return False
    return records.count(b"}\n{") == records.count(b"\n") and is_json(b"[%b]" % records.replace(b"\n", b"\n,"))


def _is_well(line: bytes) -> bool:
    return not looks_like_json(line.decode()) or is_json(line)
