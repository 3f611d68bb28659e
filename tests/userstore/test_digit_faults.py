"""Faults of the DIGIT platform that concern who is shown what, each named by its number in our study: none is ours.

The others of the eighteen are about ciphers, keys, logs and scripts of migration, and are tested where those are.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.errors import AuditUnavailable
from governance.authorization import Ask, Clearance
from governance.errors import Invalid, NotFound, Refused
from governance.rights import Resource
from governance.standing import standing_of
from keyring.errors import Unsealable
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, given
from tests.userstore.test_unmasking import HIDDEN, Desk
from tests.userstore.test_visibility import NAME
from userstore.actions.accessors import OutputSpec
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import Shown
from userstore.models import Accessor, AccessorColumn, Value, VisibilityRule
from userstore.models.accessors import MASKED, NONE, PLAIN
from userstore.reading import execute
from userstore.reading.calls import AccessorCall
from userstore.reading.execute import execute_accessor, stream_accessor
from userstore.transforming.patterns import VISIBLE, PatternShown, mask_pattern

pytestmark = pytest.mark.django_db

begun, desk = beginning(Desk)


def test_fault_3_nothing_is_opened_for_nobody(desk: Desk) -> None:
    """There, whoever reaches the decrypting call decrypts anything; here opening takes what only a decision makes."""
    standing = standing_of(desk.environment.id)
    ask = Ask("read", Resource("accessor", 1, uuid4()))
    with pytest.raises(TypeError, match="nowhere else"):
        Clearance(caller=desk.desk, ask=ask, standing=standing, reasons=(), seal=object())
    with pytest.raises(Refused):
        desk.shown(desk.accessor, desk.outsider)


@pytest.mark.parametrize(("second", "seen"), [(MASKED, (MASKED, HIDDEN)), (NONE, (NONE, ""))], ids=["masked", "none"])
def test_fault_4_a_second_level_of_masked_or_none_shows_no_plain_value(
    desk: Desk, second: str, seen: tuple[str, Any]
) -> None:
    first = NONE if second == NONE else MASKED
    assert desk.demand(desk.of(Shown(first, second)), ["nick", "age"])["nick"] == seen


def test_fault_5_what_is_not_shown_at_first_can_be_shown_on_demand(desk: Desk) -> None:
    accessor = desk.of(Shown(NONE, PLAIN))
    assert desk.shown(accessor, desk.desk) == ""
    assert desk.demand(accessor) == {"nick": (PLAIN, NAME)}


def test_fault_6_whom_no_rule_names_is_shown_nothing(desk: Desk) -> None:
    assert VisibilitySpec().default == Shown(NONE, NONE)
    for caller in (desk.operator(), desk.operator("guest"), desk.service):
        assert desk.shown(desk.accessor, caller) == ""
        with pytest.raises(Refused):
            desk.demand(caller=caller)


def test_fault_7_a_group_counts_where_the_rule_is_and_nowhere_else(desk: Desk) -> None:
    """Groups of operators are the same everywhere; what they may see is not."""
    abroad = Desk()
    name = desk.groups["desk"].name
    rules = VisibilitySpec(mask=abroad.full, groups={abroad.groups["desk"].name: Shown(PLAIN)})
    there = abroad.getter(OutputSpec(abroad.name, visibility=rules), abroad.age)
    of_both = replace(abroad.desk, group_ids=desk.desk.group_ids)
    assert desk.shown(desk.accessor, desk.desk) == HIDDEN and name not in rules.groups
    assert (abroad.shown(there, of_both), abroad.shown(there, abroad.desk)) == ("", NAME)
    with pytest.raises(NotFound):
        abroad.shown(there, desk.desk)


def test_fault_8_a_level_that_nobody_knows_is_refused_and_never_read_as_plain(desk: Desk) -> None:
    for shown in (Shown("encrypted"), Shown(NONE, "encrypted")):
        with pytest.raises(Invalid, match="plain, masked or none"):
            desk.of(shown)
    with in_environment(desk.environment.id):
        accessor = Accessor.objects.get(public_id=desk.accessor)
        for rows in (
            VisibilityRule.objects.filter(output__accessor=accessor),
            AccessorColumn.objects.filter(accessor=accessor).exclude(default_visibility=""),
        ):
            field = "level" if rows.model is VisibilityRule else "default_visibility"
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**{field: "cipher"})


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_fault_9_the_record_comes_first_and_names_what_was_plain_and_masked_and_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = desk.rows(desk.accessor, [[str(desk.ada)]], caller=desk.desk)
    facts = desk.facts(rows)
    assert (facts["plain"], facts["masked"], facts["none"]) == (["age"], ["nick"], [])
    desk.demand()
    assert desk.booked()[0]["plain"] == ["nick"]
    with pytest.raises(Refused):
        desk.demand(caller=desk.guest)
    assert desk.booked("refused")[0]["reasons"] == ["visibility: nick is not shown on demand"]

    def unavailable(*_: Any, **__: Any) -> None:
        raise AuditUnavailable

    monkeypatch.setattr(execute, "append_prepared", unavailable)
    with pytest.raises(AuditUnavailable):
        desk.shown(desk.accessor, desk.desk)


def test_fault_10_what_cannot_be_opened_says_nothing_and_is_not_taken_for_a_plain_value(desk: Desk) -> None:
    with in_environment(desk.environment.id):
        value = Value.objects.get(subject__public_id=desk.ada, column__name="nick")
        broken = bytes(value.sealed[:-1]) + bytes([value.sealed[-1] ^ 1])
        Value.objects.filter(pk=value.pk).update(sealed=broken)
    for read in (lambda: desk.shown(desk.accessor, desk.desk), desk.demand):
        with pytest.raises(Unsealable) as failed:
            read()
        assert broken.hex() not in str(failed.value) and NAME not in str(failed.value)


def test_fault_11_what_is_masked_is_masked_on_every_way_out(desk: Desk) -> None:
    call = AccessorCall(desk.desk, desk.accessor, [[str(desk.ada)]], HERE)
    (page,) = execute_accessor(call, now=timezone.now()).rows
    (chunk,) = stream_accessor(call, clock=timezone.now)
    assert (page["nick"], chunk.rows[0]["nick"]) == (HIDDEN, HIDDEN)
    with pytest.raises(Invalid, match="the selector would tell"):
        desk.of(Shown(MASKED, PLAIN), selector="{nick} = ?")


def test_fault_14_an_asterisk_is_a_character_and_a_mask_is_known_by_its_mark(desk: Desk) -> None:
    rows = desk.rows(desk.accessor, [[str(desk.ada)]], caller=desk.desk)
    setter = desk.setter(desk.name)
    change = {"value": rows.rows[0]["nick"], "purpose_additions": given("authentication")}
    desk.write(setter, desk.ada, {"nick": {**change, "mark": rows.marks[0]["nick"]}})
    assert desk.demand() == {"nick": (PLAIN, NAME)}
    desk.write(setter, desk.ada, {"nick": {**change, "value": "A* of the *s"}})
    assert desk.demand() == {"nick": (PLAIN, "A* of the *s")}


@pytest.mark.parametrize("pattern", VISIBLE)
def test_fault_15_no_pattern_shows_a_short_value_and_each_can_hide_the_length(pattern: str) -> None:
    for value in ("7", "12", "1234"):
        shown = PatternShown(pattern=pattern, most="1/2")
        assert sum(a == b for a, b in zip(value, mask_pattern(value, shown), strict=True)) <= len(value) // 2
    hiding = PatternShown(pattern=pattern, most="none", lengths="hidden")
    assert len({mask_pattern(value, hiding) for value in ("12", "12345", "1234567890")}) == 1


def test_fault_16_no_level_ever_shows_what_is_stored_and_nothing_is_sealed_twice(desk: Desk) -> None:
    with in_environment(desk.environment.id):
        sealed = [bytes(each) for each in Value.objects.values_list("sealed", flat=True)]
    setter = desk.setter(desk.name)
    for caller in (desk.operator("lead"), desk.desk, desk.guest):
        row = desk.rows(desk.ruled(), [[str(desk.ada)]], caller=caller).rows[0]
        assert all(each.hex() not in json.dumps(row) for each in sealed)
        if caller.group_ids == desk.operator("lead").group_ids:
            change = {"value": row["nick"], "purpose_additions": given("authentication")}
            desk.write(setter, desk.ada, {"nick": change})
    assert desk.demand() == {"nick": (PLAIN, NAME)}
