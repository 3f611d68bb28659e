"""What every transformer promises, and the three kinds of objects that keep the promise natively.

A transformer turns one rendered value into what an accessor returns for it. `Transform` computes it anew every time;
`Tokenization` draws it at random, and for the tokenising kinds the caller stores it so that it resolves later. Scripts
are no transformers in this sense: they run in the sandbox, many values to a message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from userstore.transforming.errors import TokenSpaceExhausted
from userstore.transforming.parameters import Schema, decode_parameters

P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)

REDRAWS = 128  # of a space of two or more, all of them hit the value itself with a chance under 2**-128


class TransformKind(StrEnum):
    """The four kinds of the wire contract; the vendor's client refuses any other word."""

    PASSTHROUGH = "passthrough"
    TRANSFORM = "transform"
    TOKENIZE_BY_VALUE = "tokenizebyvalue"
    TOKENIZE_BY_REFERENCE = "tokenizebyreference"

    @property
    def tokenizes(self) -> bool:
        """True where the result is a stored token that can be resolved."""
        return self in {TransformKind.TOKENIZE_BY_VALUE, TransformKind.TOKENIZE_BY_REFERENCE}


class Randomness(Protocol):
    """A source of uniformly drawn integers; production passes `secrets.SystemRandom()`, tests a seeded one."""

    def randrange(self, start: int, stop: int, /) -> int:
        """Return an integer that is at least `start` and less than `stop`."""


class TokenFormat(Protocol[P_contra]):
    """How tokens of one format are drawn, and how many there are."""

    @property
    def name(self) -> str:
        """The name of the format, as an error shows it."""

    def draw(self, value: str, parameters: P_contra, rng: Randomness) -> str:
        """Return one token, uniformly drawn; raise ValueUnfit where the value is not in this format."""

    def size(self, value: str, parameters: P_contra) -> int:
        """Return how many different results `draw` has for this value."""


class Transformer(Protocol[P]):
    """One way to show a value as something less than itself."""

    @property
    def name(self) -> str:
        """The name in the wire contract."""

    @property
    def description(self) -> str:
        """One sentence on what comes out."""

    @property
    def kind(self) -> TransformKind:
        """What the wire contract calls this kind."""

    @property
    def input_types(self) -> tuple[str, ...]:
        """Names of the data types it is meant for, the declared one first; empty: any."""

    @property
    def output_type(self) -> str:
        """Name of the data type of the result."""

    @property
    def schema(self) -> Schema[P]:
        """The parameters it declares."""

    def parse(self, raw: object) -> P:
        """Return checked parameters from the wire's text or from decoded JSON, or raise ParameterRefused."""

    def apply(self, value: str, parameters: P, *, now: datetime, rng: Randomness) -> str:
        """Return the transformed value; an empty text stays empty."""


@dataclass(frozen=True, kw_only=True)
class Described(Generic[P]):
    """What every native transformer says about itself."""

    name: str
    description: str
    input_types: tuple[str, ...]
    output_type: str
    schema: Schema[P]

    def parse(self, raw: object) -> P:
        """Return checked parameters from the wire's text or from decoded JSON, or raise ParameterRefused."""
        return self.schema.read(decode_parameters(raw))

    def takes(self, data_type: str) -> bool:
        """True where values of that data type (by name) are what this transformer is meant for."""
        return not self.input_types or data_type in self.input_types


@dataclass(frozen=True, kw_only=True)
class Transform(Described[P]):
    """A transformer whose result depends on the value, the parameters and at most the present day."""

    work: Callable[[str, P, datetime], str]
    kind: TransformKind = TransformKind.TRANSFORM

    def apply(self, value: str, parameters: P, *, now: datetime, rng: Randomness) -> str:  # noqa: ARG002  # the protocol's
        """Return the transformed value; an empty text stays empty."""
        return self.work(value, parameters, now) if value else ""


@dataclass(frozen=True, kw_only=True)
class Tokenization(Described[P]):
    """A transformer whose result is drawn at random and says nothing but what its parameters keep."""

    format: TokenFormat[P]
    kind: TransformKind = TransformKind.TOKENIZE_BY_VALUE

    def mint(self, value: str, parameters: P, rng: Randomness) -> str:
        """Return a random token that differs from the value; an empty text stays empty.

        Raises ValueUnfit where the value is not in the format, TokenSpaceExhausted where no other token exists.
        Tokens already handed out are the caller's knowledge: on a collision it mints again.
        """
        if not value:
            return ""
        for _ in range(REDRAWS):
            token = self.format.draw(value, parameters, rng)
            if _bare(token) != _bare(value):
                return token
        raise TokenSpaceExhausted(self.format.name)

    def apply(self, value: str, parameters: P, *, now: datetime, rng: Randomness) -> str:  # noqa: ARG002  # the protocol's
        """Return a random token that nobody keeps: what the vendor's `...ToID` transforms do."""
        return self.mint(value, parameters, rng)

    def capacity(self, value: str, parameters: P) -> int:
        """Return how many different tokens, at least, `mint` has; refuse once half of them are in use."""
        return max(self.format.size(value, parameters) - 1, 0) if value else 0


def _bare(text: str) -> str:
    """Return the text without case and punctuation: "123-45-6789" is no token for "123456789"."""
    return "".join(character for character in text if character.isalnum()).casefold()
