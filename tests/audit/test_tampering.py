"""Whoever may do anything in the database is found out, with the entry that it is about."""
# ruff: noqa: S608  all statements are this file's own

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg.sql import SQL, Identifier

from audit import queries
from audit.actions.exporting import compared
from audit.recorder import append
from audit.verify.checkpoints import Keys
from audit.verify.notes import Checkpoint, read_checkpoint, read_note
from audit.verify.reports import Verdict
from keyring.walls import SYSTEM_ENVIRONMENT
from tests.audit.books import WITNESS_KEY
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing, settled, tampered, turned_until
from tests.audit.vocabulary import ENVIRONMENT, HANDLE, HAPPENED, OFFICER

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = (90, 200, 300)
KEYS = Keys(LOG_KEY.verifier, (WITNESS_KEY.verifier,), 1)
TABLES = ("audit_entry", "audit_leaf", "audit_tile", "audit_signedcheckpoint", "audit_cosignature")
GUARDS = """
select tgrelid::regclass::text, tgname from pg_trigger where tgfoid = to_regproc('audit_refuse')
"""
WHERE = "(e.id, e.recorded_at) = (select entry_id, recorded_at from audit_leaf where index = {0})"


def sealed(role_url: AddressOf) -> Checkpoint:
    """Fill a book of three checkpoints, which a witness has seen; return the last one."""
    there, note = 0, ""
    with sealing(role_url) as sealer:
        for size in SIZES:
            for number in range(there, size):
                facts = {"subjects": [HANDLE], "count": number}
                append(HAPPENED, environment_id=ENVIRONMENT, actor=OFFICER, decision_id=uuid4(), facts=facts)
            settled(role_url)
            note, there = turned_until(sealer, size).note or "", size
            line = WITNESS_KEY.cosign(read_note(note).text, seconds=int(datetime.now(UTC).timestamp()))
            added = "insert into audit_cosignature (size, witness, line) values (%s, %s, %s)"
            run(role_url("sealer"), added, [size, WITNESS_KEY.name, line])
    return read_checkpoint(read_note(note))


@contextmanager
def lifted(role_url: AddressOf) -> Iterator[psycopg.Connection]:
    """Give a connection that may do anything; nothing of it stays."""
    with psycopg.connect(role_url("superuser")) as connection:
        for table, name in connection.execute(GUARDS).fetchall():
            if "." not in table:
                connection.execute(SQL("alter table {} disable trigger {}").format(Identifier(table), Identifier(name)))
        connection.execute("savepoint clean")
        yield connection
        connection.rollback()


def entry(index: int, change: str) -> str:
    return f"update audit_entry e set {change} where " + WHERE.format(index)


