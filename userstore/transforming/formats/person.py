"""Tokens for people's names: pronounceable words that are nobody's name, and the vendor's FullNameToID."""

from __future__ import annotations

from dataclasses import dataclass

from userstore.transforming.errors import ParameterRefused
from userstore.transforming.formats.letters import ALPHANUMERIC, draw_text
from userstore.transforming.parameters import option
from userstore.transforming.protocol import Randomness

CONSONANTS = "bdfgklmnprstvwz"
VOWELS = "aeiou"
SYLLABLES = tuple(consonant + vowel for consonant in CONSONANTS for vowel in VOWELS)


@dataclass(frozen=True, slots=True)
class NameShaped:
    """How long the words of a name token are."""

    syllables: int = option(4, "Syllables of a word; more of them, fewer collisions.", least=3, most=8)
    words: int = option(4, "The most words a token has.", least=1, most=8)


@dataclass(frozen=True, slots=True)
class NameFormat:
    """As many capitalised words as the name has; nothing of the name itself, not even the words' length."""

    name: str = "full name"

    def draw(self, value: str, parameters: NameShaped, rng: Randomness) -> str:
        """Return random words: "Jane Doe" -> "Balimuto Ronafeki"."""
        return " ".join(
            "".join(SYLLABLES[rng.randrange(0, len(SYLLABLES))] for _ in range(parameters.syllables)).capitalize()
            for _ in range(self._words(value, parameters))
        )

    def size(self, value: str, parameters: NameShaped) -> int:
        """Return 75 to the power of all syllables."""
        return int(len(SYLLABLES) ** (parameters.syllables * self._words(value, parameters)))

    @staticmethod
    def _words(value: str, parameters: NameShaped) -> int:
        return max(min(len(value.split()), parameters.words), 1)


@dataclass(frozen=True, slots=True)
class FirstNameKept:
    """What stays of the first word; the names are the wire contract's."""

    PreserveValue: bool = option(True, "Keep the word whole.")
    PreserveChars: int = option(1, "Characters kept at the start.", least=0, most=32)
    FinalLength: int = option(12, "Length of the word in the result.", least=1, most=64)

    def __post_init__(self) -> None:
        _require_room(self.PreserveChars, self.FinalLength, "[0].FinalLength")


@dataclass(frozen=True, slots=True)
class LastNameKept:
    """What stays of the last word; the names are the wire contract's."""

    PreserveValue: bool = option(False, "Keep the word whole.")
    PreserveChars: int = option(1, "Characters kept at the start.", least=0, most=32)
    FinalLength: int = option(12, "Length of the word in the result.", least=1, most=64)

    def __post_init__(self) -> None:
        _require_room(self.PreserveChars, self.FinalLength, "[1].FinalLength")


@dataclass(frozen=True, slots=True)
class NameKept:
    """First and last word together; at least one is drawn at random."""

    first: FirstNameKept
    last: LastNameKept

    def __post_init__(self) -> None:
        if self.first.PreserveValue and self.last.PreserveValue:
            raise ParameterRefused("[1].PreserveValue", "leaves nothing random", remedy="Draw the last name anew.")


@dataclass(frozen=True, slots=True)
class VendorNameFormat:
    """The vendor's FullNameToID: first word kept, last word begun alike, words between dropped."""

    name: str = "full name"

    def draw(self, value: str, parameters: NameKept, rng: Randomness) -> str:
        """Return two words: "Jane Marie Doe" -> "Jane D7kQw0aLx3Rt"."""
        first, last = self._words(value)
        return f"{_refill(first, parameters.first, rng)} {_refill(last, parameters.last, rng)}"

    def size(self, value: str, parameters: NameKept) -> int:
        """Return how many results can be drawn."""
        first, last = self._words(value)
        return int(len(ALPHANUMERIC) ** (_free(first, parameters.first) + _free(last, parameters.last)))

    @staticmethod
    def _words(value: str) -> tuple[str, str]:
        words = value.split() or [""]
        return words[0], words[-1] if len(words) > 1 else ""


def _free(word: str, kept: FirstNameKept | LastNameKept) -> int:
    return 0 if kept.PreserveValue else kept.FinalLength - len(word[: kept.PreserveChars])


def _refill(word: str, kept: FirstNameKept | LastNameKept, rng: Randomness) -> str:
    if kept.PreserveValue:
        return word
    start = word[: kept.PreserveChars]
    return start + draw_text(ALPHANUMERIC, kept.FinalLength - len(start), rng)


def _require_room(preserved: int, length: int, name: str) -> None:
    if preserved >= length:
        raise ParameterRefused(name, "must be greater than PreserveChars", remedy="Else nothing of the word is random.")
