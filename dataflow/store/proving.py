"""`prove`: a record that has what may not leave fails, before anything of it is written."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataflow.functions.detecting import DETECT
from dataflow.functions.protocol import Answer, Failed, NoSecrets, ParametersRefused, Work
from dataflow.schemas.shapes import TEXT, TRUTH, Shape
from dataflow.store.protocol import KnowsValues, StoreRefuses
from userstore.detecting.finding import find
from userstore.detecting.gate import Gate, has_bare_number
from userstore.detecting.registry import DETECTORS

PLACES = ("flow", "service", "sink")
"""Parameters that say whose proof it is, for the record."""
MOST_WORDS = 4_096
"""Words of a record that are looked up; one with more is not let out."""
_BETWEEN = re.compile(r"[\s,;|\"'(){}\[\]<>=]+")
_EDGES = ".:!?"


class Prove:
    """Looks at texts as they are about to leave: with detectors, and by keyed look-up of what the store knows."""

    name, operator = "prove", "filter"
    says = "Fails a record in which a detector, or a column of the store, finds something: `with: {detect, columns}`."

    def __init__(self, store: object) -> None:
        """Look values up in a store where it is one at hand (`KnowsValues`)."""
        self._store = store

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002  the protocol's
        """Return none: who is tagged has been masked before, which this only proves."""
        return frozenset()

    def joined(self, parameters: Mapping[str, Any]) -> None:  # noqa: ARG002  the protocol's
        """Return None: nothing is faster than a batch."""
        return

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return a truth. Raises `ParametersRefused`."""
        _read(parameters)
        if shape != TEXT:
            raise ParametersRefused(f"it looks at texts, not at {shape}; `proof:` under a sink looks at what leaves")
        return TRUTH

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: object = None) -> Work:  # noqa: ARG002  the protocol's
        """Return what looks at many texts. Raises `ParametersRefused` where it cannot look values up."""
        categories, columns = _read(parameters)
        detects = _detecting(categories)
        store = self._knowing(columns)
        told = {name: str(parameters.get(name, "")) for name in PLACES}

        def work(values: Sequence[Any]) -> list[Answer]:
            found = detects(values)
            if store is not None and columns:
                _look_up(store, columns, values, found)
            leaks = Counter(each for each in found if isinstance(each, str) and each)
            if leaks and isinstance(self._store, KnowsValues):
                self._store.tell_of_leaks(leaks, **told)
            return [each if isinstance(each, Failed) else _answer(each) for each in found]

        return work

    def _knowing(self, columns: Sequence[str]) -> KnowsValues | None:
        if not columns:
            return None
        if not isinstance(self._store, KnowsValues):
            raise ParametersRefused("`columns` are looked up in the store, so the flow runs on the server")
        return self._store


def _answer(category: str) -> Answer:
    return Failed(f"proof failed: {category}") if category else True


def _read(parameters: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    unknown = sorted(parameters.keys() - {"detect", "columns", *PLACES})
    if unknown:
        raise ParametersRefused(f"there is no parameter `{unknown[0][:40]}`; there are detect, columns")
    categories, columns = parameters.get("detect", []), parameters.get("columns", [])
    for name, told in (("detect", categories), ("columns", columns)):
        if not isinstance(told, list) or not all(isinstance(each, str) and each for each in told):
            raise ParametersRefused(f"`{name}` is a list of names")
    strange = [each for each in categories if each not in DETECTORS]
    if strange:
        raise ParametersRefused(f"nothing detects {strange[0][:40]}; there are detectors of {', '.join(DETECTORS)}")
    if not categories and not columns:
        raise ParametersRefused("say what must not leave: `detect`, a list of categories, or `columns` of the store")
    return categories, columns


def _detecting(categories: Sequence[str]) -> Work:
    """Return what answers with the first category that each text has, "" where it has none."""
    if not categories:
        return lambda values: [""] * len(values)
    gate = Gate([DETECTORS[each] for each in categories])
    look = DETECT.prepare(TEXT, {"categories": list(categories)}, NoSecrets())

    def work(values: Sequence[Any]) -> list[Answer]:
        suspects = _suspects(gate, values)
        found: list[Answer] = [""] * len(values)
        for number, answer in zip(suspects, look([values[each] for each in suspects]), strict=True):
            found[number] = answer if isinstance(answer, Failed) else next(iter(answer), "")
        return found

    return work


def _suspects(gate: Gate, values: Sequence[str]) -> list[int]:
    """Return which texts have a trace of anything; those with line breaks are no lines, and all are looked at."""
    records = "\n".join(values).encode(errors="surrogatepass")
    if records.count(b"\n") != len(values) - 1 or has_bare_number(records):
        return list(range(len(values)))
    return sorted(set(gate.suspects(records)))


def _look_up(store: KnowsValues, columns: Sequence[str], values: Sequence[str], found: list[Answer]) -> None:
    """Note the column that has a word of a text in which nothing was found yet, in one question for all texts."""
    words = [_words(value) for value in values]
    asked = sorted({word for each in words if len(each) <= MOST_WORDS for word in each})
    try:
        known = store.known(asked, columns=columns) if asked else {}
    except StoreRefuses as refused:
        found[:] = [each or Failed(f"the store refuses: {refused}") for each in found]
        return
    for number, each in enumerate(words):
        if not found[number] and len(each) > MOST_WORDS:
            found[number] = Failed(f"it has more than {MOST_WORDS:,} words, and each would be looked up")
        elif not found[number]:
            found[number] = next((known[word] for word in sorted(each) if word in known), "")


def _words(text: str) -> set[str]:
    """Return what of a text may be a value: all of it, texts and keys of JSON, what detectors find, and its words."""
    whole = {text, *_strings(_parsed(text))}
    found = {each.reads for part in whole for each in find(part, DETECTORS.values())}
    words = {word.strip(_EDGES) for part in whole for word in _BETWEEN.split(part)}
    return {word for word in (*(each.strip() for each in whole), *found, *words) if word}


def _parsed(text: str) -> Any:
    """Return what JSON says: both of two members with one name, and numbers as they are written."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        return json.loads(text, object_pairs_hook=_members, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _members(pairs: list[tuple[str, Any]]) -> list[Any]:
    return [part for pair in pairs for part in pair]


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
