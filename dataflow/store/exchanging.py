"""Functions that give a text at a place for another: `tokenize`, `resolve`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dataflow.functions.protocol import Answer, Failed, ParametersRefused, Work
from dataflow.schemas.shapes import Primitive, Shape
from dataflow.store.asking import Asking
from dataflow.store.places import NotThere, Spot, category_in, is_declared, place_in, spot, tagged
from dataflow.store.protocol import Store, StoreRefuses, ValuesRefused

MOST_CALLS = 64
"""Calls of one batch in which the store refuses some texts: enough to find a few among thousands."""
NO_TOKEN, MISSING = "a token stands for nothing here", "nothing is at the place that `field` names"


class _Exchanging(Asking, ABC):
    """Gives a text at one place for another."""

    operator = "map"

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return the same shape with other tags: a text comes for a text."""
        self._check(parameters)
        if isinstance(shape, Primitive) and shape.name != "string":
            raise ParametersRefused(f"it works on texts, not on {shape}")
        return tagged(shape, place_in(parameters, "field", "$"), lambda tag: self._tag(tag, category_in(parameters)))

    @abstractmethod
    def _tag(self, tag: str, category: str) -> str:
        """Return the tag of what comes out where it was tagged so; "" is none."""

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: object = None) -> Work:
        """Return what exchanges the texts of many records in one question. Raises `ParametersRefused`."""
        self._check(parameters)
        ask = self._asked(parameters, secrets)
        place = place_in(parameters, "field", "$")
        where = spot(shape, place)
        # Where a type says that the field may be missing, it may; else its name may be wrong, and the text elsewhere.
        must_be_there = bool(category_in(parameters)) and not is_declared(shape, place)

        def work(values: Sequence[Any]) -> list[Answer]:
            texts = [_texts(where, each) for each in values]
            asked = sorted({text for each in texts if isinstance(each, list) for text in each})
            known = _known(asked, ask)
            return [
                Failed(MISSING) if must_be_there and each == [] else _exchanged(where, value, each, known)
                for value, each in zip(values, texts, strict=True)
            ]

        return work

    def _asked(self, parameters: Mapping[str, Any], secrets: object) -> Callable[[Sequence[str]], list[str]]:  # noqa: ARG002  for who has keys of its own
        """Return what is asked, and of whom: the store. Raises `ParametersRefused` where there is none."""
        return self._question(self._store_here(), parameters)

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


def _texts(where: Spot, value: Any) -> list[str] | Failed:
    try:
        return where.texts(value)
    except NotThere as why:
        return Failed(str(why))


def _exchanged(where: Spot, value: Any, texts: list[str] | Failed, known: Mapping[str, str | Failed]) -> Answer:
    if isinstance(texts, Failed):
        return texts
    told: dict[str, str] = {}
    for text in texts:
        new = known[text]
        if isinstance(new, Failed):
            return new
        if not new:
            return Failed(NO_TOKEN)
        told[text] = new
    return where.exchanged(value, told) if told else value


class Tokenize(_Exchanging):
    """A token for the text at a place."""

    name = "tokenize"
    says = "Gives a text for a token of the store: `with: {field, transformer, policy, category}`."
    _known = frozenset({"field", "transformer", "policy", "category"})
    _needed = frozenset({"transformer", "policy"})

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the category that the field had, where that is told."""
        category = category_in(parameters)
        return frozenset({category}) if category else frozenset()

    def _tag(self, tag: str, category: str) -> str:
        return "" if tag == category else tag

    def _question(self, store: Store, parameters: Mapping[str, Any]) -> Callable[[Sequence[str]], list[str]]:
        named = {name: parameters[name] for name in ("transformer", "policy")}
        return lambda texts: store.tokenize(texts, **named)


class Resolve(_Exchanging):
    """What a token stands for."""

    name = "resolve"
    says = "Gives a token for what it stands for, on record: `with: {field, purpose, category}`."
    _known = frozenset({"field", "purpose", "category"})
    _needed = frozenset({"purpose", "category"})

    def adds(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the category of what tokens stand for."""
        category = category_in(parameters)
        return frozenset({category}) if category else frozenset()

    def _tag(self, tag: str, category: str) -> str:
        return tag or category

    def _question(self, store: Store, parameters: Mapping[str, Any]) -> Callable[[Sequence[str]], list[str]]:
        return lambda tokens: store.resolve(tokens, purpose=parameters["purpose"])
