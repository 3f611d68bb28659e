"""The staff directory, marks, jobs and feeds over the API: officers' services keep them, the outsider sees nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from governance.actions.accounts import define_operator
from governance.actions.environments import change_environment
from governance.actions.feeding import feed_next
from governance.actions.rights import give_rights
from governance.actions.webhooks import define_webhook, issue_webhook_secret
from governance.identities import system_caller
from governance.models import Feed, MarkedSubject, RegisteredJob, StaffMember
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning
from tests.cast import NOBODY
from userstore.actions.builtin import GET_USERS

pytestmark = pytest.mark.django_db(transaction=True)
begun, scene = beginning(new_scene)

STAFF, MARKS, JOBS, FEEDS = "/governance/staff", "/governance/marks", "/governance/registered-jobs", "/audit/feeds"
SYSLOG = {"name": "siem", "way": "syslog", "address": "logs.example.com:6514"}


@pytest.fixture
def officer(scene: Scene) -> Line:
    return line_of(cast.new_player(scene.environment, "hr-sync", configure=True))


def operator(scene: Scene, name: str) -> str:
    """Somebody who may ask for access in the scene's environment."""
    account = define_operator(NOBODY, username=f"{name}-{uuid4().hex[:6]}", password="a long enough passphrase")
    give_rights(system_caller(scene.environment.id), holder=account, operations=["request"], on=scene.environment)
    return account.username


def test_a_file_takes_the_place_of_the_directory_and_a_fault_names_row_and_column(scene: Scene, officer: Line) -> None:
    sue, ann = operator(scene, "sue"), operator(scene, "ann")
    text = f"username,team,manager,leave\n{sue},desk,{ann},2026-03-01..2026-03-14\n{ann},desk,,\n"
    assert body(officer.put(STAFF, {"csv": text})) == {"members": 2, "added": 2, "changed": 0, "ended": 0}
    wrong = officer.put(STAFF, {"csv": f"username,joined\n{sue},yesterday\n"})
    assert wrong.status_code == 400 and "Row 2, joined" in wrong.json()["remedy"]
    assert wrong.json()["field"] == "csv" and "yesterday" not in wrong.content.decode()
    first, second = body(officer.get(f"{STAFF}?sort_key=username,id"))["data"]
    assert (first["username"], second["manager"], second["team"]) == (ann, ann, "desk")
    assert second["leave"] == [{"first": "2026-03-01", "last": "2026-03-14"}]
    assert recorded(scene, "staff.taken_in")[0].facts["source"] == "api"


def test_somebody_is_marked_once_and_the_mark_is_lifted(scene: Scene, officer: Line) -> None:
    asked = {"subject_id": str(scene.subject), "kind": "honey"}
    mark = body(officer.post(MARKS, asked), 201)
    assert body(officer.get(MARKS))["data"] == [mark]
    again = officer.post(MARKS, asked | {"kind": "flagged"})
    assert (again.status_code, again.json()["conflict"]["id"]) == (409, mark["id"])
    assert officer.post(MARKS, asked | {"subject_id": str(uuid4())}).status_code == 404
    assert officer.delete(f"{MARKS}/{mark['id']}").status_code == 204
    assert officer.delete(f"{MARKS}/{mark['id']}").status_code == 404
    assert str(scene.subject) not in "".join(each.text for each in recorded(scene, "mark.set"))


@pytest.mark.parametrize(
    "wrong",
    [{"purposes": "operational"}, {"purposes": [3]}, {"hours": [True]}, {"hours": [24]}, {"accessors": ["GetUsers"]}],
)
def test_a_job_is_registered_and_withdrawn(scene: Scene, officer: Line, wrong: dict[str, Any]) -> None:
    asked = {"client_id": str(scene.service.client.public_id), "purposes": ["operational"], "hours": [3, 2]}
    refused = officer.post(JOBS, asked | wrong)
    assert (refused.status_code, refused.json()["field"]) == (400, next(iter(wrong)))
    assert officer.post(JOBS, asked | {"accessors": [str(uuid4())]}).status_code == 404
    job = body(officer.post(JOBS, asked | {"accessors": [str(GET_USERS)]}), 201)
    assert job["accessors"] == [str(GET_USERS)]
    assert (job["hours"], body(officer.get(JOBS))["data"]) == ([2, 3], [job])
    assert officer.delete(f"{JOBS}/{job['id']}").status_code == 204


