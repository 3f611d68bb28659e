"""A package is begun, filled in and tested at the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.commandline import main

MADE = ["made sdf-package.yaml", "made functions/mask_ssn.py", "made functions/mask_ssn.cases.yaml"]
CASES = "cases:\n  - {given: a, gives: a}\n  - {given: b, gives: c}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_package_begins_fails_and_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "mask-ssn", "--package", "example/mask-ssn-pkg"]) == 0
    assert capsys.readouterr().out.splitlines() == MADE
    assert main(["generate"]) == 0
    assert capsys.readouterr().out == "Nothing is missing.\n"
    assert main(["test"]) == 1
    assert capsys.readouterr().out == (
        "mask-ssn  FAILED\n  functions/mask_ssn.cases.yaml has no cases\n1 function, 1 failed\n"
    )
    (folder / "functions" / "mask_ssn.cases.yaml").write_text(CASES)
    (folder / "functions" / "mask_ssn.py").write_text("def mask_ssn(text: str) -> str:\n    return text\n")
    assert main(["test"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "mask-ssn  FAILED  2 cases",
        '  functions/mask_ssn.cases.yaml:3: given     "b"',
        '    expected  "c"',
        '    got       "b"',
        "1 function, 1 failed",
    ]
    (folder / "functions" / "mask_ssn.cases.yaml").write_text(CASES.replace("gives: c", "gives: b"))
    assert main(["test"]) == 0
    assert capsys.readouterr().out == "mask-ssn  ok  2 cases\n1 function, 0 failed\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["test"], "there is no package in"),
        (["generate"], "there is no package in"),
        (["generate", "--package", "mask"], "mask names no package: write namespace/name"),
        (["generate", "1st", "--package", "example/first"], "1st is no name of a function"),
    ],
)
def test_what_cannot_be_done_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main(words) == 1
    assert says in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_nothing_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--package", "example/mask"]) == 0
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert main(["generate", "other", "--package", "example/mask"]) == 1
    assert "There is a package in this folder already" in capsys.readouterr().err
    assert main(["generate", "other"]) == 1
    assert "example/mask@0.1.0 has no function other; it has: mask." in capsys.readouterr().err
    assert {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()} == before