# What is done, and the entries of which one has to be named first.
DONE: dict[str, tuple[str, range]] = {
    "a fact is changed": (entry(150, "body = replace(body, '\"count\":150', '\"count\":151')"), range(150, 151)),
    "an entry is deleted": (f"delete from audit_entry e where {WHERE.format(7)}", range(7, 8)),
    "all entries are deleted": ("delete from audit_entry", range(1)),
    "a leaf is deleted": ("delete from audit_leaf where index = 40", range(40, 41)),
    "a leaf is changed": ("update audit_leaf set hash = sha256('x') where index = 250", range(250, 251)),
    "an entry and its leaf are replaced": (
        entry(33, "body = replace(body, '\"count\":33', '\"count\":34')")
        + "; update audit_leaf l set hash = sha256('\\x00'::bytea || convert_to(e.body, 'UTF8')) from audit_entry e "
        "where e.id = l.entry_id and l.index = 33",
        range(33, 34),
    ),
    "the same in a tile that is not full": (
        entry(280, "body = replace(body, '\"count\":280', '\"count\":281')")
        + "; update audit_leaf l set hash = sha256('\\x00'::bytea || convert_to(e.body, 'UTF8')) from audit_entry e "
        "where e.id = l.entry_id and l.index = 280",
        range(200, 281),
    ),
    "two bodies change places": (
        "with two as (select l.index, e.id, e.body from audit_leaf l join audit_entry e on e.id = l.entry_id "
        "where l.index in (60, 61)) update audit_entry e set body = (select body from two t where t.id <> e.id) "
        "where e.id in (select id from two)",
        range(60, 61),
    ),
    "two places are exchanged": (
        "update audit_leaf set index = 100000 where index = 70; update audit_leaf set index = 70 where index = 71; "
        "update audit_leaf set index = 71 where index = 100000",
        range(70, 71),
    ),
    "a tile is deleted": ("delete from audit_tile", range(256)),
    "a tile is changed": (
        "update audit_tile set hashes = overlay(hashes placing sha256('x') from 32 * 99 + 1 for 32)",
        range(99, 100),
    ),
    "the last checkpoint is deleted": ("delete from audit_signedcheckpoint where size > 200", range(200, 201)),
    "a checkpoint is moved": ("update audit_signedcheckpoint set size = 150 where size = 200", range(90, 150)),
    "the witness's line is changed": (
        "update audit_cosignature set line = overlay(line placing 'AAAA' from 40) where size = 200",
        range(90, 200),
    ),
    "the tail is cut": (
        "delete from audit_leaf where index >= 200; delete from audit_signedcheckpoint where size > 200; "
        "delete from audit_cosignature where size > 200; delete from audit_tile",
        range(200, 201),
    ),
    "an entry is moved to another month": (entry(5, "recorded_at = recorded_at - interval '40 days'"), range(5, 6)),
    "an entry is found by another time": (
        entry(120, "recorded_at = recorded_at + interval '1 microsecond'")
        + "; update audit_leaf set recorded_at = recorded_at + interval '1 microsecond' where index = 120",
        range(120, 121),
    ),
    "an entry is found by another id": (
        entry(120, "id = '00000000-0000-7000-8000-000000000001'")
        + "; update audit_leaf set entry_id = '00000000-0000-7000-8000-000000000001' where index = 120",
        range(120, 121),
    ),
    "a checkpoint's row has another root": (
        "update audit_signedcheckpoint set root = sha256('x') where size = 200",
        range(90, 91),
    ),
    "a checkpoint's row is older than what it covers": (
        "update audit_signedcheckpoint set made_at = made_at - interval '1 hour' where size = 200",
        range(90, 91),
    ),
    "a checkpoint's row is of tomorrow": (
        "update audit_signedcheckpoint set made_at = made_at + interval '1 day' where size = 300",
        range(200, 201),
    ),
    "an entry is kept from the sealer for good": (
        "insert into audit_entry (id, xid, environment_id, kind, outcome, actor_kind, body) values "
        "(gen_random_uuid(), '9000000000000000000', gen_random_uuid(), 'a.b', 'done', 'system', '{}')",
        range(300, 301),
    ),
    "an entry comes in behind the sealer's back": (
        "insert into audit_entry (id, xid, environment_id, kind, outcome, actor_kind, body) values "
        "(gen_random_uuid(), '3', gen_random_uuid(), 'a.b', 'done', 'system', '{}')",
        range(300, 301),
    ),
    **{
        f"an entry is found by another {column}": (entry(120, f"{column} = {value}"), range(120, 121))
        for column, value in {
            "kind": "'example.other'",
            "outcome": "'refused'",
            "actor_kind": "'client'",
            "actor_id": "null",
            "decision_id": "gen_random_uuid()",
            "request_id": "'another'",
            "subject_count": "0",
            "subjects": "null",
            "environment_id": "gen_random_uuid()",
        }.items()
    },
}

FLIPS = {
    "body": "update audit_entry e set body = convert_from(set_byte(convert_to(body, 'UTF8'), {at}, get_byte(convert_to("
    "body, 'UTF8'), {at}) # {bit}), 'LATIN1') where " + WHERE.format("{index}"),
    "leaf": "update audit_leaf set hash = set_byte(hash, {at} % 32, get_byte(hash, {at} % 32) # {bit}) "
    "where index = {index}",
    "tile": "update audit_tile set hashes = set_byte(hashes, {index} % 256 * 32 + {at} % 32, "
    "get_byte(hashes, {index} % 256 * 32 + {at} % 32) # {bit})",
    "note": "update audit_signedcheckpoint set note = convert_from(set_byte(convert_to(note, 'UTF8'), {at} % 180, "
    "get_byte(convert_to(note, 'UTF8'), {at} % 180) # {bit}), 'LATIN1') where size = {size}",
}


