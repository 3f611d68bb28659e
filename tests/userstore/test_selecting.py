"""Selectors over the real store, held to brute force over plaintext: indexes, scans, and what must not select."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from governance.errors import GovernanceError
from keyring.actions import create_key
from keyring.keys import KeyKind, forget_opened_keys
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.phonebook import PhoneBook
from tests.userstore.phonebook import given as named
from tests.userstore.selectors.generated import LEAVES, POOLS, TYPES, clauses, equalities, written
from tests.userstore.selectors.oracle import selected
from userstore.actions.consents import change_consent
from userstore.errors import TooLarge
from userstore.models import Accessor, Value
from userstore.selectors import SelectorError

pytestmark = pytest.mark.django_db

INDEXED = ("name", "mail", "phone", "age")
STORED = tuple(column for column in TYPES if column != "id")


class Directory(PhoneBook):
    """Three people under the ids of the generated selectors, and one accessor whose selector changes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.columns = {
            name: self.column(
                "full_name" if name == "name" else name,
                TYPES[name].name,
                is_array=True,
                index_type="indexed" if name in INDEXED else "none",
            )
            for name in STORED
        }
        self.set = {name: self.setter(column) for name, column in self.columns.items()}

    def fill(self, subject: UUID, values: dict[str, list[Any]], *, purpose: str = "authentication") -> None:
        for name, elements in values.items():
            if name != "id" and elements:
                change = {"value": [TYPES[name].render(e) for e in elements], "purpose_additions": named(purpose)}
                self.write(self.set[name], subject, {self.label(name): change})

    def label(self, name: str) -> str:
        return "full_name" if name == "name" else name

    def found(self, text: str, values: list[Any], *, purposes: tuple[str, ...] = ("authentication",)) -> list[UUID]:
        accessor = self.getter(self.id_column, purposes=purposes, selector=text)
        return self.rows(accessor, values).subject_ids

    @property
    def id_column(self) -> UUID:
        return UUID("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089")


