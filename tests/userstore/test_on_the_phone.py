"""A person on the phone reads back a code: it opens their own view of their record, once, to one operator."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from governance.actions.freezes import freeze
from governance.actions.reserved import reserve_operation
from governance.actions.rights import give_right, withdraw_right
from governance.errors import GovernanceError, NotFound, Refused, Throttled, Unavailable
from governance.models import GroupRight
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.governance.smtp_stage import MailServer
from tests.userstore.helpdesk import ADA, minutes
from tests.userstore.phonebook import HERE, given
from tests.userstore.phonedesk import PhoneDesk, code_in, letters_taken
from userstore.actions.ending_calls import end_proof
from userstore.actions.erasing import erase_subject
from userstore.actions.phone import prove
from userstore.models import SubjectProof
from userstore.reading.unmasking import reasons_against, unmask

pytestmark = pytest.mark.django_db

ADDRESS = "ada@example.com"

begun, desk = beginning(PhoneDesk)


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with letters_taken(settings) as server:
        yield server


def proved(desk: PhoneDesk, post: MailServer, now: datetime | None = None) -> SubjectProof:
    proof = desk.sent(now=now)
    return desk.prove(proof, code_in(post), now=now)


def reason(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.reasons[0]


def test_a_code_that_is_read_back_opens_the_persons_own_view_and_they_are_told(
    desk: PhoneDesk, post: MailServer
) -> None:
    proof = proved(desk, post)

    assert desk.seen(proof, "nick", "age") == {"nick": ADA, "age": "*" * 8}
    assert [recipients for recipients, _ in post.taken] == [[ADDRESS], [ADDRESS]]
    assert "Your record was opened" in str(post.taken[1][1]["Subject"])
    assert ADA not in str([message.as_string() for _, message in post.taken])
    with pytest.raises(Refused) as refused:
        desk.seen(proof, "mail")
    assert reason(refused) == "visibility: mail is not shown to oneself"


def test_without_the_code_nothing_opens_and_who_read_by_rights_before_reads_as_before(
    desk: PhoneDesk, post: MailServer
) -> None:
    proof = desk.sent()
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    assert reason(refused) == "proof: the code was not read back"
    with pytest.raises(Refused):
        unmask(replace(desk.demand(proof), proof=None), now=timezone.now())


def test_it_opens_one_person_through_one_accessor_to_one_operator_for_one_purpose(
    desk: PhoneDesk, post: MailServer
) -> None:
    proof, other = proved(desk, post), desk.of()
    for asked, told in (
        ({"person": desk.ben}, "proof: for another person or accessor"),
        ({"accessor": other}, "proof: for another person or accessor"),
        ({"caller": desk.sam}, "proof: none of theirs"),
        ({"caller": desk.otto}, "right: none allows request on this accessor"),
    ):
        with pytest.raises(Refused) as refused:
            desk.seen(proof, **asked)
        assert reason(refused) == told
    with pytest.raises(NotFound):
        desk.prove(proof, code_in(post), desk.sam)
    with pytest.raises(NotFound):
        end_proof(desk.sam, proof.pk)
    with pytest.raises(Refused):
        desk.sent(desk.otto)
    with pytest.raises(Refused):
        desk.sent(desk.outsider)


def test_five_wrong_codes_close_it_and_each_is_kept(desk: PhoneDesk, post: MailServer) -> None:
    proof = desk.sent()
    right = code_in(post)
    wrong = f"{(int(right) + 1) % 10**8:08d}"
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            desk.prove(proof, wrong)
        assert reason(refused) == "proof: wrong code"
    with pytest.raises(Refused) as refused:
        desk.prove(proof, right)
    assert reason(refused) == "proof: too many wrong codes"
    with pytest.raises(Refused):
        desk.seen(proof)


def test_a_code_counts_once_in_its_time_and_its_record_for_as_long(desk: PhoneDesk, post: MailServer) -> None:
    now = timezone.now()
    late = desk.sent(now=now)
    with pytest.raises(Refused) as refused:
        desk.prove(late, code_in(post), now=now + minutes(10))
    assert reason(refused) == "proof: over"
    proof = desk.sent(now=now)
    code = code_in(post)
    with pytest.raises(Refused) as refused:
        desk.prove(late, code, now=now)
    assert reason(refused) == "proof: over"  # a new code ends the former one
    desk.prove(proof, f"{code[:4]} {code[4:]}", now=now + minutes(9))
    with pytest.raises(Refused) as refused:
        desk.prove(proof, code, now=now + minutes(9))
    assert reason(refused) == "proof: the code was used before"
    assert desk.seen(proof, now=now + minutes(23))["nick"] == ADA
    with pytest.raises(Refused) as refused:
        desk.seen(proof, now=now + minutes(24))
    assert reason(refused) == "proof: over"


def test_who_ends_it_or_loses_the_right_sees_nothing_more(desk: PhoneDesk, post: MailServer) -> None:
    proof = proved(desk, post)
    assert not reasons_against(desk.demand(proof), now=timezone.now())
    denial = give_right(desk.system, holder=desk.account(desk.sue), operation="read", on=desk.environment, is_deny=True)
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    assert reason(refused).endswith("denies read")
    assert reasons_against(desk.demand(proof), now=timezone.now()) == refused.value.reasons
    withdraw_right(desk.system, right=denial)
    assert desk.seen(proof)["nick"] == ADA
    end_proof(desk.sue, proof.pk)
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    assert reason(refused) == "proof: over"


def test_a_right_to_request_that_is_taken_away_closes_it(desk: PhoneDesk, post: MailServer) -> None:
    proof = proved(desk, post)
    with in_environment(desk.environment.id):
        right = GroupRight.objects.get(group=desk.support, permission__codename="request")
    withdraw_right(desk.system, right=right)
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    assert reason(refused).startswith("right: none allows request")


def test_a_freeze_of_the_purpose_stops_the_record_and_the_next_code(desk: PhoneDesk, post: MailServer) -> None:
    proof = proved(desk, post)
    freeze(desk.officer, kind="purpose", target_id=desk.purposes["authentication"].public_id, reason="Looked at.")
    for attempt in (lambda: desk.seen(proof), desk.sent):
        with pytest.raises(Refused) as refused:
            attempt()
        assert reason(refused).startswith("freeze: ")


@pytest.mark.django_db(transaction=True)  # what fails behind the answer is recorded by a connection of its own
def test_who_withdrew_consent_is_sent_nothing_and_nobody_is_told_so(desk: PhoneDesk, post: MailServer) -> None:
    gone = {"value": None, "purpose_additions": given("authentication")}
    desk.write(desk.setter(desk.mail), desk.ben, {"mail": gone})
    odd = gone | {"value": "=?utf-8?q?a=0Ab?=@example.com"}
    for _ in ("withdrawn", "an address that no letter can go to"):
        assert desk.sent(person=desk.ben).is_living(timezone.now()) and not post.taken
        desk.write(desk.setter(desk.mail), desk.ben, {"mail": odd})


def test_three_codes_an_hour_reach_a_person_whoever_sends_them(desk: PhoneDesk, post: MailServer) -> None:
    now = timezone.now()
    for caller in (desk.sue, desk.sam, desk.sue):
        desk.sent(caller, now=now)
    with pytest.raises(Throttled):
        desk.sent(desk.sam, now=now)
    desk.sent(desk.sam, person=desk.ben, now=now)
    assert desk.sent(desk.sam, now=now + timedelta(minutes=61)).is_living(now + timedelta(minutes=61))


def test_without_a_server_or_a_column_that_takes_codes_it_says_what_helps(desk: PhoneDesk, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    with pytest.raises(Unavailable) as unavailable:
        desk.sent()
    assert "SEALBOOK_MAIL_URL" in str(unavailable.value.remedy)
    with pytest.raises(GovernanceError) as invalid:
        desk.sent(accessor=desk.record)
    assert "takes codes" in str(invalid.value.remedy)


def test_who_cannot_be_told_is_not_looked_at(desk: PhoneDesk, post: MailServer) -> None:
    proof = desk.sent()
    post.to_message = "451 Not now"
    with pytest.raises(Unavailable):
        desk.prove(proof, code_in(post))
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    assert reason(refused) == "proof: over"


def test_a_fresh_second_factor_is_needed_where_the_access_rules_ask_for_one(desk: PhoneDesk, post: MailServer) -> None:
    desk.rule(factor_minutes=5)
    proof, now = desk.sent(), timezone.now()
    for factor_at in (None, now - minutes(6), now + minutes(1)):
        with pytest.raises(Refused) as refused:
            prove(desk.sue, proof.pk, code_in(post), factor_at=factor_at, context=HERE, now=now)
        assert reason(refused) == "guard: fresh factor"
    opened = prove(desk.sue, proof.pk, code_in(post), factor_at=now - minutes(4), context=HERE, now=now)
    assert desk.seen(opened)["nick"] == ADA


def test_where_reading_is_reserved_for_programs_no_code_opens_it(desk: PhoneDesk, post: MailServer) -> None:
    proof = proved(desk, post)
    reserve_operation(desk.system, operation="read", on=desk.environment)
    for attempt in (lambda: desk.seen(proof), desk.sent):
        with pytest.raises(Refused) as refused:
            attempt()
        assert reason(refused).startswith("reserved: read")


def test_what_is_long_over_is_forgotten(desk: PhoneDesk, post: MailServer) -> None:
    now = timezone.now()
    former = desk.sent(now=now)
    kept = desk.sent(person=desk.ben, now=now + timedelta(hours=25))
    with in_environment(desk.environment.id):
        assert set(SubjectProof.objects.values_list("pk", flat=True)) == {kept.pk} != {former.pk}


def test_an_erased_person_leaves_no_proof(desk: PhoneDesk, post: MailServer) -> None:
    proof = proved(desk, post)
    give_right(desk.system, holder=desk.account(desk.auditor), operation="erase", on=desk.environment)
    erase_subject(desk.auditor, subject_id=desk.ada)
    with pytest.raises(Refused) as refused:
        desk.seen(proof)
    assert reason(refused) == "proof: none of theirs"
    with in_environment(desk.environment.id):
        assert not SubjectProof.objects.exists()


@pytest.mark.django_db(transaction=True)  # the book is read by a connection of its own
def test_every_step_is_in_the_book_and_neither_code_nor_address(
    desk: PhoneDesk, post: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    proof = desk.sent()
    code = code_in(post)
    with pytest.raises(Refused):
        desk.prove(proof, f"{(int(code) + 1) % 10**8:08d}")
    desk.prove(proof, code)
    desk.seen(proof)
    with pytest.raises(Refused):
        desk.seen(proof, person=desk.ben)
    end_proof(desk.sue, proof.pk)

    (sent,), (opened,), (shown,) = (
        desk.booked(kind) for kind in ("subject.code_sent", "subject.proved", "accessor.unmasked")
    )
    assert (sent["sent"], sent["proof"]) == (True, str(proof.pk))
    assert sent["subjects"] == opened["subjects"] == shown["subjects"]
    assert shown["acting_for"] == str(proof.pk)
    (wrong,), (other,) = (desk.booked(kind, "refused") for kind in ("subject.proved", "accessor.unmasked"))
    assert (wrong["proof"], wrong["reasons"]) == (str(proof.pk), ["proof: wrong code"])
    assert other["acting_for"] == str(proof.pk)
    assert len(desk.booked("subject.proof_ended")) == 1
    with connection.cursor() as cursor, in_environment(desk.environment.id):
        cursor.execute("select t::text from userstore_subjectproof t")
        (row,) = cursor.fetchone()
    logged = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # that is the server's
    for secret in (code, f"{code[:4]} {code[4:]}", ADDRESS):
        assert secret not in f"{sent}{opened}{shown}{wrong}{other}{row}{logged}"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_bring_the_same_code_at_once_one_opens(desk: PhoneDesk, post: MailServer) -> None:
    proof, code = desk.sent(), code_in(post)

    def attempt(_: int) -> str:
        try:
            desk.prove(proof, code)
        except Refused as refused:
            return refused.reasons[0]
        finally:
            connection.close()
        return "opened"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(attempt, range(2)))
    assert told == ["opened", "proof: the code was used before"]
    assert len(post.taken) == 2
