"""The book leaves with its tree, on record, and a verifier that knows its keys alone finds it whole."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from audit import queries
from audit.recorder import append
from audit.verify import cli
from audit.verify.checkpoints import Keys
from audit.verify.notes import Checkpoint, read_checkpoint
from audit.verify.proving import last_checkpoint
from audit.verify.reports import Report, Verdict
from audit.verify.verifying import verify
from keyring.walls import SYSTEM_ENVIRONMENT
from tests.audit.connections import AddressOf
from tests.audit.sealing import LOG_KEY, sealing, turned_until, wrote
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HANDLE, HAPPENED, OTHER, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = Keys(LOG_KEY.verifier)


def exported(path: Path, *options: str) -> list[bytes]:
    call_command("export_book", str(path), *options)
    return path.read_bytes().splitlines(keepends=True)


def verified(lines: list[bytes], kept: Checkpoint | None = None) -> Report:
    return verify(lines, keys=KEYS, kept=kept)


def sealed(role_url: AddressOf, *sizes: int) -> None:
    """Append entries and seal them, with a checkpoint at every size."""
    there = 0
    with sealing(role_url) as sealer:
        for size in sizes:
            wrote(size - there)
            turned_until(sealer, size)
            there = size


def test_an_export_holds_every_body_tile_and_checkpoint_and_is_found_whole(role_url: AddressOf, tmp_path: Path) -> None:
    sealed(role_url, 3, 300)
    lines = exported(tmp_path / "book")
    report = verified(lines)
    assert report.verdict is Verdict.WHOLE, report.as_text()
    assert (report.size, report.bodies) == (300, 300)
    assert report.checkpoints == sum(line.startswith(b"checkpoint") for line in lines) >= 2
    assert sum(line.startswith(b"tile") for line in lines) == 1
    assert stat.S_IMODE((tmp_path / "book").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["book"]


def test_that_it_was_exported_is_recorded_before_anything_leaves(role_url: AddressOf, tmp_path: Path) -> None:
    sealed(role_url, 2)
    exported(tmp_path / "all")
    exported(tmp_path / "one", f"--environment={ENVIRONMENT}", "--since=1")
    (whole,) = queries.entries(environment_id=SYSTEM_ENVIRONMENT, kinds=["audit.exported"])
    (one,) = queries.entries(environment_id=ENVIRONMENT, kinds=["audit.exported"])
    assert whole.facts == {"environment": None, "since": 0, "size": 2}
    assert one.facts == {"environment": str(ENVIRONMENT), "since": 1, "size": 2}
    assert whole.actor.kind == "system"


def test_of_other_environments_an_export_of_one_has_the_hashes_alone(role_url: AddressOf, tmp_path: Path) -> None:
    append(OTHER, environment_id=ELSEWHERE, actor=SERVICE, facts={"count": 77})
    with sealing(role_url) as sealer:
        wrote(2)
        turned_until(sealer, 3)
    lines = exported(tmp_path / "book", f"--environment={ENVIRONMENT}")
    report = verified(lines)
    assert (report.verdict, report.bodies, report.withheld) == (Verdict.WHOLE, 2, 1)
    assert str(ELSEWHERE).encode() not in b"".join(lines)
    renamed = [lines[0].replace(str(ENVIRONMENT).encode(), str(ELSEWHERE).encode()), *lines[1:]]
    assert {each.kind for each in verified(renamed).findings} == {"elsewhere"}


def test_a_person_finds_all_of_theirs_in_the_export_of_one_environment(
    role_url: AddressOf, tmp_path: Path, capsys: Any
) -> None:
    for environment in (ENVIRONMENT, ELSEWHERE, ENVIRONMENT):
        append(HAPPENED, environment_id=environment, actor=SERVICE, facts={"subjects": [HANDLE]})
    append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": ["f" * 32]})
    with sealing(role_url) as sealer:
        turned_until(sealer, 4)
    exported(tmp_path / "book", f"--environment={ENVIRONMENT}")
    assert cli.main(["subject-report", str(tmp_path / "book"), HANDLE]) == 0
    said = capsys.readouterr()
    found = [json.loads(line) for line in said.out.splitlines()]
    assert (len(found), said.err) == (2, "2 entries; 1 others have no body in this export\n")
    for number, each in enumerate(found):
        proof, entry = tmp_path / f"{number}.tlog-proof", tmp_path / f"{number}.json"
        proof.write_text(each["proof"])
        entry.write_text(each["entry"])
        assert cli.main(["check", str(proof), str(entry), "--log-key", str(LOG_KEY.verifier)]) == 0
        assert json.loads(each["entry"])["environment"] == str(ENVIRONMENT)
    exported(tmp_path / "other", f"--environment={uuid4()}")
    assert cli.main(["subject-report", str(tmp_path / "other"), HANDLE]) == 0
    assert capsys.readouterr().err.startswith("0 entries; 4 others")


def test_a_later_export_goes_on_from_a_checkpoint_that_was_kept(role_url: AddressOf, tmp_path: Path) -> None:
    sealed(role_url, 270)
    kept = read_checkpoint(last_checkpoint(exported(tmp_path / "old")))
    with sealing(role_url) as sealer:
        wrote(5)
        turned_until(sealer, 276)  # the export is an entry as well
    lines = exported(tmp_path / "new", f"--since={kept.size}")
    report = verified(lines, kept)
    assert (report.verdict, report.first, report.bodies) == (Verdict.WHOLE, 270, 6), report.as_text()
    assert verified(lines).verdict is Verdict.UNKNOWN, "what is before is known from the checkpoint alone"
    other = Checkpoint(kept.origin, kept.size, bytes(32))
    assert verified(lines, other).verdict is Verdict.BROKEN


def test_what_is_not_in_the_tree_cannot_be_exported(role_url: AddressOf, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="signed 0 entries"):
        exported(tmp_path / "book")
    sealed(role_url, 2)
    with pytest.raises(CommandError, match="signed 2 entries"):
        exported(tmp_path / "book", "--since=3")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--since=-1", "--since=x", "--environment=prod"])
def test_bad_options_are_refused(option: str) -> None:
    with pytest.raises(CommandError):
        call_command("export_book", "-", option)


def test_without_the_auditors_connection_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("audit.actions.exporting.AUDITOR", str(uuid4()))
    with pytest.raises(CommandError, match="DATABASE_AUDITOR_URL"):
        exported(tmp_path / "book")


def test_an_export_goes_to_the_standard_output(role_url: AddressOf, capsysbinary: Any) -> None:
    sealed(role_url, 1)
    call_command("export_book", "-")
    assert verified(capsysbinary.readouterr().out.splitlines(keepends=True)).verdict is Verdict.WHOLE
