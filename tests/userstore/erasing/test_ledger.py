"""The ledger of erasures: what a process that died, a full disk, damage and an older backup leave of it."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.apart import start_apart
from tests.userstore.erasing.law import NUMBER, Law
from tests.userstore.programs import erase_and_die, erase_without_room
from userstore.actions import erasing
from userstore.actions.replaying import replay_erasures
from userstore.erasure.errors import LedgerUnusable
from userstore.erasure.ledger import Ledger
from userstore.models import Erasure, Subject

pytestmark = pytest.mark.django_db(transaction=True)

begun, law = beginning(Law)


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


def test_a_ledger_without_room_for_a_line_stops_the_erasure_and_keeps_no_part_of_it(
    law: Law, book: Ledger, role_url: Any
) -> None:
    law.erase(law.person("marketing"))
    person, before = law.person("marketing"), book.path.read_bytes()
    erasure = start_apart(erase_without_room, law.service, person, book.path, url=role_url("app"))
    assert erasure.hear() == "LedgerUnusable"
    assert book.path.read_bytes() == before
    assert law.read(law.get, person) == [NUMBER]


@pytest.mark.parametrize("after", [False, True], ids=["before its line", "after its line"])
def test_a_process_killed_while_erasing_erased_nobody_or_the_next_start_completes_it(
    law: Law, book: Ledger, role_url: Any, after: bool
) -> None:
    person, other = law.person("marketing"), law.person("marketing")
    program = partial(erase_and_die, after=after)
    assert start_apart(program, law.service, person, book.path, url=role_url("app")).ended() == -signal.SIGKILL
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


def test_a_ledger_moves_to_another_root_key_and_says_what_it_said(law: Law, book: Ledger) -> None:
    assert not book.rewrap()
    law.erase(law.person("marketing"))
    before, (head, line) = book.read(), book.path.read_bytes().splitlines()
    call_command("rewrap_root", stdout=(said := StringIO()))
    assert "the ledger of erasures: 1 key" in said.getvalue()
    assert book.read() == before
    moved, kept = book.path.read_bytes().splitlines()
    assert kept == line
    assert moved != head
    assert list(book.path.parent.iterdir()) == [book.path]
    law.erase(law.person("marketing"))
    assert book.read()[1] == 2
    book.path.write_bytes(b"\n".join([Ledger(_other(book)).path.read_bytes().splitlines()[0], kept]) + b"\n")
    with pytest.raises(LedgerUnusable, match="line 2 "):
        book.read()


def test_no_line_is_lost_while_a_ledger_moves(law: Law, book: Ledger) -> None:
    def append(_: int) -> int:
        return book.record(
            erasure_id=uuid4(), environment_id=law.environment.id, subject=1, handle=b"a handle........",
            at=timezone.now(),
        )  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        numbers = pool.map(append, range(40))
        moved = [book.rewrap() for _ in range(10)]
    assert sorted(numbers) == list(range(1, 41))
    assert any(moved)
    assert [line.number for line in book.read()[0]] == list(range(1, 41))


def _other(book: Ledger) -> Path:
    other = Ledger(book.path.with_name("other.ledger"))
    other.abandon(erasure_id=uuid4(), at=timezone.now())
    return other.path


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
