"""Changes of protected environments: what waits, who decides, and what is applied then."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from governance.actions.accounts import change_operator
from governance.actions.changes import approve_change, keep_draft, reject_change, withdraw_change
from governance.actions.clients import change_client, define_client, issue_secret
from governance.actions.environments import change_environment, define_environment
from governance.actions.freezes import freeze, unfreeze
from governance.actions.policy_secrets import keep_secret
from governance.actions.purposes import change_purpose, define_purpose, retire_purpose
from governance.actions.rights import give_rights, withdraw_right
from governance.drafts.differences import Difference, Line
from governance.drafts.draftable import Drafted
from governance.drafts.modes import drafting
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.models import (
    Account,
    Client,
    ProtectedChange,
    Right,
)
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.cast import NOBODY
from tests.governance.office import Office, new_office

pytestmark = pytest.mark.django_db
on_record = pytest.mark.django_db(transaction=True)
"""What an auditor reads is committed."""


begun, office = beginning(new_office)


@on_record
def test_a_change_waits_and_is_applied_by_a_second_person_in_the_name_of_its_author(office: Office) -> None:
    epoch = fresh_standing_of(office.environment.id).epoch
    change = office.propose("change_purpose", public_id=str(office.purpose.public_id), name="fraud", description="New.")
    assert office.purposes() == {"fraud": "Finding fraud."} and not office.booked("purpose.changed")
    assert fresh_standing_of(office.environment.id).epoch == epoch, "a try leaves no trace"
    expected = Difference("purpose", "fraud", "changed", (Line("description", "Finding fraud.", "New."),))
    assert office.differences(change) == [expected]
    assert office.approve(change).state == ProtectedChange.APPLIED
    assert office.purposes() == {"fraud": "New."}
    (done,), (approved,) = office.booked("purpose.changed"), office.booked("change.approved")
    assert (done.actor.id, approved.actor.id) == (office.author.id, office.approver.id)
    assert done.decision_id == approved.decision_id
    assert done.facts["reasons"] == [f"change: {change.pk}", f"approved: by operator {office.approver.id}"]
    with pytest.raises(Conflict, match="applied already"):
        office.approve(change)


def test_outside_of_a_change_one_person_is_told_how_to_propose_one(office: Office) -> None:
    with pytest.raises(Refused) as refused:
        define_purpose(office.author, name="marketing2")
    assert refused.value.remedy == (
        "Propose it to a second person: POST /governance/changes with the action define_purpose."
    )
    frozen = freeze(office.author, kind="purpose", target_id=office.purpose.public_id)
    assert unfreeze(office.author, freeze_id=frozen.public_id).lifted_at, "containment waits for nobody"
    assert define_purpose(office.system, name="by-command")


@on_record
def test_a_change_is_stale_when_what_it_touches_has_changed(office: Office) -> None:
    purpose_id = str(office.purpose.public_id)
    change = office.propose("change_purpose", public_id=purpose_id, name="fraud", description="New.")
    change_purpose(office.system, public_id=office.purpose.public_id, name="fraud", description="Between.")
    stale = office.approve(change)
    assert stale.state == ProtectedChange.STALE and "has changed since" in stale.outcome
    assert office.purposes() == {"fraud": "Between."} and not office.booked("change.approved")
    assert office.booked("change.stale")[0].facts["reasons"] == [stale.outcome]
    gone = office.propose("change_purpose", public_id=purpose_id, name="fraud", description="New.")
    retire_purpose(office.system, public_id=office.purpose.public_id)
    assert office.approve(gone).outcome == "It can no longer be applied: what it is about is gone."


def test_a_change_of_somebody_who_may_no_longer_is_not_applied(office: Office) -> None:
    first, second = (office.propose("define_purpose", name=name) for name in ("one", "two"))
    with in_environment(office.environment.id):
        right = Right.objects.get(user_id=office.author.account_id)
    withdraw_right(office.system, right=right)
    assert "its author may not do this any more" in office.approve(first).outcome
    change_operator(NOBODY, account_id=office.author.id, is_active=False, groups=[])
    assert office.approve(second).outcome == "Its author may not act any more."
    assert office.purposes().keys() == {"fraud"}


def test_bad_drafts_are_refused_when_they_are_proposed(office: Office) -> None:
    for action, arguments, error in [
        ("define_purpose", {"name": "1 is no name"}, Invalid),
        ("define_purpose", {}, Invalid),
        ("define_purpose", {"name": 5}, Invalid),
        ("define_purpose", {"name": "x", "colour": "red"}, Invalid),
        ("define_purpose", {"name": "fraud"}, Conflict),
        ("retire_purpose", {"public_id": str(uuid4())}, NotFound),
        ("retire_purpose", {"public_id": "no id"}, Invalid),
        ("define_environment", {"name": "x"}, Invalid),
        ("change_purpose",
         {"public_id": str(office.purpose.public_id), "name": "fraud", "description": "Finding fraud."}, Invalid),
        ("give_rights", {"holder": {"kind": "account", "id": str(uuid4())}, "operations": ["read"],
                         "on": {"kind": "environment", "id": str(office.environment.id)}}, Invalid),
    ]:  # fmt: skip
        with pytest.raises(error):
            office.propose(action, **arguments)
    with pytest.raises(Refused):
        office.propose("define_purpose", by=office.support, name="statistics2")
    with in_environment(office.environment.id):
        assert not ProtectedChange.objects.exists()


def test_rights_are_proposed_in_words(office: Office) -> None:
    support, service = office.support, office.service
    given = office.propose(
        "give_rights",
        holder={"kind": "client", "id": str(service.id)},
        operations=["read", "write"],
        on={"kind": "environment", "id": str(office.environment.id)},
        terms={"quota_per_hour": 10},
    )
    name = office.environment.name
    assert [(d.kind, d.name, d.what) for d in office.differences(given)] == [
        ("right", f"client deploy may {operation} on environment {name}", "new") for operation in ("read", "write")
    ]
    assert Line("quota per hour", "—", "10") in office.differences(given)[0].lines
    assert office.approve(given).state == ProtectedChange.APPLIED
    with in_environment(office.environment.id):
        right = Right.objects.get(user_id=service.account_id, permission__codename="read")
    withdrawn = office.propose("withdraw_right", right={"kind": "right", "id": str(right.pk)})
    assert office.differences(withdrawn)[0].what == "gone"
    assert office.approve(withdrawn).state == ProtectedChange.APPLIED
    account = Account.objects.get(pk=support.id)
    with pytest.raises(Drafted), drafting():
        give_rights(office.author, holder=account, operations=["audit"], on=office.environment)


def test_secrets_are_told_as_changed_and_stay_sealed(office: Office) -> None:
    with pytest.raises(Drafted) as waiting, drafting():
        keep_secret(office.author, name="partner", value="marked-value-1")
    change = keep_draft(waiting.value.draft, comment="because of ada@example.test")
    assert office.differences(change)[0].lines == (Line("name", "—", "partner"), Line("value", "—", "another"))
    with in_environment(office.environment.id):
        row = ProtectedChange.objects.values().get(pk=change.pk)
    assert "marked-value" not in str(row) and "ada@" not in str(row)
    assert "marked" not in str([entry.facts for entry in office.booked("change.proposed")])
    assert office.approve(change).state == ProtectedChange.APPLIED
    with in_environment(office.environment.id):
        assert ProtectedChange.objects.get(pk=change.pk).arguments.reveal() == "{}", (
            "nothing is kept that could be read"
        )


def test_a_change_is_withdrawn_by_its_author_and_rejected_by_somebody_else(office: Office) -> None:
    one, two = (office.propose("define_purpose", name=name) for name in ("one", "two"))
    with pytest.raises(Conflict):
        reject_change(office.author, change_id=one.pk)
    with pytest.raises(Conflict):
        withdraw_change(office.approver, change_id=one.pk)
    for attempt in (reject_change, withdraw_change):
        with pytest.raises(Refused):
            attempt(office.support, change_id=one.pk)
    assert reject_change(office.service, change_id=one.pk).state == ProtectedChange.REJECTED
    assert withdraw_change(office.author, change_id=two.pk).state == ProtectedChange.WITHDRAWN
    for change in (one, two):
        with pytest.raises(Conflict):
            office.approve(change)
    assert office.purposes().keys() == {"fraud"}
    with pytest.raises(NotFound):
        withdraw_change(office.author, change_id=uuid4())


def test_what_was_not_seen_is_not_approved(office: Office) -> None:
    change = office.propose("define_purpose", name="one")
    with pytest.raises(Conflict, match="not the change that you saw"):
        approve_change(office.approver, change_id=change.pk, digest="0" * 32)
    with in_environment(office.environment.id):
        tampered = ProtectedChange.objects.get(pk=change.pk)
        tampered.arguments = json.dumps({"name": "another"})
        tampered.save(update_fields=["arguments"])
    with pytest.raises(Conflict, match="not the change that you saw"):
        office.approve(change)
    assert office.purposes().keys() == {"fraud"}


@pytest.mark.parametrize(
    "statement",
    [
        "update governance_protectedchange set action = 'retire_purpose'",
        "update governance_protectedchange set author_id = gen_random_uuid()",
        "update governance_protectedchange set state = 'applied'",
        "update governance_protectedchange set state = 'applied', decided_at = now(), decided_by = author_id, "
        "decided_by_kind = 'operator'",
        "delete from governance_protectedchange",
    ],
    ids=["action", "author", "undecided", "alone", "delete"],
)
def test_the_database_keeps_what_is_asked_for_and_that_two_decide(office: Office, statement: str) -> None:
    office.propose("define_purpose", name="one")
    with pytest.raises(DatabaseError), transaction.atomic(), in_environment(office.environment.id):
        connection.cursor().execute(statement)


def test_what_is_decided_stays_decided(office: Office) -> None:
    change = office.propose("define_purpose", name="one")
    office.approve(change)
    with pytest.raises(DatabaseError), transaction.atomic(), in_environment(office.environment.id):
        ProtectedChange.objects.filter(pk=change.pk).update(state=ProtectedChange.REJECTED)


def test_protection_needs_two_people_and_ends_by_two(office: Office) -> None:
    change = office.propose("change_environment", description="", is_protected=False)
    assert office.differences(change)[0].lines == (Line("is protected", "yes", "no"),)
    office.approve(change)
    assert define_purpose(office.author, name="at-once")
    with in_environment(office.environment.id):
        right = Right.objects.get(user_id=office.approver.account_id)
    withdraw_right(office.author, right=right)
    with pytest.raises(Invalid, match="1 of the operators"):
        change_environment(office.author, description="", is_protected=True)
    with pytest.raises(Conflict, match="not protected"):
        office.propose("define_purpose", name="later")
    with pytest.raises(Invalid, match="before it is protected"):
        define_environment(office.author.actor, name=f"new-{uuid4().hex[:6]}", is_protected=True)


def test_several_actions_rename_and_disable_in_words(office: Office) -> None:
    client = define_client(office.system, name="billing")
    issue_secret(office.system, client_id=client.public_id)
    change = office.propose(
        "change_client", client_id=str(client.public_id), name="invoicing", description="", is_disabled=True
    )
    (difference,) = office.differences(change)
    assert (difference.kind, difference.name, difference.what) == ("client", "billing", "changed")
    assert difference.lines == (Line("name", "billing", "invoicing"), Line("disabled at", "—", "another"))
    assert office.approve(change).state == ProtectedChange.APPLIED
    with in_environment(office.environment.id):
        found = Client.objects.get(public_id=client.public_id)
    assert (found.name, found.disabled_at is not None) == ("invoicing", True)
    change_client(office.system, client_id=client.public_id, name="", description="", is_disabled=False)
