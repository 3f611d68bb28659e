"""Sorted pages: one list, whichever way one walks through it; and what must not show in an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from governance.errors import GovernanceError, Refused
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, PhoneBook
from tests.userstore.phonebook import given as named
from userstore.actions.accessors import OutputSpec
from userstore.actions.deletion import delete_subject
from userstore.errors import TooLarge
from userstore.models import Subject
from userstore.reading.calls import ASCENDING, BEGIN, DESCENDING, END, AccessorCall, Page
from userstore.reading.execute import execute_accessor
from userstore.reading.rows import Rows

pytestmark = pytest.mark.django_db

ID_COLUMN = UUID("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089")
KINDS = {"mail": "string", "age": "integer", "ok": "boolean", "born": "date"}
PEOPLE: tuple[dict[str, Any], ...] = (
    {"mail": "b@x.test", "age": 9, "ok": True, "born": "1980-01-02"},
    {"mail": "a@x.test", "age": 10, "ok": False, "born": "1980-01-01"},
    {"mail": "a@x.test", "age": -3, "born": "0980-01-01"},
    {"mail": "", "age": 10, "ok": True},
    {"mail": "Z@x.test", "ok": False},
    {"age": 9},
    {},
    {"mail": "é@x.test", "age": 100, "ok": True, "born": "2031-12-31"},
    {"mail": "😀@x.test", "age": 2**62, "ok": False, "born": "1980-01-02"},
)


class Register(PhoneBook):
    """People with values of several types, two of them with the same, and an accessor that shows everything."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.columns = {name: self.column(name, kind) for name, kind in KINDS.items()}
        self.set = {name: self.setter(column) for name, column in self.columns.items()}
        outputs = [ID_COLUMN, *self.columns.values()]
        self.by_ids = self.getter(*outputs)
        self.everyone = self.getter(*outputs, selector="ALL")

    def enter(self, person: dict[str, Any], *, purpose: str = "authentication") -> UUID:
        subject = self.subject()
        for name, value in person.items():
            self.write(self.set[name], subject, {name: {"value": value, "purpose_additions": named(purpose)}})
        return subject

    def page(self, accessor: UUID, values: Sequence[Any], page: Page) -> Rows:
        return execute_accessor(AccessorCall(self.service, accessor, values, HERE, page), now=timezone.now())


@dataclass
class Walk:
    """A way through all pages of one order."""

    register: Register
    accessor: UUID
    values: Sequence[Any]
    limit: int
    sort_key: str = ""
    sort_order: str = ASCENDING

    def forward(self, start: str | None = BEGIN) -> list[UUID]:
        found, cursor, more = [], start, True
        while more:
            rows = self._page(starting_after=cursor)
            assert rows.neighbours.has_prev == bool(cursor)
            found += rows.subject_ids
            more, cursor = rows.neighbours.has_next, rows.neighbours.next
        assert cursor == END
        return found

    def backward(self) -> list[UUID]:
        found: list[UUID] = []
        cursor, more = END, True
        while more:
            rows = self._page(ending_before=cursor)
            assert rows.neighbours.has_next == (cursor != END)
            found = [*rows.subject_ids, *found]
            more, cursor = rows.neighbours.has_prev, rows.neighbours.prev
        assert cursor == BEGIN
        return found

    def to_and_fro(self) -> list[UUID]:
        """Forward by the cursors that backward pages give, and the other way round: every page twice."""
        first = self._page(starting_after=BEGIN)
        found, here = list(first.subject_ids), first
        while here.neighbours.has_next:
            following = self._page(starting_after=here.neighbours.next)
            again = self._page(ending_before=following.neighbours.prev)
            assert again.subject_ids == here.subject_ids
            assert self._page(starting_after=again.neighbours.next).subject_ids == following.subject_ids
            found += following.subject_ids
            here = following
        return found

    def _page(self, **cursor: str | None) -> Rows:
        page = Page(self.limit, sort_key=self.sort_key, sort_order=self.sort_order, **cursor)
        return self.register.page(self.accessor, self.values, page)


begun, register = beginning(Register)


