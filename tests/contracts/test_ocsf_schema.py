"""Every kind of exported line against the published OCSF schema, compiled to JSON Schema.

The schema is that of OCSF 1.8.0 (package `ocsf-json-schema`, from schema.ocsf.io), the newest there is as a package.
What 1.9.0 adds to it and events have is taken out and checked by its own rules, which stand here with their sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import jsonschema_rs
import orjson
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from audit.bodies import OUTCOMES
from audit.events import declared
from audit.exports.ocsf import line_of
from tests.audit.test_ocsf import told

PUBLISHED = "1.8.0"
SEVERITIES = {0, 1, 2, 3, 4, 5, 6, 99}
"""`severity_id` of every event (OCSF `dictionary.json`)."""
RICH: Mapping[str, Mapping[str, Any]] = {
    "accessor.executed": {
        "accessor": UUID(int=3), "name": "GetPhone", "columns": ["phone"], "purposes": ["support"],
        "subjects": ["ab" * 16], "rows": 1, "reasons": ["right: group-right-12"],
    },
    "right.given": {"holder": UUID(int=5)},
    "finding.opened": {"finding": UUID(int=4), "detection": "D9", "severity": "critical"},
}  # fmt: skip


@cache
def schema_of(class_uid: int) -> Any:
    """Return the validator of a class, with the profiles of 1.8.0 that its events may have."""
    published = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=PUBLISHED))
    name = published.lookup_class_name_from_uid(class_uid=class_uid)
    schema = published.get_class_schema(class_name=name, profiles=["host"] if class_uid == 2004 else [])
    return jsonschema_rs.validator_for(schema)


def what_is_wrong(event: dict[str, Any]) -> list[str]:
    """Return what the published schema and the rules of 1.9.0 say against an event."""
    event = orjson.loads(line_of(event))  # what a receiver gets
    attestation, metadata = event.pop("attestation"), event["metadata"]
    wrong = [f"{error.instance_path}: {error.message}" for error in schema_of(event["class_uid"]).iter_errors(event)]
    # 1.9.0, profiles/record_integrity.json: `attestation` in events of that profile.
    if "record_integrity" not in metadata["profiles"] or metadata["version"] != "1.9.0":
        wrong.append("an attestation without its profile")
    # 1.9.0, objects/attestation.json: at least one of fingerprint and signatures.
    if not attestation.keys() & {"fingerprint", "signatures"}:
        wrong.append("an attestation of nothing")
    unknown = attestation.keys() - {"uid", "authority_uid", "signatures", "fingerprint", "prev_event", "chain_uid"}
    # objects/fingerprint.json: algorithm_id and value are required, and 99 has a name.
    print_ = attestation.get("fingerprint", {})
    if (
        unknown
        or not {"algorithm_id", "value"} <= print_.keys()
        or (print_["algorithm_id"] == 99) > bool(print_["algorithm"])
    ):
        wrong.append("an attestation with something else")
    # metaschema: type_uid = class_uid * 100 + activity_id; times are milliseconds since 1970.
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"] or event["severity_id"] not in SEVERITIES:
        wrong.append("a type or a severity that does not fit")
    if not 1_600_000_000_000 < event["time"] < 4_000_000_000_000:
        wrong.append("a time that is not in milliseconds")
    return wrong


@pytest.mark.parametrize("kind", sorted(declared()))
def test_every_kind_of_entry_is_a_valid_event_whatever_came_of_it(kind: str) -> None:
    for outcome in sorted(OUTCOMES):
        for facts in ({}, RICH.get(kind, {})):
            assert what_is_wrong(told(kind, outcome=outcome, **facts)) == [], (kind, outcome)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("activity_id", 98), ("severity_id", 7), ("time", 1_700_000_000), ("type_uid", 1), ("status_id", "done"),
        ("facts", {}), ("metadata", {"version": "1.9.0", "profiles": ["record_integrity"]}),
        ("attestation", {"uid": "7"}), ("src_endpoint", None),
    ],
)  # fmt: skip
def test_an_event_that_is_not_valid_is_told_from_one_that_is(name: str, value: Any) -> None:
    event = told("accessor.executed", **RICH["accessor.executed"])
    assert what_is_wrong(event) == []
    assert what_is_wrong({**event, name: value}) != []
