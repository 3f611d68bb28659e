"""The inbox of findings: an auditor decides about them, nobody else sees that there are any."""

from __future__ import annotations

import json
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.analysis.detections import honey
from audit.analysis.ranking import by_urgency
from audit.analysis.risk import PER_DAY
from audit.models import Alert, ExpectedWork, Finding
from audit.verify.notes import read_checkpoint
from audit.verify.proving import read_proof
from audit.verify.tree import check_inclusion, leaf_hash
from keyring.walls import in_environment
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing
from tests.console.people import Console
from tests.planted_findings import HANDLE, SOMEBODY, found, found_with_entries, weighs

INBOX = "/admin/findings/"
MARK = "She opened it for a friend"


def page_of(environment_id: UUID, *, actor: UUID = SOMEBODY) -> str:
    return f"{INBOX}{found(environment_id, actor=actor).id}/"


def test_an_officer_takes_a_finding_comments_and_decides_it_each_on_record(
    console: Console, as_officer: Browser
) -> None:
    page = page_of(console.environment.id)
    listed = as_officer.get(INBOX).content.decode()
    assert page in listed and honey.DETECTION.title in listed
    shown = as_officer.get(page).content.decode()
    assert honey.DETECTION.runbook in shown and HANDLE in shown
    assert as_officer.post(page, {"step": "take"}).status_code == 302
    as_officer.post(page, {"step": "comment", "comment": MARK})
    as_officer.post(page, {"step": "expect", "days": "7"})
    as_officer.post(page, {"step": "decide", "verdict": "confirmed", "comment": "It was not hers to open."})
    with in_environment(console.environment.id):
        finding = Finding.objects.get()
        assert (finding.state, finding.owner, finding.decided_by) == (
            "confirmed", console.officer.id, console.officer.id,
        )  # fmt: skip
        assert ExpectedWork.objects.get().actor == str(SOMEBODY)
    assert MARK in as_officer.get(page).content.decode()
    assert page not in as_officer.get(INBOX).content.decode()
    assert page in as_officer.get(f"{INBOX}?state=confirmed").content.decode()
    for kind in ("finding.assigned", "finding.commented", "finding.decided", "finding.work_expected", "finding.read"):
        entries = console.booked(kind)
        assert entries and all(entry.actor.id == console.officer.id for entry in entries), kind
        assert MARK not in str([entry.facts for entry in entries])


@pytest.mark.parametrize(
    "said",
    [
        {"step": "decide", "verdict": "fine", "comment": "x"},
        {"step": "decide", "verdict": "explained", "comment": " "},
        {"step": "expect", "days": "999"},
        {"step": "expect", "days": "soon"},
        {},
    ],
    ids=["no such verdict", "no reason", "too long", "no number", "nothing"],
)
def test_what_makes_no_sense_changes_nothing(console: Console, as_officer: Browser, said: dict[str, str]) -> None:
    page = page_of(console.environment.id)
    assert as_officer.post(page, said, follow=True).status_code == 200
    with in_environment(console.environment.id):
        assert Finding.objects.get().state == "new"
        assert not ExpectedWork.objects.exists()


def test_nobody_decides_about_themselves(console: Console, as_officer: Browser) -> None:
    page = page_of(console.environment.id, actor=console.officer.id)
    said = {"step": "decide", "verdict": "explained", "comment": "I had a reason."}
    assert "themselves" in as_officer.post(page, said, follow=True).content.decode()
    with in_environment(console.environment.id):
        assert Finding.objects.get().state == "new"


