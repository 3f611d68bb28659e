"""Attacks on rows: whoever can write to the database still cannot make a value appear anywhere else."""

from __future__ import annotations

# ruff: noqa: S608  statements an attacker would write; the ids in them are made here
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone

from audit.queries import entries
from keyring.errors import Unsealable
from keyring.keys import forget_opened_keys
from tests.beginnings import beginning
from tests.userstore.phonebook import HERE, PhoneBook
from userstore.actions.accessors import OutputSpec
from userstore.actions.tokens import resolve_tokens
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER, OTHER = "+49 151 5550001", "+49 151 5550002"
AddressOf = Callable[[str], str]


class Street(PhoneBook):
    """Ada and Ben, each with a phone and a fax number, all of them readable."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone, self.fax = self.phones(), self.phones("fax")
        setter = self.setter(self.phone, self.fax, purposes=("authentication",))
        self.ada, self.ben = self.subject(), self.subject()
        for subject, number in ((self.ada, NUMBER), (self.ben, OTHER)):
            change = {"value_additions": [number]}
            self.write(setter, subject, {"phone": change, "fax": change})
        self.getter_of_phones = self.getter(self.phone)

    def shown(self, *subjects: UUID) -> list[str]:
        forget_opened_keys()
        return self.read(self.getter_of_phones, *subjects)

    def cell(self, subject: UUID, column: str = "phone") -> str:
        """An SQL expression for the id of a value row."""
        return (
            f"(select v.id from userstore_value v join userstore_subject s on s.id = v.subject_id "
            f"join userstore_column c on c.id = v.column_id "
            f"where s.public_id = '{subject}' and c.name = '{column}')"
        )


def tamper(role_url: AddressOf, statement: str) -> None:
    with psycopg.connect(role_url("superuser")) as attacker:
        assert attacker.execute(statement.encode()).rowcount > 0


def copied(street: Street, source: str, target: str) -> str:
    cell = f"(select sealed from userstore_value where id = {source})"
    return f"update userstore_value set sealed = {cell} where id = {target}"


begun, street = beginning(Street)


def attacks(street: Street) -> dict[str, str]:
    phone, fax, bens = street.cell(street.ada), street.cell(street.ada, "fax"), street.cell(street.ben)
    ada, ben = street.ada, street.ben
    return {
        "another column's cell": copied(street, fax, phone),
        "another subject's cell": copied(street, bens, phone),
        "a cell moved to another subject": (
            f"update userstore_value set subject_id = (select id from userstore_subject where public_id = '{ada}') "
            f"where id = {bens}"
        ),
        "a cell moved to another column": (
            "update userstore_value set column_id = (select column_id from userstore_value "
            f"where id = {phone}) where id = {fax}"
        ),
        "a flipped bit": (
            f"update userstore_value set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where id = {phone}"
        ),
        "a flipped bit of the format": (
            f"update userstore_value set sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1) where id = {phone}"
        ),
        "a shortened cell": f"update userstore_value set sealed = substring(sealed from 1 for 10) where id = {phone}",
        "an empty cell": f"update userstore_value set sealed = '' where id = {phone}",
        "another subject's wrapped key": (
            "update keyring_wrappedkey set wrapped = (select k.wrapped from keyring_wrappedkey k "
            f"join userstore_subject s on s.key_id = k.id where s.public_id = '{ben}') "
            f"where id = (select key_id from userstore_subject where public_id = '{ada}')"
        ),
        "another subject's key by name": (
            f"update userstore_subject set key_id = (select key_id from userstore_subject where public_id = '{ben}') "
            f"where public_id = '{ada}'"
        ),
        "another subject's handle": (
            f"update userstore_subject set handle = (select handle from userstore_subject where public_id = '{ben}') "
            f"where public_id = '{ada}'"
        ),
        "a renamed value": f"update userstore_value set id = gen_random_uuid() where id = {phone}",
        "a renamed subject": (
            f"update userstore_subject set public_id = gen_random_uuid() where public_id = '{ben}'; "
            f"update userstore_subject set public_id = '{ben}' where public_id = '{ada}'"
        ),
    }


NAMES = [
    "another column's cell",
    "another subject's cell",
    "a cell moved to another subject",
    "a cell moved to another column",
    "a flipped bit",
    "a flipped bit of the format",
    "a shortened cell",
    "an empty cell",
    "another subject's wrapped key",
    "another subject's key by name",
    "another subject's handle",
    "a renamed value",
    "a renamed subject",
]


def test_every_moved_or_changed_row_is_the_same_opaque_failure(street: Street, role_url: AddressOf) -> None:
    messages = set()
    assert list(attacks(street)) == NAMES
    assert street.shown(street.ada) == [NUMBER]
    for name in NAMES:
        street = Street()
        tamper(role_url, attacks(street)[name])
        victim = street.ben if name == "a renamed subject" else street.ada
        with pytest.raises(Unsealable) as failure:
            street.shown(victim)
        messages.add(repr(failure.value))
        assert failure.value.__cause__ is None, name
        (entry,) = entries(environment_id=street.environment.id, kinds=["accessor.executed"])
        assert (entry.outcome, entry.facts["reasons"]) == ("failed", ["Unsealable"]), name
    assert len(messages) == 1
    assert NUMBER not in messages.pop()


def test_one_spoilt_cell_keeps_the_whole_answer_back(street: Street, role_url: AddressOf) -> None:
    tamper(role_url, copied(street, street.cell(street.ada, "fax"), street.cell(street.ada)))
    with pytest.raises(Unsealable):
        street.shown(street.ada, street.ben)
    assert street.shown(street.ben) == [OTHER]


def test_a_row_copied_to_another_environment_is_dead_there(street: Street, role_url: AddressOf) -> None:
    elsewhere = Street()
    theirs, mine = elsewhere.cell(elsewhere.ada), street.cell(street.ada)
    tamper(role_url, copied(street, mine, theirs))
    with pytest.raises(Unsealable):
        elsewhere.shown(elsewhere.ada)
    wrapped = (
        "update keyring_wrappedkey set wrapped = (select k.wrapped from keyring_wrappedkey k "
        f"join userstore_subject s on s.key_id = k.id where s.public_id = '{street.ada}') "
        f"where id = (select key_id from userstore_subject where public_id = '{elsewhere.ada}')"
    )
    tamper(role_url, wrapped)
    with pytest.raises(Unsealable):
        elsewhere.shown(elsewhere.ada)
    assert street.shown(street.ada) == [NUMBER]


def test_a_purpose_added_by_hand_is_visible_in_the_history_it_lacks(street: Street, role_url: AddressOf) -> None:
    """Purposes are not sealed: whoever owns the database can widen them. The history tells, since it has no record."""
    tamper(
        role_url,
        f"update userstore_value set purposes = purposes || {street.numbers['marketing']}::bigint, "
        f"expires = expires || 0::bigint, since = since || 0::bigint, consent_ends = consent_ends || 0::bigint "
        f"where id = {street.cell(street.ada)}",
    )
    with psycopg.connect(role_url("superuser")) as auditor:
        history = auditor.execute(
            f"select count(*) from userstore_consentrecord where value_id = {street.cell(street.ada)} "
            f"and purpose_id = {street.numbers['marketing']}".encode()
        ).fetchone()
    assert history == (0,)


def test_a_token_row_swapped_with_another_opens_nothing(street: Street, role_url: AddressOf) -> None:
    output = OutputSpec(street.phone, transformer=street.transformer("PhoneToID"), token_policy=street.policy)
    tokens = street.getter(output)
    (adas,), (bens,) = street.read(tokens, street.ada), street.read(tokens, street.ben)
    tamper(
        role_url,
        "update userstore_token a set value_id = b.value_id from userstore_token b "
        f"where a.id <> b.id and a.subject_id = (select id from userstore_subject where public_id = '{street.ada}')",
    )
    found, _ = resolve_tokens(street.service, tokens=[adas, bens], context=HERE)
    assert [each.data for each in found] == ["", OTHER]


def test_a_stranger_at_the_address_gets_nothing_of_a_spoilt_row_either(street: Street, role_url: AddressOf) -> None:
    tamper(role_url, copied(street, street.cell(street.ada, "fax"), street.cell(street.ada)))
    call = AccessorCall(
        street.service, street.getter_of_phones, [[str(street.ada)]], CallContext(address="203.0.113.9")
    )
    with pytest.raises(Unsealable):
        execute_accessor(call, now=timezone.now())
