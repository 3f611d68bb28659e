"""Erasing people: what is destroyed, what a law keeps, what the receipt and the ledger say, and what comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audit.queries import entries
from governance.errors import Conflict, NotFound, Refused
from governance.models import SigningKey
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests.userstore.lifetimes import Lifetimes
from tests.userstore.phonebook import given
from userstore.actions import erasing
from userstore.actions.erasing import Erased, erase_subject, ledger
from userstore.actions.holds import place_hold
from userstore.actions.replaying import replay_erasures
from userstore.erasure.errors import LedgerUnusable
from userstore.erasure.ledger import Ledger
from userstore.erasure.receipts import NotAReceipt, verified
from userstore.models import Erasure, Subject, Token, Value

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "555-0123"


class Law(Lifetimes):
    """A phone book with one more purpose, which a law obliges to keep numbers for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        from tests import cast

        self.purposes["bookkeeping"] = cast.new_purpose(self.environment, "bookkeeping", "legal_obligation")
        self.phone = self.phones()
        self.set = self.setter(self.phone)
        self.get = self.getter(self.phone, purposes=("marketing",))

    def person(self, *purposes: str) -> UUID:
        subject = self.subject()
        self.write(self.set, subject, {"phone": {"value_additions": [NUMBER], "purpose_additions": given(*purposes)}})
        return subject

    def erase(self, subject: UUID) -> Erased:
        return erase_subject(self.service, subject_id=subject)

    def rows_of(self, subject: UUID) -> int:
        with in_environment(self.environment.id):
            return Subject.objects.filter(public_id=subject).count()


@pytest.fixture(autouse=True)
def book(settings: Any, tmp_path: Path) -> Ledger:
    settings.USERSTORE_TOMBSTONES = tmp_path / "erasures.ledger"
    return ledger()


@pytest.fixture
def law() -> Law:
    return Law()


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


def test_an_erasure_that_fails_after_its_line_is_taken_back(
    law: Law, book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = law.person("marketing")

    def fails(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(erasing, "keep_erasure", fails)
    with pytest.raises(OSError, match="disk is full"):
        law.erase(person)
    assert book.read() == ([], 2)
    assert replay_erasures() == 0
    assert law.read(law.get, person) == [NUMBER]


def test_a_ledger_that_cannot_be_written_stops_the_erasure(law: Law, book: Ledger) -> None:
    person = law.person("marketing")
    book.path.mkdir()
    with pytest.raises(LedgerUnusable):
        law.erase(person)
    assert law.read(law.get, person) == [NUMBER]


KILLED = """
import json, os, signal, sys
import django
django.setup()
from uuid import UUID
from governance.identities import Caller
from userstore.actions import erasing
told = json.loads(sys.argv[1])
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
kept = erasing.Ledger.record
def record(*args, **kwargs):
    if told["after"]:
        kept(*args, **kwargs)
    die()
erasing.Ledger.record = record
caller = Caller("client", *(UUID(told[name]) for name in ("id", "account", "environment")), "service")
erasing.erase_subject(caller, subject_id=UUID(told["subject"]))
"""


@pytest.mark.parametrize("after", [False, True], ids=["before its line", "after its line"])
def test_a_process_killed_while_erasing_erased_nobody_or_the_next_start_completes_it(
    law: Law, book: Ledger, role_url: Any, after: bool
) -> None:
    person, other = law.person("marketing"), law.person("marketing")
    told = {
        "id": str(law.service.id),
        "account": str(law.service.account_id),
        "environment": str(law.environment.id),
        "subject": str(person),
        "after": after,
    }
    environment = {
        **os.environ,
        "DATABASE_URL": role_url("app"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SEALBOOK_TOMBSTONES": str(book.path),
    }
    environment.pop("DATABASE_MIGRATION_URL", None)
    ended = subprocess.run([sys.executable, "-c", KILLED, json.dumps(told)], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert law.read(law.get, person) == [NUMBER]
    assert replay_erasures() == int(after)
    assert law.read(law.get, person) == ([] if after else [NUMBER])
    assert law.read(law.get, other) == [NUMBER]
    assert replay_erasures() == 0


def damaged(lines: list[bytes], how: str) -> list[bytes]:
    if how == "changed":
        return [lines[0], lines[1].replace(b'"subject":', b'"subject":1'), *lines[2:]]
    if how == "taken out":
        return [lines[0], *lines[2:]]
    if how == "swapped":
        return [lines[0], lines[2], lines[1]]
    if how == "no JSON":
        return [lines[0], b"{", lines[2]]
    return [b"{}", *lines[1:]]


@pytest.mark.parametrize(
    ("how", "line"), [("changed", 2), ("taken out", 2), ("swapped", 2), ("no JSON", 2), ("head", 1)]
)
def test_a_damaged_ledger_stops_the_start_and_names_the_line(law: Law, book: Ledger, how: str, line: int) -> None:
    for _ in range(2):
        law.erase(law.person("marketing"))
    lines = book.path.read_bytes().splitlines()
    book.path.write_bytes(b"\n".join(damaged(lines, how)) + b"\n")
    with pytest.raises(LedgerUnusable, match=f"line {line} "):
        replay_erasures()


def test_lines_missing_at_the_end_are_found_by_the_database(law: Law, book: Ledger) -> None:
    for _ in range(2):
        law.erase(law.person("marketing"))
    lines = book.path.read_bytes().splitlines(keepends=True)
    book.path.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(LedgerUnusable, match="ends at line 1; this database knows of line 2"):
        replay_erasures()
    book.path.unlink()
    with pytest.raises(LedgerUnusable, match="ends at line 0"):
        replay_erasures()


def test_a_torn_last_line_never_counted(law: Law, book: Ledger) -> None:
    law.erase(law.person("marketing"))
    whole = book.path.read_bytes()
    book.path.write_bytes(whole + b'{"number":2,"kind":"era')
    assert replay_erasures() == 0
    assert book.path.read_bytes() == whole
    law.erase(law.person("marketing"))
    assert book.read()[1] == 2


def test_somebody_else_under_the_same_number_is_not_taken_for_who_was_erased(law: Law, book: Ledger) -> None:
    person = law.person("marketing")
    with in_environment(law.environment.id):
        pk = Subject.objects.get(public_id=person).pk
    law.erase(person)
    innocent = law.person("marketing")
    with in_environment(law.environment.id):
        Erasure.objects.all().delete()
    lines = book.read()[0]
    assert lines[0].subject == pk
    number = book.record(
        erasure_id=UUID(int=7),
        environment_id=law.environment.id,
        subject=_number_of(law, innocent),
        handle=b"another handle..",
        at=timezone.now(),
    )
    assert number == 2
    assert replay_erasures() == 0
    assert law.read(law.get, innocent) == [NUMBER]


def _number_of(law: Law, subject: UUID) -> int:
    with in_environment(law.environment.id):
        return int(Subject.objects.get(public_id=subject).pk)
