"""docs/audit-proofs.md from its first to its last command: on a machine of Sealbook's, and where nothing of it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.audit.books import WITNESS_KEY
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing, turned_until
from tests.audit.vocabulary import ENVIRONMENT, HANDLE, HAPPENED, SERVICE
from tests.docs.blocks import blocks, matches

PAGE = "docs/audit-proofs.md"
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_does_what_it_says(role_url: AddressOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from audit.recorder import append
    from audit.verify.notes import read_note

    for _ in range(3):
        append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": [HANDLE]})
    with sealing(role_url) as sealer:
        note = turned_until(sealer, 3).note or ""
    line = WITNESS_KEY.cosign(read_note(note).text, seconds=1_800_000_000)
    run(role_url("sealer"), "insert into audit_cosignature (size, witness, line) values (3, 'w', %s)", [line])
    (tmp_path / "log.pub").write_text(f"{LOG_KEY.verifier}\n")
    (tmp_path / "witness.pub").write_text(f"{WITNESS_KEY.verifier}\n")
    statement = "select e.body from audit_entry e join audit_leaf l on l.entry_id = e.id where l.index = 1"
    (tmp_path / "entry.json").write_text(run(role_url("auditor"), statement)[0][0])

    here, *elsewhere = blocks(PAGE, "sh")
    monkeypatch.chdir(tmp_path)
    for command in here.splitlines():
        name, *words = command.split()
        assert name == "sealbook"
        call_command(*words)
    told = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ended = subprocess.run(
        ["sh", "-c", "\n".join(["set -e", *elsewhere])], cwd=tmp_path, env=told, text=True, timeout=120, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    said = ended.stdout.splitlines()
    promised = "".join(blocks(PAGE, "text")).splitlines()
    assert all(map(matches, promised, said)), ended.stdout
    assert "entry 1 of 3" in said
    assert sum(each.startswith('{"index"') for each in said) == 3
