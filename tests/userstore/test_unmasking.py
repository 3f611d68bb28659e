"""Unmasking on demand: one person, named columns, one purpose; the second level as it is, every demand on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit import queries
from audit.errors import AuditUnavailable
from governance.actions.freezes import freeze
from governance.errors import Invalid, NotFound, Refused
from governance.identities import Caller
from tests.beginnings import beginning
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.phonebook import ALLOW, HERE, given
from tests.userstore.test_visibility import NAME, OTHER, Office
from userstore.actions.accessors import OutputSpec
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import Shown
from userstore.models.accessors import MASKED, NONE, PLAIN
from userstore.reading import unmasking
from userstore.reading.calls import AccessorCall
from userstore.reading.demands import UnmaskCall
from userstore.reading.unmasking import unmask

pytestmark = pytest.mark.django_db

HIDDEN = "*" * 8


class Desk(Office):
    """The office, with one accessor of a name and an age by which a desk is shown more on demand."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ada, self.ben = self.people
        self.desk, self.guest = self.operator("desk"), self.operator("guest")
        self.accessor = self.of(Shown(MASKED, PLAIN))

    def of(self, shown: Shown, **asked: Any) -> UUID:
        """An accessor that shows the desk this much of the name; the age has no rules."""
        rules = VisibilitySpec(mask=self.full, groups={self.groups["desk"].name: shown})
        return self.getter(OutputSpec(self.name, visibility=rules), self.age, **asked)

    def demand(
        self,
        accessor: UUID | None = None,
        columns: Sequence[str] = ("nick",),
        *,
        of: UUID | None = None,
        caller: Caller | None = None,
        **asked: Any,
    ) -> dict[str, tuple[str, Any]]:
        subject = of or self.ada
        values = asked.pop("values", [[str(subject)]])
        read = AccessorCall(caller or self.desk, accessor or self.accessor, values, HERE)
        purpose = asked.pop("purpose", "authentication")
        found = unmask(UnmaskCall(read, subject, columns, purpose), now=timezone.now())
        return {each.column: (each.level, each.value) for each in found.fields}

    def booked(self, outcome: str = "done") -> list[dict[str, Any]]:
        kinds = ["accessor.unmasked"]
        found = queries.entries(environment_id=self.environment.id, kinds=kinds, outcome=outcome)
        return [dict(entry.facts) for entry in found]


begun, desk = beginning(Desk)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (Shown(MASKED, PLAIN), (PLAIN, NAME)),
        (Shown(NONE, PLAIN), (PLAIN, NAME)),
        (Shown(NONE, MASKED), (MASKED, HIDDEN)),
        (Shown(MASKED), (MASKED, HIDDEN)),
        (Shown(NONE), (NONE, "")),
    ],
    ids=["masked then plain", "none then plain", "none then masked", "masked, no more", "none, no more"],
)
def test_the_second_level_is_what_it_says(desk: Desk, shown: Shown, told: tuple[str, Any]) -> None:
    assert desk.demand(desk.of(shown), ["nick", "age"]) == {"nick": told, "age": (PLAIN, 36)}


def test_who_may_be_shown_nothing_is_refused_and_the_outsider_too(desk: Desk) -> None:
    for caller, reason in ((desk.guest, "visibility: nick"), (desk.operator(), "visibility: nick")):
        with pytest.raises(Refused) as refused:
            desk.demand(caller=caller)
        assert refused.value.reasons[0].startswith(reason)
    with pytest.raises(Refused) as refused:
        desk.demand(caller=desk.outsider)
    assert refused.value.reasons[0].startswith("right: ")
    assert desk.demand(columns=["age"], caller=desk.guest) == {"age": (PLAIN, 36)}


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_each_column_is_on_record_with_its_level_refusals_too(desk: Desk) -> None:
    desk.demand(columns=["Nick", "age"])
    (entry,) = desk.booked()
    assert [entry[level] for level in (PLAIN, MASKED, NONE)] == [["nick", "age"], [], []]
    assert (entry["purpose"], len(entry["subjects"]), entry["columns"]) == ("authentication", 1, ["nick", "age"])
    for caller in (desk.guest, desk.outsider):
        with pytest.raises(Refused):
            desk.demand(caller=caller)
    told = [entry["reasons"][0] for entry in desk.booked("refused")]
    assert sorted(text.split(":")[0] for text in told) == ["right", "visibility"]
    assert NAME not in str(desk.booked() + desk.booked("refused"))


def test_nothing_leaves_where_the_record_cannot_be_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(*_: Any, **__: Any) -> None:
        raise AuditUnavailable

    monkeypatch.setattr(unmasking, "append", unavailable)
    with pytest.raises(AuditUnavailable):
        desk.demand()


