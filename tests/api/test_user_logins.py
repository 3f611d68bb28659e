"""Users with a user name and a password, and the regions they are noted in."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.hashers import check_password
from pytest_django import Settings

from audit import queries
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning
from userstore.actions.credentials import PASSWORD_COLUMN, _place
from userstore.models import Credential, Subject
from userstore.writing.keys import subject_key

pytestmark = pytest.mark.django_db(transaction=True)

NAME, PASSWORD = "Ada.Lovelace@example.com", "correct horse battery"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def login(name: str = NAME, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    return {"authn_type": "password", "username": name, "password": password, **more}


def test_a_password_is_kept_as_a_sealed_hash_and_nothing_gives_it_back(scene: Scene, line: Line) -> None:
    made = UUID(body(line.post("/authn/users", login()))["id"])
    with in_environment(scene.environment.id):
        subject = Subject.objects.get(public_id=made)
        kept = Credential.objects.get(subject=subject)
        opened = subject_key(subject).unseal(bytes(kept.password), _place(subject, PASSWORD_COLUMN, kept.pk)).decode()
        assert check_password(PASSWORD, opened)
        stored = b"".join(bytes(each) for each in (kept.blind, kept.username, kept.password))
        assert NAME.encode() not in stored
    shown = line.get(f"/authn/users/{made}").content.decode() + line.get("/authn/users").content.decode()
    book = "".join(entry.text for entry in queries.every_entry(environment_id=scene.environment.id))
    assert not any(secret in shown + book for secret in (NAME, PASSWORD, opened))


def test_a_user_name_is_taken_once_in_an_environment_in_whatever_case(scene: Scene, line: Line) -> None:
    body(line.post("/authn/users", login()))
    taken = body(line.post("/authn/users", login(NAME.upper())), 409)
    assert taken["error"]["identical"] is False
    assert "id" not in taken["error"]
    assert NAME.upper() not in str(taken)
    assert recorded(scene, "subject.created", "failed")
    assert len(body(line.get("/authn/users"))["data"]) == 2
    body(new_scene().line.post("/authn/users", login()))


def test_a_deleted_users_name_is_free_again(line: Line) -> None:
    made = body(line.post("/authn/users", login()))["id"]
    assert line.delete(f"/authn/users/{made}").status_code == 204
    body(line.post("/authn/users", login()))


@pytest.mark.parametrize(
    "sent",
    [
        login(password="short"),
        login(password="password1"),
        login(password="x" * 257),
        login(name=""),
        login(name="a" * 257),
        {"authn_type": "password"},
        {"username": NAME},
        login(authn_type="social"),
    ],
    ids=["short", "common", "long", "nobody", "long name", "neither", "no password", "social"],
)
def test_a_login_that_does_not_do_is_refused_and_not_repeated(line: Line, sent: dict[str, Any]) -> None:
    answer = line.post("/authn/users", sent)
    body(answer, 400)
    assert not any(str(value) in answer.content.decode() for value in sent.values() if len(str(value)) > 8)
    assert len(body(line.get("/authn/users"))["data"]) == 1


def test_who_may_not_write_creates_nobody(scene: Scene) -> None:
    for player in (cast.new_player(scene.environment, "reader", read=True), cast.new_player(scene.environment, "out")):
        assert line_of(player).post("/authn/users", login()).status_code == 403
    with in_environment(scene.environment.id):
        assert not Credential.objects.exists()


def test_a_region_is_noted_where_it_is_known(scene: Scene, line: Line, settings: Settings) -> None:
    settings.USERSTORE_REGIONS = ["aws-us-east-1", "aws-eu-west-1"]
    assert body(line.get("/userstore/config/regions")) == ["aws-us-east-1", "aws-eu-west-1"]
    made = body(line.post("/authn/users", {"region": "aws-eu-west-1"}))["id"]
    by_itself = body(line.post("/authn/users", {"region": None}))["id"]
    mutated = body(
        line.post("/userstore/api/users", {**scene.write_body(), "id": str(uuid4()), "region": "aws-eu-west-1"})
    )
    with in_environment(scene.environment.id):
        noted = {str(each.public_id): each.region for each in Subject.objects.all()}
    assert (noted[made], noted[by_itself], noted[mutated]) == ("aws-eu-west-1", "aws-us-east-1", "aws-eu-west-1")
    refused = body(line.post("/authn/users", {"region": "the-moon"}), 400)
    assert (refused["field"], "the-moon" in str(refused)) == ("region", False)
    assert line_of(cast.new_player(scene.environment, "out")).get("/userstore/config/regions").status_code == 403
