"""The dataflow file."""

from __future__ import annotations

import re
from typing import Literal, cast

from dataflow.grammar import heading
from dataflow.grammar.reading import Section, open_file
from dataflow.grammar.spec import (
    LANGUAGES,
    Config,
    Consumer,
    FlowFile,
    NamedType,
    Port,
    Producer,
    Proof,
    Schedule,
    Service,
    State,
    Topic,
)
from dataflow.grammar.steps import StepReader, duration
from dataflow.grammar.types import CATEGORY, IS_CATEGORY, IS_NAME, NAME, TypeBook

IS_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TOPIC = "name of a topic: letters, digits, ., - and _, at most 128"
_IS_PATH = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_-]{0,127}){1,8}")
_IS_PLACE = re.compile(rf"\$|{_IS_PATH.pattern}")
_IS_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ .-]{0,127}")
_IS_ORIGIN = re.compile(rf"{IS_NAME.pattern}\.{IS_NAME.pattern}")


def read_flow(text: str, name: str) -> FlowFile:
    """Read a dataflow file. Raises `FileRefused` with everything that is wrong in it.

    Args:
        text: YAML.
        name: what the file is called in messages.
    """
    root = open_file(text, name)
    version, meta, imports = heading.api_version(root), heading.meta(root), heading.imports(root)
    config = _config(root.section("config"))
    types = TypeBook()
    types.read_all(root.section("types"))
    topics = _topics(root.section("topics", required=True), types)
    schedules = _schedules(root.section("schedule"))
    services = _services(root.section("services", required=True), types, StepReader(config.language))
    purpose, subject = _privacy(root.section("privacy"))
    found = FlowFile(
        api_version=version,
        meta=meta,
        imports=imports,
        config=config,
        types=types.named,
        topics=topics,
        schedules=schedules,
        services=services,
        dev=heading.dev(root),
        purpose=purpose,
        subject=subject,
        place=root.place,
    )
    root.finish(tolerant=True)
    root.faults.raise_any()
    return found


def _config(section: Section | None) -> Config:
    if section is None:
        return Config()
    found = Config(
        converter=heading.converter(section) or "raw",
        consumer=heading.consumer(section) or heading.starting_offset(section) or Consumer(),
        producer=heading.producer(section) or Producer(),
        language=section.choice("language", LANGUAGES) or "python",
    )
    section.finish()
    return found


def _privacy(section: Section | None) -> tuple[str, str]:
    """Read what the flow uses people's data for, and where a record says whose it is."""
    if section is None:
        return "", ""
    purpose = section.matching("purpose", _IS_PURPOSE, "name of a purpose")
    subject = section.matching("subject", _IS_PATH, "path into a record, as in $.customer.id")
    section.finish()
    return purpose, subject


def _topics(section: Section | None, types: TypeBook) -> dict[str, Topic]:
    if section is None:
        return {}
    found = {name: _topic(name, each, types) for name, each in section.entries()}
    if not found:
        section.refuse("", "there are no topics")
    return found


def _topic(name: str, section: Section, types: TypeBook) -> Topic:
    if not IS_TOPIC.fullmatch(name):
        section.refuse("", f"`{name[:40]}` is no {_TOPIC}")
    schema = section.section("schema", required=True)
    key, value, said = None, None, None
    if schema is not None:
        key = types.read_in(schema.section("key"))
        inner = schema.section("value", required=True)
        if inner is not None:
            value, said = types.read(inner), heading.converter(inner)
            inner.finish()
        schema.finish()
    holds, expires = _held(section.section("privacy"))
    found = Topic(
        name=name,
        wire_name=section.matching("name", IS_TOPIC, _TOPIC) or name,
        key=key,
        value=value or NamedType("string", section.place),
        converter=said or heading.converter(section),
        consumer=heading.consumer(section),
        producer=heading.producer(section),
        holds=holds,
        expires=expires,
        place=section.place,
    )
    section.text("remote_cluster_profile")
    section.finish()
    return found


def _held(section: Section | None) -> tuple[tuple[str, ...], int]:
    if section is None:
        return (), 0
    holds, expires = section.texts("pii"), duration(section, "expires", required="pii" in section) // 1000
    for each in holds:
        if not IS_CATEGORY.fullmatch(each):
            section.refuse("pii", f"`{each[:40]}` is no {CATEGORY}")
    if holds and not expires:
        section.refuse("expires", "personal data stays at least a second")
    section.finish()
    return holds, expires


