"""SQL's LIKE and ILIKE, in time that grows with the length of the text, whatever the pattern.

`%` stands for any run of characters, `_` for one, a backslash takes the next character literally. The pattern is cut
at its `%`; taking the leftmost place for each piece is enough, so nothing is ever tried twice. A piece without `_` is
found by `str.find`; one with `_` by Shift-And (Baeza-Yates and Gonnet, "A new approach to text searching", 1992).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from userstore.datatypes import ValueRefused

PATTERN_LIMIT = 1000  # characters; bounds the width of the Shift-And state


def pattern(text: str, *, ignore_case: bool) -> Pattern:
    """Reads a pattern, or raises `ValueRefused` where it is too long or ends in a lone backslash."""
    if len(text) > PATTERN_LIMIT:
        raise ValueRefused("pattern_too_long", f"a LIKE pattern has at most {PATTERN_LIMIT} characters")
    pieces = [_piece(characters) for characters in _pieces(small(text) if ignore_case else text)]
    return Pattern(tuple(pieces), ignore_case=ignore_case)


def small(text: str) -> str:
    """The text in lower case, independent of what stands next to a letter (the final sigma is the only such case)."""
    return text.lower() if text.isascii() else text.lower().replace("ς", "σ")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A read pattern; knows which single text it matches, if it is only one."""

    pieces: tuple[Piece, ...] = field(repr=False)
    ignore_case: bool

    @property
    def only(self) -> str | None:
        """The one text this pattern matches; None where it may match several."""
        return self.pieces[0].literal if len(self.pieces) == 1 and not self.ignore_case else None

    def matches(self, text: str) -> bool:
        """Tells whether the whole text fits the pattern."""
        text = small(text) if self.ignore_case else text
        first, last = self.pieces[0], self.pieces[-1]
        if len(self.pieces) == 1:
            return len(text) == first.length and first.stands_at(text, 0)
        end = len(text) - last.length
        if end < first.length or not first.stands_at(text, 0) or not last.stands_at(text, end):
            return False
        return self._middle_fits(text, first.length, end)

    def _middle_fits(self, text: str, start: int, end: int) -> bool:
        for piece in self.pieces[1:-1]:
            start = piece.end_of_first(text, start, end)
            if start < 0:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two `%`. `masks` has a bit per place where a character fits, `anywhere` the places of `_`."""

    length: int
    literal: str | None = field(repr=False)
    masks: dict[str, int] = field(repr=False)
    anywhere: int = field(repr=False)

    def stands_at(self, text: str, start: int) -> bool:
        if self.literal is not None:
            return text.startswith(self.literal, start)
        return all(
            self.masks.get(character, self.anywhere) >> place & 1
            for place, character in enumerate(text[start : start + self.length])
        )

    def end_of_first(self, text: str, start: int, end: int) -> int:
        """Where the leftmost occurrence within text[start:end] ends, or -1."""
        if self.literal is not None:
            found = text.find(self.literal, start, end)
            return found if found < 0 else found + self.length
        found_when = 1 << (self.length - 1)
        state = 0
        for place in range(start, end):
            state = (state << 1 | 1) & self.masks.get(text[place], self.anywhere)
            if state & found_when:
                return place + 1
        return -1


def _pieces(text: str) -> list[list[str | None]]:
    """The characters between the `%`, with None for `_`."""
    pieces: list[list[str | None]] = [[]]
    characters = iter(text)
    for character in characters:
        if character == "%":
            pieces.append([])
        elif character == "_":
            pieces[-1].append(None)
        elif character == "\\":
            pieces[-1].append(_escaped(next(characters, None)))
        else:
            pieces[-1].append(character)
    return pieces


def _escaped(character: str | None) -> str:
    if character is None:
        raise ValueRefused("lone_escape", "a LIKE pattern does not end in a single backslash; write two")
    return character


def _piece(characters: list[str | None]) -> Piece:
    known = [character for character in characters if character is not None]
    if len(known) == len(characters):
        return Piece(len(characters), literal="".join(known), masks={}, anywhere=0)
    anywhere = sum(1 << place for place, character in enumerate(characters) if character is None)
    masks = dict.fromkeys(known, anywhere)
    for place, character in enumerate(characters):
        if character is not None:
            masks[character] |= 1 << place
    return Piece(len(characters), literal=None, masks=masks, anywhere=anywhere)
