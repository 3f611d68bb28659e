"""`mask-ssn` and its like, `mask` and `redact`: something else stands where personal data was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dataflow.functions.batches import by_gate, lines_at_once
from dataflow.functions.fields import MISSING, Fields, is_text, read_fields
from dataflow.functions.objects import Objects, untagged
from dataflow.functions.protocol import Answer, Failed, Joined, ParametersRefused, Secrets, Work
from dataflow.functions.texts import Texts, TextUnfit
from dataflow.schemas.shapes import ANYTHING, BYTES, Shape, categories
from userstore.detecting.protocol import Written
from userstore.detecting.registry import DETECTORS

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What parameters ask for: detectors, categories (None is every one), fields, and whether keys are looked into."""

    detectors: tuple[Written, ...]
    categories: frozenset[str] | None
    fields: Fields
    reads_keys: bool


def chosen(parameters: Mapping[str, Any], *, fixed: str = "", also: frozenset[str] = frozenset()) -> Chosen:
    """Return what parameters ask for. Raises `ParametersRefused`.

    Args:
        fixed: the one category that the function is for; it then takes no `categories`.
        also: other parameters that the function takes.
    """
    known = {"fields", "keys"} | (set() if fixed else {"categories"}) | also
    unknown = sorted(parameters.keys() - known)
    if unknown:
        raise ParametersRefused(f"there is no parameter `{unknown[0][:40]}`; there are {', '.join(sorted(known))}")
    keys = parameters.get("keys", True)
    if not isinstance(keys, bool):
        raise ParametersRefused("`keys` is true or false")
    asked = [fixed] if fixed else parameters.get("categories")
    if asked is not None and not (isinstance(asked, list) and asked and all(isinstance(each, str) for each in asked)):
        raise ParametersRefused(f"`categories` is a list of some of {', '.join(DETECTORS)}, or of tags of your types")
    detectors = tuple(each for name, each in DETECTORS.items() if asked is None or name in asked)
    return Chosen(detectors, None if asked is None else frozenset(asked), read_fields(parameters.get("fields")), keys)


@dataclass(frozen=True, slots=True)
class Masking:
    """Masks one category, or those that are asked for. `instead` stands for every find where it is given."""

    name: str
    says: str
    category: str = ""
    instead: str = ""
    operator: str = "map"

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the categories that it masks."""
        return removed(self._chosen(parameters))

    def looks_at_keys(self, parameters: Mapping[str, Any]) -> bool:
        """Say whether it looks at the keys of objects as well."""
        return self._chosen(parameters).reads_keys

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return the shape itself; what is masked in it is no personal data any more."""
        return given(shape, self._chosen(parameters))

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: Secrets) -> Work:  # noqa: ARG002  a mask needs no key
        """Return what masks values of a shape."""
        asked = self._chosen(parameters)
        texts = self._texts(asked)
        one = worker(shape, texts, asked)
        joined = self.joined(parameters) if is_text(shape) and shape != BYTES else None
        return by_gate(one, joined, asked.detectors) if joined else lambda values: [one(each) for each in values]

    def joined(self, parameters: Mapping[str, Any]) -> Joined | None:
        """Return what masks raw records that line feeds join; None where fields are named, which takes a parser."""
        asked = self._chosen(parameters)
        if asked.fields or not asked.reads_keys:
            return None
        return lines_at_once(self._texts(asked), self._detectors(asked))

    def _chosen(self, parameters: Mapping[str, Any]) -> Chosen:
        return chosen(parameters, fixed=self.category)

    def _detectors(self, asked: Chosen) -> tuple[Written, ...]:
        if not self.instead:
            return asked.detectors
        return tuple(replace(each, mask=self.instead) for each in asked.detectors)

    def texts(self, parameters: Mapping[str, Any]) -> Texts:
        """Return what masks texts, one at a time."""
        return self._texts(self._chosen(parameters))

    def _texts(self, asked: Chosen) -> Texts:
        detectors = self._detectors(asked)
        masks = {each.category: each.mask for each in detectors}
        otherwise = self.instead or masks.get(self.category, HIDDEN)
        return Texts(
            detectors,
            asked.fields,
            lambda category, _: masks.get(category, otherwise),
            reads_keys=asked.reads_keys,
            looks_for_bare="ssn" in masks,
        )


def removed(asked: Chosen) -> frozenset[str]:
    return frozenset(DETECTORS) if asked.categories is None else asked.categories


def given(shape: Shape, asked: Chosen) -> Shape:
    """Return what comes out where a shape goes in. Raises `ParametersRefused` where nothing would be replaced."""
    asked.fields.must_be_in(shape)
    unknown = sorted((asked.categories or frozenset()) - DETECTORS.keys() - categories(shape))
    if unknown and not asked.fields:
        says = f"nothing finds `{unknown[0][:40]}` by how it looks, and no field is tagged with it"
        raise ParametersRefused(f"{says}: name its `fields`, or choose of {', '.join(DETECTORS)}")
    return untagged(shape, asked.categories, asked.fields.covers)


def worker(shape: Shape, texts: Texts, asked: Chosen) -> Callable[[Any], Answer]:
    """Return what works on one value of a shape, and answers `Failed` where it cannot."""
    objects = Objects(texts, asked.categories)
    work = _raw(shape, texts) if is_text(shape) else lambda value: objects.work(value, shape)
    must_be_there = _rests_on_fields(shape, asked)

    def one(value: Any) -> Answer:
        texts.begin()
        asked.fields.has_met = False
        try:
            told = work(value)
            return Failed(MISSING) if must_be_there and not asked.fields.has_met else told
        except TextUnfit as unfit:
            return Failed(str(unfit))
        except RecursionError:
            return Failed("it is nested too deeply")

    return one


def _rests_on_fields(shape: Shape, asked: Chosen) -> bool:
    """Say whether a category counts as gone only for what `fields` says: then a wrong name in it lets nothing pass."""
    told = asked.categories or frozenset()
    if not asked.fields or not (is_text(shape) or shape == ANYTHING):
        return False
    return bool(told - DETECTORS.keys()) or (shape == ANYTHING and len(told) == 1)


def _raw(shape: Shape, texts: Texts) -> Callable[[Any], Any]:
    if shape != BYTES:
        return lambda value: texts.record(value) if isinstance(value, str) else _bytes(value, texts)
    return lambda value: _bytes(value, texts)


def _bytes(value: bytes, texts: Texts) -> bytes:
    try:
        return texts.record(value.decode()).encode()
    except UnicodeDecodeError:
        raise TextUnfit("it is no UTF-8") from None


MASKS: Sequence[Masking] = (
    *(
        Masking(f"mask-{name}", f"Masks {DETECTORS[name].says}.", name)
        for name in ("ssn", "card", "phone", "email", "iban", "ip", "date")
    ),
    Masking(
        "mask", "Masks personal data of the `categories` that are named, or all that detectors know, and `fields`."
    ),
    Masking("redact", "Writes [redacted] in the place of personal data and of named `fields`.", instead="[redacted]"),
)
