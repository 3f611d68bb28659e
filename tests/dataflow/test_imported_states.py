"""A state that a package has under its own types means the same to whoever imports it."""

from __future__ import annotations

from pathlib import Path

from tests.dataflow.test_planning import planned

BANK = """\
apiVersion: 0.5.0
meta: {name: bank, version: 0.1.0, namespace: tests}
types:
  account: {type: arrow-row, properties: {balance: {type: f64}}}
states:
  accounts: {type: keyed-state, properties: {key: {type: string}, value: {type: account}}}
"""
UPDATE = """\
apiVersion: 0.5.0
meta: {name: update, version: 0.1.0, namespace: tests}
imports: [{pkg: tests/bank@0.1.0, path: ../bank, states: [{name: accounts}]}]
functions:
  add:
    operator: update-state
    states: [{name: accounts}]
    inputs: [{name: amount, type: string}]
    run: |
      def add(amount):
          accounts().update(balance=accounts().balance + 1)
"""
FLOW = """\
apiVersion: 0.5.0
meta: {name: flow, version: 0.1.0, namespace: tests}
imports:
  - {pkg: tests/bank@0.1.0, path: bank, states: [{name: accounts}]}
  - {pkg: tests/update@0.1.0, path: update, functions: [{name: add}]}
topics: {in: {schema: {value: {type: string}}}}
services:
  s:
    sources: [{type: topic, id: in}]
    states: {accounts: {type: accounts}}
    partition:
      assign-key: {run: "def key(text): return text"}
      update-state: {uses: add}
"""


def test_types_of_an_imported_state_are_those_of_its_own_package(tmp_path: Path) -> None:
    for name, text in (("bank", BANK), ("update", UPDATE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sdf-package.yaml").write_text(text)
    (service,) = planned(FLOW, tmp_path).services
    assert [str(each.row) for each in service.states] == ["account"]
    assert service.update is not None
