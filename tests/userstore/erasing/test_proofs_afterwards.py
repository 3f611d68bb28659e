"""What the book says of somebody stays provable when they are erased, and nothing tells any more whose it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from audit.verify import cli
from audit.verify.proving import last_checkpoint
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests.audit.connections import AddressOf
from tests.audit.sealing import LOG_KEY, sealing, turned_until
from tests.beginnings import beginning
from tests.userstore.erasing.law import NUMBER, Law
from userstore.models import Subject
from userstore.writing.keys import handle_of, subject_key

pytestmark = pytest.mark.django_db(transaction=True)

begun, law = beginning(Law)


def exported(role_url: AddressOf, path: Path) -> Path:
    """Seal all that is there and export it."""
    with psycopg.connect(role_url("superuser")) as everything:
        (count,) = everything.execute("select count(*) from audit_entry").fetchone() or (0,)
    with sealing(role_url) as sealer:
        turned_until(sealer, count)
    call_command("export_book", str(path))
    return path


def test_every_proof_about_an_erased_person_still_holds_and_leads_to_nobody(
    law: Law, role_url: AddressOf, tmp_path: Path, capsys: Any
) -> None:
    person = law.person("marketing")
    assert law.read(law.get, person) == [NUMBER]
    with in_environment(law.environment.id):
        before = Subject.objects.get(public_id=person)
        handle = handle_of(before, subject_key(before))
    old = exported(role_url, tmp_path / "old")
    proofs = reported(old, handle, capsys)
    law.erase(person)
    new = exported(role_url, tmp_path / "new")

    assert last_checkpoint(lines(new)) != last_checkpoint(lines(old))
    assert ran("consistency", old, new) == ran("verify", new) == 0
    afterwards = reported(new, handle, capsys)
    assert [each["entry"] for each in afterwards][: len(proofs)] == [each["entry"] for each in proofs]
    for number, each in enumerate([*proofs, *afterwards]):
        proof, entry = tmp_path / f"{number}.tlog-proof", tmp_path / f"{number}.json"
        proof.write_text(each["proof"])
        entry.write_text(each["entry"])
        assert ran("check", proof, entry) == 0

    assert {"mutator.executed", "accessor.executed"} <= {json.loads(each["entry"])["kind"] for each in proofs}
    assert str(person) not in new.read_text() and NUMBER not in new.read_text()
    with in_environment(law.environment.id):
        assert not Subject.objects.filter(public_id=person).exists()
        assert not WrappedKey.objects.filter(id=before.key_id).exists()


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def ran(command: str, *files: Path) -> int:
    return cli.main([command, *map(str, files), "--log-key", str(LOG_KEY.verifier)])


def reported(export: Path, handle: str, capsys: Any) -> list[dict[str, str]]:
    """What an auditor who was told the handle finds about somebody."""
    capsys.readouterr()
    assert cli.main(["subject-report", str(export), handle]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
