"""The topics of a file: with their types, what they may hold as all flows agree on it, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dataflow.grammar.faults import Fault
from dataflow.grammar.spec import Converter, FlowFile
from dataflow.grammar.spec import Topic as TopicSpec
from dataflow.planning.agreeing import REMEDY, Disagreement, Known, agreed
from dataflow.planning.outside import mistakable
from dataflow.planning.plan import Topic
from dataflow.schemas.shapes import Shapes, categories


def planned_topics(
    file: FlowFile, shapes: Shapes, known: Mapping[str, Known], converter: Converter | None, faults: list[Fault]
) -> dict[str, Topic]:
    """Return the topics by the names that the file has for them; what is wrong joins the faults.

    Args:
        file: what names them.
        shapes: its types.
        known: what other flows of the environment have said of topics, by their names on the wire.
        converter: that of the section `dev`, where it counts and names one.
        faults: what is wrong so far.
    """
    flow = f"{file.meta.namespace}/{file.meta.name}"
    topics = {}
    for name, spec in file.topics.items():
        try:
            holds, expires = agreed(known.get(spec.wire_name), spec, _tags(spec, shapes), flow)
        except Disagreement as told:
            faults.append(Fault(spec.place, f"topics.{name}", str(told), REMEDY))
            holds, expires = frozenset(spec.holds), spec.expires
        topics[name] = Topic(
            name=name,
            wire_name=spec.wire_name,
            key=None if spec.key is None else shapes.resolve(spec.key),
            value=shapes.resolve(spec.value),
            converter=spec.converter or converter or file.config.converter,
            consumer=spec.consumer or file.config.consumer,
            frame=(spec.producer.frame if spec.producer else 0) or file.config.producer.frame,
            holds=holds,
            expires=expires,
        )
    faults += [*_not_apart(file, topics), *_mistaken(file, topics)]
    return topics


def _tags(spec: TopicSpec, shapes: Shapes) -> frozenset[str]:
    return categories(shapes.resolve(spec.value)) | (categories(shapes.resolve(spec.key)) if spec.key else frozenset())


def _not_apart(file: FlowFile, topics: Mapping[str, Topic]) -> Iterator[Fault]:
    """Yield a fault for two topics that are one on the wire: what the one may hold, the other would let go."""
    known: dict[str, str] = {}
    for name, topic in topics.items():
        if topic.wire_name in known:
            says = f"`{name}` and `{known[topic.wire_name]}` are both called `{topic.wire_name}` on the wire"
            yield Fault(file.topics[name].place, "topics", says, "Give it a name of its own.")
        known[topic.wire_name] = name


def _mistaken(file: FlowFile, topics: Mapping[str, Topic]) -> Iterator[Fault]:
    for name, topic in topics.items():
        for each in dict.fromkeys((*mistakable(topic.key), *mistakable(topic.value))):
            says = f"what is `{each}` outside can be read as a field with a tag and as one without it"
            yield Fault(file.topics[name].place, f"topics.{name}", says, "Tag both alike, or rename one of them.")
