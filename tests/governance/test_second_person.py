"""The second person of a change: somebody else than its author, behind whatever client."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from governance.actions.changes import keep_draft
from governance.actions.clients import accept_secret, known_by, new_secret
from governance.actions.rights import give_right
from governance.drafts.draftable import Drafted
from governance.drafts.modes import drafting
from governance.errors import Refused
from governance.models import (
    Account,
    Client,
    ClientSecret,
    ExternalIdentity,
    ExternalIssuer,
    Launcher,
    ProtectedChange,
    WorkloadPolicy,
)
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.governance.office import Office, new_office

pytestmark = pytest.mark.django_db
on_record = pytest.mark.django_db(transaction=True)

begun, office = beginning(new_office)

CI = "https://ci.example.com"
BEHIND_IT = "change: the approver has had the means to speak as the client that is its author"


@on_record
def test_nobody_is_their_own_second_person(office: Office) -> None:
    change = office.propose("define_purpose", name="statistics2")
    with pytest.raises(Refused, match="not allowed") as refused:
        office.approve(change, by=office.author)
    assert refused.value.reasons == ("change: nobody approves their own",)
    assert office.booked("change.approved", "refused")[0].facts["reasons"] == ["change: nobody approves their own"]
    with pytest.raises(Refused):
        office.approve(change, by=office.support)
    with pytest.raises(Refused) as by_client:
        office.approve(change, by=office.service)
    assert by_client.value.reasons == ("change: only a person at the console approves",)
    assert office.approve(change).state == ProtectedChange.APPLIED


def test_whoever_has_seen_a_clients_secret_does_not_approve_what_it_proposes(office: Office) -> None:
    secret = new_secret()
    with pytest.raises(Drafted) as waiting, drafting():
        accept_secret(office.approver, client_id=office.service.id, **known_by(secret))
    issued = keep_draft(waiting.value.draft)
    assert secret.reveal() not in json.dumps([d.lines for d in office.differences(issued)], default=str)
    assert office.approve(issued, by=office.author).state == ProtectedChange.APPLIED
    proposed = office.propose("define_purpose", by=office.service, name="statistics2")
    with pytest.raises(Refused) as refused:
        office.approve(proposed)
    assert refused.value.reasons == (BEHIND_IT,)
    assert office.approve(proposed, by=office.author).state == ProtectedChange.APPLIED


@pytest.mark.parametrize(
    "means", ["ended secret", "secret of a client that issued one", "launcher", "identity", "issuer", "keys of the CI"]
)
def test_whoever_could_speak_as_a_client_does_not_approve_what_it_proposes(office: Office, means: str) -> None:
    whose = {True: office.approver.id, False: uuid4()}
    with in_environment(office.environment.id):
        client = Client.objects.get(public_id=office.service.id)
        known = {"environment": office.environment, "client": client}
        if means == "ended secret":
            ClientSecret.objects.create(
                **known, digest=b"x" * 32, issued_by=office.approver.id, expires_at=timezone.now()
            )
        elif means == "launcher":
            Launcher.objects.create(**known, name="theirs", brought_by=office.approver.id)
        elif means in ("identity", "issuer"):
            issuer = ExternalIssuer.objects.create(
                environment=office.environment, url="https://login.example.com", brought_by=whose[means == "issuer"]
            )
            ExternalIdentity.objects.create(**known, issuer=issuer, brought_by=whose[means == "identity"])
        elif means == "keys of the CI":
            ExternalIssuer.objects.create(
                environment=office.environment, url=CI, brought_by=whose[False], pinned_keys={}, pinned_by=whose[True]
            )
            WorkloadPolicy.objects.create(**known, ci_issuer=CI)
        else:
            between = Client.objects.get(public_id=cast.new_caller(office.environment, "between").id)
            ClientSecret.objects.create(**known, digest=b"x" * 32, issued_by=between.public_id)
            between.secrets.create(environment=office.environment, digest=b"y" * 32, issued_by=office.approver.id)
            between.secrets.create(environment=office.environment, digest=b"z" * 32, issued_by=client.public_id)
    proposed = office.propose("define_purpose", by=office.service, name="statistics2")
    with in_environment(office.environment.id):  # what comes after it was proposed, or goes, is nothing to it
        ExternalIdentity.objects.all().delete()
        client.secrets.create(environment=office.environment, digest=b"w" * 32, issued_by=office.author.id)

    with pytest.raises(Refused) as refused:
        office.approve(proposed)

    assert refused.value.reasons == (BEHIND_IT,)
    assert office.approve(proposed, by=office.author).state == ProtectedChange.APPLIED


@pytest.mark.parametrize("seen_by", [None, UUID(int=0)], ids=["nobody noted", "a management command"])
def test_where_nobody_knows_who_could_speak_as_a_client_it_proposes_nothing(
    office: Office, seen_by: UUID | None
) -> None:
    with in_environment(office.environment.id):
        client = Client.objects.get(public_id=office.service.id)
        old = client.secrets.create(environment=office.environment, digest=b"x" * 32, issued_by=seen_by)

    with pytest.raises(Refused, match="not allowed") as refused:
        office.propose("define_purpose", by=office.service, name="statistics2")

    assert refused.value.reasons == ("change: nobody noted who could speak as the client that proposes",)
    with in_environment(office.environment.id):
        old.expires_at = timezone.now() - timedelta(hours=2)
        old.save()
    assert office.propose("define_purpose", by=office.service, name="statistics2")


def test_a_client_behind_another_proposes_nothing(office: Office) -> None:
    scheduler = cast.new_caller(office.environment, "scheduler")
    with in_environment(office.environment.id):
        accounts = Account.objects.in_bulk([scheduler.account_id])
        service = Client.objects.get(public_id=office.service.id)
    give_right(office.system, holder=accounts[scheduler.account_id], operation="invoke", on=service)
    with pytest.raises(Refused) as refused:
        office.propose("define_purpose", by=replace(office.service, via=(scheduler.id,)), name="statistics2")
    assert refused.value.reasons == ("change: a client proposes in its own name, not invoked by another",)
