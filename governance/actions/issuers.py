"""Listing external issuers, and letting whom they name call as a client."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from governance import events
from governance.actions.change import Change, configuration_change
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.issuers import EVERYBODY, checked_issuer, subject_print_of
from governance.models import Client, ExternalIdentity, ExternalIssuer

MOST_ISSUERS = 50
LONGEST_SUBJECT = 255


@draftable
def list_issuers(caller: Caller, *, urls: Sequence[str]) -> list[str]:
    """Make these the issuers of the environment; with one that is left out go the identities under it.

    Raises:
        Invalid: something that is no issuer, the same one twice, or more than 50.
    """
    checked = [checked_issuer(url) for url in urls]
    if len(set(checked)) != len(checked) or len(checked) > MOST_ISSUERS:
        raise Invalid(f"Up to {MOST_ISSUERS} different issuers can be listed.", field="issuers")
    with configuration_change(caller, events.ISSUERS_LISTED) as change:
        ended, _ = ExternalIdentity.objects.exclude(issuer__url__in=checked).delete()
        ExternalIssuer.objects.exclude(url__in=checked).delete()
        known = set(ExternalIssuer.objects.values_list("url", flat=True))
        ExternalIssuer.objects.bulk_create(
            ExternalIssuer(environment_id=caller.environment_id, url=url, brought_by=caller.id)
            for url in checked
            if url not in known
        )
        change.facts.update(issuers=sorted(checked), identities_ended=ended)
    return sorted(checked)


@draftable
def admit_identity(caller: Caller, *, issuer: str, client_id: UUID, subject: str = EVERYBODY) -> ExternalIdentity:
    """Let whom an issuer names by a subject call as a client, with that client's rights and no others.

    Args:
        subject: the claim `sub`; empty for everybody whom the issuer names.

    Raises:
        NotFound: the issuer is not listed, or there is no such client.
        Conflict: this subject calls as a client already.
    """
    if len(subject) > LONGEST_SUBJECT:
        raise Invalid(f"A subject has at most {LONGEST_SUBJECT} characters.", field="subject")
    with configuration_change(caller, events.IDENTITY_ADMITTED) as change:
        listed, client = _issuer(issuer), _client(client_id)
        found = subject_print_of(caller.environment_id, issuer, subject) if subject else EVERYBODY
        existing = ExternalIdentity.objects.filter(issuer=listed, subject_print=found).first()
        if existing is not None:
            raise Conflict(
                "This identity calls as a client already.",
                existing_id=existing.public_id,
                identical=existing.client_id == client.pk,
                field="subject",
            )
        identity = ExternalIdentity.objects.create(
            environment_id=caller.environment_id,
            issuer=listed,
            subject_print=found,
            client=client,
            brought_by=caller.id,
        )
        if subject:
            identity.subject = subject  # sealed for its row, so the row has to be there first
            identity.save(update_fields=["subject"])
        _tell(change, identity, listed, client)
    return identity


@draftable
def end_identity(caller: Caller, *, identity_id: UUID) -> None:
    """Let an identity call no more; it acts on the next call.

    Raises:
        NotFound: there is no such identity.
    """
    with configuration_change(caller, events.IDENTITY_ENDED) as change:
        identity = ExternalIdentity.objects.select_related("issuer", "client").filter(public_id=identity_id).first()
        if identity is None:
            raise NotFound("There is no such identity.", field="id")
        _tell(change, identity, identity.issuer, identity.client)
        identity.delete()


def _tell(change: Change, identity: ExternalIdentity, issuer: ExternalIssuer, client: Client) -> None:
    change.facts.update(
        identity=identity.public_id, issuer=issuer.url, client=client.public_id, everybody=not identity.subject_print
    )


def _issuer(url: str) -> ExternalIssuer:
    found = ExternalIssuer.objects.filter(url=url).first()
    if found is None:
        raise NotFound("This issuer is not listed.", field="issuer", remedy="PUT /userstore/oidcissuers lists it.")
    return found


def _client(public_id: UUID) -> Client:
    found = Client.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such client.", field="client_id")
    return found
