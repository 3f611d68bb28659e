"""What dataflow and package files have alike: version, name, imports, the developer's section."""

from __future__ import annotations

import re
from typing import Literal, cast

from dataflow.grammar.reading import Section
from dataflow.grammar.spec import Consumer, Converter, Dev, Import, Imported, Meta, Producer
from dataflow.grammar.types import IS_NAME, NAME

VERSIONS = ("0.4.0", "0.5.0", "0.6.0")
_IS_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.IGNORECASE)
_WORD = "name: letters, digits, - and _, at most 63"
IS_SEMVER = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(?:-[0-9A-Za-z.-]{1,40})?")
_IS_PACKAGE = re.compile(rf"({_IS_WORD.pattern})/({_IS_WORD.pattern})@({IS_SEMVER.pattern})", re.IGNORECASE)
_NOBODY = Meta("", "", "0.0.0")
MOST_RECORDS = 1_000_000_000
MOST_OF_A_FRAME = 10_000


def api_version(root: Section) -> str:
    """Read `apiVersion`."""
    return root.choice("apiVersion", VERSIONS, required=True)


def meta(root: Section) -> Meta:
    """Read `meta`."""
    section = root.section("meta", required=True)
    if section is None:
        return _NOBODY
    found = Meta(
        namespace=section.matching("namespace", _IS_WORD, _WORD, required=True),
        name=section.matching("name", _IS_WORD, _WORD, required=True),
        version=section.matching("version", IS_SEMVER, "version: three numbers, as in 0.1.0", required=True),
    )
    section.finish()
    return found


def imports(section: Section) -> tuple[Import, ...]:
    """Read `imports`."""
    found = []
    for each in section.items("imports"):
        package = parse_package(each.text("pkg", required=True))
        if package is None and each.text("pkg"):
            each.refuse("pkg", "a package is named namespace/name@version", "As in example/mask-ssn-pkg@0.1.0.")
        found.append(
            Import(
                package=package or _NOBODY,
                path=each.text("path"),
                types=_imported(each, "types"),
                functions=_imported(each, "functions"),
                states=_imported(each, "states"),
                place=each.place,
            )
        )
        each.finish()
    return tuple(found)


def parse_package(text: str) -> Meta | None:
    """Return which package `namespace/name@version` names; None where that is no name of one."""
    found = _IS_PACKAGE.fullmatch(text.strip())
    return Meta(found[1], found[2], found[3]) if found else None


def _imported(section: Section, name: str) -> tuple[Imported, ...]:
    found = []
    for each in section.items(name):
        called = each.matching("name", IS_NAME, NAME, required=True)
        found.append(Imported(called, each.matching("alias", IS_NAME, NAME) or called, each.place))
        each.finish()
    return tuple(found)


def converter(section: Section) -> Converter | None:
    """Read `converter`."""
    return cast("Converter | None", section.choice("converter", ("raw", "json")) or None)


def consumer(section: Section) -> Consumer | None:
    """Read `consumer`."""
    inner = section.section("consumer")
    if inner is None:
        return None
    found = starting_offset(inner)
    inner.finish()
    return found or Consumer()


def starting_offset(section: Section) -> Consumer | None:
    """Read `default_starting_offset`, which older files have without `consumer`."""
    offset = section.section("default_starting_offset")
    if offset is None:
        return None
    position = offset.choice("position", ("beginning", "end")) or "end"
    found = Consumer(
        cast("Literal['beginning', 'end']", position), offset.whole("value", least=0, most=MOST_RECORDS, default=0)
    )
    offset.finish()
    return found


def producer(section: Section) -> Producer | None:
    """Read `producer`."""
    inner = section.section("producer")
    if inner is None:
        return None
    linger = inner.whole("linger_ms", least=0, most=60_000, default=0)
    size = inner.whole("batch_size", least=1, most=64 * 1024 * 1024, default=0)
    frame = inner.whole("frame", least=1, most=MOST_OF_A_FRAME, default=0)
    inner.finish()
    return Producer(linger, size, frame)


def dev(root: Section) -> Dev:
    """Read `dev`."""
    section = root.section("dev")
    if section is None:
        return Dev()
    found = Dev(converter(section), imports(section))
    for each in section.items("states"):  # where the reference keeps them; here they lie with the flow
        for key in ("name", "path"):
            each.text(key)
        each.finish()
    section.finish()
    return found