def _schedules(section: Section | None) -> dict[str, Schedule]:
    if section is None:
        return {}
    found = {}
    for name, each in section.entries():
        found[name] = Schedule(name, each.text("cron", required=True), each.place)
        each.finish()
    return found


def _services(section: Section | None, types: TypeBook, steps: StepReader) -> dict[str, Service]:
    if section is None:
        return {}
    found = {name: _service(name, each, types, steps) for name, each in section.entries()}
    if not found:
        section.refuse("", "there are no services")
    return found


def _service(name: str, section: Section, types: TypeBook, steps: StepReader) -> Service:
    if not IS_NAME.fullmatch(name):
        section.refuse("", f"`{name[:40]}` is no {NAME}")
    found = Service(
        name=name,
        sources=_ports(section, "sources", ("topic", "schedule"), steps),
        states=_states(section, types),
        transforms=steps.transforms(section),
        partition=steps.partition(section),
        window=steps.window(section),
        sinks=_ports(section, "sinks", ("topic",), steps),
        place=section.place,
    )
    if not found.sources:
        section.refuse("sources" if "sources" in section else "", "a service reads from at least one source")
    section.finish()
    return found


def _ports(section: Section, name: str, kinds: tuple[str, ...], steps: StepReader) -> tuple[Port, ...]:
    found = []
    for each in section.items(name):
        kind = cast("Literal['topic', 'schedule']", each.choice("type", kinds, required=True) or "topic")
        named, transforms = each.matching("id", IS_TOPIC, _TOPIC, required=True), steps.transforms(each)
        proof = _proof(each.section("proof")) if name == "sinks" else None
        found.append(Port(kind, named, transforms, each.place, proof))
        each.finish()
    return tuple(found)


def _states(section: Section, types: TypeBook) -> tuple[State, ...]:
    """Read `states`: a mapping, or a list as older files have it, in which one of another service may have no name."""
    if not section.is_list("states"):
        states = section.section("states")
        return () if states is None else tuple(read_state(each, inner, types) for each, inner in states.entries())
    found = []
    for each in section.items("states"):
        name = each.text("name") or each.text("from").rpartition(".")[2]
        found.append(read_state(name, each, types))
    return tuple(found)


def _proof(section: Section | None) -> Proof | None:
    if section is None:
        return None
    found = Proof(section.texts("detect"), section.texts("columns"), section.place)
    if not found.detect and not found.columns:
        section.refuse("", "a proof names categories under `detect`, or columns of the store under `columns`")
    section.finish()
    return found


def read_state(name: str, section: Section, types: TypeBook) -> State:
    """Read a state: its own by `type`, or another service's by `from`."""
    if not IS_NAME.fullmatch(name):
        section.refuse("", f"`{name[:40]}` is no {NAME}")
    origin = section.matching("from", _IS_ORIGIN, "state of another service, as in count-words.count-per-word")
    found = types.read(section) if "type" in section or not origin else None
    if origin and "type" in section:
        section.refuse("type", "a state that comes from another service has its type there")
    lookup = section.matching("lookup", _IS_PLACE, "path into a record, as in $.customer.id, or $ for the whole")
    ttl = duration(section, "ttl") // 1000
    holds = _held_by_rows(section.section("privacy"))
    for key, asked in (("lookup", lookup and not origin), ("ttl", ttl and origin), ("privacy", holds and origin)):
        if asked:
            side = "is read with `from`" if key == "lookup" else "is its service's own"
            section.refuse(key, f"`{key}` is for a state that {side}")
    if holds and not ttl and not origin:
        section.refuse("", "a state that holds personal data says for how long", "Add `ttl: 30d`.")
    section.finish()
    return State(name, found, origin, ttl, lookup, holds, section.place)


def _held_by_rows(section: Section | None) -> tuple[str, ...]:
    if section is None:
        return ()
    holds = section.texts("pii")
    for each in holds:
        if not IS_CATEGORY.fullmatch(each):
            section.refuse("pii", f"`{each[:40]}` is no {CATEGORY}")
    section.finish()
    return holds
