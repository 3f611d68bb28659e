"""Field visibility: plain, masked or nothing by group; refusals and ways round beside what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from audit import queries
from audit.actors import Actor
from governance.actions.groups import retire_group
from governance.actions.rights import give_rights
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.identities import OPERATOR, Caller
from governance.models import Account
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.phonebook import ALLOW, HERE, PhoneBook, given
from userstore.actions.accessors import (
    AccessorSpec,
    OutputSpec,
    reinstate_accessor,
    republish_accessor,
)
from userstore.actions.visibility import OPEN, VisibilitySpec
from userstore.levels import Shown
from userstore.models import Accessor
from userstore.models.accessors import MASKED, NONE, PLAIN
from userstore.reading.calls import AccessorCall, Page
from userstore.reading.execute import execute_accessor, stream_accessor
from userstore.reading.rows import Rows

pytestmark = pytest.mark.django_db

ID_COLUMN = UUID("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089")
NAME, OTHER = "Ada Lovelace", "Ben Example"


class Office(PhoneBook):
    """Two people with a name and an age; groups of operators who are shown different levels of them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name, self.age = self.column("nick"), self.column("age", "integer")
        setter = self.setter(self.name, self.age)
        self.people = [self.subject(), self.subject()]
        for person, name, age in zip(self.people, (NAME, OTHER), (36, 41), strict=True):
            changes = {"nick": name, "age": age}
            stored = {
                column: {"value": value, "purpose_additions": given("authentication")}
                for column, value in changes.items()
            }
            self.write(setter, person, stored)
        self.clerk = cast.new_caller(self.environment, "clerk", read=True)
        self.full = self.transformer("FullMask")
        suffix = uuid4().hex[:6]
        self.groups = {word: Group.objects.create(name=f"{word}-{suffix}") for word in ("lead", "desk", "guest")}
        self.rules = VisibilitySpec(
            mask=self.full,
            groups={
                self.groups["lead"].name: Shown(PLAIN),
                self.groups["desk"].name: Shown(MASKED, PLAIN),
                self.groups["guest"].name: Shown(NONE),
            },
            clients={self.clerk.id: Shown(MASKED)},
        )

    def getter(self, *columns: UUID | OutputSpec, **asked: Any) -> UUID:
        return super().getter(*columns, **{"policy": ALLOW, **asked})  # the book's own policy is for clients

    def operator(self, *groups: str) -> Caller:
        account = Account.objects.create(username=uuid4().hex, kind=Account.OPERATOR)
        give_rights(self.system, holder=account, operations=("read", "export"), on=self.environment)
        pks = frozenset(self.groups[group].pk for group in groups)
        return Caller(OPERATOR, account.id, account.id, self.environment.id, account.username, pks)

    def ruled(self, selector: str = "{id} = ANY (?)", **asked: Any) -> UUID:
        return self.getter(OutputSpec(self.name, visibility=replace(self.rules, **asked)), self.age, selector=selector)

    def shown(self, accessor: UUID, caller: Caller) -> Any:
        rows = self.rows(accessor, [[str(self.people[0])]], caller=caller).rows
        return rows[0].get("nick") if rows else None

    def facts(self, rows: Rows) -> dict[str, Any]:
        assert rows.entry_id is not None
        return dict(queries.entry(environment_id=self.environment.id, entry_id=rows.entry_id).facts)


begun, office = beginning(Office)


@pytest.mark.parametrize(
    ("groups", "seen"),
    [
        (["lead"], NAME),
        (["desk"], "*" * 8),
        (["guest"], ""),
        (["lead", "desk"], "*" * 8),
        (["lead", "desk", "guest"], ""),
        ([], ""),
    ],
    ids=["plain", "masked", "none", "strictest of two", "strictest of three", "named by no rule"],
)
def test_a_caller_is_shown_the_strictest_level_of_their_groups(office: Office, groups: list[str], seen: str) -> None:
    assert office.shown(office.ruled(), office.operator(*groups)) == seen


def test_without_rules_everybody_who_may_read_sees_the_column_and_the_outsider_nothing(office: Office) -> None:
    plain, ruled = office.getter(office.name), office.ruled()
    assert office.shown(plain, office.operator()) == office.shown(plain, office.service) == NAME
    assert office.shown(ruled, office.service) == ""
    assert office.shown(ruled, office.clerk) == "*" * 8
    assert office.shown(office.ruled(default=Shown(PLAIN)), office.service) == NAME
    for accessor in (plain, ruled):
        with pytest.raises(Refused):
            office.rows(accessor, [[str(office.people[0])]], caller=office.outsider)


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_the_record_names_what_was_plain_masked_and_none(office: Office) -> None:
    accessor = office.ruled()

    def levels(*groups: str) -> list[Any]:
        found = office.rows(accessor, [[str(office.people[0])]], caller=office.operator(*groups))
        facts = office.facts(found)
        return [facts["plain"], facts["masked"], facts["none"], facts["columns"]]

    assert levels("lead") == [["nick", "age"], [], [], ["nick", "age"]]
    assert levels("desk") == [["age"], ["nick"], [], ["nick", "age"]]
    assert levels() == [["age"], [], ["nick"], ["age"]]