def test_who_may_not_read_the_book_sees_no_findings_and_a_foreign_one_is_not_there(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    page = page_of(console.environment.id)
    for browser, status in ((as_support, 403), (Browser(), 302)):
        assert browser.get(INBOX).status_code == browser.get(page).status_code == status
        assert browser.post(page, {"step": "take"}).status_code == status
    elsewhere = page_of(cast.new_environment().id)
    assert as_officer.get(elsewhere).status_code == 404
    as_officer.post(elsewhere, {"step": "take"})
    assert elsewhere not in as_officer.get(INBOX).content.decode()
    with in_environment(console.environment.id):
        assert Finding.objects.get().state == "new"


def test_what_weighs_most_comes_first_and_a_days_worth_apart(console: Console, as_officer: Browser) -> None:
    faint, second, first = (
        found(console.environment.id, actor=UUID(int=number), subject=f"{number:032x}") for number in (1, 2, 3)
    )
    for finding, nats in ((faint, 0.5), (second, 20.0), (first, 30.0)):
        weighs(finding, nats)
    html = as_officer.get(INBOX).content.decode()
    places = [html.index(str(each.id)) for each in (first, second, faint)]
    assert places == sorted(places)
    assert html.count("waits until more joins it") == 1 and html.index("After these") < places[2]

    page = f"{INBOX}{first.id}/"
    as_officer.post(page, {"step": "decide", "verdict": "explained", "comment": "A drill."})
    with in_environment(console.environment.id):
        ranked = by_urgency(now=timezone.now(), most=50)
    assert [each.finding.id for each in ranked] == [second.id, faint.id]
    assert [each.is_waiting for each in ranked] == [False, True]
    assert str(first.id) in as_officer.get(f"{INBOX}?state=explained").content.decode()


def test_a_persons_day_is_one_line_of_a_days_worth(console: Console, as_officer: Browser) -> None:
    findings = [
        found(console.environment.id, actor=UUID(int=number), subject=f"{number:032x}") for number in range(1, 16)
    ]
    busy, others = findings[:4], findings[4:]
    with in_environment(console.environment.id):
        Alert.objects.filter(id__in=[each.id for each in busy]).update(actor=str(UUID(int=1)))
    for finding in (*busy, *others):
        weighs(finding, 20.0)
    html = as_officer.get(INBOX).content.decode()
    today, after = html[: html.index("After these")], html[html.index("After these") :]
    assert [str(each.id) in today for each in busy] == [True] * 4
    assert sum(str(each.id) in today for each in others) == PER_DAY - 1
    assert sum(str(each.id) in after for each in (*busy, *others)) == len(others) - PER_DAY + 1
    for each in busy[:2]:
        as_officer.post(f"{INBOX}{each.id}/", {"step": "decide", "verdict": "explained", "comment": "A drill."})
    html = as_officer.get(INBOX).content.decode()
    today = html[: html.index("After these")]
    assert sum(str(each.id) in today for each in others) == PER_DAY - 2


def test_confirmed_findings_count_against_somebody_and_those_that_were_explained_do_not(
    console: Console, as_officer: Browser
) -> None:
    environment = console.environment.id
    before, after = (found(environment, actor=UUID(int=number)) for number in (1, 2))
    with in_environment(environment):
        Alert.objects.update(actor=str(SOMEBODY))
        Alert.objects.filter(id=before.id).update(rule="D99")
    weighs(before, 9.0)
    weighs(after, 4.0)

    def urgency() -> float:
        with in_environment(environment):
            return next(each.urgency for each in by_urgency(now=timezone.now(), most=50) if each.finding.id == after.id)

    assert urgency() == pytest.approx(8.5, abs=0.01)
    with in_environment(environment):
        Finding.objects.filter(id=before.id).update(state="confirmed", decided_at=timezone.now())
    assert urgency() == pytest.approx(8.5, abs=0.01)
    with in_environment(environment):
        Finding.objects.filter(id=before.id).update(state="explained")
    assert urgency() == 4.0
    assert "waits until more joins it" in as_officer.get(INBOX).content.decode()


def test_the_entries_leave_with_proofs_that_hold_elsewhere(
    console: Console, as_officer: Browser, as_support: Browser, role_url: AddressOf
) -> None:
    finding = found_with_entries(console.environment.id, times=2)
    page = f"{INBOX}{finding.id}/"
    sealed_until(role_url, finding)
    shown = as_officer.get(page).content.decode()
    assert shown.count("/proof") == 2 and "The analysis found it" in shown

    answer = as_officer.get(f"{page}bundle")
    with ZipFile(BytesIO(answer.content)) as bundle:
        about = json.loads(bundle.read("about.json"))
        assert (len(about["entries"]), about["without_proof"]) == (2, [])
        for each in about["entries"]:
            proof, leaf = (
                read_proof(bundle.read(f"proofs/{each}.tlog-proof").decode()),
                bundle.read(f"entries/{each}.json"),
            )
            told = read_checkpoint(proof.note)
            proof.note.signed_by(LOG_KEY.verifier)
            check_inclusion(leaf=leaf_hash(leaf), index=proof.index, size=told.size, root=told.root, proof=proof.hashes)
    (booked,) = console.booked("finding.bundled")
    assert (booked.facts["entries"], booked.facts["proofs"]) == (2, 2)
    assert as_support.get(f"{page}bundle").status_code == 403
    assert Browser().get(f"{page}bundle").status_code == 302
    elsewhere = found(cast.new_environment().id)
    assert as_officer.get(f"{INBOX}{elsewhere.id}/bundle").status_code == 404


def sealed_until(role_url: AddressOf, finding: Finding) -> None:
    """Seal until every entry that a finding rests on has its place."""
    with in_environment(finding.environment_id):
        ids = list(Alert.objects.get(id=finding.id).evidence.values())
    placed = "select count(*) from audit_leaf where entry_id = any(%s)"
    with sealing(role_url) as sealer:
        while run(role_url("auditor"), placed, [[UUID(each) for each in ids]]) != [(len(ids),)]:
            sealer.turn(now=timezone.now())


def test_what_is_expected_is_ended_before_its_day(console: Console, as_officer: Browser) -> None:
    page = page_of(console.environment.id)
    as_officer.post(page, {"step": "expect", "days": "7"})
    with in_environment(console.environment.id):
        expected = ExpectedWork.objects.get()
    assert "officer answers for it" in as_officer.get(page).content.decode()
    for said in ({"expectation": "nonsense"}, {"expectation": str(UUID(int=1))}):
        as_officer.post(page, {"step": "end", **said})
    as_officer.post(page, {"step": "end", "expectation": str(expected.id)})
    with in_environment(console.environment.id):
        assert ExpectedWork.objects.get().until <= timezone.now()
    assert "answers for it<" not in as_officer.get(page).content.decode()
    assert len(console.booked("finding.expectation_ended")) == 1


def test_who_lists_findings_is_on_record(console: Console, as_officer: Browser, as_support: Browser) -> None:
    as_officer.get(INBOX)
    as_support.get(INBOX)
    assert [each.actor.id for each in console.booked("finding.listed")] == [console.officer.id]
