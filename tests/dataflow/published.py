"""The package of the seed as it is published."""

from __future__ import annotations

from tests.dataflow.samples import MASK, MASK_CASES, PACKAGE

FILES = {
    "sdf-package.yaml": PACKAGE,
    "functions/mask_ssn.py": MASK,
    "functions/mask_ssn.cases.yaml": MASK_CASES,
}
CARDS = """\
apiVersion: 0.6.0
meta: {name: cards, version: 0.1.0, namespace: tests}
config: {converter: raw, consumer: {default_starting_offset: {position: beginning}}}
topics:
  orders: {schema: {value: {type: string}}}
  clean: {schema: {value: {type: string}}}
services:
  cleaning:
    sources: [{type: topic, id: orders}]
    transforms: [{operator: map, uses: mask-ssn}]
    sinks: [{type: topic, id: clean}]
"""
"""A flow that needs no package."""
