"""A package is published at the terminal, and installed and used at another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.commandline import main
from config.flows import hub_server
from dataflow.actions.hub import publish_to_hub
from dataflow.grammar.spec import Meta
from governance.actions.signing import ensure_signing_key
from tests import cast
from tests.cast import Player
from tests.dataflow.published import FILES
from tests.dataflow.samples import PACKAGE, SEED, seed_folder

pytestmark = pytest.mark.django_db(transaction=True)
PACKAGE_NAME, FLOW_NAME = "example/mask-ssn-pkg@0.1.0", "example/mask-user-info@0.1.0"


class Terminal:
    """An account at a terminal: what it types, and what it reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, shown: pytest.CaptureFixture[str]) -> None:
        self._patch, self._shown = monkeypatch, shown

    def be(self, player: Player) -> None:
        self._patch.setenv("USERCLOUDS_CLIENT_ID", str(player.client.public_id))
        self._patch.setenv("USERCLOUDS_CLIENT_SECRET", player.secret)

    def type(self, folder: Path, words: str, status: int = 0) -> str:
        self._patch.chdir(folder)
        assert main(words.split()) == status
        told = self._shown.readouterr()
        return told.err if told.err else told.out


@pytest.fixture
def engineer() -> Player:
    ensure_signing_key()
    return cast.new_player(cast.new_environment(), "engineer", configure=True)


