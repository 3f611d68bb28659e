"""Clients that invoke one another's jobs: who may, what the book says, and that no person becomes one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from audit import queries
from governance.actions.clients import change_client
from governance.actions.freezes import freeze
from governance.actions.rights import give_right, withdraw_right
from governance.identities import system_caller
from governance.models import Right
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import NUMBER, Line, Scene, line_of, new_scene
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db
begun, scene = beginning(new_scene)
FORM = "application/x-www-form-urlencoded"


def exchanged(token: str | None, audience: object) -> tuple[int, dict[str, Any]]:
    asked = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token or "",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": str(audience),
    }
    answer = Browser().post("/oidc/token", urlencode(asked), content_type=FORM)
    return answer.status_code, json.loads(answer.content)


def scheduler_of(scene: Scene, name: str = "scheduler") -> cast.Player:
    """A client that may invoke the scene's service and nothing else."""
    player = cast.new_player(scene.environment, name)
    system = system_caller(scene.environment.id)
    give_right(system, holder=player.client.account, operation="invoke", on=scene.service.client)
    return player


@pytest.mark.django_db(transaction=True)
def test_who_may_invoke_a_client_acts_as_it_and_the_book_names_both(scene: Scene) -> None:
    scene.write(scene.line)
    scheduler = scheduler_of(scene)
    own = line_of(scheduler)
    assert scene.read(own).status_code == 403
    status, told = exchanged(own.token, scene.service.caller.id)
    assert status == 200 and told["issued_token_type"].endswith("access_token")
    assert scene.numbers(Line(told["access_token"])) == [NUMBER]
    entries = queries.entries(environment_id=scene.environment.id, kinds=["accessor.executed"])
    done = next(entry for entry in entries if entry.outcome == "done")
    assert (done.actor.id, done.actor.via) == (scene.service.caller.id, (scheduler.caller.id,))
    (invoked,) = queries.entries(environment_id=scene.environment.id, kinds=["client.invoked"])
    assert invoked.actor.id == scheduler.caller.id and invoked.facts["client"] == str(scene.service.caller.id)


def test_who_may_not_gets_no_token(scene: Scene) -> None:
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    for token, audience, status in [
        (outsider.token, scene.service.caller.id, 400),
        (scene.line.token, scene.service.caller.id, 400),
        (line_of(scheduler_of(scene)).token, "nobody", 400),
        ("no token", scene.service.caller.id, 401),
        ("", scene.service.caller.id, 401),
    ]:
        assert exchanged(token, audience)[0] == status


def test_a_token_ends_with_the_right_and_with_whoever_is_behind_it(scene: Scene) -> None:
    system = system_caller(scene.environment.id)
    first, second, third = (scheduler_of(scene, name) for name in ("first", "second", "third"))
    lines = [
        Line(exchanged(line_of(p).token, scene.service.caller.id)[1]["access_token"]) for p in (first, second, third)
    ]
    assert {scene.read(line).status_code for line in lines} == {200}
    with in_environment(scene.environment.id):
        right = Right.objects.get(user=first.client.account)
    withdraw_right(system, right=right)
    freeze(system, kind="client", target_id=second.caller.id)
    change_client(system, client_id=third.caller.id, name="", description="", is_disabled=True)
    assert {scene.read(line).status_code for line in lines} == {403}
    assert scene.read(scene.line).status_code == 200


def test_a_chain_is_kept_whole_and_never_comes_back(scene: Scene) -> None:
    system = system_caller(scene.environment.id)
    middle = scheduler_of(scene, "middle")
    outer = cast.new_player(scene.environment, "outer")
    give_right(system, holder=outer.client.account, operation="invoke", on=middle.client)
    give_right(system, holder=scene.service.client.account, operation="invoke", on=outer.client)
    through = exchanged(line_of(outer).token, middle.caller.id)[1]["access_token"]
    whole = exchanged(through, scene.service.caller.id)[1]["access_token"]
    assert scene.read(Line(whole)).status_code == 200
    assert exchanged(whole, outer.caller.id)[0] == 400
    with in_environment(scene.environment.id):
        right = Right.objects.get(user=outer.client.account)
    withdraw_right(system, right=right)
    assert scene.read(Line(whole)).status_code == 403


def test_no_person_signs_in_as_a_client(scene: Scene) -> None:
    account = scene.service.client.account
    assert not account.has_usable_password() and not account.check_password("")
    for password in (scene.service.secret, ""):
        answer = Browser().post("/login/", {"username": account.username, "password": password})
        assert answer.status_code != 302
    browser = Browser()
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/admin/governance/client/").status_code in {302, 403}