def test_a_value_that_is_not_shown_is_blank_for_those_who_have_none_and_makes_no_row(office: Office) -> None:
    nameless = office.subject()
    office.write(
        office.setter(office.age), nameless, {"age": {"value": 7, "purpose_additions": given("authentication")}}
    )
    guest, both = office.operator("guest"), [[str(office.people[0]), str(nameless)]]
    assert [row["nick"] for row in office.rows(office.ruled(), both, caller=guest).rows] == ["", ""]
    only = office.getter(OutputSpec(office.name, visibility=office.rules))
    assert office.rows(only, both, caller=guest).rows == []
    assert len(office.rows(only, both, caller=office.operator("lead")).rows) == 1


def test_a_stream_blanks_by_type(office: Office) -> None:
    accessor = office.getter(
        OutputSpec(office.name, visibility=office.rules),
        OutputSpec(office.age, visibility=office.rules),
        ID_COLUMN,
    )
    call = AccessorCall(office.operator(), accessor, [[str(office.people[0])]], HERE)
    (rows,) = stream_accessor(call, clock=timezone.now)
    assert [(row["nick"], row["age"]) for row in rows.rows] == [("", None)]


def test_an_order_tells_nothing_of_what_is_masked_or_not_shown(office: Office) -> None:
    accessor = office.ruled("ALL")
    setter = office.setter(office.name)
    for person, name in zip(sorted(office.people), ("Zoe", "Amy"), strict=True):  # names fall as ids rise
        office.write(setter, person, {"nick": {"value": name, "purpose_additions": given("authentication")}})

    def order(caller: Caller, direction: str) -> list[UUID]:
        page = Page(10, sort_key="nick,id", sort_order=direction)
        return execute_accessor(AccessorCall(caller, accessor, [], HERE, page), now=timezone.now()).subject_ids

    assert order(office.operator("lead"), "ascending") == sorted(office.people, reverse=True)
    assert order(office.operator("desk"), "ascending") == sorted(office.people)  # both are ***, and the id decides
    with pytest.raises(Invalid, match="cannot be sorted"):
        order(office.operator("guest"), "ascending")


def test_a_selector_is_no_way_round(office: Office) -> None:
    for selector in ("{nick} = ?", "{id} = ? AND {Nick} LIKE ?"):
        with pytest.raises(Invalid, match="the selector would tell"):
            office.ruled(selector)
    assert office.getter(office.name, selector="{nick} = ?")
    assert office.ruled("{age} = ?")


def test_rules_are_refused_that_could_not_hold(office: Office) -> None:
    with pytest.raises(Invalid, match="needs a mask"):
        office.ruled(mask=None)
    for name in ("PassthroughUnchangedData", "UUID", "Trim"):
        with pytest.raises(Invalid, match="is no mask"):
            office.ruled(mask=office.transformer(name))
    with pytest.raises(Invalid, match="level"):
        office.ruled(default=Shown("encrypted"))
    with pytest.raises(Invalid, match="no such group"):
        office.ruled(groups={"nobody": Shown(PLAIN)})
    with pytest.raises(NotFound, match="no such client"):
        office.ruled(clients={uuid4(): Shown(PLAIN)})
    with pytest.raises(Invalid, match="less than without"):
        office.ruled(groups={office.groups["desk"].name: Shown(PLAIN, MASKED)})
    with pytest.raises(Invalid, match="default level"):
        office.ruled(default=None)


def test_a_group_that_rules_name_stays(office: Office) -> None:
    office.ruled()
    with pytest.raises(Conflict, match="accessors name it"):
        retire_group(Actor("system", None), group_id=office.groups["desk"].pk)


def test_a_change_that_says_nothing_of_visibility_keeps_it(office: Office) -> None:
    public_id = office.ruled()
    desk = office.operator("desk")

    def change(visibility: VisibilitySpec | None, description: str) -> None:
        with in_environment(office.environment.id):
            accessor = Accessor.objects.get(public_id=public_id)
        spec = AccessorSpec(
            name=accessor.name,
            selector=accessor.selector,
            columns=(OutputSpec(office.name, visibility=visibility), OutputSpec(office.age)),
            purposes=(office.purposes["authentication"].public_id,),
            access_policy=ALLOW,
            description=description,
        )
        republish_accessor(office.system, public_id=public_id, spec=spec)

    change(None, "changed")
    assert office.shown(public_id, desk) == "*" * 8
    change(OPEN, "changed")
    assert office.shown(public_id, desk) == NAME
    reinstate_accessor(office.system, public_id=public_id, version=1)
    assert office.shown(public_id, desk) == "*" * 8
    reinstate_accessor(office.system, public_id=public_id, version=2)
    assert office.shown(public_id, desk) == NAME