def test_one_person_is_unmasked_and_only_if_the_selector_selects_them(desk: Desk) -> None:
    nobody = {"nick": (PLAIN, None)}
    assert desk.demand(of=desk.ben) == {"nick": (PLAIN, OTHER)}
    both = [[str(desk.ada), str(desk.ben)]]
    assert desk.demand(of=desk.ben, values=both) == {"nick": (PLAIN, OTHER)}
    assert desk.demand(of=desk.ben, values=[[str(desk.ada)]]) == nobody
    by_age = desk.of(Shown(MASKED, PLAIN), selector="{age} = ?")
    assert desk.demand(by_age, values=[36]) == {"nick": (PLAIN, NAME)}
    assert desk.demand(by_age, values=[41]) == nobody
    everybody = desk.of(Shown(MASKED, PLAIN), selector="ALL")
    assert desk.demand(everybody, values=[]) == {"nick": (PLAIN, NAME)}
    assert desk.demand(everybody, of=uuid4(), values=[]) == nobody


def test_consent_and_policy_keep_what_they_keep_from_rows(desk: Desk) -> None:
    person = desk.subject()
    setter = desk.setter(desk.name, desk.age)
    stored = {"nick": {"value": "Kim", "purpose_additions": given("authentication")}}
    stored["age"] = {"value": 50, "purpose_additions": given("marketing")}
    desk.write(setter, person, stored)
    assert desk.demand(of=person, columns=["nick", "age"]) == {"nick": (PLAIN, "Kim"), "age": (PLAIN, None)}
    strict = desk.of(Shown(MASKED, PLAIN), mode="strict")
    assert desk.rows(strict, [[str(person)]], caller=desk.desk).rows == []
    assert desk.demand(strict, of=person) == {"nick": (PLAIN, None)}
    spared = desk.script_policy(f"return context.user.nick !== '{NAME}';")
    assert desk.demand(desk.of(Shown(MASKED, PLAIN), policy=spared)) == {"nick": (PLAIN, None)}


def test_a_freeze_of_the_purpose_stops_the_next_demand(desk: Desk) -> None:
    assert desk.demand() == {"nick": (PLAIN, NAME)}
    freeze(desk.system, kind="purpose", target_id=desk.purposes["authentication"].public_id)
    with pytest.raises(Refused, match="not allowed"):
        desk.demand()


def test_demands_that_make_no_sense_are_refused(desk: Desk) -> None:
    with pytest.raises(Invalid, match="not for this purpose"):
        desk.demand(purpose="marketing")
    with pytest.raises(Invalid):
        desk.demand(purpose=None)
    with pytest.raises(NotFound):
        desk.demand(purpose="anything")
    for columns in ([], ["nick"] * 65, ["phone"]):
        with pytest.raises(Invalid):
            desk.demand(columns=columns)
    with pytest.raises(NotFound):
        desk.demand(uuid4())


def test_a_grant_unmasks_its_columns_of_its_people_and_nothing_else() -> None:
    desk = HelpDesk()
    rules = VisibilitySpec(mask=desk.transformer("FullMask"))
    columns = (OutputSpec(desk.name, visibility=rules), OutputSpec(desk.age, visibility=rules))
    several = ("authentication", "integrity")
    desk.record = desk.getter(*columns, policy=ALLOW, purposes=several)
    values = {
        name: {"value": value, "purpose_additions": given(*several)} for name, value in (("nick", NAME), ("age", 36))
    }
    desk.write(desk.setter(desk.name, desk.age), desk.ada, values)

    def told(subject: UUID, *columns: str, purpose: str = "authentication") -> dict[str, Any]:
        read = AccessorCall(desk.sue, desk.record, [[str(desk.ada), str(desk.ben)]], HERE)
        found = unmask(UnmaskCall(read, subject, columns, purpose), now=timezone.now())
        return {each.column: (each.level, each.value) for each in found.fields}

    with pytest.raises(Refused):
        told(desk.ada, "nick")
    desk.granted()
    assert told(desk.ada, "nick", "age") == {"nick": (PLAIN, NAME), "age": (NONE, None)}
    assert told(desk.ben, "nick") == {"nick": (PLAIN, None)}
    with pytest.raises(Refused) as refused:
        told(desk.ada, "age")
    assert refused.value.reasons == ("visibility: age is not shown on demand",)
    with pytest.raises(Refused) as refused:
        told(desk.ada, "nick", purpose="integrity")
    assert "another purpose" in refused.value.reasons[0]
