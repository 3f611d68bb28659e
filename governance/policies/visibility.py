"""How much of a call and of a person a script can see, told from its text: it is given nothing that it cannot name.

A field that a script reads and is not given would be `undefined` to it, and a rule such as "not the blocked number"
would admit: so whatever the text might reach counts as named, and where that cannot be told, everything does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_COMMENT_LINE = re.compile(r"(?m)^[ \t]*//[^\n\r\u2028\u2029]*")
_WORD = re.compile(r"\w+")
_LITERAL = r"(?:\"[^\"\n]*\"|'[^'\n]*'|\d+)"
_BY_COMPUTED_NAME = re.compile(rf"\\|\[(?!\s*(?:{_LITERAL}\s*(?:,\s*{_LITERAL}\s*)*)?\])")
"""A bracket around anything but literals; and a backslash, which can hide a name from its reader."""
_BY_NO_NAME = re.compile(
    r"\.\.\.|\b(?:in|Object|Reflect|JSON|Proxy|Iterator|globalThis|structuredClone|constructor|hasOwnProperty|"
    r"propertyIsEnumerable|__\w+__)\b"
)
"""What reaches the properties of an object without writing their names down."""
READ_BY_THE_LANGUAGE = frozenset(
    (
        *("Infinity", "alphabet", "call", "cause", "configurable", "constructor", "done", "dotAll", "enumerable"),
        *("errors", "exec", "flags", "get", "global", "groups", "has", "hasIndices", "ignoreCase", "index", "join"),
        *("keys", "lastChunkHandling", "lastIndex", "length", "maxByteLength", "message", "mode", "multiline"),
        *("name", "next", "padding", "prototype", "raw", "return", "set", "size", "source", "stack", "sticky"),
        *("then", "throw", "toISOString", "toJSON", "toLocaleString", "toString", "unicode", "unicodeSets", "value"),
        *("valueOf", "writable"),
    )
)
"""Properties that operators and built-in functions read of what they are given: `new Error().toString.call(user)` reads
`name` and `message`, and `{ 1e999: x } = user` reads `Infinity`. ECMA-262; a test asks every function of the engine."""


@dataclass(frozen=True, slots=True)
class Visible:
    """What scripts can look at: everything, or only fields called by one of `words` or read by the language itself."""

    words: frozenset[str] = frozenset()
    whole: bool = False
    _answered: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.whole or bool(self.words)

    def shows(self, name: str) -> bool:
        """Whether a field of this name must be there; one that is no plain word always is."""
        answer = self._answered.get(name)
        if answer is None:  # every call asks about every column
            answer = self._answered[name] = self._shows(name)
        return answer

    def _shows(self, name: str) -> bool:
        return (
            self.whole
            or name in self.words
            or name in READ_BY_THE_LANGUAGE
            or not (name.isascii() and name.isidentifier())
        )

    @property
    def of_subject(self) -> Visible:
        """The part that is a subject's: nothing where the script cannot reach `context.user`."""
        return self if self.whole or "user" in self.words else Visible()


def visible_to(source: str) -> Visible:
    """Tell what of its context the text of a script can look at; in doubt it is the whole.

    A property is reached by its name behind a dot, in a pattern or as a literal in brackets, which all are words of the
    text, by the language itself, or else by a computed name or by enumeration, which both show in the text as well.
    """
    if "`" not in source and "/*" not in source:  # then a line that starts with two slashes is nothing but a comment
        source = _COMMENT_LINE.sub("", source)
    if _BY_COMPUTED_NAME.search(source) or _BY_NO_NAME.search(source):
        return Visible(whole=True)
    return Visible(words=frozenset(_WORD.findall(source)))


def all_visible(parts: Iterable[Visible]) -> Visible:
    """Join what several scripts can look at."""
    seen = tuple(parts)
    return Visible(frozenset(word for part in seen for word in part.words), whole=any(part.whole for part in seen))
