"""Findings over the API: a service with the right to audit works on them, the outsider sees that there are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit import queries
from audit.models import ExpectedWork, Finding
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.beginnings import beginning
from tests.planted_findings import HANDLE, SOMEBODY, found_with_entries

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "Asked the team lead about Ada."


def told_scene() -> tuple[Scene, Finding]:
    scene = new_scene()
    return scene, found_with_entries(scene.environment.id)


begun, told = beginning(told_scene)


def test_a_service_lists_reads_takes_and_decides_findings(told: tuple[Scene, Finding]) -> None:
    scene, finding = told
    desk = line_of(cast.new_player(scene.environment, "desk", audit=True))
    path = f"/audit/findings/{finding.id}"

    (listed,) = body(desk.get("/audit/findings?filter=('state',EQ,'new')"))["data"]
    assert (listed["id"], listed["actor"], listed["subject"]) == (str(finding.id), str(SOMEBODY), HANDLE)
    assert listed["urgency"] > 0 and listed["owner"] is None
    assert desk.put(f"{path}/owner", None).status_code == 204
    assert desk.post(f"{path}/comments", {"comment": MARK}).status_code == 204
    expected = json.loads(desk.post(f"{path}/expectations", {"days": 3}).content)
    read = desk.get(path)
    whole = body(read)
    assert [each["text"] for each in whole["comments"]] == [MARK]
    assert whole["expected"] == [expected] and whole["evidence"][0]["is_kept"]
    assert read["Cache-Control"] == "no-store"
    assert desk.delete(f"/audit/expectations/{expected['id']}").status_code == 204
    assert desk.put(f"{path}/verdict", {"verdict": "confirmed", "comment": MARK}).status_code == 204
    assert body(desk.get(path))["state"] == "confirmed"
    assert desk.get(f"{path}/bundle").content[:2] == b"PK"

    entries = queries.entries(environment_id=scene.environment.id, limit=100)
    assert MARK not in "".join(each.text for each in entries)
    kinds = {each.kind for each in entries}
    assert kinds >= {"finding.listed", "finding.read", "finding.decided", "finding.bundled"}


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("PUT", "verdict", {"verdict": "fine", "comment": "x"}),
        ("PUT", "verdict", {"verdict": "explained"}),
        ("POST", "comments", {"comment": " "}),
        ("POST", "comments", {}),
        ("POST", "expectations", {"days": 0}),
        ("POST", "expectations", {"days": "soon"}),
    ],
)
def test_what_makes_no_sense_is_a_problem_and_changes_nothing(
    told: tuple[Scene, Finding], method: str, path: str, said: dict[str, Any]
) -> None:
    scene, finding = told
    answer = scene.line.send(method, f"/audit/findings/{finding.id}/{path}", said)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    with in_environment(scene.environment.id):
        assert Finding.objects.get().state == "new"
        assert not ExpectedWork.objects.exists()


def test_the_outsider_is_refused_and_elsewhere_there_is_no_finding(told: tuple[Scene, Finding]) -> None:
    scene, finding = told
    outsider = line_of(cast.new_player(scene.environment, "outsider", configure=True))
    abroad = line_of(cast.new_player(cast.new_environment(), "abroad", audit=True))
    assert _statuses(outsider, finding) == [403, 403, 403]
    assert _statuses(abroad, finding) == [200, 404, 404]
    assert body(abroad.get("/audit/findings"))["data"] == []


def _statuses(line: Line, finding: Finding) -> list[int]:
    paths = ("/audit/findings", f"/audit/findings/{finding.id}", f"/audit/findings/{finding.id}/bundle")
    return [line.get(path).status_code for path in paths]
