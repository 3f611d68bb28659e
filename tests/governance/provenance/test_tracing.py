"""Which reviewed commit read this column: one query of the book, asked over the API and on a page."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from audit import queries
from governance.actions.accounts import define_operator
from governance.actions.rights import give_rights
from tests import cast
from tests.api.calling import line_of, new_scene
from tests.beginnings import beginning
from tests.console.people import PASSWORD, SYSTEM, Console
from tests.governance.provenance.ci import ARTIFACT, COMMIT, digest_of
from tests.governance.provenance.stage import Stage, new_stage

pytestmark = pytest.mark.django_db(transaction=True)

begun, stage = beginning(new_stage)


def read_by_two_builds(stage: Stage) -> None:
    stage.register()
    stage.register(b"newer", commit="ab" * 20)
    former, newer = stage.session(), stage.session(b"newer")
    for line in (former, former, newer, stage.scene.line):
        assert stage.scene.numbers(line)


def test_the_builds_that_read_a_column_are_told_with_their_commits(stage: Stage) -> None:
    read_by_two_builds(stage)
    address = f"/governance/columns/{stage.scene.column}/code"
    newest, former = json.loads(stage.scene.line.get(address).content)["data"]
    assert (newest["commit"], newest["calls"]) == ("ab" * 20, 1)
    assert (former["commit"], former["digest"], former["calls"]) == (COMMIT, digest_of(ARTIFACT), 2)
    assert (former["caller"], former["artifact"]) == ("nightly-report", "job")
    assert former["repository"] == "https://git.example.com/shop/jobs"
    since = quote((timezone.now() + timedelta(hours=1)).isoformat())
    assert json.loads(stage.scene.line.get(f"{address}?since={since}").content)["data"] == []
    (_, first) = queries.entries(environment_id=stage.scene.environment.id, kinds=["code.traced"])
    assert (first.facts["column"], first.facts["returned"]) == (str(stage.scene.column), 2)


def test_only_who_may_read_the_book_asks_and_only_about_the_own_environment(stage: Stage) -> None:
    read_by_two_builds(stage)
    address = f"/governance/columns/{stage.scene.column}/code"
    assert line_of(cast.new_player(stage.scene.environment, "outsider")).get(address).status_code == 403
    assert line_of(stage.job).get(address).status_code == 403
    assert new_scene().line.get(address).status_code == 404
    assert stage.scene.line.get(f"/governance/columns/{uuid4()}/code").status_code == 404


def test_the_page_shows_the_commit_to_officers_alone(stage: Stage) -> None:
    read_by_two_builds(stage)
    environment = stage.scene.environment
    officer = define_operator(SYSTEM, username="officer", password=PASSWORD, groups=["Privacy officers"])
    support = define_operator(SYSTEM, username="support", password=PASSWORD)
    group = Group.objects.get(name="Privacy officers")
    give_rights(stage.officer, holder=group, operations=("configure", "audit"), on=environment)
    console = Console(environment, officer, support, officer)
    page = f"/admin/code-of-column/?column={stage.scene.column}&days=7"
    shown = console.browser(officer).get(page).content.decode()
    assert COMMIT in shown and "nightly-report" in shown and digest_of(ARTIFACT)[:12] in shown
    assert "Choose" in console.browser(officer).get("/admin/code-of-column/").content.decode()
    assert console.browser(support).get(page).status_code == 403
