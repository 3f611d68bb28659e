"""Every refusal can be asked why, by whom it was about and by who reads the book, and by nobody else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from governance.actions.rights import give_right
from governance.breakglass.machines import TABLE
from governance.explaining import meaning_of
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.beginnings import beginning
from userstore.models import Accessor

pytestmark = pytest.mark.django_db(transaction=True)

begun, scene = beginning(new_scene)


def asked(line: Line, decision: str) -> Any:
    return line.get(f"/governance/decisions/{decision}")


def test_who_was_refused_learns_what_decided_and_what_helps(scene: Scene) -> None:
    outsider = cast.new_player(scene.environment, "curious")
    line, other = line_of(outsider), line_of(cast.new_player(scene.environment, "other"))
    refused = scene.read(line)
    decision = refused.headers["X-Sealbook-Decision"]

    told = body(asked(line, decision))

    assert refused.status_code == 403
    assert told["outcome"] == "refused"
    assert told["decided_by"]["code"] == "right: none allows read on this accessor"
    assert told["decided_by"]["remedy"]
    assert asked(other, decision).status_code == 403, "somebody else's decision is none of theirs"
    assert asked(scene.line, decision).status_code == 200, "who reads the book may know"
    assert asked(line, str(uuid4())).status_code == 403, "an outsider learns of no other decision"


def test_a_denial_names_the_right_that_lost_against_it(scene: Scene) -> None:
    player = cast.new_player(scene.environment, "denied", read=True)
    system = system_caller(scene.environment.id)
    line = line_of(player)
    with in_environment(scene.environment.id):
        accessor = Accessor.objects.get(public_id=scene.accessor)
    give_right(system, holder=player.client.account, operation="read", on=accessor, is_deny=True)

    refused = scene.read(line)
    told = body(asked(line, refused.headers["X-Sealbook-Decision"]))

    assert " denies read" in told["decided_by"]["code"]
    assert len(told["lost"]) == 1


def test_every_guard_of_temporary_access_explains_itself() -> None:
    for name in {guard.name for step in TABLE for guard in step.guards}:
        found = meaning_of(f"guard: {name}")
        assert found.says
        assert found.remedy
