"""Files that the tests of dataflows start from."""

from __future__ import annotations

from pathlib import Path

SEED = """\
apiVersion: 0.4.0

meta:
  name: mask-user-info
  version: 0.1.0
  namespace: example

imports:
  - pkg: example/mask-ssn-pkg@0.1.0
    path: ../_packages/mask-ssn-pkg
    functions:
      - name: mask-ssn

config:
  converter: raw

topics:
  user-info:
    schema:
      value:
        type: string
  masked:
    schema:
      value:
        type: string

services:
  mask-ssn-service:
    sources:
      - type: topic
        id: user-info

    transforms:
      - operator: map
        uses: mask-ssn

    sinks:
      - type: topic
        id: masked

# Development only, it does not get published to hub
dev:
  imports:
    - pkg: example/mask-ssn-pkg@0.1.0
      path: ../_packages/mask-ssn-pkg
"""
"""The dataflow file of the seed document, as it stands there."""

PACKAGE = """\
apiVersion: 0.4.0
meta: {name: mask-ssn-pkg, version: 0.1.0, namespace: example}
functions:
  mask-ssn:
    operator: map
    inputs: [{name: text, type: string}]
    output: {type: string}
    removes: [ssn]
dev: {converter: raw}
"""

MASK = """\
import re

SSN = re.compile(r"\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b")


def mask_ssn(text: str) -> str:
    if text == "poison":
        raise ValueError(text)
    return SSN.sub("***-**-****", text)
"""

MASK_CASES = """\
cases:
  - {given: 'a 123-45-6789', gives: 'a ***-**-****'}
  - given: '{"name":"alice","ssn":"123-45-6789"}'
    gives: '{"name":"alice","ssn":"***-**-****"}'
  - {given: no number here, gives: no number here}
  - {given: poison, fails: true}
properties: [idempotent, total]
"""
"""The tests of the seed's package."""

MASK_JAVASCRIPT = """\
const SSN = /\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b/g;

function mask_ssn(text) {
    if (text === "poison") throw new Error(text);
    return text.replace(SSN, "***-**-****");
}
"""
"""The seed's function in JavaScript."""

CARS = """\
apiVersion: 0.6.0
meta: {name: cars, version: 1.2.3, namespace: examples}
config: {converter: json, consumer: {default_starting_offset: {position: Beginning, value: 0}}}
types:
  car:
    type: object
    properties:
      license: {type: string, pii: plate, serialize: {rename: plate}, deserialize: {rename: plate}}
      mph: {type: u8}
      owner:
        optional: true
        type: object
        type-name: owner
        properties: {name: {type: string, pii: name}}
      kind:
        type: enum
        oneOf: {sedan: {type: null}, truck: {type: object, type-name: load, properties: {tons: {type: f32}}}}
  cars: {type: list, items: {type: car}}
  speed: {type: object, properties: {mph: {type: u8}}}
topics:
  seen: {schema: {key: {type: string}, value: {type: cars}}, privacy: {pii: [plate, name], expires: 7d}}
  fast: {name: fast.cars, schema: {value: {type: speed}}}
services:
  find-fast:
    sources: [{type: topic, id: seen}]
    transforms:
      - operator: flat-map
        run: |
          def each(cars):
              return cars
      - operator: filter
        run: |
          def is_fast(car):
              return car["mph"] > 45
      - {operator: map, uses: drop-owner}
    sinks: [{type: topic, id: fast}]
imports: [{pkg: examples/plates@0.1.0, path: plates, functions: [{name: bare, alias: drop-owner}]}]
"""

PLATES = """\
apiVersion: 0.6.0
meta: {name: plates, version: 0.1.0, namespace: examples}
types: {speed: {type: object, properties: {mph: {type: u8}}}}
functions:
  bare: {operator: map, inputs: [{name: car, type: speed}], output: {type: speed}}
"""


def seed_folder(root: Path) -> Path:
    """Make the seed's flow with its package below a folder; return the flow's own folder."""
    package = root / "_packages" / "mask-ssn-pkg"
    write_package(package, PACKAGE, mask_ssn=MASK)
    (package / "functions" / "mask_ssn.cases.yaml").write_text(MASK_CASES)
    flow = root / "flow"
    flow.mkdir()
    (flow / "dataflow.yaml").write_text(SEED)
    return flow


def write_package(folder: Path, text: str, **code: str) -> None:
    """Write a package's file and the code of its functions."""
    (folder / "functions").mkdir(parents=True)
    (folder / "sdf-package.yaml").write_text(text)
    for name, source in code.items():
        (folder / "functions" / f"{name}.py").write_text(source)