def test_every_way_through_the_pages_is_the_same_sorted_list(register: Register) -> None:
    plain: dict[UUID, dict[str, Any]] = {register.enter(person): person for person in PEOPLE}
    with in_environment(register.environment.id):
        for row in Subject.objects.all():
            plain[row.public_id] = {**plain[row.public_id], "created": row.created_at, "updated": row.updated_at}
    keys = st.lists(st.sampled_from([*KINDS, "created", "updated"]), unique=True, max_size=3)

    @settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
    @given(
        keys, st.booleans(), st.booleans(), st.integers(1, 10), st.sampled_from(["forward", "backward", "to_and_fro"])
    )
    def law(names: list[str], descending: bool, everyone: bool, limit: int, way: str) -> None:
        event(way)
        expected = sorted(
            plain,
            key=lambda who: (*((plain[who].get(n) is not None, plain[who].get(n)) for n in names), who),
            reverse=descending,
        )
        walk = Walk(
            register,
            register.everyone if everyone else register.by_ids,
            [] if everyone else [[str(who) for who in plain]],
            limit,
            ",".join([*names, "id"]),
            DESCENDING if descending else ASCENDING,
        )
        assert getattr(walk, way)() == expected

    law()


def test_a_page_without_an_order_or_a_cursor_is_the_first_by_id(register: Register) -> None:
    people = sorted(register.enter({"age": 1}) for _ in range(3))
    assert register.page(register.everyone, [], Page(2)).subject_ids == people[:2]
    last = register.page(register.everyone, [], Page(2, ending_before=END))
    assert last.subject_ids == people[1:]
    nobody = register.page(register.everyone, [], Page(2, starting_after=END))
    assert nobody.subject_ids == []
    back = register.page(register.everyone, [], Page(3, ending_before=nobody.neighbours.prev))
    assert back.subject_ids == people
    before_all = register.page(register.everyone, [], Page(3, ending_before=BEGIN))
    assert (before_all.subject_ids, before_all.neighbours.has_next, before_all.neighbours.has_prev) == ([], True, False)


def test_the_highest_id_there_is_comes_first_downwards(register: Register) -> None:
    from userstore.actions.subjects import create_subject

    highest = UUID(int=2**128 - 1)
    create_subject(register.service, subject_id=highest)
    other = register.subject()
    walk = Walk(register, register.everyone, [], 1, "id", DESCENDING)
    assert walk.forward() == walk.backward() == [highest, other]


def test_pages_stay_where_they_are_while_others_come_change_and_go(register: Register) -> None:
    by_mail = {mail: register.enter({"mail": f"{mail}@x.test"}) for mail in "bdfhj"}

    def page(cursor: str) -> Rows:
        return register.page(register.everyone, [], Page(2, cursor, sort_key="mail,id"))

    first = page(BEGIN)
    assert first.subject_ids == [by_mail["b"], by_mail["d"]]
    register.enter({"mail": "a@x.test"})
    between = register.enter({"mail": "g@x.test"})
    delete_subject(register.service, subject_id=by_mail["d"])
    second = page(first.neighbours.next)
    assert second.subject_ids == [by_mail["f"], between]
    assert page(second.neighbours.next).subject_ids == [by_mail["h"], by_mail["j"]]


def test_a_value_that_may_not_be_read_sorts_like_none_and_who_is_hidden_like_nobody(register: Register) -> None:
    shown = register.enter({"mail": "m@x.test"})
    withheld = register.enter({"mail": "a@x.test"}, purpose="marketing")
    empty = register.enter({})
    ascending = register.page(register.everyone, [], Page(3, sort_key="mail,id"))
    assert ascending.subject_ids == [*sorted([withheld, empty]), shown]
    assert "mail" not in ascending.rows[0]
    strict = register.getter(ID_COLUMN, register.columns["mail"], selector="ALL", mode="strict")
    assert register.page(strict, [], Page(3, sort_key="mail,id")).subject_ids == [empty, shown]
    refusing = register.script_policy(f"return context.user.id !== '{shown}'")
    hidden = register.getter(ID_COLUMN, register.columns["mail"], selector="ALL", policy=refusing)
    rows = register.page(hidden, [], Page(2, sort_key="mail,id"))
    assert rows.subject_ids == sorted([withheld, empty])
    assert not rows.neighbours.has_next
    assert (rows.facts["denied"], rows.facts["rows"], len(rows.facts["subjects"])) == (1, 2, 2)


