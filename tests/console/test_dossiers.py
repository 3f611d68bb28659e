"""The dossier of a breach: one click gathers whom it is about and starts the clock; nobody ends their own."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.actors import Actor
from audit.events import declared
from audit.models import Alert, BreachDossier, Finding
from audit.models.breach import CLOCK
from audit.recorder import append
from governance.actions.freezes import freeze
from governance.console.dossiers import clock
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.audit.connections import AddressOf
from tests.console.people import Console
from tests.console.test_live_book import seal_all
from tests.planted_findings import SOMEBODY, found

MARK = "Reported by telephone to the authority, case 7."


def page_of(finding: Finding) -> str:
    return f"/admin/findings/{finding.id}/dossier/"


def looked(console: Console, actor: Actor, *people: str, **facts: object) -> None:
    append(
        declared()["accessor.executed"],
        environment_id=console.environment.id,
        actor=actor,
        facts={"accessor": UUID(int=5), "name": "GetAll", "subjects": list(people), "rows": len(people), **facts},
    )


def test_one_click_gathers_people_fields_and_entries_with_proofs_and_starts_the_clock(
    console: Console, as_officer: Browser, role_url: AddressOf
) -> None:
    finding = found(console.environment.id)
    with in_environment(console.environment.id):  # its window begins now, and what came before is of another time
        Alert.objects.update(window_start=timezone.now(), at=timezone.now(), evidence={})
    crowd = [f"{number:032x}" for number in range(40)]
    looked(console, Actor("operator", SOMEBODY), *crowd, columns=["email", "phone"], purposes=["support"])
    looked(console, Actor("operator", SOMEBODY), crowd[0], columns=["iban"])
    looked(console, Actor("operator", console.support.id), "f" * 32, columns=["secret_field"])
    looked(console, Actor("operator", SOMEBODY), "e" * 32, columns=["refused_field"], rows=0)
    page = page_of(finding)
    assert as_officer.get(page).status_code == 404
    assert "It is a breach" in as_officer.get(f"/admin/findings/{finding.id}/").content.decode()

    assert as_officer.post(page, {"step": "begin"}).status_code == 302
    as_officer.post(page, {"step": "begin"})
    looked(console, Actor("operator", SOMEBODY), "d" * 32, columns=["later_field"])
    seal_all(role_url)
    html = as_officer.get(page).content.decode()

    assert "71 h 59 min remain" in html and "41 people" in html and "3 entries" in html
    assert all(each in html for each in ("email", "phone", "iban", crowd[7], "everything here"))
    assert not any(each in html for each in ("secret_field", "later_field", "f" * 32))
    with ZipFile(BytesIO(as_officer.get(f"{page}file").content)) as bundle:
        about = json.loads(bundle.read("about.json"))
        proofs = [name for name in bundle.namelist() if name.startswith("proofs/")]
    assert (len(about["people"]), about["people"][crowd[0]], len(proofs)) == (41, 2, 3)
    assert about["further_entries"] == [] and about["is_whole"]
    with in_environment(console.environment.id):
        assert BreachDossier.objects.get().due_at - BreachDossier.objects.get().aware_at == CLOCK
    assert len(console.booked("finding.dossier_begun")) == 1
    (taken,) = console.booked("finding.dossier_taken")
    assert (taken.facts["entries"], taken.facts["people"], taken.facts["proofs"]) == (3, 41, 3)


def test_how_many_days_before_it_gathers_as_well_is_a_field_of_the_page(console: Console, as_officer: Browser) -> None:
    finding = found(console.environment.id)
    with in_environment(console.environment.id):
        alert = Alert.objects.get(id=finding.id)
    assert (
        'name="days" type="number" min="0" max="365"'
        in as_officer.get(f"/admin/findings/{finding.id}/").content.decode()
    )
    for wrong in ("366", "-1", "many"):
        said = as_officer.post(page_of(finding), {"step": "begin", "days": wrong}, follow=True).content.decode()
        assert "0 to 365 days." in said
    as_officer.post(page_of(finding), {"step": "begin", "days": "30"})
    with in_environment(console.environment.id):
        assert BreachDossier.objects.get().since == min(alert.window_start, alert.at) - timedelta(days=30)


def test_a_dossier_ends_once_with_a_reason_that_stays_sealed(console: Console, as_officer: Browser) -> None:
    finding = found(console.environment.id)
    page = page_of(finding)
    as_officer.post(page, {"step": "begin"})
    for said in ({"ending": "forgotten", "comment": "x"}, {"ending": "notified", "comment": " "}, {}):
        as_officer.post(page, said)
        with in_environment(console.environment.id):
            assert BreachDossier.objects.get().state == "open"
    as_officer.post(page, {"ending": "notified", "comment": MARK})
    again = as_officer.post(page, {"ending": "not required", "comment": "x"}, follow=True).content.decode()
    with in_environment(console.environment.id):
        row = BreachDossier.objects.get()
    assert (row.state, row.ended_by) == ("notified", console.officer.id)
    assert "Notified" in again and "No dossier of this finding is open" in again
    assert MARK in as_officer.get(f"/admin/findings/{finding.id}/").content.decode()
    (ended,) = console.booked("finding.dossier_ended")
    assert ended.facts["ending"] == "notified" and MARK not in ended.text


def test_it_leads_to_the_freezes_that_stop_it(console: Console, as_officer: Browser) -> None:
    job = cast.new_player(console.environment, "export-job")
    finding = found(console.environment.id, actor=job.client.public_id)
    as_officer.post(page_of(finding), {"step": "begin"})
    address = f"/admin/freeze/client/{job.client.public_id}/"
    assert address in as_officer.get(page_of(finding)).content.decode()
    frozen = freeze(system_caller(console.environment.id), kind="client", target_id=job.client.public_id)
    html = as_officer.get(page_of(finding)).content.decode()
    assert address not in html and f"/admin/unfreeze/{frozen.public_id}/" in html


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0, (False, 72, 0, 0)), (71.5, (False, 0, 30, 99)), (73.25, (True, 1, 15, 100)), (100, (True, 28, 0, 100))],
)
def test_the_clock_says_what_is_left_and_by_how_much_it_is_over(hours: float, told: tuple[bool, int, int, int]) -> None:
    aware = timezone.now()
    left = clock(BreachDossier(aware_at=aware), aware + timedelta(hours=hours))
    assert (left["is_late"], left["hours"], left["minutes"], left["gone"]) == told
    stopped = BreachDossier(aware_at=aware, ended_at=aware + timedelta(hours=2))
    assert clock(stopped, aware + timedelta(days=9))["hours"] == 70


def test_nobody_begins_their_own_and_the_outsider_sees_none(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    own = found(console.environment.id, actor=console.officer.id)
    assert "themselves" in as_officer.post(page_of(own), {"step": "begin"}, follow=True).content.decode()
    other = found(console.environment.id, actor=UUID(int=9))
    for said in ({"step": "begin", "days": "-1"}, {"step": "begin", "days": "99999"}):
        as_officer.post(page_of(other), said)
    elsewhere = found(cast.new_environment().id, actor=UUID(int=9))
    assert as_officer.post(page_of(elsewhere), {"step": "begin"}).status_code == 404
    for finding in (own, other, elsewhere):
        assert as_support.get(page_of(finding)).status_code == 403
        assert as_support.post(page_of(finding), {"step": "begin"}).status_code == 403
        assert as_support.get(f"{page_of(finding)}file").status_code == 403
        assert Browser().get(page_of(finding)).status_code == 302
    with in_environment(console.environment.id):
        assert not BreachDossier.objects.exists()