def test_a_feed_is_defined_paused_resumed_and_retired_and_shows_no_secret(scene: Scene, officer: Line) -> None:
    system = system_caller(scene.environment.id)
    hook = define_webhook(system, name="siem", url="https://siem.example.com/in").public_id
    secret = issue_webhook_secret(system, public_id=hook).reveal()
    feed = body(officer.post(FEEDS, {"name": "siem", "way": "webhook", "webhook_id": str(hook)}), 201)
    one = f"{FEEDS}/{feed['id']}"
    assert body(officer.get(one)) == feed and secret not in officer.get(FEEDS).content.decode()
    assert body(officer.post(f"{one}/pause"))["paused_at"]
    assert officer.post(f"{one}/pause").status_code == 409
    assert feed_next(scene.environment.id, feed_id(scene), now=timezone.now()) == 0
    assert body(officer.post(f"{one}/resume"))["paused_at"] is None
    assert officer.post(f"{one}/resume").status_code == 409
    moved = body(officer.put(one, {"way": "syslog", "address": "logs.example.com:6514", "webhook_id": None}))
    assert (moved["address"], moved["webhook_id"], moved["name"]) == ("logs.example.com:6514", None, "siem")
    assert officer.delete(one).status_code == 204 and officer.get(one).status_code == 404
    kinds = [f"feed.{step}" for step in ("defined", "paused", "resumed", "changed", "retired")]
    assert [len(recorded(scene, kind)) for kind in kinds] == [1] * 5


def feed_id(scene: Scene) -> Any:
    with in_environment(scene.environment.id):
        return Feed.objects.get().public_id


def test_the_outsider_and_whoever_is_from_elsewhere_change_and_see_nothing(scene: Scene, officer: Line) -> None:
    mark = body(officer.post(MARKS, {"subject_id": str(scene.subject), "kind": "honey"}), 201)["id"]
    feed = body(officer.post(FEEDS, SYSLOG), 201)["id"]
    job = {"client_id": str(scene.service.client.public_id), "purposes": ["operational"]}
    registered = body(officer.post(JOBS, job), 201)["id"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", STAFF, None), ("PUT", STAFF, {"csv": "username\nsue\n"}), ("GET", MARKS, None), ("GET", FEEDS, None),
        ("POST", MARKS, {"subject_id": str(scene.subject), "kind": "honey"}), ("GET", JOBS, None), ("POST", JOBS, job),
        ("POST", FEEDS, SYSLOG | {"name": "mine"}), ("DELETE", f"{MARKS}/{mark}", None),
        ("DELETE", f"{JOBS}/{registered}", None), ("POST", f"{FEEDS}/{feed}/pause", None),
        ("DELETE", f"{FEEDS}/{feed}", None), ("PUT", f"{FEEDS}/{feed}", SYSLOG),
    ]  # fmt: skip
    outsider = line_of(cast.new_player(scene.environment, "outsider", audit=True, read=True))
    assert {outsider.send(*call).status_code for call in calls} == {403}
    abroad = line_of(cast.new_player(cast.new_environment(), "elsewhere", configure=True))
    assert {abroad.send(*call).status_code for call in calls if "/" in call[1][12:]} == {404}
    with in_environment(scene.environment.id):
        assert not StaffMember.objects.exists()
        assert [model.objects.count() for model in (MarkedSubject, RegisteredJob, Feed)] == [1, 1, 1]


def test_in_a_protected_environment_a_service_is_told_where_to_propose_it(scene: Scene, officer: Line) -> None:
    system = system_caller(scene.environment.id)
    feed = body(officer.post(FEEDS, SYSLOG), 201)["id"]
    change_environment(system, description="", is_protected=True)
    refused = officer.post(f"{FEEDS}/{feed}/pause")
    assert refused.status_code == 403 and "POST /governance/changes" in refused.json()["remedy"]
    asked = {"action": "pause_feed", "arguments": {"public_id": feed}}
    change = body(officer.post("/governance/changes", asked), 201)
    assert [line["field"] for line in change["differences"][0]["lines"]] == ["paused at"]
