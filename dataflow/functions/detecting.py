"""`detect` and `only-detected`: which categories of personal data are in a record, never the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataflow.functions.masking import chosen, worker
from dataflow.functions.objects import is_tagged
from dataflow.functions.protocol import Answer, Failed, Joined, ParametersRefused, Secrets, Work
from dataflow.functions.texts import Texts
from dataflow.schemas.shapes import TEXT, Choice, Many, Pair, Record, Shape
from userstore.detecting.registry import DETECTORS


@dataclass(frozen=True, slots=True)
class Detecting:
    """Answers with the categories of a record, sorted; where there are none, `otherwise` says what it answers."""

    name: str
    says: str
    operator: str
    otherwise: list[str] | None

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002  the protocol's form
        """Return all: the name of a category is no personal data."""
        return frozenset({"*"})

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:  # noqa: ARG002  every shape is taken
        """Return a list of texts."""
        asked = chosen(parameters)
        if asked.fields:
            raise ParametersRefused("it looks everywhere and takes no `fields`")
        return Many(TEXT)

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: Secrets) -> Work:  # noqa: ARG002  it needs no key
        """Return what looks through values of a shape."""
        asked = chosen(parameters)
        wanted = frozenset(DETECTORS) if asked.categories is None else asked.categories

        def one(value: Any) -> Answer:
            found = _tagged(value, shape) & wanted if asked.categories is not None else _tagged(value, shape)

            def note(category: str, _: str) -> str:
                found.add(category)
                return "***"

            texts = Texts(
                asked.detectors,
                asked.fields,
                note,
                is_constant=False,
                reads_keys=asked.reads_keys,
                looks_for_bare="ssn" in wanted,
            )
            answer = worker(shape, texts, asked)(value)
            if isinstance(answer, Failed) and not found:
                return answer
            return sorted(found - {""}) or self.otherwise

        return lambda values: [one(each) for each in values]

    def joined(self, parameters: Mapping[str, Any]) -> Joined | None:  # noqa: ARG002  the protocol's form
        """Return None: what comes out is no raw text."""
        return None


def _tagged(value: Any, shape: Shape) -> set[str]:
    """Return the tags of the fields that a value has."""
    if value is None:
        return set()
    match shape:
        case Record():
            told = {each.pii for each in shape.fields if is_tagged(each, None) and value.get(each.name) is not None}
            return told.union(*(_tagged(value.get(each.name), each.shape) for each in shape.fields))
        case Many():
            return set().union(*(_tagged(each, shape.items) for each in value))
        case Choice() if isinstance(value, dict):
            variants = dict(shape.variants)
            told = {tag for name, tag in shape.pii if value.get(name) is not None}
            return told.union(*(_tagged(each, variants[name] or TEXT) for name, each in value.items()))
        case Pair():
            return _tagged(value[0], shape.key) | _tagged(value[1], shape.value)
        case _:
            return set()


DETECT = Detecting("detect", "Says which categories of personal data are in a record, never the values.", "map", [])
ONLY_DETECTED = Detecting(
    "only-detected", "As detect, and drops records in which nothing is found.", "filter-map", None
)
