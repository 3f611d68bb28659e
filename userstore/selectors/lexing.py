"""Cuts the text of a selector into tokens that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from userstore.selectors.errors import SelectorError

TEXT_LIMIT = 4096  # bytes of UTF-8
COLUMN_NAME = re.compile(r"[A-Za-z0-9_-]+")


class Kind(StrEnum):
    """What a token is; the value is how messages call it."""

    COLUMN = "a column"
    TEXT = "a quoted text"
    INTEGER = "an integer"
    WORD = "a word"
    SYMBOL = "a symbol"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is the column's name, the unquoted text, the word in upper case, or the symbol."""

    kind: Kind
    text: str = field(repr=False)
    start: int
    end: int

    @property
    def position(self) -> int:
        return self.start + 1


_TOKEN = re.compile(
    r"(?P<BLANK>[ \t\r\n]+)"
    r"|\{(?P<COLUMN>[A-Za-z0-9_-]+)\}"
    r"|'(?P<TEXT>(?:[^']|'')*+)'"
    r"|(?P<SYMBOL>->>|::|!=|<=|>=|[=<>()\[\],?!])"
    r"|(?P<INTEGER>[+-]?[0-9]+)"
    r"|(?P<WORD>[A-Za-z_][A-Za-z0-9_]*)"
)

_REMEDIES = {
    "{": "a column is written {name}: letters, digits, _ and - between braces, no blanks",
    "'": "close the quoted text with ', and write a quote inside it twice",
    '"': "quote a text with ', and write a column as {name}",
    ".": "numbers are whole; a text is quoted with '",
    ";": "a selector is one condition",
}


def tokens(text: str) -> tuple[Token, ...]:
    """Cuts the text into tokens, the last one being the end; raises `SelectorError` where nothing can be cut."""
    _refuse_oversized(text)
    found = []
    start = 0
    while start < len(text):
        match = _TOKEN.match(text, start)
        if match is None:
            remedy = _REMEDIES.get(text[start], "a selector compares columns, such as {email} = ?")
            raise SelectorError("a character that means nothing here", position=start + 1, remedy=remedy)
        if match.lastgroup != "BLANK":
            found.append(_token(match))
        start = match.end()
    return (*found, Token(Kind.END, "", len(text), len(text)))


def _token(match: re.Match[str]) -> Token:
    kind = Kind[match.lastgroup or ""]
    text = match[kind.name]
    if kind is Kind.TEXT:
        text = text.replace("''", "'")
    if kind is Kind.WORD:
        text = text.upper()
    return Token(kind, text, match.start(), match.end())


def _refuse_oversized(text: str) -> None:
    half = next((place for place, character in enumerate(text) if "\ud800" <= character <= "\udfff"), None)
    if half is not None:
        raise SelectorError("a half surrogate", position=half + 1, remedy="write the selector in Unicode characters")
    if len(text.encode("utf-8")) > TEXT_LIMIT:
        remedy = f"a selector has at most {TEXT_LIMIT} bytes; pass long lists as a value for = ANY (?)"
        raise SelectorError("the selector is too long", position=1, remedy=remedy)
