"""Who gets which value: the consent gate over a real database, held to an oracle over plaintext."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from keyring.walls import in_environment
from tests.userstore.phonebook import PURPOSES, PhoneBook
from tests.userstore.phonebook import given as named
from userstore.actions.consents import change_consent
from userstore.models import ConsentRecord, Subject
from userstore.models.subjects import LIVE
from userstore.reading.consent import are_permitted

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
HOUR = timedelta(hours=1)
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(max_examples=500)
@given(
    st.dictionaries(st.integers(1, 4), st.integers(0, 5) | st.just(-1), max_size=4),
    st.lists(st.integers(1, 4), max_size=3),
    st.integers(1, 6),
)
def test_a_value_leaves_only_where_every_purpose_is_permitted_and_unexpired(
    held: dict[int, int], asked: list[int], moment: int
) -> None:
    expected = all(p in held and (held[p] == 0 or held[p] > moment) for p in asked)
    assert are_permitted(list(held), list(held.values()), asked, moment) is expected


CONSENTS = st.dictionaries(st.sampled_from(PURPOSES), st.none() | st.integers(-2, 2), max_size=3)
PEOPLE = st.lists(
    st.fixed_dictionaries({"name": CONSENTS, "phones": st.lists(CONSENTS, max_size=2)}), min_size=1, max_size=3
)


def permitted(consents: dict[str, int | None], asked: tuple[str, ...], hours: int) -> bool:
    return all(name in consents and (consents[name] is None or consents[name] > hours) for name in asked)


def expected_row(person: dict, asked: tuple[str, ...], hours: int, mode: str) -> dict[str, object] | None:
    """The design's rule over plaintext: strict leaves a person out for one value withheld, partial the value.

    A value whose time is over for every purpose is gone: it is neither shown nor withheld.
    """
    values = {"name": [("name", person["name"])], "phone": list(zip(("0", "1"), person["phones"], strict=False))}
    present = {
        column: [(t, c) for t, c in pairs if any(end is None or end > hours for end in c.values())]
        for column, pairs in values.items()
    }
    if mode == "strict" and any(not permitted(c, asked, hours) for pairs in present.values() for _, c in pairs):
        return None
    shown = {k: [t for t, c in pairs if permitted(c, asked, hours)] for k, pairs in present.items()}
    return {column: texts for column, texts in shown.items() if texts} or None


def test_reads_show_what_the_oracle_shows_in_both_modes() -> None:
    book = PhoneBook()
    name, phone = book.column("full_name"), book.phones()
    set_name, set_phone = book.setter(name), book.setter(phone)

    def store(person: dict) -> UUID:
        """One write per purpose, since each has its own end."""
        subject = book.subject()
        for purpose, hours in person["name"].items():
            until = None if hours is None else NOW + hours * HOUR
            book.write(
                set_name,
                subject,
                {"full_name": {"value": "name", "purpose_additions": named(purpose)}},
                until=until,
                now=NOW - 3 * HOUR,
            )
        for number, consents in enumerate(person["phones"]):
            for purpose, hours in consents.items():
                until = None if hours is None else NOW + hours * HOUR
                change = {"value_additions": [f"+49 151 555000{number}"], "purpose_additions": named(purpose)}
                book.write(set_phone, subject, {"phone": change}, until=until, now=NOW - 3 * HOUR)
        return subject

    accessors = {
        (asked, mode): book.getter(name, phone, purposes=asked, mode=mode)
        for asked in (("authentication",), ("authentication", "marketing"))
        for mode in ("strict", "partial")
    }

    @settings(PATIENT, max_examples=25)
    @given(PEOPLE, st.integers(-2, 2))
    def law(people: list[dict], hours: int) -> None:
        subjects = {store(person): person for person in people}
        for (asked, mode), accessor in accessors.items():
            found = book.rows(accessor, [[str(s) for s in subjects]], now=NOW + hours * HOUR)
            wanted = [expected_row(subjects[s], asked, hours, mode) for s in sorted(subjects)]
            event(f"{mode}: {sum(row is not None for row in wanted)} of {len(wanted)}")
            assert [readable(row) for row in found.rows] == [row for row in wanted if row]

    law()


def readable(row: dict[str, str]) -> dict[str, object]:
    shown: dict[str, object] = {}
    if "full_name" in row:
        shown["name"] = [row["full_name"]]
    if "phone" in row:
        shown["phone"] = [text[-1] for text in json.loads(row["phone"])]
    return shown


def test_the_current_purposes_of_every_value_can_be_rebuilt_from_the_history() -> None:
    book = PhoneBook()
    phone = book.phones()
    scalar = book.column("mail", "email")
    plural = book.column("tags", is_array=True)
    mutators = {"phone": book.setter(phone), "mail": book.setter(scalar), "tags": book.setter(plural)}
    fixed = book.setter(phone, purposes=("marketing", "integrity"))
    numbers = [f"+49 151 555000{n}" for n in range(3)]
    purposes = st.lists(st.sampled_from(PURPOSES), unique=True, min_size=1, max_size=2).map(lambda n: named(*n))
    dropped = st.lists(st.sampled_from(PURPOSES), unique=True, max_size=1).map(lambda n: named(*n))
    some = st.lists(st.sampled_from(numbers), unique=True, min_size=1, max_size=2)
    keep = "UCCUR-7f55f479-3822-4976-a8a9-b789d5c6f152"
    steps = st.one_of(
        st.tuples(
            st.just("phone"), st.builds(lambda v, p: {"value_additions": v, "purpose_additions": p}, some, purposes)
        ),
        st.tuples(
            st.just("phone"), st.builds(lambda v, p: {"value_deletions": v, "purpose_deletions": p}, some, dropped)
        ),
        st.tuples(st.just("phone"), st.builds(lambda v, p: {"value": v, "purpose_additions": p}, some, purposes)),
        st.tuples(st.just("fixed"), st.builds(lambda v: {"value_additions": v}, some)),
        st.tuples(
            st.sampled_from(["mail", "phone", "tags"]),
            st.builds(lambda p: {"value": keep, "purpose_deletions": p}, dropped),
        ),
        st.tuples(st.just("mail"), st.builds(lambda p: {"value": "a@example.com", "purpose_additions": p}, purposes)),
        st.tuples(st.just("mail"), st.builds(lambda p: {"value": "b@example.com", "purpose_deletions": p}, dropped)),
        st.tuples(st.just("mail"), st.just({"value": None})),
        st.tuples(st.just("tags"), st.builds(lambda p: {"value": ["x", "x", "y"], "purpose_additions": p}, purposes)),
        st.tuples(st.just("tags"), st.just({"value": ["y", "z"]})),
        st.tuples(st.just("withdraw"), st.sampled_from(PURPOSES)),
        st.tuples(st.just("permit"), st.sampled_from(PURPOSES)),
    )

    @settings(PATIENT, max_examples=40)
    @given(st.lists(st.tuples(steps, st.none() | st.integers(1, 3)), min_size=1, max_size=8))
    def law(sequence: list[tuple[tuple[str, object], int | None]]) -> None:
        subject = book.subject()
        for at, ((what, change), hours) in enumerate(sequence):
            now = NOW + at * timedelta(seconds=1)
            until = None if hours is None else NOW + hours * HOUR
            if what in ("withdraw", "permit"):
                values = book.values(subject)
                if what == "permit" and not values:
                    continue
                change_consent(
                    book.service,
                    subject_id=subject,
                    purpose=str(change),
                    permitted=what == "permit",
                    value_id=values[0].pk if what == "permit" else None,
                    now=now,
                )
                continue
            mutator = fixed if what == "fixed" else mutators[what]
            column = "phone" if what == "fixed" else what
            given_change = change if isinstance(change, dict) else {}
            if given_change.get("purpose_deletions") == [] and "value_deletions" in given_change:
                given_change = {"value_deletions": given_change["value_deletions"]}
            book.write(mutator, subject, {column: given_change}, until=until, now=now)
        assert rebuilt(book, subject) == current(book, subject)

    law()


def current(book: PhoneBook, subject: UUID) -> dict[UUID, dict[int, int]]:
    live = [v for v in book.values(subject) if v.state == LIVE]
    held = {v.pk: dict(zip(v.purposes, v.consent_ends, strict=True)) for v in live}
    return {value: purposes for value, purposes in held.items() if purposes}


def rebuilt(book: PhoneBook, subject: UUID) -> dict[UUID, dict[int, int]]:
    """Replay the append-only history from nothing."""
    held: dict[UUID, dict[int, int]] = {}
    with in_environment(book.environment.id):
        pk = Subject.objects.get(public_id=subject).pk
        for record in ConsentRecord.objects.filter(subject_id=pk).order_by("recorded_at", "sequence"):
            purposes = held.setdefault(record.value_id, {})
            if record.permitted:
                purposes[record.purpose_id] = int(record.until.timestamp()) if record.until else 0
            else:
                purposes.pop(record.purpose_id, None)
    return {value: purposes for value, purposes in held.items() if purposes}


def test_withdrawal_acts_on_the_very_next_read() -> None:
    book = PhoneBook()
    phone = book.phones()
    subject = book.subject()
    book.write(book.setter(phone, purposes=("marketing",)), subject, {"phone": {"value_additions": ["555-0101"]}})
    accessor = book.getter(phone, purposes=("marketing",))
    assert book.read(accessor, subject) == ["555-0101"]
    change_consent(book.service, subject_id=subject, purpose="marketing", permitted=False)
    assert book.read(accessor, subject) == []


def test_consent_that_ends_at_the_beginning_of_time_is_no_consent_for_ever() -> None:
    book = PhoneBook()
    phone = book.phones()
    subject = book.subject()
    epoch = datetime.fromtimestamp(0, timezone.get_default_timezone())
    change = {"phone": {"value_additions": ["555-0101"]}}
    book.write(book.setter(phone, purposes=("marketing",)), subject, change, until=epoch)
    assert book.read(book.getter(phone, purposes=("marketing",)), subject) == []


def test_replacing_a_number_never_inherits_what_the_old_one_was_given_for() -> None:
    book = PhoneBook()
    phone = book.phones()
    subject = book.subject()
    book.write(book.setter(phone, purposes=("marketing",)), subject, {"phone": {"value_additions": ["555-0101"]}})
    free = book.setter(phone)
    book.write(free, subject, {"phone": {"value": ["555-0102"], "purpose_additions": named("authentication")}})
    assert book.read(book.getter(phone, purposes=("marketing",)), subject) == []
    assert book.read(book.getter(phone, purposes=("authentication",)), subject) == ["555-0102"]


def test_a_mutator_with_fixed_purposes_refuses_others() -> None:
    from governance.errors import Invalid

    book = PhoneBook()
    phone = book.phones()
    subject = book.subject()
    mutator = book.setter(phone, purposes=("marketing", "integrity"))
    with pytest.raises(Invalid, match="exactly these purposes"):
        change = {"value_additions": ["555-0101"], "purpose_additions": named("authentication")}
        book.write(mutator, subject, {"phone": change})
    assert book.values(subject) == []
    change = {"value_additions": ["555-0101"], "purpose_additions": named("integrity", "marketing")}
    book.write(mutator, subject, {"phone": change})
    assert sorted(book.values(subject)[0].purposes) == sorted(book.numbers[n] for n in ("marketing", "integrity"))
