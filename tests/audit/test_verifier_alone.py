"""The verifier is one file that runs where nothing of this project is, and its exit status says what it found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.verify import cli
from audit.verify.packing import digest, packed
from tests.audit.books import LOG_KEY, NOON, WITNESS_KEY, bodies, body_at, export_of

COUNT = 600
HANDLE = "0123456789abcdef0123456789abcdef"
ENTRIES = bodies(COUNT)
for number in (5, 300, 599):
    ENTRIES[number] = ENTRIES[number].replace(b'"count":', f'"subjects":["{HANDLE}"],"count":'.encode())

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Run a command in a directory that has an export, what was kept of an earlier one, and the public keys."""
    monkeypatch.chdir(tmp_path)
    Path("book").write_bytes(b"".join(export_of(ENTRIES, every=70)))
    Path("old").write_bytes(b"".join(export_of(ENTRIES[:400], every=70)))
    Path("log.pub").write_text(f"{LOG_KEY.verifier}\n")

    def ran(*words: str) -> tuple[int, str]:
        try:
            status = cli.main(words)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, capsys.readouterr().out

    status, kept = ran("checkpoint", "old")
    assert status == 0
    Path("kept").write_text(kept)
    return ran


KEYS = ("--log-key", "log.pub", "--witness", str(WITNESS_KEY.verifier))


def test_it_runs_alone_and_is_the_same_file_every_time(run: Run, capsys: Any) -> None:
    call_command("audit_verifier", "verifier.pyz")
    said = capsys.readouterr().out.strip()
    program = Path("verifier.pyz").read_bytes()
    assert said == digest(program) and program == packed()
    verify = [sys.executable, "-I", "verifier.pyz", "verify", "book", *KEYS, "--json"]
    ended = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["size"] == COUNT
    helped = subprocess.run(
        [sys.executable, "-I", "verifier.pyz", "--help"], capture_output=True, text=True, check=True
    )
    assert "exit status: 0" in helped.stdout and "subject-report" in helped.stdout
    ask = [sys.executable, "-I", "verifier.pyz", "witness", "--help"]
    assert "--state" in subprocess.run(ask, capture_output=True, text=True, check=True).stdout


def test_the_verifier_knows_nothing_of_django(run: Run) -> None:
    call_command("audit_verifier", "verifier.pyz")
    look = "import sys, runpy; sys.argv = ['verifier.pyz', 'checkpoint', 'book']\n"
    look += "try: runpy.run_path('verifier.pyz', run_name='__main__')\n"
    look += "except SystemExit: pass\n"
    look += "sys.exit(any(name.split('.')[0] in ('django', 'orjson', 'audit') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-I", "-c", look], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_whole_book_is_zero_a_broken_one_is_one_and_an_unreadable_one_is_two(run: Run) -> None:
    status, said = run("verify", "book", *KEYS)
    assert status == 0 and said.endswith("whole\n")
    turned = bytearray(Path("book").read_bytes())
    turned[turned.index(b'"count":321')] ^= 1
    Path("broken").write_bytes(turned)
    status, said = run("verify", "broken", *KEYS)
    assert status == 1 and said.endswith("broken, first bad index 321\n")
    status, said = run("verify", "broken", *KEYS, "--json")
    assert (status, json.loads(said)["first_bad_index"]) == (1, 321)
    Path("torn").write_bytes(bytes(turned[:40_000]))
    for words in (
        ("verify", "torn", *KEYS), ("verify", "nowhere", *KEYS), ("verify", "book", "--log-key", "nothing"),
        ("verify", "book", *KEYS, "--since", "book"), ("verify", "book"), ("checkpoint", "torn"),
        ("prove", "torn", "1"),
    ):  # fmt: skip
        assert run(*words)[0] == 2, words


def test_how_long_ago_witnesses_saw_it_may_be_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Later:
            return cls.fromtimestamp((NOON + timedelta(hours=5)).timestamp(), tz)

    monkeypatch.setattr(cli, "datetime", Later)
    assert run("verify", "book", *KEYS, "--witnessed-within", "5")[0] == 0
    status, said = run("verify", "book", *KEYS, "--witnessed-within", "4")
    assert status == 2 and "witnesses saw it last at 2026-11-22T12:10:00" in said
    assert run("consistency", "old", "book", *KEYS, "--witnessed-within", "4")[0] == 2
    assert run("verify", "book", "--log-key", "log.pub", "--witnessed-within", "5")[0] == 2, "no witness is named"
    assert run("verify", "book", *KEYS, "--witnessed-within", "-1")[0] == 2


def test_what_was_kept_must_still_hold(run: Run) -> None:
    assert run("verify", "book", *KEYS, "--since", "kept")[0] == 0
    assert run("consistency", "kept", "book", *KEYS)[0] == 0
    assert run("consistency", "old", "book", *KEYS)[0] == 0
    forked = list(ENTRIES)
    forked[123] = body_at(NOON + timedelta(seconds=123), 9999)
    Path("forked").write_bytes(b"".join(export_of(forked, every=70)))
    assert run("verify", "forked", *KEYS)[0] == 0, "signed with the real key: nobody sees it who kept nothing"
    assert run("verify", "forked", *KEYS, "--since", "kept")[0] == 1
    status, said = run("consistency", "old", "forked", *KEYS, "--json")
    assert (status, json.loads(said)["first_bad_index"]) == (1, 123)
    assert run("consistency", "book", "old", *KEYS)[0] == 1, "the tail is gone"


@pytest.mark.parametrize("index", [0, 255, 256, 511, 512, 599])
def test_a_proof_stands_without_the_export(run: Run, index: int) -> None:
    status, proof = run("prove", "book", str(index))
    assert status == 0
    Path("x.tlog-proof").write_text(proof)
    Path("body").write_bytes(ENTRIES[index])
    Path("other").write_bytes(ENTRIES[index - 1])
    assert run("check", "x.tlog-proof", "body", *KEYS) == (0, f"entry {index} of {COUNT}\n")
    assert run("check", "x.tlog-proof", "other", *KEYS)[0] == 1
    Path("x.tlog-proof").write_text(proof.replace(f"index {index}", f"index {index ^ 1}"))
    assert run("check", "x.tlog-proof", "body", *KEYS)[0] == 1
    Path("x.tlog-proof").write_text(proof.replace("index", "indices"))
    assert run("check", "x.tlog-proof", "body", *KEYS)[0] == 2


def test_an_entry_is_found_by_its_id_and_one_that_is_not_there_is_not(run: Run) -> None:
    assert run("prove", "book", "00000000-0000-7000-8000-00000000000c") == run("prove", "book", "12")
    for entry in ("00000000-0000-7000-8000-0000000fffff", str(COUNT), "x"):
        assert run("prove", "book", entry)[0] == 2


def test_a_person_gets_every_entry_about_them_with_its_proof(run: Run) -> None:
    status, said = run("subject-report", "book", HANDLE)
    entries = [json.loads(line) for line in said.splitlines()]
    assert (status, [each["index"] for each in entries]) == (0, [5, 300, 599])
    for each in entries:
        Path("x.tlog-proof").write_text(each["proof"])
        Path("body").write_text(each["entry"])
        assert run("check", "x.tlog-proof", "body", *KEYS)[0] == 0
    assert run("subject-report", "book", "nobody")[0] == 2


def test_a_program_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("audit_verifier", str(tmp_path / "gone" / "x.pyz"))
