"""E-mail tokens: the rules of the vendor's EmailToID, with its handling of longer domains mended.

The vendor cuts a domain at its dots and keeps the first two labels only: "a@b.co.uk" loses its ".uk", and of
"a@mail.example.com" the owner's name stays while ".com" is lost. Here an address has three parts: the local part, the
domain's name (every label before the ending) and the ending ("com", "co.uk"), which is kept whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from userstore.transforming.errors import ParameterRefused, ValueUnfit
from userstore.transforming.formats.letters import ALPHANUMERIC, DIGITS, LOWER, draw_text
from userstore.transforming.parameters import option
from userstore.transforming.protocol import Randomness

ADDRESS = re.compile(r"([^@\s]{1,64})@((?:[\w-]{1,63}\.)+[\w-]{2,63})")

# The vendor's list of providers whose name tells nothing about a person.
COMMON_PROVIDERS = frozenset(
    "gmail hotmail yahoo msn aol orange wanadoo comcast live apple proton yandex ymail".split()  # noqa: SIM905  # a word list
)

# Second-level labels under which country registries sell names; with them an ending has two labels. A short list, not
# the Public Suffix List: an ending missing here costs a token its second-to-last label, never a character of the value.
REGISTRY_LABELS = frozenset(
    "ac co com edu gob gov go gv govt id mil ne net nom or org sch".split()  # noqa: SIM905  # a word list
)


@dataclass(frozen=True, slots=True)
class UsernameKept:
    """What stays of the part before the @; the names are the wire contract's."""

    PreserveValue: bool = option(False, "Keep the part whole.")
    PreserveChars: int = option(0, "Characters kept at the start.", least=0, most=32)
    FinalLength: int = option(12, "Length of the part in the token.", least=1, most=64)

    def __post_init__(self) -> None:
        _require_room(self.PreserveChars, self.FinalLength, "[0].FinalLength")


@dataclass(frozen=True, slots=True)
class DomainKept:
    """What stays of the domain's name; the names are the wire contract's."""

    PreserveValue: bool = option(False, "Keep the part whole.")
    PreserveCommonValue: bool = option(True, "Keep the name of a provider that millions use.")
    PreserveChars: int = option(0, "Characters kept at the start.", least=0, most=32)
    FinalLength: int = option(6, "Length of the part in the token.", least=1, most=63)

    def __post_init__(self) -> None:
        _require_room(self.PreserveChars, self.FinalLength, "[1].FinalLength")


@dataclass(frozen=True, slots=True)
class EndingKept:
    """What stays of the domain's ending; the names are the wire contract's."""

    PreserveValue: bool = option(True, "Keep the part whole.")
    PreserveChars: int = option(0, "Characters kept at the start.", least=0, most=32)
    FinalLength: int = option(3, "Length of the part in the token.", least=2, most=63)

    def __post_init__(self) -> None:
        _require_room(self.PreserveChars, self.FinalLength, "[2].FinalLength")


@dataclass(frozen=True, slots=True)
class EmailKept:
    """The three parts together; at least one of the first two is drawn at random."""

    username: UsernameKept
    domain: DomainKept
    ending: EndingKept

    def __post_init__(self) -> None:
        if self.username.PreserveValue and self.domain.PreserveValue:
            raise ParameterRefused("[0].PreserveValue", "leaves nothing random", remedy="Draw the username anew.")


@dataclass(frozen=True, slots=True)
class EmailFormat:
    """Random addresses that stay valid addresses."""

    name: str = "e-mail address"

    def draw(self, value: str, parameters: EmailKept, rng: Randomness) -> str:
        """Return an address of which each part is kept, begun alike or random, as its parameters say."""
        username, domain, ending = self._parts(value)
        if not parameters.username.PreserveValue:
            username = _refill(username, parameters.username, ALPHANUMERIC, rng)
        if not self._keeps(domain, parameters.domain):
            domain = _refill(domain, parameters.domain, LOWER + DIGITS, rng)
        if not parameters.ending.PreserveValue:
            ending = _refill(ending, parameters.ending, LOWER, rng)
        return f"{username}@{domain}.{ending}"

    def size(self, value: str, parameters: EmailKept) -> int:
        """Return how many addresses can be drawn."""
        username, domain, ending = self._parts(value)
        size = 1
        if not parameters.username.PreserveValue:
            size *= len(ALPHANUMERIC) ** (parameters.username.FinalLength - len(_begun(username, parameters.username)))
        if not self._keeps(domain, parameters.domain):
            size *= len(LOWER + DIGITS) ** (parameters.domain.FinalLength - len(_begun(domain, parameters.domain)))
        if not parameters.ending.PreserveValue:
            size *= len(LOWER) ** (parameters.ending.FinalLength - len(_begun(ending, parameters.ending)))
        return int(size)

    def _parts(self, value: str) -> tuple[str, str, str]:
        written = ADDRESS.fullmatch(value)
        if written is None:
            raise ValueUnfit(self.name)
        labels = written[2].split(".")
        registry = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2].lower() in REGISTRY_LABELS
        ending = labels[-2:] if registry else labels[-1:]
        return written[1], ".".join(labels[: -len(ending)]), ".".join(ending)

    @staticmethod
    def _keeps(domain: str, kept: DomainKept) -> bool:
        return kept.PreserveValue or (kept.PreserveCommonValue and domain.lower() in COMMON_PROVIDERS)


def _begun(part: str, kept: UsernameKept | DomainKept | EndingKept) -> str:
    """Return what a random part begins with: only plain characters: half a quoted name is no valid address."""
    start = part[: kept.PreserveChars]
    return start if start.isascii() and start.isalnum() else ""


def _refill(part: str, kept: UsernameKept | DomainKept | EndingKept, alphabet: str, rng: Randomness) -> str:
    start = _begun(part, kept)
    return start + draw_text(alphabet, kept.FinalLength - len(start), rng)


def _require_room(preserved: int, length: int, name: str) -> None:
    if preserved >= length:
        raise ParameterRefused(name, "must be greater than PreserveChars", remedy="Else nothing of the part is random.")
