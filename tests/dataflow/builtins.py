"""A built-in function for tests that can work on lines, and a flow around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataflow.functions.protocol import Answer, Failed, Joined, Work
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.schemas.shapes import Shape

SSN = re.compile(rb"[0-9]{3}-[0-9]{2}-[0-9]{4}")
"""It masks inside of JSON as well as outside, and breaks the one whose digits belong to an escape."""


class Mask:
    """Masks numbers, fails on texts with `poison`, and has more care for those with `care`."""

    name, operator, says = "mask-number", "map", "Masks numbers."

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002  the protocol's form
        return frozenset({"ssn"})

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:  # noqa: ARG002  the protocol's form
        return shape

    def prepare(self, *_: Any) -> Work:
        def work(values: Sequence[Any]) -> list[Answer]:
            return [Failed("poison") if "poison" in each else _masked(each.encode()).decode() for each in values]

        return work

    def joined(self, parameters: Mapping[str, Any]) -> Joined | None:  # noqa: ARG002  the protocol's form
        return lambda lines: None if b"poison" in lines or b"care" in lines else _masked(lines)


def _masked(text: bytes) -> bytes:
    return SSN.sub(b"***-**-****", text)


FLOW = """
apiVersion: 0.5.0
meta: {name: masking, version: 0.1.0, namespace: example}
config: {converter: raw, consumer: {default_starting_offset: {position: Beginning}}}
topics:
  in: {schema: {value: {type: string}}, producer: {frame: FRAME_IN}}
  out: {schema: {value: {type: string}}, producer: {frame: FRAME_OUT}}
services:
  s:
    sources: [{type: topic, id: in}]
    transforms: [{operator: map, uses: mask-number}]
    sinks: [{type: topic, id: out}]
"""


def masking(frame_in: int = 1, frame_out: int = 1) -> Plan:
    """Return a flow that masks; a frame of one record is a frame as well."""
    text = FLOW.replace("FRAME_IN", str(frame_in)).replace("FRAME_OUT", str(frame_out))
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins={"mask-number": Mask()})
