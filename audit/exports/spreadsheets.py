"""CSV that stays text where a spreadsheet opens it (RFC 4180).

What a cell holds may come from outside: a request id, a name, a reason. A spreadsheet computes a cell that begins with
= + - @, a tab or a carriage return, and so with their full-width forms (OWASP, "CSV Injection"). Where it takes another
separator than the comma, a cell begins behind that one, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BEGINS = re.compile(
    # An apostrophe in front is what spreadsheets themselves take for "text"; blanks and invisible characters go first.
    r"(?:\A|(?<=[;,|\t\r\n\x0b\x0c\x85\u2028\u2029]))"
    r"(?=[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212])"
)
_FIRST = re.compile(r"\A(?=[\t\r\n\x0b\x0c])")


def line_of(cells: Sequence[str | int | None]) -> bytes:
    """Return one line of CSV, every cell in quotation marks; None is an empty cell."""
    return (",".join(map(_cell, cells)) + "\r\n").encode()


def text_cell(text: str) -> str:
    """Return a text that no spreadsheet computes: an apostrophe stands wherever it would begin to."""
    told = _BEGINS.sub("'", text)
    return told if told.startswith("'") else _FIRST.sub("'", told)


def _cell(content: str | int | None) -> str:
    if content is None:
        return '""'
    told = str(content) if isinstance(content, int) else text_cell(content)
    return '"' + told.replace('"', '""').replace("\0", "") + '"'
