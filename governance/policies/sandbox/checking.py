"""Examines a text before it is published as a script."""

from __future__ import annotations

import re

from .errors import ScriptKilled, ScriptRefused
from .helper import frames
from .lending import pool
from .script import Function

LONGEST_SOURCE = 64 * 1024
"""Bytes of a script."""

FORBIDDEN = frozenset({"async", "await", "Promise", "import", "eval"})
LEXEMES = re.compile(
    r"//[^\n\r\u2028\u2029]*|/\*.*?\*/"
    r"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
    r"|(?:(?<=[(,=:\[!&|?{};>\n])|(?<=\breturn))\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/"
    r"|(?P<member>(?<!\.)\.\s*)?(?P<word>[A-Za-z_$][\w$]*)",
    re.DOTALL,
)


def check_script(source: str, *, function: Function, host_calls: frozenset[str] = frozenset()) -> None:
    """Let a text pass that can be published as a script of a kind; raise ScriptRefused with the place if not.

    The text is compiled, and its outermost statements run once without data, in a throw-away context inside a locked
    helper. Raises ScriptUnavailable where no helper is free.
    """
    _refuse_unreadable(source)
    _refuse_forbidden_words(source)
    if function != "tokenize":
        _refuse_randomness(source)
    packed = frames.pack_script(
        function=frames.FUNCTIONS[function], names=tuple(sorted(host_calls)), source=source.encode()
    )
    try:
        found = pool().check(packed)
    except ScriptKilled as problem:
        raise ScriptRefused(f"its outermost statements were ended: {problem.cause}") from None
    if found is not None:
        raise ScriptRefused(*found)


def _refuse_unreadable(source: str) -> None:
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        raise ScriptRefused("the text is not valid Unicode") from None
    if size > LONGEST_SOURCE:
        raise ScriptRefused(f"the text is longer than {LONGEST_SOURCE} bytes")
    if "\0" in source:
        raise ScriptRefused("the text contains a null character")


def _refuse_forbidden_words(source: str) -> None:
    """Tell the author early what cannot work. Not a wall: whatever slips through finds nothing in its context."""
    for lexeme in LEXEMES.finditer(source):
        word = lexeme["word"]
        if word in FORBIDDEN and lexeme["member"] is None:
            raise ScriptRefused(f"a script may not use {word}", *_place(source, lexeme.start("word")))


def _refuse_randomness(source: str) -> None:
    """Tell the author early why there is no `Math.random`; at work it would be no function, and the script refuse."""
    before = ""
    for lexeme in LEXEMES.finditer(source):
        word = lexeme["word"]
        if word == "random" and lexeme["member"] is not None and before == "Math":
            raise ScriptRefused(
                "Math.random is there for transformers that make tokens; what decides or normalises answers alike "
                "each time",
                *_place(source, lexeme.start("word")),
            )
        before = word or before


def _place(source: str, start: int) -> tuple[int, int]:
    return source.count("\n", 0, start) + 1, start - source.rfind("\n", 0, start)
