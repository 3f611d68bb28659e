"""What becomes of values that are withdrawn, replaced, deleted or too old."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.errors import Conflict, NotFound, Refused
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.lifetimes import Lifetimes
from tests.userstore.phonebook import given as named
from userstore.actions.consents import change_consent
from userstore.actions.deletion import delete_subject
from userstore.actions.retention import withdraw_retention
from userstore.actions.retention_changes import apply_batch
from userstore.actions.subjects import create_subject
from userstore.models import Subject
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.durations import UNITS, Duration
from userstore.retention.settings import Scope
from userstore.writing.changes import KEEP_VALUES

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=8)
A, B = "+49 151 5550101", "+49 151 5550102"
DURATIONS = st.builds(lambda unit, amount: Duration(unit, min(amount, UNITS[unit].most)), st.sampled_from(list(UNITS)),
                      st.integers(0, 200))  # fmt: skip


class Seed(Lifetimes):
    """Section e of the contract's map: one number, three uses; deleted numbers are kept 90 days for integrity."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.column("phone", "phonenumber")
        self.set = self.setter(self.phone)
        self.mfa = self.getter(self.phone, purposes=("authentication",))
        self.marketing = self.getter(self.phone, purposes=("marketing",))
        self.integrity = self.getter(self.phone, purposes=("integrity",))
        self.deleted = self.former(self.phone)
        self.keep_deleted("day", 90, self.phone, "integrity")
        self.apply(now=NOW)
        self.ada = self.subject()

    def told(self, now: datetime) -> tuple[list[str], list[str], list[str], list[str]]:
        """What the four accessors show."""
        return (
            self.shown(self.mfa, self.ada, now=now),
            self.shown(self.marketing, self.ada, now=now),
            self.shown(self.integrity, self.ada, now=now),
            self.shown(self.deleted, self.ada, now=now),
        )

    def change(
        self, now: datetime, value: str | None, *, add: tuple[str, ...] = (), drop: tuple[str, ...] = ()
    ) -> None:
        change = {"value": value, "purpose_additions": named(*add), "purpose_deletions": named(*drop)}
        self.write(self.set, self.ada, {"phone": {k: v for k, v in change.items() if v or k == "value"}}, now=now)


begun, seed = beginning(Seed)


def test_one_number_and_its_three_uses_live_and_end_as_the_contract_says(seed: Seed) -> None:
    seed.change(NOW, A, add=("authentication", "integrity"))
    assert seed.told(NOW) == ([A], [], [A], [])
    seed.change(NOW, KEEP_VALUES, add=("marketing",))
    assert seed.told(NOW) == ([A], [A], [A], [])
    seed.change(NOW, KEEP_VALUES, drop=("marketing",))
    assert seed.told(NOW) == ([A], [], [A], [])
    seed.change(NOW + DAY, KEEP_VALUES, drop=("integrity",))
    assert seed.told(NOW + DAY) == ([A], [], [], [A])
    seed.change(NOW + DAY, KEEP_VALUES, add=("integrity",))
    seed.change(NOW + 2 * DAY, B)
    assert seed.told(NOW + 2 * DAY) == ([B], [], [B], [A])
    delete_subject(seed.service, subject_id=seed.ada, now=NOW + 3 * DAY)
    assert seed.told(NOW + 3 * DAY) == ([], [], [], [A, B])
    assert seed.told(NOW + 92 * DAY - timedelta(hours=1)) == ([], [], [], [A, B])
    assert seed.told(NOW + 92 * DAY) == ([], [], [], [B])
    assert seed.told(NOW + 93 * DAY) == ([], [], [], [])
    assert seed.purge(now=NOW + 93 * DAY).users == 1
    with in_environment(seed.environment.id):
        assert not Subject.objects.exists()


def test_a_write_without_any_purpose_stores_nothing(seed: Seed) -> None:
    seed.change(NOW, A)
    assert seed.values(seed.ada) == []


