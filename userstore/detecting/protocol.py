"""What a detector says of the personal data that it knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol


class Detector(Protocol):
    """One category of personal data and how it is written."""

    @property
    def category(self) -> str:
        """The category that its finds belong to: what `pii:` of a type and `removes:` of a function name."""

    @property
    def says(self) -> str:
        """What it finds, for people."""

    @property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """How it is written, in ASCII and in one line. None of them matches a quote, or looks beyond one, and a quote
        beside it is the same as nothing: so they find in JSON what they find in its strings."""

    @property
    def stands_alone(self) -> bool:
        """Whether it has one pattern that tells enough, and no find touches another or uncovers one."""

    @property
    def mask(self) -> str:
        """What stands in its place. No detector finds anything in it."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Traces of which every find leaves at least one (see `gate`)."""

    def confirms(self, found: str) -> bool:
        """Say whether what the pattern found is one, by its checksum or the rules of its numbers."""


@dataclass(frozen=True, slots=True)
class Need:
    """A trace: `form` occurs in the text once digits are written as 0 and letters as a.

    `sees`: `close` is the text without separators (`gate.SEPARATORS`), `apart` with all that stands between.
    """

    form: bytes
    sees: Literal["close", "apart"] = "close"


@dataclass(frozen=True, slots=True)
class Written:
    """A detector that is a pattern with a check."""

    category: str
    says: str
    patterns: tuple[re.Pattern[str], ...]
    mask: str
    needs: tuple[Need, ...]
    confirms: Callable[[str], bool]
    stands_alone: bool = False
