"""Officers see who acts for people on the phone, and who could, and end it; no clock that is put back prolongs it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.change import raise_epoch
from governance.actions.reserved import reserve_operation
from governance.actions.rights import give_right, withdraw_right
from governance.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from governance.identities import system_caller
from governance.models import Account, Environment
from tests import cast
from tests.beginnings import beginning
from tests.governance.smtp_stage import MailServer
from tests.userstore.helpdesk import ADA, minutes
from tests.userstore.phonedesk import PhoneDesk, code_in, letters_taken
from tests.userstore.test_staff_pages import browser_of
from userstore.actions.ending_calls import stop_proof
from userstore.models import SubjectProof
from userstore.proving.calls import calls_of
from userstore.reach import identities_reaching
from userstore.reach_paths import ReachPath
from userstore.reading.unmasking import reasons_against

PAGE = "/admin/access/phone/"
pytestmark = pytest.mark.django_db

begun, desk = beginning(PhoneDesk)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with letters_taken(settings) as server:
        yield server


def proved(desk: PhoneDesk, post: MailServer, now: datetime | None = None) -> SubjectProof:
    proof = desk.sent(now=now)
    return desk.prove(proof, code_in(post), now=now)


def refused_to_see(desk: PhoneDesk, proof: SubjectProof, now: datetime | None = None) -> str:
    with pytest.raises(Refused) as refused:
        desk.seen(proof, now=now)
    return refused.value.reasons[0]


def test_an_officer_ends_a_call_and_the_very_next_read_shows_nothing(desk: PhoneDesk, post: MailServer) -> None:
    proof = proved(desk, post)
    assert desk.seen(proof)["nick"] == ADA
    for nobody in (desk.sue, desk.sam, desk.ann, desk.auditor, desk.otto):
        with pytest.raises(Refused):
            stop_proof(nobody, proof.pk, why="suspicion")
    with pytest.raises(Invalid):
        stop_proof(desk.officer, proof.pk, why="Ada called")
    with pytest.raises(NotFound):
        stop_proof(system_caller(cast.new_environment().id), proof.pk, why="suspicion")
    assert desk.seen(proof)["nick"] == ADA

    stop_proof(desk.officer, proof.pk, why="suspicion")
    assert refused_to_see(desk, proof) == "proof: over"
    with pytest.raises(Conflict):
        stop_proof(desk.officer, proof.pk, why="mistake")
    with pytest.raises(Refused):
        desk.prove(proof, code_in(post))
    waiting = desk.sent()
    stop_proof(desk.officer, waiting.pk, why="wrong_person")
    with pytest.raises(Refused):
        desk.prove(waiting, code_in(post))


def test_a_call_says_who_looked_how_often_and_how_it_ended_and_nothing_of_the_person(
    desk: PhoneDesk, post: MailServer
) -> None:
    now = timezone.now()
    first = proved(desk, post, now)
    desk.seen(first, now=now)
    desk.seen(first, "nick", "age", now=now)
    reasons_against(desk.demand(first), now=now)
    other = desk.sent(desk.sam, person=desk.ben, now=now)
    stop_proof(desk.officer, first.pk, why="incident", now=now)

    waits, over = calls_of(desk.environment.id, now=now)
    assert (waits.id, waits.operator, waits.state, waits.reads) == (other.pk, desk.sam.name, "waits", 0)
    assert (over.operator, over.state, over.reads, over.until) == (desk.sue.name, "over", 2, now)
    assert (over.ending, over.ended_by) == ("An incident is dealt with", "officer")
    assert not any(text in f"{waits}{over}" for text in (ADA, "example.com", str(desk.ada), str(desk.ben)))
    assert [call.state for call in calls_of(desk.environment.id, now=now + minutes(10))] == ["over", "over"]
    assert calls_of(cast.new_environment().id, now=now) == []


@pytest.mark.parametrize("back", [2, 9], ids=lambda back: f"{back}-minutes")
def test_a_clock_that_is_put_back_prolongs_neither_a_record_nor_a_code(
    desk: PhoneDesk, post: MailServer, back: int
) -> None:
    now = timezone.now()
    proof = proved(desk, post, now)
    assert desk.seen(proof, now=now + minutes(14))["nick"] == ADA
    assert refused_to_see(desk, proof, now + minutes(14 - back)).startswith("proof: the clock is behind")
    assert refused_to_see(desk, proof, now + minutes(15)) == "proof: over"
    assert refused_to_see(desk, proof, now + minutes(15 - back)) == "proof: over", "what was seen to be over stays so"

    later = now + minutes(20)
    waiting = desk.sent(now=later)
    code = code_in(post)
    with pytest.raises(Refused):
        desk.prove(waiting, "0000 0000", now=later + minutes(9.5))
    with pytest.raises(Unavailable, match="clock"):
        desk.prove(waiting, code, now=later + minutes(9.5 - back))
    with pytest.raises(Refused):
        desk.prove(waiting, code, now=later + minutes(10))
    with pytest.raises(Refused) as refused:
        desk.prove(waiting, code, now=later + minutes(10 - back))
    assert refused.value.reasons[0] == "proof: over"


def test_no_code_leaves_while_the_clock_is_behind_what_anybody_has_seen(desk: PhoneDesk, post: MailServer) -> None:
    now = timezone.now()
    desk.sent(person=desk.ben, now=now + minutes(5))
    with pytest.raises(Unavailable, match="clock"):
        desk.sent(now=now + minutes(3))
    assert len(post.taken) == 1
    sent = desk.sent(now=now + minutes(4.5))
    assert sent.made_at == now + minutes(5), "clocks of servers may be apart a little"

    proof = proved(desk, post, now + minutes(6))
    raise_epoch(desk.environment.id, now=now + minutes(20))
    assert refused_to_see(desk, proof, now + minutes(7)).startswith("proof: the clock is behind")
    raise_epoch(desk.environment.id, now=now + minutes(21))
    assert refused_to_see(desk, proof, now + minutes(8)) == "proof: over"
    assert Environment.objects.get(pk=desk.environment.id).latest_at == now + minutes(21)


def by_code(desk: PhoneDesk, now: datetime | None = None) -> dict[str, list[ReachPath]]:
    found = identities_reaching(environment_id=desk.environment.id, category="contact", now=now or timezone.now())
    paths = {each.name: [path for path in each.paths if path.given_on == "code"] for each in found}
    return {name: those for name, those in paths.items() if those}


def test_whoever_may_have_codes_read_back_reaches_what_people_are_shown_of_themselves(desk: PhoneDesk) -> None:
    assert set(by_code(desk)) == {desk.sue.name, desk.sam.name}, "no leads, no outsider, no client"
    (path,) = by_code(desk)[desk.sue.name]
    assert (path.accessor_id, path.group, path.until) == (desk.own, desk.support.name, None)
    assert [(each.name, each.transformer) for each in path.columns] == [("nick", None), ("age", "FullMask")]
    assert path.right.startswith("group-right-")
    assert identities_reaching(environment_id=desk.environment.id, category="nothing", now=timezone.now()) == []

    soon = timezone.now() + minutes(5)
    give_right(desk.system, holder=desk.account(desk.otto), operation="request", on=desk.environment, not_after=soon)
    assert [each.until for each in by_code(desk)[desk.otto.name]] == [soon]
    assert desk.otto.name not in by_code(desk, soon)


def test_a_denial_or_a_reservation_cuts_the_path_by_a_code(desk: PhoneDesk) -> None:
    sue = desk.account(desk.sue)
    for operation in ("read", "request"):
        denial = give_right(desk.system, holder=sue, operation=operation, on=desk.environment, is_deny=True)
        assert set(by_code(desk)) == {desk.sam.name}
        withdraw_right(desk.system, right=denial)
        assert set(by_code(desk)) == {desk.sue.name, desk.sam.name}
    reserve_operation(desk.system, operation="read", on=desk.environment)
    assert by_code(desk) == {}


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_the_page_lists_calls_leads_to_their_entries_and_ends_them(desk: PhoneDesk, post: MailServer) -> None:
    for operation in ("configure", "audit"):
        give_right(desk.system, holder=desk.account(desk.amy), operation=operation, on=desk.environment)
    give_right(desk.system, holder=desk.account(desk.abe), operation="configure", on=desk.environment)
    Account.objects.filter(kind=Account.OPERATOR).update(is_staff=True)
    officer, other = browser_of(desk, desk.amy), browser_of(desk, desk.abe)
    assert "Nobody acts for a person on the phone" in officer.get(PAGE).content.decode()
    proof = proved(desk, post)
    desk.seen(proof)
    listed = officer.get(PAGE)
    shown = listed.content.decode()
    assert desk.sue.name in shown and "the record is open" in shown and "no-store" in listed["Cache-Control"]
    assert not any(text in shown for text in (ADA, "example.com", str(desk.ada)))
    assert 'href="/admin/book/' not in other.get(PAGE).content.decode().partition("page-facts")[2]
    link = shown.partition('class="page-button" href="')[2].partition('"')[0].replace("&amp;", "&")
    entries = officer.get(link).content.decode()
    for kind, times in {"subject.code_sent": 1, "subject.proved": 1, "accessor.unmasked": 1}.items():
        assert entries.count(f'">{kind}</a>') == times
    assert "No entry matches" in officer.get(link.replace(str(proof.pk), str(desk.ada))).content.decode()
    assert "No entry matches" in officer.get(f"/admin/book/?naming={proof.pk}&since=yesterday").content.decode()

    reach = " ".join(officer.get("/admin/reach/?category=contact").content.decode().split())
    assert "with the person's code, on the phone" in reach

    ask = {"call": str(proof.pk), "why": "wrong_person"}
    for caller in (desk.sue, desk.otto, desk.auditor):
        browser = browser_of(desk, caller)
        assert (browser.get(PAGE).status_code, browser.post(PAGE, ask).status_code) == (403, 403)
    assert Browser().post(PAGE, ask).status_code == 302
    assert "Say why." in officer.post(PAGE, {**ask, "why": ""}, follow=True).content.decode()
    assert desk.seen(proof)["nick"] == ADA
    done = officer.post(PAGE, ask, follow=True).content.decode()
    assert "from the next read on" in done and "It may not be this person who calls" in done
    assert refused_to_see(desk, proof) == "proof: over"
    assert "This call is over." in officer.post(PAGE, ask, follow=True).content.decode()
    (ended,) = desk.booked("subject.proof_ended")
    assert (ended["proof"], ended["why"], ended["operator"]) == (str(proof.pk), "wrong_person", str(desk.sue.id))
