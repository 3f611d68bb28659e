from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.bodies import checked, time_ordered_id
from audit.context import request_id
from audit.errors import FactRefused
from audit.recorder import EntryRow, prepare_body
from keyring.fingerprints import Fingerprint
from keyring.plain import Plain
from tests.audit.vocabulary import ENVIRONMENT, HANDLE, HAPPENED, OTHER, SERVICE

NOON = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
MARK = "+49 151 0000 0001"


def prepared(**facts: Any) -> EntryRow:
    return prepare_body(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts=facts, at=NOON)


def facts_of(row: EntryRow) -> Any:
    return json.loads(row.body)["facts"]


def test_the_body_says_everything_in_canonical_form() -> None:
    decision = uuid4()
    token = request_id.set("r-1")
    try:
        row = prepare_body(
            HAPPENED,
            environment_id=ENVIRONMENT,
            actor=SERVICE,
            facts={"names": ["phone"], "count": 2},
            outcome="refused",
            decision_id=decision,
            at=NOON,
        )
    finally:
        request_id.reset(token)
    assert row.body == (
        f'{{"actor":{{"id":"{SERVICE.id}","kind":"client"}},"at":"2031-03-04T12:00:00.000000Z",'
        f'"decision":"{decision}","environment":"{ENVIRONMENT}","facts":{{"count":2,"names":["phone"]}},'
        f'"id":"{row.id}","kind":"example.happened","outcome":"refused","request_id":"r-1","v":1}}'
    )


def test_fingerprints_are_taken_as_they_are_and_what_only_calls_itself_one_is_looked_at() -> None:
    assert facts_of(prepared(names=[Fingerprint(HANDLE), Fingerprint(HANDLE)]))["names"] == [HANDLE, HANDLE]
    assert facts_of(prepared(names=[Fingerprint(HANDLE), "phone"]))["names"] == [HANDLE, "phone"]
    for forged in (Fingerprint("x" * 600), Fingerprint("\0" * 32)):
        with pytest.raises(FactRefused):
            prepared(names=[Fingerprint(HANDLE), forged])


def test_facts_that_were_looked_at_before_stand_in_the_body_like_the_others() -> None:
    alike = checked(HAPPENED, {"names": ("phone",), "note": "first"})
    facts = {"count": 2, "note": "second"}
    row = prepare_body(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts=facts, at=NOON, alike=alike)
    whole = prepared(names=["phone"], **facts)
    assert row.body == whole.body.replace(str(whole.id), str(row.id))


@pytest.mark.parametrize("facts", [{"names": [1.5]}, {"unheard_of": 1}, {"names": [Plain(MARK)]}, {"subjects": []}])
def test_facts_are_refused_when_they_are_looked_at(facts: dict[str, Any]) -> None:
    with pytest.raises(FactRefused):
        checked(HAPPENED, facts)


def test_facts_looked_at_for_one_event_are_refused_by_another() -> None:
    alike = checked(HAPPENED, {"names": ["phone"]})
    with pytest.raises(FactRefused):
        prepare_body(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={}, alike=alike)


def test_the_columns_copy_the_body() -> None:
    row = prepared(count=1)
    body = json.loads(row.body)
    assert (str(row.id), row.kind, row.outcome) == (body["id"], body["kind"], body["outcome"])
    assert (row.actor_kind, str(row.actor_id)) == (body["actor"]["kind"], body["actor"]["id"])


def test_times_are_utc_with_microseconds_wherever_they_come_from() -> None:
    berlin = timezone(timedelta(hours=1))
    row = prepared(when=datetime(2031, 3, 4, 13, 0, 0, 250_000, tzinfo=berlin))
    assert facts_of(row)["when"] == "2031-03-04T12:00:00.250000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(FactRefused, match="time zone"):
        prepared(when=datetime(2031, 3, 4))


def test_a_fact_that_was_not_declared_is_refused_by_name() -> None:
    with pytest.raises(FactRefused, match="colour") as refusal:
        prepared(colour=MARK)
    assert MARK not in str(refusal.value)


@pytest.mark.parametrize("hidden", [Plain(MARK), [Plain(MARK)], {"deep": [{"er": Plain(MARK)}]}, (1, Plain(MARK))])
def test_a_plain_value_is_refused_wherever_it_hides(hidden: Any) -> None:
    with pytest.raises(FactRefused, match="plain value") as refusal:
        prepared(nested=hidden)
    assert MARK not in str(refusal.value)


@pytest.mark.parametrize(
    "odd", [1.5, b"bytes", {1, 2}, object(), 2**53, -(2**53), "x" * 513, ["x" * 513], {"k" * 129: 1}, {1: 1}]
)
def test_what_is_no_fact_is_refused(odd: Any) -> None:
    with pytest.raises(FactRefused, match="nested"):
        prepared(nested=odd)


def test_the_longest_text_passes() -> None:
    assert len(facts_of(prepared(note="x" * 512))["note"]) == 512


def test_endless_nesting_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(FactRefused, match="too deep"):
        prepared(nested=endless)


def test_text_that_utf8_cannot_hold_is_refused() -> None:
    with pytest.raises(FactRefused):
        prepared(note="\ud800")


def test_a_nul_that_postgresql_cannot_hold_is_refused() -> None:
    with pytest.raises(FactRefused):
        prepared(note="a\0b")


def test_enumerated_text_is_written_as_its_value() -> None:
    class Basis(StrEnum):
        CONSENT = "consent"

    assert facts_of(prepared(note=Basis.CONSENT))["note"] == "consent"


@pytest.mark.parametrize("subjects", [HANDLE, [str(uuid4())], [MARK], [HANDLE.upper()], [None], {"a": HANDLE}])
def test_subjects_are_handles_and_nothing_else(subjects: Any) -> None:
    with pytest.raises(FactRefused, match="handles"):
        prepared(subjects=subjects)


def test_handles_are_accepted_as_subjects() -> None:
    assert facts_of(prepared(subjects=[HANDLE]))["subjects"] == [HANDLE]


def test_an_unknown_outcome_is_refused() -> None:
    with pytest.raises(FactRefused, match="outcome"):
        prepare_body(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={}, outcome="maybe")  # type: ignore[arg-type]  # wrong on purpose


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80)
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ_é", max_size=6), inner, max_size=4),
    max_leaves=8,
)


@given(trees)
def test_facts_come_back_as_they_were_and_a_second_writing_gives_the_same_bytes(tree: Any) -> None:
    try:
        body = prepared(nested=tree).body
    except FactRefused as refusal:
        assert "too deep" in str(refusal)
        return
    read = json.loads(body)
    assert read["facts"]["nested"] == tree
    assert json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == body


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1)))
def test_ids_are_version_7_and_carry_the_time(at: datetime) -> None:
    made = time_ordered_id(at)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == int(at.timestamp() * 1000)


def test_ids_sort_by_time_and_do_not_repeat() -> None:
    made = [time_ordered_id(NOON + timedelta(milliseconds=step)) for step in range(200)]
    assert made == sorted(made)
    same = {time_ordered_id(NOON) for _ in range(2000)}
    assert len(same) == 2000
    assert all(isinstance(one, UUID) for one in same)
