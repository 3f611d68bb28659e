"""A client that is frozen or disabled gets nothing: not its configuration rights, not an answer of before."""

from __future__ import annotations

import pytest
from django.http import HttpResponse

from governance.actions.clients import change_client
from governance.actions.freezes import freeze
from governance.identities import system_caller
from tests.api.calling import Line, Scene, new_scene, recorded
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db(transaction=True)

begun, scene = beginning(new_scene)


def frozen(scene: Scene) -> str:
    target = scene.service.client.public_id
    return str(freeze(system_caller(scene.environment.id), kind="client", target_id=target).public_id)


def everything(scene: Scene, line: Line) -> dict[str, HttpResponse]:
    user = str(scene.subject)
    return {
        "read": scene.read(line),
        "write": scene.write(line),
        "user": line.get(f"/authn/users/{user}"),
        "users": line.get("/authn/users"),
        "consents": line.post("/userstore/api/consents/list", {"user_id": user}),
        "resolve": line.post("/tokenizer/tokens/actions/resolve", {"tokens": ["a"], "context": {}}),
        "definitions": line.get("/userstore/config/columns"),
        "book": line.get("/audit/entries"),
        "clients": line.get("/governance/clients"),
        "secret": line.post(f"/governance/clients/{scene.service.client.public_id}/secrets", {}),
        "erase": line.delete(f"/authn/users/{user}"),
    }


def test_a_client_that_nothing_stops_can_do_all_of_this(scene: Scene) -> None:
    assert {answer.status_code for answer in everything(scene, scene.line).values()} == {200, 201, 204}


def test_a_frozen_client_can_do_nothing_whatever_its_rights(scene: Scene) -> None:
    frozen(scene)
    answers = everything(scene, scene.line)
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)


def test_a_frozen_client_cannot_lift_its_own_freeze(scene: Scene) -> None:
    freeze_id = frozen(scene)
    assert scene.line.delete(f"/governance/freezes/{freeze_id}").status_code == 403
    assert scene.read(scene.line).status_code == 403
    assert len(recorded(scene, "freeze.lifted", "refused")) + len(recorded(scene, "call.refused", "refused")) == 1


def disabled(scene: Scene) -> None:
    client = scene.service.client
    change_client(
        system_caller(scene.environment.id),
        client_id=client.public_id,
        name=client.name,
        description="",
        is_disabled=True,
    )


def test_a_disabled_client_can_do_nothing_whatever_its_rights(scene: Scene) -> None:
    line = scene.line
    disabled(scene)
    answers = everything(scene, line)
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
