"""Entries as OCSF events: what each class demands is there, whatever an entry says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.actors import Actor
from audit.bodies import compose
from audit.events import declared
from audit.exports.ocsf import event_of, line_of
from audit.exports.sealed import Checkpoint, SealedEntry
from tests.audit.vocabulary import ENVIRONMENT

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHECKPOINT = Checkpoint(9, "sealbook.test/book\n9\nroot\n\n— sealbook.test/book sig\n")
BASE = {"class_uid", "category_uid", "activity_id", "type_uid", "time", "severity_id", "metadata"}
"""Required of every event (OCSF 1.9.0, `events/base_event.json`)."""
DEMANDED = {
    6003: {"actor", "api", "src_endpoint"},
    6005: {"actor", "src_endpoint", "database"},
    3001: {"user"},
    3002: {"user", "service"},
    2004: {"finding_info"},
}
"""Required of each class, or one of what it demands one of (OCSF 1.9.0, `events/`)."""
KNOWN_ACTIVITIES = {6003: range(5), 6005: range(11), 3001: range(12), 3002: range(6), 2004: range(4)}


def entry(body: str) -> SealedEntry:
    return SealedEntry(7, b"\x01" * 32, NOW, body)


def told(kind: str, *, outcome: Any = "done", **facts: Any) -> dict[str, Any]:
    body = compose(
        declared()[kind],
        entry_id=UUID(int=7),
        at=NOW,
        environment_id=ENVIRONMENT,
        actor=Actor("operator", UUID(int=1)),
        facts=facts,
        outcome=outcome,
        decision_id=None,
        request_id="r",
    )
    return event_of(entry(body), CHECKPOINT)


@pytest.mark.parametrize("kind", sorted(declared()))
def test_every_kind_of_entry_becomes_an_event_of_a_class_with_what_that_demands(kind: str) -> None:
    event = told(kind)
    uid = event["class_uid"]
    assert BASE | DEMANDED[uid] <= event.keys() and event["metadata"]["version"] == "1.9.0"
    assert event["category_uid"] == uid // 1000 and event["type_uid"] == uid * 100 + event["activity_id"]
    assert event["activity_id"] == 99 or event["activity_id"] in KNOWN_ACTIVITIES[uid]
    assert {"uid", "fingerprint", "chain_uid"} <= event["attestation"].keys()


@pytest.mark.parametrize(
    ("kind", "facts", "type_uid"),
    [
        ("accessor.executed", {"accessor": UUID(int=3)}, 600504),
        ("mutator.executed", {}, 600502),
        ("seal.unsealed", {}, 600510),
        ("operator.signed_in", {}, 300201),
        ("right.given", {}, 300107),
        ("finding.opened", {"finding": UUID(int=4), "detection": "D9", "severity": "high"}, 200401),
        ("purpose.defined", {"name": "fraud"}, 600301),
    ],
)
def test_what_happened_has_its_type(kind: str, facts: dict[str, Any], type_uid: int) -> None:
    assert told(kind, **facts)["type_uid"] == type_uid


def test_a_refusal_fails_and_says_why() -> None:
    event = told("accessor.executed", outcome="refused", reasons=["right: none allows read"])
    assert (event["status_id"], event["severity_id"]) == (2, 2)
    assert event["status_detail"] == "right: none allows read"
    assert told("finding.opened", severity="critical")["severity_id"] == 5


@given(
    st.text()
    | st.builds(
        lambda value: orjson.dumps(value).decode(),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=5),
            lambda inner: (
                st.dictionaries(st.sampled_from(["facts", "actor", "kind", "id", "at"]), inner) | st.lists(inner)
            ),
            max_leaves=6,
        ),
    )
)
def test_a_body_that_is_no_entry_is_told_all_the_same(body: str) -> None:
    event = event_of(entry(body), CHECKPOINT)
    assert json.loads(line_of(event))["raw_data"] == body and event.keys() >= BASE


def test_a_line_is_ascii_and_a_long_one_leaves_its_raw_data_and_keeps_its_leaf() -> None:
    event = told("accessor.executed", name="Ä\n", subjects=["0" * 32] * 400)
    short, whole = line_of(event, most=4000), line_of(event)
    assert whole.isascii() and b"\n" not in whole and len(short) < 4000 < len(whole)
    assert json.loads(short)["attestation"] == event["attestation"] and "raw_data" not in json.loads(short)