def test_a_masked_column_is_sorted_by_its_mask_and_a_tokenized_one_not_at_all(register: Register) -> None:
    born = register.columns["born"]
    decade = OutputSpec(born, transformer=register.transformer("DateCoarsened"))
    young, old = register.enter({"born": "1985-05-05"}), register.enter({"born": "1985-01-01"})
    older = register.enter({"born": "1984-12-31"})
    coarse = register.getter(ID_COLUMN, decade, selector="ALL")
    assert register.page(coarse, [], Page(3, sort_key="born,id")).subject_ids == [older, *sorted([young, old])]
    token = OutputSpec(register.columns["mail"], register.transformer("UUID"), register.policy)
    tokens = register.getter(ID_COLUMN, token, selector="ALL")
    with pytest.raises(GovernanceError, match="has no order"):
        register.page(tokens, [], Page(3, sort_key="mail,id"))


NO_PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("sort_key", {"sort_key": "mail"}),
    ("sort_key", {"sort_key": "id,mail"}),
    ("sort_key", {"sort_key": "mail,mail,id"}),
    ("sort_key", {"sort_key": "note,id"}),
    ("sort_key", {"sort_key": "phone,id"}),
    ("sort_key", {"sort_key": "nowhere,id"}),
    ("sort_key", {"sort_key": "organization_id,id"}),
    ("sort_key", {"sort_key": ",id"}),
    ("sort_order", {"sort_order": "sideways"}),
    ("ending_before", {"starting_after": "", "ending_before": "end"}),
    ("starting_after", {"starting_after": "AAAA"}),
    ("ending_before", {"ending_before": "é"}),
)


def test_an_order_or_a_place_that_there_is_not_is_refused(register: Register) -> None:
    register.column("note")
    accessor = register.getter(ID_COLUMN, register.columns["mail"], register.phones(), selector="ALL")
    for field, asked in NO_PAGES:
        page = Page(2, **asked)  # type: ignore[arg-type]  # names of texts
        with pytest.raises(GovernanceError) as failure:
            register.page(accessor, [], page)
        assert failure.value.field == field, asked
        with pytest.raises(Refused):
            execute_accessor(AccessorCall(register.outsider, accessor, [], HERE, page), now=timezone.now())


def test_a_cursor_is_good_for_one_accessor_and_one_order(register: Register) -> None:
    for age in range(3):
        register.enter({"age": age, "mail": "marked-value@x.test"})
    other = register.getter(ID_COLUMN, register.columns["mail"], register.columns["age"], selector="ALL")
    cursor = register.page(register.everyone, [], Page(1, sort_key="mail,id")).neighbours.next
    assert "marked" not in cursor
    register.page(register.everyone, [], Page(1, cursor, sort_key="mail,id"))
    for accessor, wrong in (
        (register.everyone, Page(1, cursor, sort_key="age,id")),
        (register.everyone, Page(1, cursor, sort_key="mail,id", sort_order=DESCENDING)),
        (register.everyone, Page(1, cursor)),
        (other, Page(1, cursor, sort_key="mail,id")),
    ):
        with pytest.raises(GovernanceError, match="does not belong"):
            register.page(accessor, [], wrong)


def test_sorting_opens_as_many_cells_as_one_call_may_and_says_so_beyond(register: Register, settings: Any) -> None:
    for age in range(3):
        register.enter({"age": age, "mail": "x@x.test"})
    settings.USERSTORE_SCAN_BOUND = 3
    assert len(register.page(register.everyone, [], Page(3, sort_key="age,id")).subject_ids) == 3
    settings.USERSTORE_SCAN_BOUND = 2
    for key in ("age,id", "created,mail,id"):
        with pytest.raises(TooLarge) as failure:
            register.page(register.everyone, [], Page(1, sort_key=key))
        assert failure.value.field == "sort_key"
    assert len(register.page(register.everyone, [], Page(3, sort_key="created,id")).subject_ids) == 3