def test_whatever_is_done_in_the_database_is_found_at_its_place(role_url: AddressOf) -> None:
    kept = sealed(role_url)
    missed: list[Any] = []
    with lifted(role_url) as connection:
        whole = compared(connection, keys=KEYS, kept=kept)
        assert whole.verdict is Verdict.WHOLE, whole.as_text()
        for what, (statement, where) in DONE.items():
            connection.execute(statement.encode())
            report = compared(connection, keys=KEYS, kept=kept)
            if report.verdict is not Verdict.BROKEN or report.first_bad.index not in where:  # type: ignore[union-attr]  # a broken one has it
                missed.append((what, report.as_text()))
            connection.execute("rollback to savepoint clean")
    assert not missed, "\n\n".join(f"{what}:\n{text}" for what, text in missed)


BEHIND = (
    "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body) "
    "values (%(id)s, %(environment)s, 'a.b', 'done', 'system', %(body)s)"
)
FORM = '{{"actor":{{"id":null,"kind":"system"}},"at":"{at}","decision":null,"environment":"{environment}","facts":{{}},"id":"{id}","kind":"a.b","outcome":"done","request_id":null,"v":1{more}}}'  # noqa: E501  one body


@pytest.mark.parametrize(
    ("more", "kind"), [("", "columns"), (',"v":1', "form"), (',"written_at":"2026-01-01T00:00:00.000000Z"', "columns")]
)
def test_what_is_written_past_the_function_that_appends_is_found(role_url: AddressOf, more: str, kind: str) -> None:
    sealed(role_url)
    told = {"id": str(uuid4()), "environment": str(ENVIRONMENT)}
    body = FORM.format(at=datetime.now(UTC).isoformat()[:-6] + "Z", more=more, **told)
    run(role_url("app"), BEHIND, {**told, "body": body}, environment=ENVIRONMENT)
    with sealing(role_url) as sealer:
        turned_until(sealer, 301)
    with lifted(role_url) as connection:
        report = compared(connection, keys=Keys(LOG_KEY.verifier))
    assert [(each.kind, each.index) for each in report.findings] == [(kind, 300)], report.as_text()


def test_a_bit_that_is_turned_anywhere_is_found(role_url: AddressOf) -> None:
    kept, chance, missed = sealed(role_url), random.Random(5), []
    with lifted(role_url) as connection:
        for what in [*FLIPS] * 12:
            index = chance.randrange(256)
            size = chance.choice(SIZES)
            turned = {"index": index, "size": size, "at": chance.randrange(300), "bit": 1 << chance.randrange(7)}
            try:
                connection.execute(FLIPS[what].format(**turned).encode())
            except psycopg.DataError:  # PostgreSQL keeps NUL out by itself
                connection.execute("rollback to savepoint clean")
                continue
            report = compared(connection, keys=KEYS, kept=kept)
            bad = report.first_bad
            wanted = range(size - 110, size) if what == "note" else range(index, index + 1)
            if report.verdict is not Verdict.BROKEN or bad is None or bad.index not in wanted:
                missed.append((what, turned, report.as_text()))
            connection.execute("rollback to savepoint clean")
    assert not missed, missed


def test_the_command_says_what_it_finds_and_ends_with_it(role_url: AddressOf, tmp_path: Path, capsys: Any) -> None:
    sealed(role_url)
    keys = [f"--log-key={LOG_KEY.verifier}", f"--witness={WITNESS_KEY.verifier}"]
    call_command("verify_book", *keys)
    assert capsys.readouterr().out.endswith("whole\n")
    (checked,) = queries.entries(environment_id=SYSTEM_ENVIRONMENT, kinds=["audit.checked"])
    assert checked.facts == {"size": 300}
    with pytest.raises(CommandError) as unknown:
        call_command("verify_book", "--log-key=nothing")
    assert unknown.value.returncode == Verdict.UNKNOWN
    tampered(role_url, "audit_entry", entry(9, "kind = 'example.other'"))
    with pytest.raises(SystemExit) as ended:
        call_command("verify_book", *keys)
    assert ended.value.code == 1
    assert capsys.readouterr().out.endswith("broken, first bad index 9\n")


def test_an_entry_that_was_slipped_in_under_an_old_date_is_found(role_url: AddressOf) -> None:
    sealed(role_url)
    append(HAPPENED, environment_id=ENVIRONMENT, actor=OFFICER, facts={}, at=datetime.now(UTC) - timedelta(days=3))
    with sealing(role_url) as sealer:
        turned_until(sealer, 301)
    with lifted(role_url) as connection:
        report = compared(connection, keys=KEYS)
    assert [(each.kind, each.index) for each in report.findings] == [("backdated", 300)]
