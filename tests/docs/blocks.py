"""Reading the fenced blocks of a page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """Return the texts of the blocks in one language, in order."""
    return [text for found, text in _FENCE.findall((ROOT / page).read_text()) if found == language]


def matches(pattern: str, line: str) -> bool:
    """Compare a line with one of the page, where `...` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("..."))), line) is not None