def test_deleted_values_are_found_by_their_content_and_shown_as_arrays_to_the_outsider_never(seed: Seed) -> None:
    seed.change(NOW, A, add=("integrity",))
    seed.change(NOW, B)
    row = seed.rows(seed.deleted, [[str(seed.ada)]], now=NOW).rows[0]
    assert json.loads(row["phone"]) == [A]
    with pytest.raises(Refused):
        seed.rows(seed.deleted, [[str(seed.ada)]], now=NOW, caller=seed.outsider)


def test_a_deleted_user_is_nobody_any_more_and_their_id_is_not_given_again_while_values_are_kept(seed: Seed) -> None:
    seed.change(NOW, A, add=("integrity",))
    delete_subject(seed.service, subject_id=seed.ada, now=NOW)
    with pytest.raises(NotFound):
        delete_subject(seed.service, subject_id=seed.ada, now=NOW)
    with pytest.raises(Conflict, match="was deleted"):
        create_subject(seed.service, subject_id=seed.ada)
    change = {"phone": {"value": B, "purpose_additions": named("integrity")}}
    assert seed.write(seed.set, seed.ada, change).subject_ids == []
    with pytest.raises(NotFound):
        change_consent(seed.service, subject_id=seed.ada, purpose="integrity", permitted=False)
    seed.purge(now=NOW + 90 * DAY)
    assert create_subject(seed.service, subject_id=seed.ada).public_id == seed.ada


def test_withdrawn_and_given_again_and_again_keeps_one_copy(seed: Seed) -> None:
    seed.change(NOW, A, add=("authentication", "integrity"))
    for hour in range(4):
        for permitted in (False, True):
            change_consent(
                seed.service,
                subject_id=seed.ada,
                purpose="integrity",
                permitted=permitted,
                value_id=next(value.pk for value in seed.values(seed.ada) if value.state == LIVE),
                now=NOW + timedelta(hours=hour),
            )
    assert [state for state, _ in seed.ends(seed.ada)] == [LIVE, SOFT_DELETED]
    assert seed.told(NOW + DAY)[3] == [A]


def test_writing_a_value_again_starts_its_clock_anew(seed: Seed) -> None:
    seed.keep_live("day", 30)
    seed.apply(now=NOW)
    seed.change(NOW, A, add=("authentication",))
    seed.change(NOW + 20 * DAY, A)
    assert seed.told(NOW + 49 * DAY)[0] == [A]
    assert seed.told(NOW + 50 * DAY)[0] == []


def test_a_write_cannot_bring_back_what_is_over_before_the_purge_comes(seed: Seed) -> None:
    seed.keep_live("day", 30, purpose="marketing")
    seed.apply(now=NOW)
    seed.change(NOW, A, add=("authentication", "marketing"))
    seed.change(NOW + 31 * DAY, A)
    assert seed.told(NOW + 31 * DAY)[:2] == ([A], [])
    seed.change(NOW + 31 * DAY, KEEP_VALUES, add=("marketing",))
    assert seed.told(NOW + 31 * DAY)[:2] == ([A], [A])


def test_shorter_settings_reach_what_is_stored_and_longer_ones_bring_nothing_back(seed: Seed) -> None:
    seed.change(NOW - 10 * DAY, A, add=("authentication", "marketing"))
    rule = seed.keep_live("day", 5, purpose="marketing")
    assert seed.told(NOW)[1] == [A]
    assert seed.apply(now=NOW) == 1
    assert seed.told(NOW)[:2] == ([A], [])
    done = seed.changes()[-1]
    assert (done.subjects, done.values_changed, done.values_due) == (1, 1, 1)
    scope = Scope(LIVE, None, seed.purposes["marketing"].public_id)
    withdraw_retention(seed.system, public_id=rule, scope=scope)
    seed.apply(now=NOW)
    assert seed.told(NOW)[1] == []


