"""Which of many records can hold personal data at all: the others are never opened.

Every find of a detector leaves a trace in the bytes (`Need`), and so does every disguise; translating the bytes and
looking for a few of them says in nanoseconds where there is none. A gate may name a record that holds nothing. It
leaves out none that holds something: that is a law, and tested as one.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping

from userstore.detecting.protocol import Detector

SEPARATORS = b" !#$%&'()*+,./:;<=>?@[]^_`{|}~-"
"""What detectors allow between the characters of a find: every sign but quotes and backslashes."""
DISGUISED = {b"/*": b"*"} | {b"=" + bytes([each]): b"=" for each in b"23CDEF"}
"""What begins a disguise though each character is what it seems: a comment, signs and digits as quoted-printable. Each
with its seldom sign, which is found, or not, ten times as fast as both."""
LEAST_ENCODED = 14
"""Characters in a row that may be base64 or hexadecimal: the shortest number of social security has 15 in base64."""
LEAST_BARE = 9
"""Digits in a row that may be a number of social security or of a card with nothing in between."""
_DIGITS, _LETTERS = string.digits.encode(), string.ascii_letters.encode()
_SEEMS = bytes(each for each in range(32, 127) if each not in b"%&<>\\")
_RUN = b"a" * LEAST_ENCODED
_BARE = b"0" * LEAST_BARE
_POWERS = (b"0a0", b"0a+0", b"0a-0")


def _table(forms: Mapping[bytes, bytes], otherwise: int | None = None) -> bytes:
    """Return a translation. The end of a line stays one; others become `otherwise`, or stay as well."""
    table = bytearray(range(256)) if otherwise is None else bytearray([otherwise]) * 256
    for form, of in forms.items():
        for each in of:
            table[each] = form[0]
    table[0x0A] = 0x0A
    return bytes(table)


_FORMS = _table({b"0": _DIGITS, b"a": _LETTERS})
_DISGUISES = _table({b" ": _SEEMS}, 0x21)
_RUNS = _table({b"a": _DIGITS + _LETTERS + b"+/_-"}, 0x20)


def is_undisguised(records: bytes) -> bool:
    """Say whether nothing in records separated by line feeds is other than it seems, or packed into a long row."""
    disguised = records.translate(None, _SEEMS + b"\n") or _begins_disguise(records)
    return not disguised and _RUN not in records.translate(_RUNS)


def _begins_disguise(records: bytes) -> bool:
    return any(sign in records and form in records for form, sign in DISGUISED.items())


def has_bare_number(records: bytes) -> bool:
    """Say whether there is a long number without separators, also one that is written with a power of ten."""
    forms = records.translate(_FORMS)
    if _BARE in forms:
        return True
    if b"." not in records or _BARE not in records.translate(_FORMS, b"."):
        return False
    return any(power in forms for power in _POWERS)


_SEEN: dict[str, tuple[bytes, bytes]] = {
    "close": (_FORMS, SEPARATORS),
    "apart": (_FORMS, b""),
}
"""How records are translated, and what is taken out, for each way to see traces."""


class Gate:
    """Finds suspects for a set of detectors."""

    def __init__(self, detectors: Iterable[Detector]) -> None:
        self._detectors = tuple(detectors)
        needs = {need for each in self._detectors for need in each.needs}
        forms = {sees: _shortest(need.form for need in needs if need.sees == sees) for sees in _SEEN}
        self._forms = [(*_SEEN[sees], told) for sees, told in forms.items() if told]

    def suspects(self, records: bytes) -> list[int]:
        """Return the numbers, from 0, of the lines that may hold something, in order."""
        found: set[int] = set()
        for text, form in self._looks(records):
            found.update(_lines_with(text, form))
        return sorted(found)

    def is_clear(self, records: bytes) -> bool:
        """Say whether there are no suspects."""
        return not any(form in text for text, form in self._looks(records))

    def possible(self, record: bytes) -> list[Detector]:
        """Return the detectors that can find something in what is undisguised."""
        seen = {sees: record.translate(*how) for sees, how in _SEEN.items()}
        return [each for each in self._detectors if any(need.form in seen[need.sees] for need in each.needs)]

    def has_traces(self, records: bytes) -> bool:
        """Say whether detectors can find something in what is undisguised."""
        return any(form in text for text, form in self._traces(records))

    def _looks(self, records: bytes) -> Iterator[tuple[bytes, bytes]]:
        yield records.translate(_DISGUISES), b"!"
        yield from ((records, form) for form, sign in DISGUISED.items() if sign in records)
        yield records.translate(_RUNS), _RUN
        yield from self._traces(records)

    def _traces(self, records: bytes) -> Iterator[tuple[bytes, bytes]]:
        for table, without, forms in self._forms:
            text = records.translate(table, without)
            yield from ((text, form) for form in forms)


def _shortest(forms: Iterable[bytes]) -> list[bytes]:
    """Leave out forms that contain another one."""
    told: list[bytes] = []
    for each in sorted(forms, key=lambda form: (len(form), form)):
        if not any(one in each for one in told):
            told.append(each)
    return told


def _lines_with(text: bytes, form: bytes) -> Iterator[int]:
    line, last, at = 0, 0, text.find(form)
    while at >= 0:
        line += text.count(b"\n", last, at)
        yield line
        last = text.find(b"\n", at)
        at = -1 if last < 0 else text.find(form, last)
