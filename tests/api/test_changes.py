"""Changes of a protected environment through the API."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from governance.actions.changes import approve_change
from governance.models import ClientSecret
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, body, line_of, new_scene
from tests.beginnings import beginning
from tests.governance.office import Office, new_office

pytestmark = pytest.mark.django_db

CHANGES = "/governance/changes"
FRAUD2 = {"action": "define_purpose", "arguments": {"name": "statistics2", "description": "Counting."}}


def new_service() -> tuple[Office, cast.Player, cast.Player]:
    office = new_office()
    service = cast.new_player(office.environment, "pipeline", configure=True)
    return office, service, cast.new_player(office.environment, "outsider")


def problem(answer: HttpResponse) -> Any:
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    return json.loads(answer.content)


begun, players = beginning(new_service)


def test_a_service_proposes_over_the_wire_and_a_person_approves(
    players: tuple[Office, cast.Player, cast.Player],
) -> None:
    office, service, outsider = players
    line = line_of(service)
    refused = body(line.post("/userstore/config/purposes", {"purpose": {"name": "statistics2"}}), 403)
    assert "POST /governance/changes with the action define_purpose" in refused["remedy"]
    change = body(line.post(CHANGES, FRAUD2 | {"comment": "For the yearly report."}), 201)
    assert change["state"] == "proposed" and change["author"] == {"kind": "client", "id": str(service.caller.id)}
    assert change["differences"] == [
        {
            "kind": "purpose",
            "name": "statistics2",
            "what": "new",
            "lines": [
                {"field": "description", "before": "—", "after": "Counting."},
                {"field": "legal basis", "before": "—", "after": "consent"},
                {"field": "name", "before": "—", "after": "statistics2"},
            ],
        }
    ]
    (listed,) = body(line.get(f"{CHANGES}?filter=('state',EQ,'proposed')"))["data"]
    assert listed == change == body(line.get(f"{CHANGES}/{change['id']}"))
    for call in (CHANGES, f"{CHANGES}/actions", f"{CHANGES}/{change['id']}"):
        assert line_of(outsider).get(call).status_code == 403
    assert line_of(outsider).post(f"{CHANGES}/{change['id']}/reject").status_code == 403
    approve_change(office.approver, change_id=change["id"], digest=change["digest"])
    applied = body(line.get(f"{CHANGES}/{change['id']}"))
    assert applied["state"] == "applied"
    assert applied["decided_by"] == {"kind": "operator", "id": str(office.approver.id)}
    assert "statistics2" in office.purposes()


def test_bad_proposals_are_refused_with_their_field(players: tuple[Office, cast.Player, cast.Player]) -> None:
    line = line_of(players[1])
    assert problem(line.post(CHANGES, {"action": "launch", "arguments": {}}))["field"] == "action"
    for arguments, field in [
        ({}, "arguments.name"),
        ([], "arguments"),
        (None, "arguments"),
        ({"name": 1}, "arguments.name"),
        ({"name": "a", "public_id": "b"}, "arguments.public_id"),
    ]:
        told = problem(line.post(CHANGES, {"action": "define_purpose", "arguments": arguments}))
        assert told["field"] == field
    known = {each["action"]: each for each in body(line.get(f"{CHANGES}/actions"))["data"]}
    assert known["define_purpose"]["arguments"]["required"] == ["name"]
    assert known["publish_accessor"]["promise"].startswith("Publish version 0")


def test_changes_are_withdrawn_by_their_author_and_rejected_by_others(
    players: tuple[Office, cast.Player, cast.Player],
) -> None:
    office, service, _ = players
    line, other = line_of(service), line_of(cast.new_player(office.environment, "other", configure=True))
    one, two = (body(line.post(CHANGES, FRAUD2), 201)["id"] for _ in range(2))
    assert other.post(f"{CHANGES}/{one}/withdraw").status_code == 409
    assert body(line.post(f"{CHANGES}/{one}/withdraw"))["state"] == "withdrawn"
    assert line.post(f"{CHANGES}/{two}/reject").status_code == 409
    assert body(other.post(f"{CHANGES}/{two}/reject"))["state"] == "rejected"
    assert line.post(f"{CHANGES}/{two}/withdraw").status_code == 409
    assert line.post(f"{CHANGES}/{uuid4()}/withdraw").status_code == 404


def test_changes_of_another_environment_are_not_there(players: tuple[Office, cast.Player, cast.Player]) -> None:
    _, service, _ = players
    change = body(line_of(service).post(CHANGES, FRAUD2), 201)["id"]
    abroad: Line = new_scene().line
    assert body(abroad.get(CHANGES))["data"] == []
    for call in ("reject", "withdraw"):
        assert abroad.post(f"{CHANGES}/{change}/{call}").status_code == 404
    assert abroad.get(f"{CHANGES}/{change}").status_code == 404


def test_a_secret_is_proposed_by_its_digest(players: tuple[Office, cast.Player, cast.Player]) -> None:
    office, service, _ = players
    arguments = {"client_id": str(service.caller.id), "prefix": "sbs_abcd", "digest": "0" * 64, "overlap": 3600}
    line = line_of(service)
    change = body(line.post(CHANGES, {"action": "accept_secret", "arguments": arguments}), 201)
    assert {"field": "client secret sbs_abcd…, secret", "before": "—", "after": "another"} in change["differences"][0][
        "lines"
    ]
    assert problem(line.post(CHANGES, {"action": "accept_secret", "arguments": arguments | {"digest": "x"}}))
    approve_change(office.approver, change_id=change["id"], digest=change["digest"])
    with in_environment(office.environment.id):
        assert ClientSecret.objects.filter(client=service.client, prefix="sbs_abcd").exists()
