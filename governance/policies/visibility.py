"""How much of a person a script can see, told from its text: it is given no column that it cannot name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_COMMENT_LINE = re.compile(r"(?m)^[ \t]*//[^\n\r\u2028\u2029]*")
_USER = re.compile(r"\buser\b")
_WORD = re.compile(r"\w+")
_LITERAL = r"(?:\"[^\"\n]*\"|'[^'\n]*'|\d+)"
_BY_COMPUTED_NAME = re.compile(rf"\\|\[(?!\s*(?:{_LITERAL}\s*(?:,\s*{_LITERAL}\s*)*)?\])")
"""A bracket around anything but literals; and a backslash, which can hide a name from its reader."""
_BY_NO_NAME = re.compile(
    r"\.\.\.|\b(?:in|Object|Reflect|JSON|Proxy|Iterator|globalThis|structuredClone|constructor|hasOwnProperty|"
    r"propertyIsEnumerable|__\w+__)\b"
)
"""What reaches the properties of an object without writing their names down."""


@dataclass(frozen=True, slots=True)
class Visible:
    """The part of a profile that scripts can look at: whole, or only fields called by one of `words`."""

    words: frozenset[str] = frozenset()
    whole: bool = False

    def __bool__(self) -> bool:
        return self.whole or bool(self.words)

    def shows(self, name: str) -> bool:
        """Whether a field of this name must be in the profile; one that is not a word always is."""
        return self.whole or name in self.words or not name.isidentifier()


def visible_to(source: str) -> Visible:
    """Tell what of a profile the text of a script can look at; in doubt it is the whole.

    A property is reached by its name behind a dot, in a pattern or as a literal in brackets, which all are words of the
    text, or else by a computed name or by enumeration, which both show in the text as well.
    """
    if not _USER.search(source):
        return Visible()
    if "`" not in source and "/*" not in source:  # then a line that starts with two slashes is nothing but a comment
        source = _COMMENT_LINE.sub("", source)
    if _BY_COMPUTED_NAME.search(source) or _BY_NO_NAME.search(source):
        return Visible(whole=True)
    return Visible(words=frozenset(_WORD.findall(source)))


def all_visible(parts: Iterable[Visible]) -> Visible:
    """Join what several scripts can look at."""
    seen = tuple(parts)
    return Visible(frozenset(word for part in seen for word in part.words), whole=any(part.whole for part in seen))
