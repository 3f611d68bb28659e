"""Functions that ask the store: `tokenize`, `resolve`, `require-consent`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from dataflow.functions.protocol import Answer, Builtin, Failed, ParametersRefused, Work
from dataflow.functions.registry import BUILTINS
from dataflow.schemas.shapes import TRUTH, Primitive, Shape
from dataflow.store.places import at, place_in, put
from dataflow.store.protocol import Store, StoreRefuses, ValuesRefused
from dataflow.store.proving import Prove

MOST_CALLS = 64
"""Calls of one batch in which the store refuses some texts: enough to find a few among thousands."""
NAMELESS, NO_TOKEN = "it names nobody", "a token stands for nothing here"


class _Asking:
    """What functions that ask the store have alike; without one they can be planned, and not be run."""

    name: str
    operator: str
    says: str
    _known: frozenset[str]
    _needed: frozenset[str]

    def __init__(self, store: Store | None) -> None:
        self._store = store

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002  the protocol's
        """Return none: what is left is personal data."""
        return frozenset()

    def joined(self, parameters: Mapping[str, Any]) -> None:  # noqa: ARG002  the protocol's
        """Return None: nothing is faster than a batch."""
        return

    def _store_here(self) -> Store:
        if self._store is None:
            raise ParametersRefused("it asks the store, and no server is named")
        return self._store

    def _check(self, parameters: Mapping[str, Any]) -> None:
        unknown, missing = parameters.keys() - self._known, self._needed - parameters.keys()
        if unknown or missing:
            wrong = f"{', '.join(sorted(unknown))} unknown" if unknown else f"{', '.join(sorted(missing))} missing"
            raise ParametersRefused(f"{wrong}; known are {', '.join(sorted(self._known))}")
        for name in self._needed:
            if not isinstance(parameters[name], str):
                raise ParametersRefused(f"`{name}` is a text")


class _Exchanging(_Asking, ABC):
    """Gives a text at one place for another."""

    operator = "map"

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return the same shape: a text comes for a text."""
        self._check(parameters)
        if isinstance(shape, Primitive) and shape.name != "string":
            raise ParametersRefused(f"it works on texts, not on {shape}")
        return shape

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: object = None) -> Work:  # noqa: ARG002  as above
        """Return what exchanges the texts of many records in one question. Raises `ParametersRefused`."""
        self._check(parameters)
        place, ask = place_in(parameters, "field", "$"), self._question(self._store_here(), parameters)

        def work(values: Sequence[Any]) -> list[Answer]:
            texts = [at(place, each) for each in values]
            asked = sorted({each for each in texts if isinstance(each, str) and each})
            known = _known(asked, ask)
            return [_exchanged(place, value, text, known) for value, text in zip(values, texts, strict=True)]

        return work

    @abstractmethod
    def _question(self, store: Store, parameters: Mapping[str, Any]) -> Callable[[Sequence[str]], list[str]]:
        """Return what is asked of the store: for each text another one."""


