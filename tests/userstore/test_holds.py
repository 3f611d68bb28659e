"""Legal holds: what they keep nothing destroys, and nobody reads more for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from governance.actions.purposes import retire_purpose
from governance.errors import Conflict, Invalid, NotFound, Refused
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.lifetimes import Lifetimes
from tests.userstore.phonebook import given as named
from userstore.actions.columns import retire_column
from userstore.actions.deletion import delete_subject
from userstore.actions.erasing import erase_subject
from userstore.actions.holds import place_hold, release_hold
from userstore.models import Subject, Value
from userstore.models.subjects import SOFT_DELETED

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)
A, B = "+49 151 5550101", "+49 151 5550102"


class Case(Lifetimes):
    """Ada's number in a store that keeps nothing that is deleted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.column("phone", "phonenumber")
        self.set = self.setter(self.phone)
        self.get = self.getter(self.phone, purposes=("marketing",))
        self.deleted = self.former(self.phone, purpose="marketing")
        self.ada = self.subject()
        self.put(A)

    def put(self, value: str | None) -> dict[str, object]:
        change = {"value": value, **({"purpose_additions": named("marketing")} if value else {})}
        return self.write(self.set, self.ada, {"phone": change}, now=NOW).facts

    def states(self) -> list[int]:
        return sorted(value.state for value in self.values(self.ada))

    def readable(self) -> list[str]:
        return self.shown(self.get, self.ada, now=NOW) + self.shown(self.deleted, self.ada, now=NOW)


begun, case = beginning(Case)


@pytest.mark.parametrize("on", ["subject", "column", "purpose"])
def test_what_is_held_survives_its_removal_unread_until_the_hold_is_released(on: str, case: Case) -> None:
    target = {"subject": case.ada, "column": case.phone, "purpose": case.purposes["marketing"].public_id}[on]
    hold = place_hold(case.officer, reason="A case.", **{f"{on}_id": target})
    assert case.put(None)["held"] == 1
    assert (case.states(), case.readable()) == ([SOFT_DELETED], [])
    assert case.purge(now=NOW + DAY).held == 1
    assert case.states() == [SOFT_DELETED]
    release_hold(case.officer, hold_id=hold.public_id)
    done = case.purge(now=NOW + DAY)
    assert (done.destroyed["phone"], done.held, case.states()) == (1, 0, [])


def test_a_replaced_number_is_held_and_the_new_one_is_used(case: Case) -> None:
    place_hold(case.officer, reason="A case.", subject_id=case.ada)
    case.put(B)
    assert len(case.values(case.ada)) == 2
    assert case.readable() == [B]


def test_a_deleted_user_who_is_held_is_nobody_and_is_gone_after_the_release(case: Case) -> None:
    hold = place_hold(case.officer, reason="A case.", subject_id=case.ada)
    delete_subject(case.service, subject_id=case.ada, now=NOW)
    assert (case.states(), case.readable()) == ([SOFT_DELETED], [])
    case.purge(now=NOW + DAY)
    release_hold(case.officer, hold_id=hold.public_id)
    assert case.purge(now=NOW + DAY).users == 1
    with in_environment(case.environment.id):
        assert not Subject.objects.filter(public_id=case.ada).exists()


def test_erasing_who_is_held_is_refused_and_afterwards_leaves_nothing(case: Case) -> None:
    case.keep_deleted("year", 10)
    case.put(B)
    hold = place_hold(case.officer, reason="A case.", column_id=case.phone)
    with pytest.raises(Conflict, match="legal hold"):
        erase_subject(case.service, subject_id=case.ada)
    release_hold(case.officer, hold_id=hold.public_id)
    erase_subject(case.service, subject_id=case.ada)
    with in_environment(case.environment.id):
        assert not Value.objects.exists()
        assert not Subject.objects.exists()


def test_definitions_that_a_hold_needs_stay(case: Case) -> None:
    bare = case.column("bare")
    holds = [
        place_hold(case.officer, reason="A case.", column_id=bare),
        place_hold(case.officer, reason="A case.", purpose_id=case.purposes["integrity"].public_id),
    ]
    with pytest.raises(Conflict, match="legal hold"):
        retire_column(case.system, public_id=bare)
    with pytest.raises(Conflict, match="legal hold"):
        retire_purpose(case.system, public_id=case.purposes["integrity"].public_id)
    for hold in holds:
        release_hold(case.officer, hold_id=hold.public_id)
    retire_column(case.system, public_id=bare)


def test_the_database_itself_gives_nothing_away_that_is_held(case: Case) -> None:
    hold = place_hold(case.officer, reason="A case.", subject_id=case.ada)
    with in_environment(case.environment.id):
        for destroyed in (Value.objects.all(), Subject.objects.all()):
            with pytest.raises(IntegrityError), transaction.atomic():
                destroyed.delete()
    release_hold(case.officer, hold_id=hold.public_id)
    with in_environment(case.environment.id):
        Subject.objects.all().delete()


def test_a_hold_that_has_ended_keeps_nothing(case: Case) -> None:
    place_hold(case.officer, reason="A case.", subject_id=case.ada, ends_at=timezone.now() + DAY)
    case.put(None)
    assert case.purge(now=NOW).held == 1
    with pytest.raises(IntegrityError, match="legal hold"), transaction.atomic():
        case.purge(now=NOW + 2 * DAY)  # the database goes by its own clock


def test_a_hold_is_on_something_for_a_reason_and_placed_by_who_may(case: Case) -> None:
    with pytest.raises(Refused):
        place_hold(case.outsider, reason="A case.", subject_id=case.ada)
    with pytest.raises(Invalid):
        place_hold(case.officer, reason="A case.")
    with pytest.raises(Invalid):
        place_hold(case.officer, reason=" ", subject_id=case.ada)
    with pytest.raises(NotFound):
        place_hold(case.officer, reason="A case.", subject_id=case.phone)
    hold = place_hold(case.officer, reason="A case.", subject_id=case.ada)
    with pytest.raises(Refused):
        release_hold(case.outsider, hold_id=hold.public_id)
    release_hold(case.officer, hold_id=hold.public_id)
    with pytest.raises(NotFound):
        release_hold(case.officer, hold_id=hold.public_id)
