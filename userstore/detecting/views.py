"""Seeing through disguises: a text as ASCII, of which every character knows where it comes from.

A view is made in rounds until nothing changes: look-alikes of digits and separators become ASCII, what is invisible
goes, and escapes (percent, entities, backslashes) become what they stand for. What a detector finds in a view is a span
of the text that lies below.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

ROUNDS = 5
"""Escapes within escapes that are seen through."""
LONGEST_NUMBER = 20
"""Look-alikes in a row that are read as digits: one more each round, from both sides."""
_ESCAPE = re.compile(
    r"(?P<gone><!--(?:(?!<!--|-->).){0,4000}-->|/\*(?:(?!/\*|\*/).){0,4000}\*/|<!\[CDATA\[|\]\]>|<\?[^<>]{0,1000}\?>"
    r"|</?[a-zA-Z](?:[^<>\"']|\"[^<\"]{0,500}\"|'[^<']{0,500}'){0,500}>|<[/!]?[a-zA-Z][^<>]{0,1000}>"
    r"|\x1b\[[0-?]{0,20}[ -/]{0,5}[@-~]|\x1b\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)|\x1b(?:[()][0AB]|[@-Z^_=>])?|\x07)"
    r"|(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<entity>&(?:#[0-9]{1,30}|#[xX][0-9A-Fa-f]{1,30}|[a-zA-Z]{2,31});?)"
    r"|\\u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|(?P<units>(?:[\\%]u[0-9A-Fa-f]{4})+)|\\x(?P<hex>[0-9A-Fa-f]{2})"
    r"|\\U(?P<long>[0-9A-Fa-f]{8})|\\N\{(?P<named>[A-Za-z0-9 -]{1,80})\}"
    r"|\\(?P<octal>[0-3][0-7]{2})|\\(?P<bare>[^0-9A-Za-z\s])",
    re.DOTALL,
)
_QUOTED = re.compile(r"(?P<quoted>(?:=[0-9A-F]{2})+)")
_SOFT_BREAK = re.compile(r"(?P<gone>=\r?\n)")
_ALIKE = {
    **dict.fromkeys("ОоΟοՕօ", "0"), **dict.fromkeys("ІіӀӏΙιıǀ∣￨", "1"), **dict.fromkeys("ЗзӠʒƷ", "3"),
    **dict.fromkeys("Чч", "4"), **dict.fromkeys("Ѕѕ", "5"), **dict.fromkeys("б", "6"), **dict.fromkeys("Ց", "8"),
}  # fmt: skip
"""Letters of other scripts that are drawn as digits: read so where they stand among digits."""
_DOTS = frozenset("。｡․")
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")
_TAGS = range(0xE0020, 0xE007F)
_AMONG_DIGITS = re.compile(
    "(?<=[0-9])[{0}]|(?<=[0-9][-. ])[{0}]|[{0}](?=[-. ]?[0-9])".format("".join(map(re.escape, _ALIKE)))
)


@dataclass(frozen=True, slots=True)
class View:
    """A text, and for each of its characters where it begins and ends in the text below."""

    text: str
    begins: list[int]
    ends: list[int]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Return the span below of a span of the view."""
        return self.begins[begin], self.ends[end - 1]


def views_of(text: str) -> Iterator[View]:
    """Yield what is behind a text, one round after another; nothing where it is what it seems."""
    view = View(text, list(range(len(text))), list(range(1, len(text) + 1)))
    view = _read(view, _SOFT_BREAK)
    if view.text != text:
        yield view
    for _ in range(ROUNDS):
        before = view.text
        folded = _folded(view)
        view = _read(folded, _ESCAPE)
        if view.text == before:
            view = _read(view, _QUOTED)  # last: an equals sign and two digits may be no more than that
            if view.text == before:
                return
        if folded.text not in (before, view.text):
            yield folded  # what is no escape may look like one
        yield view


def _folded(view: View) -> View:
    if view.text.isascii() and view.text.isprintable():
        return view
    parts = [_ascii(character) for character in view.text]
    told = View(
        "".join(parts),
        [begin for part, begin in zip(parts, view.begins, strict=True) for _ in part],
        [end for part, end in zip(parts, view.ends, strict=True) for _ in part],
    )
    return View(_with_digits(told.text), told.begins, told.ends)


def _with_digits(text: str) -> str:
    for _ in range(LONGEST_NUMBER):
        changed = _AMONG_DIGITS.sub(lambda found: _ALIKE[found[0]], text)
        if changed == text:
            break
        text = changed
    return text


@lru_cache(maxsize=8192)
def _ascii(character: str) -> str:
    """Return what a character is read as: ASCII, nothing where it is invisible, itself where it is a letter."""
    if " " <= character <= "~" or character in _ALIKE or character in "\x1b\x07":
        return character
    if ord(character) in _TAGS:
        return chr(ord(character) - 0xE0000)
    kind = unicodedata.category(character)
    if kind[0] == "Z" or character in "\t\n\r\v\f\x85":
        return " "
    if kind in ("Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn") or character in _BLANK:
        return ""
    if kind == "Pd" or character == "ー":
        return "-"
    return "." if character in _DOTS else _compatible(character, kind)


def _compatible(character: str, kind: str) -> str:
    number = unicodedata.numeric(character, -1)
    if number in range(10):
        return str(int(number))
    plain = unicodedata.normalize("NFKC", character)
    if plain.isascii():
        return plain
    return "-" if kind[0] in "PS" else character


def _read(view: View, pattern: re.Pattern[str]) -> View:
    """Return a view with what a pattern finds in it read as what it means."""
    text, begins, ends, last = [], [], [], 0
    for found in pattern.finditer(view.text):
        told = _MEANINGS[str(found.lastgroup)](found)
        if told == found[0]:
            continue
        text += [view.text[last : found.start()], told]
        begins += view.begins[last : found.start()] + [view.begins[found.start()]] * len(told)
        ends += view.ends[last : found.start()] + [view.ends[found.end() - 1]] * len(told)
        last = found.end()
    if not last:
        return view
    return View("".join([*text, view.text[last:]]), begins + view.begins[last:], ends + view.ends[last:])


def _numbered(digits: str, base: int, otherwise: str) -> str:
    code = int(digits, base)
    return chr(code) if code <= 0x10FFFF else otherwise


def _character(name: str, otherwise: str) -> str:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return otherwise


def _text_of(hexadecimal: str, encoding: str) -> str:
    return bytes.fromhex(hexadecimal).decode(encoding, errors="ignore")


_MEANINGS: dict[str, Callable[[re.Match[str]], str]] = {
    "gone": lambda _: "",
    "percent": lambda found: _text_of(found[0].replace("%", ""), "utf-8"),
    "quoted": lambda found: _text_of(found[0].replace("=", ""), "utf-8"),
    "entity": lambda found: html.unescape(found[0]),
    "braced": lambda found: _numbered(found["braced"], 16, found[0]),
    "units": lambda found: _text_of(found[0].replace("\\u", "").replace("%u", ""), "utf-16-be"),
    "hex": lambda found: _numbered(found["hex"], 16, found[0]),
    "long": lambda found: _numbered(found["long"], 16, found[0]),
    "named": lambda found: _character(found["named"], found[0]),
    "octal": lambda found: _numbered(found["octal"], 8, found[0]),
    "bare": lambda found: str(found["bare"]),
}
"""What an escape means, by the name of its group."""