def test_a_change_under_way_goes_on_where_it_stopped_and_a_later_one_takes_over(seed: Seed) -> None:
    for _ in range(5):
        seed.write(seed.set, seed.subject(), {"phone": {"value": A, "purpose_additions": named("marketing")}}, now=NOW)
    seed.keep_live("day", 5)
    assert apply_batch(seed.environment.id, now=NOW, limit=2)
    assert seed.changes()[-1].subjects == 2
    seed.keep_live("day", 3, purpose="marketing")
    assert [change.is_superseded for change in seed.changes()][-2:] == [True, False]
    assert seed.apply(now=NOW, limit=2) == 4
    assert seed.changes()[-1].values_changed == 5


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**31), 2**32), DURATIONS)
def test_python_and_the_database_agree_when_something_ends(since: int, duration: Duration) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select userstore_deadline(%s, %s, %s)", [since, duration.months, duration.seconds])
        assert (cursor.fetchone()[0] or -1) == duration.end_after(since)


@pytest.mark.parametrize(
    ("since", "unit", "amount", "end"),
    [
        ("2031-01-31T12:00:00", "month", 1, "2031-02-28T12:00:00"),
        ("2032-01-31T12:00:00", "month", 1, "2032-02-29T12:00:00"),
        ("2032-02-29T00:00:00", "year", 1, "2033-02-28T00:00:00"),
        ("2031-12-31T23:59:59", "hour", 1, "2032-01-01T00:59:59"),
        ("2031-03-30T01:30:00", "day", 1, "2031-03-31T01:30:00"),
        ("2031-03-30T01:30:00", "week", 2, "2031-04-13T01:30:00"),
    ],
)
def test_months_and_years_are_those_of_the_calendar(since: str, unit: str, amount: int, end: str) -> None:
    start, wanted = (int(datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp()) for each in (since, end))
    assert Duration(unit, amount).end_after(start) == wanted


def test_what_is_applied_later_is_what_a_fresh_write_would_have_stored(seed: Seed) -> None:
    """Also: nobody reads what is over, and the purge changes no read of what lives."""
    narrow = [(column, purpose) for column in (None, seed.phone) for purpose in seed.purposes]
    scopes = st.tuples(st.sampled_from([LIVE, SOFT_DELETED]), st.sampled_from([(None, None), *narrow]))
    consents = st.dictionaries(st.sampled_from(list(seed.purposes)), st.none() | st.integers(1, 90), min_size=1)

    def write(subject: UUID, purposes: dict[str, int | None]) -> None:
        for purpose, days in purposes.items():
            change = {"value": A, "purpose_additions": named(purpose)}
            seed.write(seed.set, subject, {"phone": change}, until=None if days is None else NOW + days * DAY, now=NOW)

    @PATIENT
    @given(
        st.dictionaries(scopes, DURATIONS.filter(lambda each: each.amount > 0), max_size=4),
        consents,
        st.integers(0, 400),
    )
    def law(
        wanted: dict[tuple[int, tuple[UUID | None, str | None]], Duration], purposes: dict[str, int | None], days: int
    ) -> None:
        now = NOW + days * DAY
        seed.keep_nothing()
        before, after = seed.subject(), seed.subject()
        write(before, purposes)
        for (state, (column, purpose)), duration in wanted.items():
            seed.keep(state, duration.unit, duration.amount, column, purpose)
        seed.apply(now=NOW)
        write(after, purposes)
        assert seed.ends(before) == seed.ends(after)
        seed.ada = before
        told = seed.told(now)
        for _, ends in seed.ends(before):
            over = {purpose for purpose, end in ends.items() if end and end <= now.timestamp()}
            for reader, name in enumerate(("authentication", "marketing", "integrity")):
                assert bool(told[reader]) == (seed.numbers[name] in ends.keys() - over)
        seed.purge(now=now)
        assert seed.told(now)[:3] == told[:3]

    law()
