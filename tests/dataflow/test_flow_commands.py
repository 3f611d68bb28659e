"""Flows of the hub are deployed, listed and decided about at the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataflow.actions.hub import publish_to_hub
from dataflow.models import Deployment
from dataflow.running.deployed import engine_for
from keyring.walls import in_environment
from tests import cast
from tests.cast import Player
from tests.dataflow.published import CARDS
from tests.dataflow.test_hub_commands import Terminal, engineer, terminal

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["engineer", "terminal"]


def published(engineer: Player, *versions: str) -> None:
    for version in versions:
        publish_to_hub(engineer.caller, files={"dataflow.yaml": CARDS.replace("0.1.0", version)})


def test_a_flow_is_deployed_and_decided_about(terminal: Terminal, engineer: Player, tmp_path: Path) -> None:
    published(engineer, "0.1.0", "0.2.0")

    def typed(words: str, status: int = 0) -> str:
        return terminal.type(tmp_path, f"flows {words}", status)

    assert typed("list") == "Nothing is deployed.\n"
    assert typed("deploy tests/cards@0.1.0 --workers 2") == "tests/cards@0.1.0 is deployed.\n"
    assert typed("deploy tests/cards@0.1.0") == "tests/cards@0.1.0 is deployed already.\n"
    assert typed("deploy tests/cards@0.2.0") == "tests/cards@0.2.0 goes on where 0.1.0 stood.\n"
    assert typed("scale tests/cards 3") == "tests/cards: running is wanted, with 3 workers.\n"
    assert typed("stop tests/cards") == "tests/cards: stopped is wanted, with 3 workers.\n"
    engine = engine_for(engineer.caller)
    engine.client.hset(engine.counts("tests/cards"), mapping={"cleaning#succeeded": 3, "cleaning#failed": 1})
    assert [each.split() for each in typed("list").splitlines()] == [
        ["flow", "state", "workers", "succeeded", "failed", "waiting"],
        ["tests/cards@0.2.0", "stopped", "0/3", "3", "1", "0"],
    ]
    assert typed("start tests/cards") == "tests/cards: running is wanted, with 3 workers.\n"
    with in_environment(engineer.caller.environment_id):
        row = Deployment.objects.select_related("client").get()
    assert (row.wanted, row.workers, row.client.public_id) == ("running", 3, engineer.client.public_id)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("deploy tests/cards", "tests/cards names no version"),
        ("deploy tests/other@0.1.0", "There is no tests/other@0.1.0 in the hub"),
        ("deploy tests/cards@0.1.0 --workers 9", "A flow has 1 to 8 workers."),
        ("deploy tests/cards@0.1.0 --client 00000000-0000-4000-8000-000000000000", "There is no such client."),
        ("stop tests/cards", "tests/cards is not deployed."),
        ("stop ')", "') names no flow"),
    ],
)
def test_what_does_not_fit_is_said(terminal: Terminal, engineer: Player, tmp_path: Path, words: str, says: str) -> None:
    published(engineer, "0.1.0")
    assert says in terminal.type(tmp_path, f"flows {words}", 1)
    with in_environment(engineer.caller.environment_id):
        assert not Deployment.objects.exists()


def test_who_may_not_is_told(terminal: Terminal, engineer: Player, tmp_path: Path) -> None:
    published(engineer, "0.1.0")
    for rights in ({"read": True}, dict[str, Any]()):
        terminal.be(cast.new_player(engineer.client.environment, f"outsider-{len(rights)}", **rights))
        for words in ("list", "deploy tests/cards@0.1.0", "stop tests/cards"):
            assert "The server refuses" in terminal.type(tmp_path, f"flows {words}", 1)
    with in_environment(engineer.caller.environment_id):
        assert not Deployment.objects.exists()