def spelled(value: Any) -> Any:
    """A selector's value as JSON carries it."""
    if isinstance(value, list):
        return [spelled(each) for each in value]
    if isinstance(value, bool | int | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


PEOPLE = st.lists(
    st.fixed_dictionaries(
        {}, optional={column: st.lists(st.sampled_from(POOLS[column]), max_size=2) for column in STORED}
    ),
    min_size=1,
    max_size=3,
)
SELECTORS = clauses(LEAVES | equalities())


def test_a_selector_finds_whom_brute_force_over_plaintext_finds() -> None:
    directory = Directory()

    @settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
    @given(SELECTORS, PEOPLE)
    def law(clause: Any, people: list[dict[str, list[Any]]]) -> None:
        plain: dict[UUID, dict[str, list[Any]]] = {}
        for person in people:
            subject = directory.subject()
            directory.fill(subject, person)
            plain[subject] = {"id": [subject], **person}
        text, values = written(clause)
        expected = [s for s in sorted(plain) if selected(clause, plain[s])]
        event(f"found {len(expected)}")
        found = directory.found(text.replace("{name}", "{full_name}"), [spelled(v) for v in values])
        assert [s for s in found if s in plain] == expected

    law()


begun, directory = beginning(Directory)


def test_a_value_that_is_not_permitted_never_selects(directory: Directory) -> None:
    subject = directory.subject()
    directory.fill(subject, {"mail": ["a@x.test"], "ok": [True]}, purpose="marketing")
    for text, values in (("{mail} = ?", ["a@x.test"]), ("{ok} = ?", [True]), ("{mail} LIKE ?", ["a@%"])):
        assert directory.found(text, values) == []
        assert directory.found(text, values, purposes=("marketing",)) == [subject]
    assert directory.found("{mail} IS NULL", []) == [subject]
    assert directory.found("{mail} IS NULL", [], purposes=("marketing",)) == []
    assert directory.found("NOT ({mail} = ?)", ["b@x.test"]) == []


def test_a_withdrawn_or_expired_value_stops_selecting_with_the_next_call(directory: Directory) -> None:
    subject, now = directory.subject(), timezone.now()
    change = {"value": ["a@x.test"], "purpose_additions": named("authentication", "marketing")}
    directory.write(directory.set["mail"], subject, {"mail": change}, until=now + timedelta(hours=1), now=now)
    accessor = directory.getter(directory.id_column, selector="{mail} = ?")
    assert directory.rows(accessor, ["a@x.test"], now=now).subject_ids == [subject]
    assert directory.rows(accessor, ["a@x.test"], now=now + timedelta(hours=1)).subject_ids == []
    change_consent(directory.service, subject_id=subject, purpose="authentication", permitted=False)
    assert directory.rows(accessor, ["a@x.test"], now=now).subject_ids == []


def test_a_scan_opens_as_many_cells_as_one_call_may_and_says_so_beyond(directory: Directory, settings: Any) -> None:
    for number in range(3):
        directory.fill(directory.subject(), {"born": POOLS["born"][:1], "mail": [f"{number}@x.test"]})
    settings.USERSTORE_SCAN_BOUND = 3
    assert len(directory.found("{born} IS NOT NULL", [])) == 3
    settings.USERSTORE_SCAN_BOUND = 2
    with pytest.raises(TooLarge) as failure:
        directory.found("{mail} LIKE ?", ["%secret%"])
    assert "secret" not in str(failure.value)
    assert directory.found("{mail} = ? AND {born} IS NOT NULL", ["1@x.test"])


def test_a_rotated_index_key_loses_nobody(directory: Directory) -> None:
    old = directory.subject()
    directory.fill(old, {"mail": ["a@x.test"]})
    scope = str(directory.columns["mail"])
    create_key(environment_id=directory.environment.id, kind=KeyKind.INDEX, scope=scope)
    forget_opened_keys()
    new = directory.subject()
    directory.fill(new, {"mail": ["a@x.test"]})
    assert directory.found("{mail} = ?", ["a@x.test"]) == sorted([old, new])


def test_equal_values_of_two_columns_or_environments_have_unequal_indexes() -> None:
    directory = Directory()
    subject = directory.subject()
    directory.fill(subject, {"name": ["a"], "mail": ["a@x.test"]})
    twin = directory.column("twin", index_type="indexed")
    directory.write(
        directory.setter(twin), subject, {"twin": {"value": "a", "purpose_additions": named("authentication")}}
    )
    with in_environment(directory.environment.id):
        blinds = [bytes(b) for b in Value.objects.exclude(blind=None).values_list("blind", flat=True)]
    assert len(set(blinds)) == len(blinds) == 3


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{mail} = ?", []),
        ("{mail} = ?", ["a", "b"]),
        ("{age} = ?", ["elderly"]),
        ("{id} = ?", ["not an id"]),
        ("{mail} = ?", [{"secret": 1}]),
        ("{mail} = ANY (?)", ["secret"]),
        ("{mail} LIKE ?", [7]),
    ],
)
def test_values_that_do_not_fit_a_selector_are_refused_without_being_repeated(
    directory: Directory, text: str, values: list[Any]
) -> None:
    accessor = directory.getter(directory.id_column, selector=text)
    with pytest.raises((SelectorError, GovernanceError)) as failure:
        directory.rows(accessor, values)
    assert "secret" not in repr(failure.value)
    assert "elderly" not in str(failure.value)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{nowhere} = ?", 1),
        ("{mail} = ", None),
        ("{mail} = ? OR", None),
        ("{id} = ?; drop table userstore_value", None),
        ("{id} = ? UNION SELECT 1", None),
        ("1 = 1", None),
        ("{mail} = pg_sleep(1)", None),
        ("{ok} LIKE ?", None),
        ("", None),
    ],
)
def test_a_selector_that_is_none_is_refused_when_it_is_published_with_its_position(
    directory: Directory, text: str, where: int | None
) -> None:
    with pytest.raises(GovernanceError) as failure:
        directory.getter(directory.id_column, selector=text)
    assert failure.value.position is not None
    assert where is None or abs(failure.value.position - where) <= 1
    with in_environment(directory.environment.id):
        assert not Accessor.objects.filter(is_system=False).exists()


def test_pages_show_everybody_once_and_cursors_belong_to_their_accessor(directory: Directory) -> None:
    from tests.userstore.phonebook import HERE
    from userstore.reading.calls import AccessorCall, Page
    from userstore.reading.execute import execute_accessor

    people = sorted(directory.subject() for _ in range(5))
    everybody = directory.getter(directory.id_column, selector="ALL")
    other = directory.getter(directory.id_column, selector="ALL")

    def page(accessor: UUID, cursor: str) -> Any:
        call = AccessorCall(directory.service, accessor, (), HERE, Page(2, cursor))
        return execute_accessor(call, now=timezone.now())

    shown, cursor, more = [], "", True
    while more:
        rows = page(everybody, cursor)
        shown += rows.subject_ids
        more, last, cursor = rows.neighbours.has_next, cursor, rows.neighbours.next
    assert shown == people
    assert all(str(person) not in last for person in people)
    with pytest.raises(GovernanceError, match="does not belong"):
        page(other, last)
    with pytest.raises(GovernanceError, match="does not belong"):
        page(everybody, "AAAA")


def test_a_mutator_writes_exactly_whom_its_selector_finds(directory: Directory) -> None:
    matching, other = directory.subject(), directory.subject()
    directory.fill(matching, {"mail": ["a@x.test"]})
    directory.fill(other, {"mail": ["b@x.test"]})
    rename = directory.setter(directory.columns["name"], selector="{mail} = ?")
    change: dict[str, Any] = {"full_name": {"value": ["x"], "purpose_additions": named("authentication")}}
    call: Callable[[Any], Any] = lambda mail: directory.write(rename, mail, change).subject_ids  # noqa: E731  # one line
    assert call("a@x.test") == [matching]
    assert call("nobody@x.test") == []
