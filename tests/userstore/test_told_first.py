"""On the phone nothing is shown before the mail server has taken the letter that tells the person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.errors import AuditUnavailable
from governance.errors import Refused, Unavailable
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.governance.smtp_stage import MailServer
from tests.userstore.helpdesk import ADA, minutes
from tests.userstore.phonedesk import PhoneDesk, code_in, letters_taken
from userstore.actions import phone
from userstore.actions.ending_calls import end_proof
from userstore.models import SubjectProof
from userstore.proving.calls import calls_of
from userstore.reading.imprints import imprints
from userstore.reading.unmasking import reasons_against

pytestmark = pytest.mark.django_db

UNTOLD = "proof: the person has not been told"

begun, desk = beginning(PhoneDesk)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with letters_taken(settings) as server:
        yield server


def while_it_is_told(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Have something happen when the proof is committed and the letter that tells of it has not left."""
    post_notice = phone.post_notice

    def post(*asked: Any) -> None:
        happens()
        post_notice(*asked)

    monkeypatch.setattr(phone, "post_notice", post)


def refused_to_see(desk: PhoneDesk, proof: SubjectProof) -> str:
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    return refused.value.reasons[0]


def state(desk: PhoneDesk) -> str:
    (call,) = calls_of(desk.environment.id, now=timezone.now())
    return call.state


def test_in_a_second_window_nothing_is_shown_while_the_letter_is_under_way(
    desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof, seen = desk.sent(), []

    def second_window() -> None:
        demand, now = desk.demand(proof), timezone.now()
        seen.extend([refused_to_see(desk, proof), *reasons_against(demand, now=now), imprints(demand, now=now)])
        seen.append(state(desk))

    while_it_is_told(monkeypatch, second_window)
    opened = desk.prove(proof, code_in(post))

    assert seen == [UNTOLD, UNTOLD, {}, "waits"]
    assert desk.seen(opened) == {"nick": ADA} and state(desk) == "open" and len(post.taken) == 2
    assert imprints(desk.demand(opened), now=timezone.now())


def test_where_the_letter_does_not_leave_nothing_was_ever_shown(
    desk: PhoneDesk, post: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof, seen = desk.sent(), []
    code = code_in(post)
    while_it_is_told(monkeypatch, lambda: seen.append(refused_to_see(desk, proof)))
    settings.EMAIL_PORT = 1
    with pytest.raises(Unavailable):
        desk.prove(proof, code)
    assert [*seen, refused_to_see(desk, proof), state(desk)] == [UNTOLD, "proof: over", "over"]


@pytest.mark.parametrize("fault", [AuditUnavailable(), RuntimeError("killed")], ids=repr)
def test_whatever_else_fails_in_between_ends_the_proof(
    desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    proof = desk.sent()

    def fails() -> None:
        raise fault

    while_it_is_told(monkeypatch, fails)
    with pytest.raises(type(fault)):
        desk.prove(proof, code_in(post))
    assert refused_to_see(desk, proof) == "proof: over" and state(desk) == "over"


def test_a_worker_that_is_killed_in_between_leaves_it_shut_and_a_new_code_opens(
    desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = desk.sent()
    with monkeypatch.context() as patch:

        def dies() -> None:
            raise SystemExit

        while_it_is_told(patch, dies)
        with pytest.raises(SystemExit):  # past every handler, as a kill is
            desk.prove(proof, code_in(post))
    assert refused_to_see(desk, proof) == UNTOLD
    with pytest.raises(Refused):
        desk.prove(proof, code_in(post))  # its code was used
    again = desk.sent()
    assert desk.seen(desk.prove(again, code_in(post))) == {"nick": ADA}
    assert refused_to_see(desk, proof) == "proof: over"


def test_what_is_ended_while_the_letter_is_under_way_stays_ended(
    desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = desk.sent()
    while_it_is_told(monkeypatch, lambda: end_proof(desk.sue, proof.pk))
    assert desk.prove(proof, code_in(post)).told_at is None
    assert refused_to_see(desk, proof) == "proof: over"


def test_the_database_knows_nobody_who_was_told_of_what_was_not_proved(desk: PhoneDesk, post: MailServer) -> None:
    proof = desk.sent()
    with in_environment(desk.environment.id):
        row, now = SubjectProof.objects.filter(pk=proof.pk), timezone.now()
        with pytest.raises(IntegrityError, match="told_once_proved"), transaction.atomic():
            row.update(told_at=now)
        with pytest.raises(IntegrityError, match="told_once_proved"), transaction.atomic():
            row.update(tries=1, proved_at=now, told_at=now - minutes(1))


def test_while_another_book_was_seen_no_code_opens_anything(
    desk: PhoneDesk, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = desk.sent()
    with monkeypatch.context() as doubtful:
        doubtful.setattr(phone, "contradiction", lambda: "book: a witness has seen another one")
        with pytest.raises(Refused) as refused:
            desk.prove(proof, code_in(post))
    assert refused.value.reasons == ("book: a witness has seen another one",)
    assert desk.seen(desk.prove(proof, code_in(post))) == {"nick": ADA}
