"""What commands of a folder tell of topics that are sealed and that expire."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from config.flows import command
from config.flows.folder import engine_of, plan_here
from tests.dataflow.samples import SEED, seed_folder

PRIVACY = "    privacy: {pii: [ssn], expires: 1d}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A flow of its own on the server of the tests, with `user-info` sealed for a day."""
    folder, name = seed_folder(tmp_path), f"f{uuid4().hex}"
    text = SEED.replace("name: mask-user-info", f"name: {name}")
    text = text.replace("  user-info:\n", f"  user-info:\n    name: {name}\n{PRIVACY}")
    (folder / "dataflow.yaml").write_text(text)
    monkeypatch.chdir(folder)
    return folder


def test_records_that_expired_unread_are_shown_beside_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_here(folder)
    topic = plan.topics["user-info"].wire_name
    with engine_of(folder, plan) as engine:
        engine.intake(f"example/{topic}", "mask-ssn-service", [(topic, "0")], "w")
        assert command.show(["state", "mask-ssn-service/metrics"]) == 0
        assert capsys.readouterr().out.splitlines()[0].split() == ["Key", "Window", "succeeded", "failed"]
        engine.client.xadd(engine.stream(topic), {"v": "123-45-6789"}, id="1-1")
        engine.produce(topic, [(None, b"new")])
        assert command.show(["state", "mask-ssn-service/metrics"]) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert told == [["Key", "Window", "succeeded", "failed", "expired"], ["stats", "*", "0", "0", "1"]]


def test_records_that_cannot_be_opened_are_passed_over_and_told_about(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_here(folder)
    topic = plan.topics["user-info"].wire_name
    with engine_of(folder, plan) as engine:
        engine.produce(topic, [(None, b"of a key that is gone")])
        (folder / ".sealbook" / "flow.key").unlink()
    with engine_of(folder, plan) as engine:
        engine.produce(topic, [(b"k", b"new")])
    assert command.consume(["user-info", "-Bdk"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "[k] new\n"
    assert shown.err == "1 records cannot be opened: another key has sealed them.\n"
