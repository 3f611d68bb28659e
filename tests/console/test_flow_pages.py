"""Deployed flows in the console: deployed, watched, decided about; nobody else gets there."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client as Browser

from dataflow.actions.deployments import deploy_flow, stop_flow, upgrade_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.actions.seen_states import note_state
from dataflow.deployments.roster import Roster
from dataflow.engines.redis_rows import RedisRows
from dataflow.models import Deployment
from dataflow.running.deployed import engine_for
from governance.actions.environments import change_environment
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.dataflow.counting import WORDS, words
from tests.dataflow.published import CARDS

FLOWS = "/admin/flows/"


def published(console: Console, version: str = "0.1.0") -> UUID:
    files = {"dataflow.yaml": CARDS.replace("0.1.0", version)}
    return publish_to_hub(system_caller(console.environment.id), files=files).public_id


@pytest.fixture
def made(console: Console) -> UUID:
    job = cast.new_caller(console.environment, "cards-job")
    return deploy_flow(system_caller(console.environment.id), item=published(console), client=job.id).public_id


def row(console: Console) -> Deployment:
    with in_environment(console.environment.id):
        return Deployment.objects.select_related("item").get()


def acted(browser: Browser, made: UUID, act: str, **more: Any) -> str:
    return browser.post(f"{FLOWS}{made}/act", {"act": act, **more}, follow=True).content.decode()


def test_an_officer_deploys_a_flow_and_sees_how_it_does(console: Console, as_officer: Browser) -> None:
    assert "No flow is published in the hub" in as_officer.get(FLOWS).content.decode()
    item = published(console)
    assert "There is no client yet" in as_officer.get(FLOWS).content.decode()
    job = cast.new_caller(console.environment, "cards-job")
    asked = {"item": str(item), "client": str(job.id), "workers": "9"}
    assert "A flow has 1 to 8 workers." in as_officer.post(FLOWS, asked).content.decode()
    answer = as_officer.post(FLOWS, {**asked, "workers": "2"})
    made = row(console)
    assert (answer.status_code, answer["Location"]) == (302, f"{FLOWS}{made.public_id}/")
    assert "starting" in as_officer.get(f"{FLOWS}live").content.decode()
    engine = engine_for(job)
    Roster(engine.client, environment_id=console.environment.id, flow="tests/cards").beat(0, {"cleaning": 1234.0})
    engine.client.hset(engine.counts("tests/cards"), mapping={"cleaning#succeeded": 5000, "cleaning#failed": 7})
    note_state(
        console.environment.id, made.public_id, state="failing", trouble="cleaning ended: X", now=made.decided_at
    )
    listed, shown = (as_officer.get(f"{FLOWS}{page}").content.decode() for page in ("", f"{made.public_id}/"))
    assert "failing" in listed and "1 / 2" in listed and "1,234" in listed
    for told in (
        "It is failing",
        "cleaning ended: X",
        "5,000",
        "cards-job",
        made.digest,
        'id="flow-letters" href="/admin/dead-letters/?flow=tests/cards"',
        "[orders]---&gt;|",
    ):
        assert told in shown, told
    assert "5,000" in as_officer.get(f"{FLOWS}{made.public_id}/live").content.decode()


def test_the_page_says_how_many_rows_states_have_and_what_they_hold(console: Console, as_officer: Browser) -> None:
    system, job = system_caller(console.environment.id), cast.new_caller(console.environment, "words-job")
    holding = WORDS.replace("keyed-state\n", "keyed-state\n        ttl: 2h\n        privacy: {pii: [name]}\n", 1)
    holding = holding.replace("counted: {", "counted: {privacy: {pii: [name], expires: 1d}, ", 1)
    item = publish_to_hub(system, files={"dataflow.yaml": WORDS}).public_id
    made, engine = deploy_flow(system, item=item, client=job.id), engine_for(job)
    (state,) = words().services[0].states
    engine.client.hset(RedisRows(engine, "tests/words").place(state.table), mapping={"a": "1:{}", "b": "1:{}"})
    page = as_officer.get(f"{FLOWS}{made.public_id}/").content.decode()
    assert re.search(
        r"count-words/count-per-word</td>\s*<td[^>]*>2</td>\s*<td[^>]*>ever</td>\s*<td[^>]*>none</td>", page
    )
    item = publish_to_hub(system, files={"dataflow.yaml": holding.replace("0.1.0", "0.2.0")}).public_id
    upgrade_flow(system, public_id=made.public_id, item=item)
    page = as_officer.get(f"{FLOWS}{made.public_id}/").content.decode()
    assert re.search(r"count-per-word</td>\s*<td[^>]*>0</td>\s*<td[^>]*>2h .*\s*<td[^>]*>name .*sealed", page)


def test_an_officer_decides(console: Console, as_officer: Browser, made: UUID) -> None:
    assert "It stops once the batches" in acted(as_officer, made, "stop")
    assert "Another number of workers" in acted(as_officer, made, "rescale", workers="3")
    later = published(console, "0.2.0")
    assert "The other version goes on" in acted(as_officer, made, "upgrade", item=str(later))
    assert (row(console).wanted, row(console).workers, row(console).item.version) == ("stopped", 3, "0.2.0")
    assert "It starts" in acted(as_officer, made, "start")
    assert "is put back" in acted(as_officer, made, "replay")
    assert "Write tests/cards to confirm that." in acted(as_officer, made, "read-again", confirmed="cards")
    assert "This is a time such as" in acted(
        as_officer, made, "read-again", confirmed="tests/cards", reads_from="2020-13-31T12:00"
    )
    assert "That moment is still to come" in acted(
        as_officer, made, "read-again", confirmed="tests/cards", reads_from="9999-12-31T12:00"
    )
    assert row(console).reading is None
    asked = {"confirmed": "tests/cards", "reads_from": "2020-01-31T12:00"}
    assert "it reads its topics again" in acted(as_officer, made, "read-again", **asked)
    reads_from = row(console).reads_from
    assert reads_from is not None
    assert reads_from.isoformat() == "2020-01-31T12:00:00+00:00"
    assert "tests/cards runs." in acted(as_officer, made, "delete")
    acted(as_officer, made, "stop")
    assert "It is deleted." in acted(as_officer, made, "delete")
    assert as_officer.get(f"{FLOWS}{made}/").status_code == 404
    assert as_officer.post(f"{FLOWS}{made}/act", {"act": "dance"}).status_code == 404


def test_in_a_protected_environment_decisions_wait_and_stopping_does_not(
    console: Console, as_officer: Browser, made: UUID
) -> None:
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    assert "stopping acts at once" in as_officer.get(f"{FLOWS}{made}/").content.decode()
    acted(as_officer, made, "rescale", workers="4")
    acted(as_officer, made, "stop")
    assert (row(console).workers, row(console).wanted) == (1, "stopped")
    assert "rescale flow" in as_officer.get("/admin/changes/").content.decode().lower()


@pytest.mark.parametrize("page", ["", "live", "{made}/", "{made}/live"])
def test_nobody_else_sees_them(console: Console, as_support: Browser, made: UUID, page: str) -> None:
    assert as_support.get(FLOWS + page.format(made=made)).status_code == 403


def test_nobody_else_decides(console: Console, as_support: Browser, made: UUID) -> None:
    assert as_support.post(f"{FLOWS}{made}/act", {"act": "stop"}).status_code == 403
    assert as_support.post(FLOWS, {}).status_code == 403
    assert row(console).wanted == "running"


def test_what_another_environment_has_is_not_there(console: Console, as_officer: Browser, made: UUID) -> None:
    abroad = cast.new_environment()
    system = system_caller(abroad.id)
    item = publish_to_hub(system, files={"dataflow.yaml": CARDS.replace("cards", "foreign")})
    job = cast.new_caller(abroad, "job")
    other = deploy_flow(system, item=item.public_id, client=job.id).public_id
    stop_flow(system, public_id=other)
    assert "tests/foreign" not in as_officer.get(FLOWS).content.decode()
    assert as_officer.get(f"{FLOWS}{other}/").status_code == 404
    assert "There is no such deployment." in acted(as_officer, other, "start")
    with in_environment(abroad.id):
        assert Deployment.objects.get().wanted == "stopped"
