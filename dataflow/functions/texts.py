"""Personal data in texts replaced: in plain ones, in JSON, and in what is packed into either."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataflow.functions.fields import Fields
from userstore.detecting.checks import is_given_ssn
from userstore.detecting.finding import Find, masked, masked_lines, replaced
from userstore.detecting.gate import LEAST_BARE, Gate, has_bare_number, is_undisguised
from userstore.detecting.jsontext import Path, decoded, encoded, is_json, looks_like_json, rewritten
from userstore.detecting.packed import Opening, Purse, Spent, documents_in
from userstore.detecting.protocol import Detector
from userstore.detecting.views import views_of

DEEPEST = 6
"""Texts packed into texts that are opened; one that lies deeper is hidden whole."""
_BARE_SSN = re.compile(r"\s*[0-9]{9}\s*")
_LONG_NUMBER = re.compile(rf"[0-9]{{{LEAST_BARE}}}")
_UNSEEN = bytes(range(32))
_BYTE_ORDER_MARK = "\ufeff"


class TextUnfit(Exception):
    """A text cannot be worked on; says why, and nothing of the text."""


Hide = Callable[[str, str], str]
"""What stands in the place of a value, by its category (empty where none is known) and what it reads."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Replaces what detectors find, and everything in named fields, by what `hide` says.

    `is_constant`: finds are replaced by the masks of their detectors, whatever they read.
    """

    detectors: Sequence[Detector]
    fields: Fields
    hide: Hide
    is_constant: bool = True
    reads_keys: bool = True
    looks_for_bare: bool = False
    _gate: Gate = field(init=False, repr=False)
    _purse: Purse = field(init=False, repr=False, default_factory=Purse)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gate", Gate(self.detectors))

    def begin(self) -> None:
        """Begin with another record: how much is opened of what is packed into it counts anew."""
        self._purse.renew()

    def record(self, text: str) -> str:
        """Return a raw record. Raises `TextUnfit` where it begins as JSON, is none, and has to be changed."""
        told = self._quickly(text)
        return self.with_care(text) if told is None else told

    def _quickly(self, text: str) -> str | None:
        """Return what becomes of a text in which every string is what it seems; None where that is not sure."""
        if not self.is_constant or self.fields or not self.reads_keys:
            return None
        record = text.encode(errors="surrogatepass")
        if b"\n" in record or not is_undisguised(record) or has_bare_number(record):
            return None
        possible = self._gate.possible(record)
        told = masked_lines(text, possible) if possible else text
        if told is None or told == text:
            return told
        return told if not looks_like_json(told) or is_json(told) else None

    def with_care(self, text: str) -> str:
        """Return the same as `record`, by the way that looks into everything."""
        self.begin()
        mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        body = text.removeprefix(_BYTE_ORDER_MARK)
        if looks_like_json(body):
            if is_json(body):
                return mark + self._document(body, (), 0)
            if self.fields or self.leaf(body) != body:
                raise TextUnfit("it begins as JSON and is none")
            return text
        if self.fields:
            raise TextUnfit("it is no JSON, so its fields cannot be found")
        return self.leaf(text)

    def leaf(self, text: str, path: Path = (), depth: int = 0) -> str:
        """Return a text with what is found in it replaced; `path` is where it stands."""
        if depth > DEEPEST:
            return self.hide("", text)
        if depth == 0:
            self._purse.fill(len(text))
        if looks_like_json(text) and is_json(text):
            return self._document(text, path, depth + 1)
        if self.fields and "{" in text:
            return self._around_documents(text, path, depth)
        return self._flat(text, path, depth)

    def _around_documents(self, text: str, path: Path, depth: int) -> str:
        """Return a text with objects of JSON in it: named fields may stand in them."""
        parts, last = list[str](), 0
        try:
            for begin, end in documents_in(text, self._purse):
                parts += [self._flat(text[last:begin], path, depth), self._document(text[begin:end], path, depth + 1)]
                last = end
        except Spent:
            return self.hide("", text)
        return "".join([*parts, self._flat(text[last:], path, depth)])

    def _flat(self, text: str, path: Path, depth: int) -> str:
        text = self._opening(path, depth).repacked(text)
        if self.looks_for_bare and _is_bare_ssn(text):
            return self.hide("ssn", text.strip())
        if self.is_constant:
            return masked(text, self.detectors)
        return replaced(text, self.detectors, self._instead)

    def packed(self, data: bytes, path: Path = ()) -> bytes:
        """Return bytes that are no text with what is found in texts among them replaced."""
        self._purse.fill(len(data))
        try:
            return self._opening(path, 0).bytes_of(data)
        except Spent:
            return self.hide("", data.decode("latin-1")).encode()

    def _opening(self, path: Path, depth: int) -> Opening:
        def work(inner: str) -> str:
            return self.leaf(inner, path, depth + 1)

        return Opening(work, self._matters, lambda row: self.hide("", row), self._purse)

    def _matters(self, data: bytes) -> bool:
        """Say whether something may be found in bytes that can be a text."""
        seen = data.translate(None, _UNSEEN)
        if self.fields or not is_undisguised(seen) or self._gate.has_traces(seen):
            return True
        return self.looks_for_bare and has_bare_number(seen)

    def number(self, piece: str) -> str | None:
        """Return what stands in the place of a number, None where it may stay."""
        if not _LONG_NUMBER.search(piece.replace(".", "")):
            return None
        for digits in _whole(piece):
            for each in self.detectors:
                if any(pattern.fullmatch(digits) and each.confirms(digits) for pattern in each.patterns):
                    return self.hide(each.category, digits)
            if self.looks_for_bare and _is_bare_ssn(digits):
                return self.hide("ssn", digits)
        return None

    def _instead(self, find: Find) -> str:
        return self.hide(find.category, find.reads)

    def _document(self, text: str, path: Path, depth: int) -> str:
        def value(piece: str, below: Path) -> str:
            return self._value(piece, path + below, depth)

        def key(piece: str, below: Path) -> str:
            here = path + below
            if self.fields and self.fields.covers(here[:-1]):
                return encoded(self.hide("", decoded(piece)))  # below what is hidden a key may be a name
            return self._string(piece, here, depth) if self.reads_keys else piece

        return rewritten(text, value=value, key=key)

    def _value(self, piece: str, path: Path, depth: int) -> str:
        is_string = piece[0] == '"'
        if self.fields and piece != "null" and self.fields.covers(path):
            return encoded(self.hide("", decoded(piece) if is_string else piece))
        if is_string:
            return self._string(piece, path, depth)
        told = self.number(piece)
        return piece if told is None else encoded(told)

    def _string(self, piece: str, path: Path, depth: int) -> str:
        text = decoded(piece)
        told = self.leaf(text, path, depth)
        return piece if told == text else encoded(told)


def _whole(piece: str) -> list[str]:
    """Return the digits of a number that is whole, and those that it is written with."""
    written = re.split("[eE]", piece.lstrip("-"))[0]
    digits = [written] if written.isdigit() else []
    number = float(piece)
    return [*digits, str(abs(int(number)))] if number.is_integer() and abs(number) < 1e20 else digits


def _is_bare_ssn(text: str) -> bool:
    if len(text) < LEAST_BARE:
        return False
    seen = (
        [text, *(view.text for view in views_of(text))] if not text.isascii() or "%" in text or "&" in text else [text]
    )
    return any(_BARE_SSN.fullmatch(each) and is_given_ssn(each) for each in seen)
