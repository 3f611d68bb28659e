"""What commands print."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from config.embedded.errors import LaunchError

ERASE_LINE = "\r\x1b[K"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines with columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def typed() -> Iterator[str]:
    """Yield lines as somebody types them, until the end of the input."""
    while True:
        try:
            yield input("> ")
        except EOFError:
            return


def lines_of(file: Path | None) -> Iterator[str]:
    """Yield the lines of a file, or of standard input. Raises `LaunchError`."""
    try:
        with nullcontext(sys.stdin.buffer) if file is None else file.open("rb") as lines:
            for at, line in enumerate(lines, 1):
                yield _text(at, line.removesuffix(b"\n").removesuffix(b"\r"))
    except OSError as error:
        raise LaunchError(f"{file or 'Standard input'} cannot be read: {type(error).__name__}.") from None


def _text(at: int, line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise LaunchError(f"Line {at} is no text in UTF-8: byte {error.start + 1}.") from None


class Progress:
    """A line in the terminal that says how many records were worked on."""

    def __init__(self) -> None:
        self._count, self._shown = 0, 0

    def add(self, count: int) -> None:
        self._count += count

    def show(self) -> None:
        if sys.stderr.isatty() and self._count != self._shown:
            sys.stderr.write(f"{ERASE_LINE}{self._count:,} records, {self._count - self._shown:,} in the last second")
            sys.stderr.flush()
        self._shown = self._count

    def end(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(ERASE_LINE)
