"""The command of docs/importing.md imports a file as it stands."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command

from governance.actions.builtin import ALLOW_ALL
from governance.identities import system_caller
from tests import cast
from tests.docs.blocks import blocks
from tests.userstore.imported import people
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_command_of_the_page_imports_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = cast.new_environment("prod")
    system = system_caller(environment.id)
    cast.new_player(environment, "crm-import", write=True)
    column = define_column(system, spec=ColumnSpec("nick", "string", pii_category="contact", sensitivity=3)).public_id
    publish_mutator(system, spec=MutatorSpec("SetContact", "{id} = ?", (InputSpec(column),), ALLOW_ALL))
    (tmp_path / "people.csv").write_text("id,nick\n" + "".join(f"{who},ada\n" for who in people(3)))
    (command,) = blocks("docs/importing.md", "sh")
    program, name, *arguments = shlex.split(command)
    assert (program, name) == ("sealbook", "import_values")
    said = io.StringIO()
    call_command(name, *arguments, stdout=said)
    assert "3 records: 3 written, 0 bad, 0 without effect; 3 users are new." in said.getvalue()
