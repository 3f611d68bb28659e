"""An officer begins a rotation and sees how far it is; nobody else does."""

from __future__ import annotations

from django.test import Client as Browser

from governance.actions.environments import change_environment
from governance.identities import system_caller
from keyring.models import KeyRotation
from keyring.walls import in_environment
from tests.console.people import Console
from tests.console.test_lists import rows
from userstore.actions.rotations import advance_rotation

ADD = "/admin/keyring/keyrotation/add/"


def test_an_officer_begins_a_rotation_once_and_sees_it_end(console: Console, as_officer: Browser) -> None:
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    assert as_officer.post(ADD, {"what": "subjects"}).status_code == 302
    with in_environment(console.environment.id):
        rotation = KeyRotation.objects.get()
    (row,) = rows(as_officer, "keyring/keyrotation")
    assert "Keys of subjects renewing" in row
    assert "not yet" in row and "officer" in row
    assert "being renewed already" in as_officer.post(ADD, {"what": "subjects"}).content.decode()
    assert as_officer.get(f"/admin/keyring/keyrotation/{rotation.pk}/change/").status_code == 302
    advance_rotation(environment_id=console.environment.id, rotation_id=rotation.pk)
    assert "renewed, old keys kept" in rows(as_officer, "keyring/keyrotation")[0]


def test_others_neither_see_nor_begin_one(console: Console, as_support: Browser) -> None:
    for answer in (as_support.get("/admin/keyring/keyrotation/"), as_support.post(ADD, {"what": "subjects"})):
        assert answer.status_code == 403
    with in_environment(console.environment.id):
        assert not KeyRotation.objects.exists()
