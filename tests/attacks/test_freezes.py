"""What each kind of freeze stops and what it must not stop, call by call, on the next check of every process."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from governance.actions.freezes import freeze, unfreeze
from governance.identities import system_caller
from tests.api.calling import operational
from tests.attacks.calls import Caller, ask_for_access_token, calls_of, new_caller
from tests.attacks.web import Web, process_environment, serving

pytestmark = pytest.mark.django_db(transaction=True)

OF_THE_VALUE = {
    "read a value",
    "unmask a value",
    "find by a value",
    "take tokens of a value",
    "resolve a token of a value",
    "read a user",
    "list users",
    "write a value",
    "write a user",
    "write whom a value finds",
    "create a user with values",
}
OF_TOKENS = {
    "create a token",
    "create many tokens",
    "find or create a token",
    "resolve a token of raw data",
    "resolve a token for the purpose",
    "inspect a token",
    "look a token up",
    "delete a token",
}
OF_FLOWS = {"write records of a flow", "read records of a flow"}
NEVER_STOPPED = {
    "list consents",
    "list definitions",
    "read the book",
    "export the book",
    "withdraw a consent",
    "erase a user",
}
"""Except for a frozen client, which does none of it: it would lift its own freeze."""

STOPPED = {
    "nothing": set(),
    "environment": OF_THE_VALUE | OF_TOKENS | OF_FLOWS | {"create a user", "check consents"},
    "purpose": OF_THE_VALUE | {"resolve a token for the purpose", "check consents"},
    "column": OF_THE_VALUE,
    "client": OF_THE_VALUE | OF_TOKENS | OF_FLOWS | NEVER_STOPPED | {"create a user", "check consents"},
}


def target_of(caller: Caller, kind: str) -> UUID:
    environment = caller.home.scene.environment
    if kind == "purpose":
        return operational(environment)
    found = {"environment": environment.id, "client": caller.home.scene.service.client.public_id}
    return found.get(kind, caller.home.scene.column)


def freeze_for(caller: Caller, kind: str) -> UUID:
    """Freeze from another process than the one that is called."""
    system = system_caller(caller.home.scene.environment.id)
    return freeze(system, kind=kind, target_id=target_of(caller, kind)).public_id


@pytest.mark.parametrize("kind", list(STOPPED))
def test_a_freeze_stops_what_it_is_about_and_nothing_else(web: Web, kind: str) -> None:
    caller = new_caller(web)
    if kind != "nothing":
        freeze_for(caller, kind)
    gone_through = {name: call() for name, call in calls_of(caller).items()}
    assert {name for name, went in gone_through.items() if not went} == STOPPED[kind]


def test_the_next_call_is_stopped_and_the_next_after_lifting_goes_through(web: Web) -> None:
    caller = new_caller(web)
    read = calls_of(caller)["read a value"]
    for kind in [kind for kind in STOPPED if kind != "nothing"]:
        assert read()
        frozen = freeze_for(caller, kind)
        assert not read()
        unfreeze(system_caller(caller.home.scene.environment.id), freeze_id=frozen)
    assert read()


def test_a_frozen_client_gets_no_access_token_and_the_answer_does_not_say_why(web: Web) -> None:
    """One handed out now would be good again the moment the freeze is lifted, in whose hands ever it is."""
    caller = new_caller(web)
    player = caller.home.scene.service
    for kind, status in (("environment", 200), ("purpose", 200), ("column", 200), ("client", 401)):
        frozen = freeze_for(caller, kind)
        answer = ask_for_access_token(web, str(player.client.public_id), player.secret)
        wrong = ask_for_access_token(web, str(player.client.public_id), player.secret[::-1])
        assert (kind, answer.status) == (kind, status)
        assert (answer.body == wrong.body) == (status == 401)
        unfreeze(system_caller(caller.home.scene.environment.id), freeze_id=frozen)
    assert ask_for_access_token(web, str(player.client.public_id), player.secret).status == 200


def test_a_script_policy_cannot_look_at_a_frozen_column(web: Web) -> None:
    caller = new_caller(web)
    assert caller.read("judge", caller.ids["subject"]).json["data"]
    freeze_for(caller, "column")
    answer = caller.read("judge", caller.ids["subject"])
    assert answer.status == 403 or answer.json["data"] == []


@pytest.fixture(scope="module")
def second_web(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with serving(tmp_path_factory.mktemp("web") / "web.log", process_environment()) as started:
        yield started


@pytest.mark.nightly
def test_a_freeze_told_to_one_web_process_acts_in_the_other_at_once(web: Web, second_web: Web) -> None:
    caller = new_caller(web)
    elsewhere = Caller(second_web, caller.home, caller.token, caller.more)
    target = {"kind": "column", "target_id": str(caller.home.scene.column)}
    read = calls_of(elsewhere)["read a value"]
    for _ in range(5):
        assert read()
        frozen = caller.post("/governance/freezes", target)
        assert frozen.status == 201
        assert not read()
        lifted = web.send("DELETE", f"/governance/freezes/{frozen.json['id']}", token=caller.token)
        assert lifted.status == 204
    assert read()


@pytest.mark.nightly
def test_a_client_disabled_through_one_web_process_is_nobody_in_the_other_at_once(web: Web, second_web: Web) -> None:
    caller = new_caller(web)
    elsewhere = Caller(second_web, caller.home, caller.token, caller.more)
    assert calls_of(elsewhere)["read a value"]()
    path = f"/governance/clients/{caller.home.scene.service.client.public_id}"
    assert web.send("PUT", path, {"is_disabled": True}, token=caller.token).status == 200
    assert [elsewhere.read("accessor", caller.ids["subject"]).status, caller.resolve("token").status] == [403, 403]
