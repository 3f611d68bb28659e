"""Erasing people: what is destroyed, what a law keeps and what the receipt says."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audit.queries import entries
from governance.errors import Conflict, NotFound, Refused
from governance.models import SigningKey
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.erasing.law import NUMBER, Law
from userstore.actions.erasing import erase_subject
from userstore.actions.holds import place_hold
from userstore.erasure.ledger import Ledger
from userstore.erasure.receipts import NotAReceipt, verified
from userstore.models import Subject, Token, Value

pytestmark = pytest.mark.django_db(transaction=True)

begun, law = beginning(Law)


def keys() -> list[dict[str, Any]]:
    return [key.public_jwk for key in SigningKey.objects.all()]


def test_nothing_is_left_of_who_is_erased_and_nobody_else_notices(law: Law, book: Ledger) -> None:
    person, other = law.person("marketing"), law.person("marketing")
    with in_environment(law.environment.id):
        key_id = Subject.objects.get(public_id=person).key_id
    said = verified(law.erase(person).erasure.receipt, keys=keys())
    assert said["destroyed"]["values"] == {"phone": 1}
    assert said["kept"] == []
    assert NUMBER not in json.dumps(said)
    assert str(person) not in json.dumps(said)
    with in_environment(law.environment.id):
        assert not WrappedKey.objects.filter(id=key_id).exists()
        assert not Value.objects.filter(subject__public_id=person).exists()
        assert not Token.objects.filter(subject__public_id=person).exists()
    assert law.rows_of(person) == 0
    assert law.read(law.get, other) == [NUMBER]
    assert [line.erasure_id for line in book.read()[0]] == [UUID(said["receipt"])]
    with pytest.raises(NotFound):
        law.erase(person)


def test_the_book_has_one_entry_and_the_outsider_is_refused_on_record(law: Law, book: Ledger) -> None:
    person = law.person("marketing")
    with pytest.raises(Refused):
        erase_subject(law.outsider, subject_id=person)
    erased = law.erase(person)
    kinds = ["subject.erased"]
    done, refused = (
        entries(environment_id=law.environment.id, kinds=kinds, outcome=outcome) for outcome in ("done", "refused")
    )
    assert [entry.facts["erasure"] for entry in done] == [str(erased.erasure.public_id)]
    assert len(refused) == 1
    assert book.read()[1] == 1


def test_a_legal_hold_stops_an_erasure_before_the_ledger_is_touched(law: Law, book: Ledger) -> None:
    person = law.person("marketing")
    place_hold(law.system, subject_id=person, reason="a court asked")
    with pytest.raises(Conflict):
        law.erase(person)
    assert law.read(law.get, person) == [NUMBER]
    assert book.read() == ([], 0)


def test_what_a_law_keeps_stays_for_that_purpose_alone_under_another_key_and_name(law: Law) -> None:
    law.keep_deleted("year", 6, law.phone, "bookkeeping")
    law.keep_deleted("year", 1, law.phone, "marketing")
    person = law.person("marketing", "bookkeeping")
    with in_environment(law.environment.id):
        before = Subject.objects.get(public_id=person)
    erased = law.erase(person)
    (kept,) = verified(erased.erasure.receipt, keys=keys())["kept"]
    assert (kept["column"], kept["purpose"], kept["values"]) == ("phone", "bookkeeping", 1)
    assert kept["until"] is not None
    now = timezone.now()
    assert law.shown(law.former(law.phone, purpose="bookkeeping"), person, now=now) == [NUMBER]
    assert law.shown(law.former(law.phone, purpose="marketing"), person, now=now) == []
    assert law.read(law.get, person) == []
    with in_environment(law.environment.id):
        after = Subject.objects.get(public_id=person)
        assert not WrappedKey.objects.filter(id=before.key_id).exists()
    assert after.key_id != before.key_id


def test_a_purpose_of_law_without_a_retention_keeps_nothing(law: Law) -> None:
    person = law.person("bookkeeping")
    assert verified(law.erase(person).erasure.receipt, keys=keys())["kept"] == []
    assert law.rows_of(person) == 0


def test_a_receipt_that_was_changed_or_signed_by_somebody_else_is_none(law: Law) -> None:
    receipt = law.erase(law.person("marketing")).erasure.receipt
    head, body, signature = receipt.split(".")
    for wrong in (f"{head}.{body[:-2]}AA.{signature}", f"{head}.{body}.{signature[:-4]}AAAA", "no receipt", ""):
        with pytest.raises(NotAReceipt):
            verified(wrong, keys=keys())
    with pytest.raises(NotAReceipt):
        verified(receipt, keys=[])