@pytest.fixture
def terminal(
    live_server: Any,
    engineer: Player,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:
    monkeypatch.setenv("SEALBOOK_URL", live_server.url)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    terminal = Terminal(monkeypatch, capsys)
    terminal.be(engineer)
    return terminal


def test_a_flow_with_its_package_goes_to_another_machine(terminal: Terminal, engineer: Player, tmp_path: Path) -> None:
    flow = seed_folder(tmp_path / "mine")
    package = flow.parent / "_packages" / "mask-ssn-pkg"
    assert "is not in the hub. Publish it first." in terminal.type(flow, "publish", 1)
    said = terminal.type(package, "publish --public")
    assert said.splitlines()[-2:] == ["1 function, 0 failed", f"{PACKAGE_NAME} is published, for everybody here."]
    assert terminal.type(flow, "publish") == f"{FLOW_NAME} is published, private.\n"
    assert terminal.type(flow, "publish") == f"{FLOW_NAME} is in the hub already, with these files.\n"
    assert terminal.type(tmp_path, "hub list").splitlines() == [
        f"{PACKAGE_NAME}    package  public",
        f"{FLOW_NAME}  flow     private",
    ]
    shown = terminal.type(tmp_path, f"hub show {PACKAGE_NAME}").splitlines()
    assert shown[0] == f"{PACKAGE_NAME}  package  public"
    assert shown[2:] == ["map mask-ssn(text: string) -> string  python, 4 cases, removes ssn"]
    assert "services: mask-ssn-service" in terminal.type(tmp_path, f"hub show {FLOW_NAME}")
    hub = tmp_path / "data" / "sealbook" / "hub" / "example"
    assert terminal.type(tmp_path, f"hub install {FLOW_NAME}").splitlines() == [
        f"{FLOW_NAME} is in {hub / 'mask-user-info' / '0.1.0'}",
        f"{PACKAGE_NAME} is in {hub / 'mask-ssn-pkg' / '0.1.0'}",
    ]
    # What is installed is found without any path, in a folder of its own.
    assert "mask-ssn" in terminal.type(hub / "mask-user-info" / "0.1.0", "plan")
    assert f"{PACKAGE_NAME} is installed already" in terminal.type(tmp_path, f"hub install {PACKAGE_NAME}")


def test_what_was_changed_since_it_was_installed_is_told(terminal: Terminal, engineer: Player, tmp_path: Path) -> None:
    publish_to_hub(engineer.caller, files=FILES)
    terminal.type(tmp_path, f"hub install {PACKAGE_NAME}")
    code = tmp_path / "data/sealbook/hub/example/mask-ssn-pkg/0.1.0/functions/mask_ssn.py"
    code.write_text("def mask_ssn(text): return text\n")
    assert f"{code} is not as it was published" in terminal.type(tmp_path, f"hub install {PACKAGE_NAME}", 1)


@pytest.mark.parametrize(
    "files",
    [
        {**FILES, "functions/mask_ssn.py": "def mask_ssn(text): return text\n"},
        {**FILES, "sdf-package.yaml": PACKAGE.replace("mask-ssn-pkg", "other")},
        {**FILES, "../outside.py": ""},
        {"dataflow.yaml": 1},
    ],
)
def test_what_is_not_what_was_published_is_not_installed(
    terminal: Terminal, engineer: Player, tmp_path: Path, files: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to_hub(engineer.caller, files=FILES)
    monkeypatch.setattr(hub_server.HubServer, "content", lambda *_: {"files": files})
    assert terminal.type(tmp_path, f"hub install {PACKAGE_NAME}", 1).startswith("sealbook: ")
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_package_whose_tests_fail_is_not_sent(terminal: Terminal, tmp_path: Path) -> None:
    package = seed_folder(tmp_path).parent / "_packages" / "mask-ssn-pkg"
    (package / "functions" / "mask_ssn.cases.yaml").write_text("cases: [{given: a, gives: b}]")
    assert "1 function, 1 failed" in terminal.type(package, "publish", 1)
    assert terminal.type(tmp_path, "hub list") == "There is nothing that this client sees.\n"


def test_another_text_under_a_version_that_is_taken_is_refused(
    terminal: Terminal, engineer: Player, tmp_path: Path
) -> None:
    publish_to_hub(engineer.caller, files=FILES)
    package = seed_folder(tmp_path).parent / "_packages" / "mask-ssn-pkg"
    (package / "README.md").write_text("Another.")
    assert "a version never changes" in terminal.type(package, "publish", 1)


def test_an_outsider_gets_nothing(terminal: Terminal, engineer: Player, tmp_path: Path) -> None:
    publish_to_hub(engineer.caller, files=FILES)
    reader = cast.new_player(cast.new_environment(), "elsewhere", configure=True)
    terminal.be(reader)
    assert f"There is no {PACKAGE_NAME} in the hub" in terminal.type(tmp_path, f"hub install {PACKAGE_NAME}", 1)
    terminal.be(cast.new_player(cast.new_environment(), "outsider"))
    for words in ("hub list", f"hub show {PACKAGE_NAME}", f"hub install {PACKAGE_NAME}"):
        assert "The server refuses: This call is not allowed." in terminal.type(tmp_path, words, 1)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SEALBOOK_URL", "", "set SEALBOOK_URL."),
        ("SEALBOOK_URL", "http://sealbook.example.com", "http is for this machine alone"),
        ("SEALBOOK_URL", "http://localhost:1", "does not answer"),
        ("USERCLOUDS_CLIENT_SECRET", "wrong", "The server refuses"),
    ],
)
def test_what_is_missing_is_told(
    terminal: Terminal, tmp_path: Path, name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert says in terminal.type(tmp_path, "hub list", 1)
    assert "names no version" in terminal.type(tmp_path, "hub show mask-ssn-pkg", 1)


def test_without_the_package_the_flow_says_how_it_comes_here(terminal: Terminal, tmp_path: Path) -> None:
    head, _, _ = SEED.partition("# Development only")
    (tmp_path / "dataflow.yaml").write_text(head.replace("    path: ../_packages/mask-ssn-pkg\n", ""))
    assert f"`sealbook hub install {PACKAGE_NAME}`" in terminal.type(tmp_path, "plan", 1)
    assert str(Meta("example", "mask-ssn-pkg", "0.1.0")) == PACKAGE_NAME