def _known(texts: list[str], ask: Callable[[Sequence[str]], list[str]]) -> dict[str, str | Failed]:
    """Return what the store gives for each text. Where it refuses some, halves are asked until only these fail."""
    known: dict[str, str | Failed] = {}
    waiting, calls = deque([texts] if texts else []), 0
    while waiting:
        some, calls = waiting.popleft(), calls + 1
        try:
            known |= zip(some, ask(some), strict=True)
        except StoreRefuses as refused:
            if isinstance(refused, ValuesRefused) and len(some) > 1 and calls + len(waiting) + 2 <= MOST_CALLS:
                waiting += (some[: len(some) // 2], some[len(some) // 2 :])
            else:
                known |= dict.fromkeys(some, Failed(f"the store refuses: {refused}"))
    return known


def _exchanged(place: tuple[str, ...], value: Any, text: Any, known: Mapping[str, str | Failed]) -> Answer:
    if text is None or text == "":
        return value
    if not isinstance(text, str):
        return Failed("what is there is no text")
    told = known[text]
    if isinstance(told, Failed):
        return told
    return put(place, value, told) if told else Failed(NO_TOKEN)


class Tokenize(_Exchanging):
    """A token for the text at a place."""

    name = "tokenize"
    says = "Gives a text for a token of the store: `with: {field, transformer, policy, category}`."
    _known = frozenset({"field", "transformer", "policy", "category"})
    _needed = frozenset({"transformer", "policy"})

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the category that the field had, where that is told."""
        told = parameters.get("category")
        return frozenset({told}) if isinstance(told, str) else frozenset()

    def _question(self, store: Store, parameters: Mapping[str, Any]) -> Callable[[Sequence[str]], list[str]]:
        named = {name: parameters[name] for name in ("transformer", "policy")}
        return lambda texts: store.tokenize(texts, **named)


class Resolve(_Exchanging):
    """What a token stands for."""

    name = "resolve"
    says = "Gives a token for what it stands for, on record: `with: {field, purpose}`."
    _known = frozenset({"field", "purpose"})
    _needed = frozenset({"purpose"})

    def _question(self, store: Store, parameters: Mapping[str, Any]) -> Callable[[Sequence[str]], list[str]]:
        return lambda tokens: store.resolve(tokens, purpose=parameters["purpose"])


class RequireConsent(_Asking):
    """Keeps the records of people for whom a purpose is permitted."""

    name = "require-consent"
    operator = "filter"
    says = "Keeps records of people who permit a purpose: `with: {subject, purpose, otherwise: drop|dead-letter}`."
    _known = frozenset({"subject", "purpose", "otherwise"})
    _needed = frozenset[str]()

    def __init__(self, store: Store | None, *, purpose: str, subject: str) -> None:
        super().__init__(store)
        self._purpose, self._subject = purpose, subject

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:  # noqa: ARG002  the protocol's
        """Return a truth. Raises `ParametersRefused` where nobody says what for and of whom."""
        self._read(parameters)
        return TRUTH

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: object = None) -> Work:  # noqa: ARG002  as above
        """Return what asks for all people of a batch at once. Raises `ParametersRefused`."""
        place, purpose, refusal = self._read(parameters)
        store = self._store_here()

        def work(values: Sequence[Any]) -> list[Answer]:
            people = [_id_of(at(place, each)) for each in values]
            try:
                permitted = store.permitted({each for each in people if each is not None}, purpose=purpose)
            except StoreRefuses as refused:
                return [Failed(f"the store refuses: {refused}") for _ in values]
            return [Failed(NAMELESS) if who is None else True if who in permitted else refusal for who in people]

        return work

    def _read(self, parameters: Mapping[str, Any]) -> tuple[tuple[str, ...], str, Answer]:
        self._check(parameters)
        purpose = parameters.get("purpose", self._purpose)
        if not isinstance(purpose, str) or not purpose:
            raise ParametersRefused("say what for: `purpose` here, or `privacy: {purpose: ...}` for the flow")
        otherwise = parameters.get("otherwise", "drop")
        if otherwise not in ("drop", "dead-letter"):
            raise ParametersRefused("`otherwise` is drop or dead-letter")
        refusal = False if otherwise == "drop" else Failed(f"{purpose} is not permitted")
        return place_in(parameters, "subject", self._subject), purpose, refusal


def _id_of(told: Any) -> UUID | None:
    try:
        return UUID(told) if isinstance(told, str) else None
    except ValueError:
        return None


def asks_store(builtin: Builtin) -> bool:
    """Say whether a function asks the store."""
    return isinstance(builtin, _Asking)


def functions_for(store: Store | None, *, purpose: str = "", subject: str = "") -> dict[str, Builtin]:
    """Return every function that a flow can use without a package, by name; `purpose` and `subject` are the flow's own.

    Without a store those that ask it can be planned, and are refused when they are to run.
    """
    asking: list[Builtin] = [Tokenize(store), Resolve(store), RequireConsent(store, purpose=purpose, subject=subject)]
    return BUILTINS | {each.name: each for each in (*asking, Prove(store))}
