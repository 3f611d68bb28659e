"""What the tables hold and what the book says agree after a busy day; what happened behind the book's back does not."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from audit import queries
from audit.actors import SYSTEM
from audit.events import MONTH_DROPPED
from audit.reconciling import every_environment, reconcile
from audit.recorder import append
from audit.verify.reports import Verdict
from governance import events
from governance.actions.access_decisions import answer_request, ask_back, cancel_request, deny_request
from governance.actions.access_requests import declare_emergency
from governance.actions.grants import resume_grant, revoke_grant, suspend_grant
from governance.actions.rights import give_right, withdraw_right
from governance.models import Grant, GroupRight
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import tampered
from tests.userstore.helpdesk import WHY, HelpDesk
from userstore.actions.consents import change_consent
from userstore.actions.erasing import erase_subject
from userstore.models import Value

pytestmark = pytest.mark.django_db(transaction=True)


def differences(desk: HelpDesk) -> list[str]:
    return [str(each) for each in reconcile(desk.environment.id)]


def a_busy_day(desk: HelpDesk) -> Grant:
    grant = desk.granted()
    suspend_grant(desk.officer, grant_id=grant.id, comment=WHY)
    resume_grant(desk.officer, grant_id=grant.id, comment=WHY)
    suspend_grant(desk.officer, grant_id=grant.id, comment=WHY)
    revoke_grant(desk.officer, grant_id=desk.granted(columns=[desk.age]).id, comment=WHY)
    asked = desk.asked(columns=[desk.age])
    ask_back(desk.ann, request_id=asked.id, question=WHY, shown=desk.shown(asked))
    answer_request(desk.sue, request_id=asked.id, answer=WHY)
    deny_request(desk.ann, request_id=asked.id, shown=desk.shown(asked), comment=WHY)
    cancel_request(desk.sue, request_id=desk.asked(columns=[desk.age]).id)
    waiting = desk.asked(columns=[desk.age])
    ask_back(desk.ann, request_id=waiting.id, question=WHY, shown=desk.shown(waiting))
    emergency = desk.wish(reason="incident_response", ticket="", subject_ids=[desk.ben])
    declare_emergency(desk.sue, emergency, factor_at=None)
    give_right(desk.system, holder=desk.leads, operation="read", on=desk.environment)
    with in_environment(desk.environment.id):
        right = GroupRight.objects.get(group=desk.leads, permission__codename="read")
    withdraw_right(desk.system, right=right)
    with in_environment(desk.environment.id):
        value = str(Value.objects.filter(subject__public_id=desk.ada).values_list("pk", flat=True)[0])
    for permitted in (False, True):
        change_consent(
            desk.service, subject_id=desk.ada, purpose="authentication", permitted=permitted, value_id=UUID(value)
        )
    erase_subject(desk.service, subject_id=desk.ben)
    return grant


def test_tables_and_book_agree_until_somebody_goes_behind_the_books_back(role_url: AddressOf, capsys: Any) -> None:
    desk = HelpDesk()
    grant = a_busy_day(desk)
    assert differences(desk) == []
    call_command("reconcile_audit")
    assert desk.environment.id in every_environment()
    assert len(queries.entries(environment_id=desk.environment.id, kinds=["audit.read"])) == 2

    superuser = role_url("superuser")
    active = f"update governance_grant set state = 'active' where id = '{grant.id}'"  # noqa: S608  our own id
    tampered(role_url, "governance_grant", active)
    run(superuser, "delete from governance_groupright where ctid in (select ctid from governance_groupright limit 1)")
    tampered(role_url, "userstore_consentrecord", "update userstore_consentrecord set value_id = gen_random_uuid()")
    run(superuser, "update userstore_erasure set public_id = gen_random_uuid()")
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile_audit", f"--environment={desk.environment.id}", "--json")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ended.value.code == 1
    assert sorted((each["ledger"], each["missing"]) for each in found) == [
        ("consents given", "entry"), ("erasures", "entry"), ("erasures", "row"), ("grants of access", "entry"),
        ("grants of access", "row"), ("rights", "row"),
    ]  # fmt: skip
    revoked = [each["trace"] for each in found if each["ledger"] == "grants of access"]
    assert sorted(revoked) == [f"{grant.id} active after 5 steps", f"{grant.id} suspended after 5 steps"]


def test_what_the_book_says_alone_is_a_difference_and_what_a_dropped_month_may_have_said_is_not_known() -> None:
    desk = HelpDesk()
    right = {"right": "group-right-4711", "holder": "1", "holder_kind": "group", "operation": "read", "reasons": []}
    append(events.RIGHT_GIVEN, environment_id=desk.environment.id, actor=SYSTEM, facts=right)
    (found,) = differences(desk)
    assert "group-right-4711 stands in the book and has no row" in found
    facts = {"month": "2026-01-01", "entries": 1, "first": 0, "last": 0}
    append(MONTH_DROPPED, environment_id=SYSTEM_ENVIRONMENT, actor=SYSTEM, facts=facts)
    append(events.RIGHT_WITHDRAWN, environment_id=desk.environment.id, actor=SYSTEM, facts=right)
    call_command("reconcile_audit")
    with in_environment(desk.environment.id):
        kept = f"group-right-{GroupRight.objects.order_by('pk').values_list('pk', flat=True)[0]}"
    append(events.RIGHT_WITHDRAWN, environment_id=desk.environment.id, actor=SYSTEM, facts=right | {"right": kept})
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile_audit")
    assert ended.value.code == Verdict.UNKNOWN


def test_without_the_auditors_connection_nothing_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "AUDITOR", str(uuid4()))
    with pytest.raises(CommandError, match="DATABASE_AUDITOR_URL") as unknown:
        call_command("reconcile_audit", f"--environment={uuid4()}")
    assert unknown.value.returncode == Verdict.UNKNOWN


def test_an_entry_that_does_not_say_what_its_kind_says_is_told_and_hides_no_other() -> None:
    desk = HelpDesk()
    desk.granted()
    append(events.REQUEST_APPROVED, environment_id=desk.environment.id, actor=SYSTEM, facts={"request": uuid4()})
    append(events.RIGHT_GIVEN, environment_id=desk.environment.id, actor=SYSTEM, facts={})
    strange = {
        entry.id
        for entry in queries.entries(
            environment_id=desk.environment.id,
            kinds=[events.REQUEST_APPROVED.name, events.RIGHT_GIVEN.name],
        )
        if entry.actor == SYSTEM
    }
    found = reconcile(desk.environment.id)
    assert {each.trace for each in found if "should say" in each.trace} <= {
        f"what entry {each} should say" for each in strange
    }
    assert {each.ledger for each in found if "should say" in each.trace} == {"requests of access", "rights"}
