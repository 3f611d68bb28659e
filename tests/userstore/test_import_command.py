"""`manage.py import_values`: a file is read where it lies, and another run goes on where one stopped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from governance.actions.freezes import freeze, unfreeze
from governance.models import Freeze
from keyring.walls import in_environment
from tests.userstore.imported import Desk, csv_of, people
from userstore.actions.importing import advancing
from userstore.actions.importing.advancing import Importing
from userstore.models import Import, ImportPiece

pytestmark = pytest.mark.django_db(transaction=True)


class Shell:
    """Somebody at the machine, with a file."""

    def __init__(self, folder: Path) -> None:
        self.desk, self.file = Desk(), folder / "people.csv"

    def run(self, *more: str, **options: Any) -> str:
        said = io.StringIO()
        asked = [str(self.file), "--environment", self.desk.book.environment.name, *more]
        call_command("import_values", *asked, stdout=said, stderr=io.StringIO(), **options)
        return said.getvalue()

    def begin(self, *more: str) -> str:
        mutator = str(self.desk.mutator)
        return self.run("--client", "service", "--mutator", mutator, "--purpose", "authentication", "--create", *more)

    def frozen(self) -> UUID:
        with in_environment(self.desk.book.environment.id):
            return Freeze.objects.get().public_id

    def row(self) -> Import:
        with in_environment(self.desk.book.environment.id):
            return Import.objects.get()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_file_is_imported_and_bad_records_are_listed_or_written_to_a_report(shell: Shell, tmp_path: Path) -> None:
    ids = people(3)
    shell.file.write_bytes(csv_of(ids) + b"nobody,x,y,z\n")
    said = shell.begin("--report", str(tmp_path / "bad.csv"))
    assert "4 records: 3 written, 1 bad, 0 without effect; 3 users are new." in said
    assert (tmp_path / "bad.csv").read_text().splitlines()[1].startswith("5,selector_values,")
    assert (tmp_path / "bad.csv").stat().st_mode & 0o777 == 0o600
    assert len(shell.desk.rows(*ids)) == 3
    with in_environment(shell.desk.book.environment.id):
        assert not ImportPiece.objects.exists()
    assert "line 5, selector_values" in shell.begin()


def test_a_stopped_import_is_resumed_with_its_own_file_only(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "BATCH", 2)
    ids = people(5)
    shell.file.write_bytes(csv_of(ids))
    system = shell.desk.book.system
    step = Importing.step

    def interrupted(importing: Importing, **moment: Any) -> Any:
        done = step(importing, **moment)
        if done.row.records == 2 and not done.is_idle:
            freeze(system, kind="column", target_id=shell.desk.name)
        return done

    monkeypatch.setattr(Importing, "step", interrupted)
    with pytest.raises(CommandError, match=r"It stands still.*--resume"):
        shell.begin()
    monkeypatch.setattr(Importing, "step", step)
    row = shell.row()
    assert (row.state, row.records) == ("held", 2)
    whole = shell.file.read_bytes()
    resume = ("--client", "service", "--resume", str(row.pk))
    shell.file.write_bytes(whole.replace(b"Person 0", b"Person 9"))
    with pytest.raises(CommandError, match="not the file that the import began with"):
        shell.run(*resume)
    shell.file.write_bytes(whole)
    with pytest.raises(CommandError, match="not allowed"):
        shell.run(*resume)
    unfreeze(system, freeze_id=shell.frozen())
    assert "5 records: 5 written, 0 bad" in shell.run(*resume)


def test_an_outsider_imports_nothing_and_mistakes_are_named(shell: Shell) -> None:
    shell.file.write_bytes(csv_of(people(1)))
    mutator = ("--mutator", str(shell.desk.mutator))
    with pytest.raises(CommandError, match="not allowed"):
        shell.run("--client", "outsider", *mutator)
    with pytest.raises(CommandError, match="no client 'nobody'"):
        shell.run("--client", "nobody", *mutator)
    with pytest.raises(CommandError, match="no mutator 'x'"):
        shell.run("--client", "service", "--mutator", "x")
    with pytest.raises(CommandError, match="mutator_id is required"):
        shell.run("--client", "service")
    with pytest.raises(CommandError, match="no such purpose"):
        shell.run("--client", "service", *mutator, "--purpose", "curiosity")
    with pytest.raises(CommandError, match="no such import"):
        shell.run("--client", "service", "--resume", str(UUID(int=7)))
    with in_environment(shell.desk.book.environment.id):
        assert not Import.objects.exists()
