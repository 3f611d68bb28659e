"""The filters of lists: `('key',OP,'value')`, joined as `(A,AND,B)` or `(A,OR,B)`, nested as deep as one likes to read.

A quote inside a value is doubled. Errors name the position, counted from 1.
"""

from __future__ import annotations

import re

from django.db.models import Q

from governance.errors import Invalid
from governance.wire.keys import OPERATORS, KeyMisused, Keys, ValueMisused

LONGEST_FILTER = 8192
DEEPEST = 32
_BLANK = re.compile(r"\s*")
_TOKEN = re.compile(r"(?:(?P<mark>[(),])|'(?P<text>(?:[^']|'')*)'|(?P<word>[A-Za-z]+))")


def filter_of(text: str, keys: Keys) -> Q:
    """Translate a filter to a condition on the list's fields.

    Raises:
        Invalid: it does not parse, names a key that the list does not offer, or a value that the key cannot have.
    """
    if len(text) > LONGEST_FILTER:
        raise _fault("The filter is too long.", LONGEST_FILTER)
    reader = _Reader(text, keys)
    condition = reader.expression(depth=0)
    reader.expect_end()
    return condition


def _fault(message: str, place: int, remedy: str | None = None) -> Invalid:
    return Invalid(message, field="filter", position=place + 1, remedy=remedy)


class _Reader:
    """Reads from left to right; `place` is where the next token begins."""

    def __init__(self, text: str, keys: Keys) -> None:
        self.text = text
        self.keys = keys
        self.place = 0
        self.found: re.Match[str] | None = None
        self.end = 0
        self._advance()

    def expression(self, *, depth: int) -> Q:
        """`('key',OP,'value')`, or expressions joined by one of AND and OR."""
        if depth > DEEPEST:
            raise _fault(f"A filter is nested at most {DEEPEST} deep.", self.place)
        self._take_mark("(")
        condition = self._comparison() if self._is_text() else self._joined(depth)
        self._take_mark(")")
        return condition

    def expect_end(self) -> None:
        if self.place < len(self.text):
            raise _fault("The filter should end here.", self.place, "Join conditions as (A,AND,B).")

    def _joined(self, depth: int) -> Q:
        condition, joined_by = self.expression(depth=depth + 1), None
        while self._is_mark(","):
            self._advance()
            place, word = self.place, self._take_word("AND or OR").upper()
            if word not in {"AND", "OR"}:
                raise _fault("Here has to be AND or OR.", place)
            if joined_by not in {None, word}:
                raise _fault("AND and OR are not mixed without brackets.", place, "Write ((A,AND,B),OR,C).")
            joined_by = word
            self._take_mark(",")
            following = self.expression(depth=depth + 1)
            condition = condition & following if word == "AND" else condition | following
        return condition

    def _comparison(self) -> Q:
        place, name = self.place, self._take_text()
        key = self.keys.get(name)
        if key is None:
            raise _fault("This list has no such key.", place, f"Keys: {', '.join(self.keys)}.")
        self._take_mark(",")
        place, operator = self.place, self._take_word("an operator").upper()
        if operator not in OPERATORS:
            raise _fault("There is no such operator.", place, f"Operators: {', '.join(OPERATORS)}.")
        self._take_mark(",")
        value_place, value = self.place, self._take_text()
        try:
            return key.condition(operator, value)
        except ValueMisused as misused:
            raise _fault(str(misused), value_place) from None
        except KeyMisused as misused:
            raise _fault(str(misused), place) from None

    def _is_text(self) -> bool:
        return self.found is not None and self.found["text"] is not None

    def _is_mark(self, mark: str) -> bool:
        return self.found is not None and self.found["mark"] == mark

    def _take_mark(self, mark: str) -> None:
        if not self._is_mark(mark):
            raise _fault(f"Here has to be {mark!r}.", self.place)
        self._advance()

    def _take_text(self) -> str:
        if self.found is None or self.found["text"] is None:
            raise _fault("Here has to be a text in single quotes.", self.place)
        text = str(self.found["text"]).replace("''", "'")
        self._advance()
        return text

    def _take_word(self, what: str) -> str:
        if self.found is None or self.found["word"] is None:
            raise _fault(f"Here has to be {what}.", self.place)
        word = str(self.found["word"])
        self._advance()
        return word

    def _advance(self) -> None:
        blank = _BLANK.match(self.text, self.end)
        self.place = blank.end() if blank else self.end
        self.found = _TOKEN.match(self.text, self.place)
        self.end = self.found.end() if self.found else self.place
