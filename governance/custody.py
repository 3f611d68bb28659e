"""Who has had the means to speak as a client: whoever saw a secret of it, or brought in what vouches for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from governance.models import ClientSecret, ExternalIdentity, ExternalIssuer, Launcher, WorkloadPolicy

_COMMAND = UUID(int=0)
"""The caller of every management command."""


def hands_behind(client_id: UUID, *, now: datetime) -> frozenset[UUID | None]:
    """Return who may be speaking as a client now: people, and clients, with whoever may be speaking as those.

    None is among them where nobody noted who brought one of the means: then it may be anybody. A secret that has ended
    counts for as long as a token lasts that was got with it.

    Args:
        client_id: its public id.
    """
    since = now - timedelta(seconds=settings.GOVERNANCE_TOKEN_SECONDS)
    found: set[UUID | None] = set()
    asked: set[UUID | None] = set()
    waiting: set[UUID | None] = {client_id}
    while waiting:
        asked |= waiting
        found |= _brought_by([each for each in waiting if each is not None], since)
        waiting = found - asked
    return frozenset(found)


def may_be_behind(people: Collection[UUID], client_id: UUID, *, now: datetime) -> bool:
    """Say whether one of some people may be speaking as a client now; so it is where nobody can tell."""
    hands = hands_behind(client_id, now=now)
    return None in hands or not hands.isdisjoint(people)


def clients_spoken_as(person: UUID, *, now: datetime) -> frozenset[UUID]:
    """Return the clients as which somebody may be speaking now, directly or through other clients, as far as noted."""
    since = now - timedelta(seconds=settings.GOVERNANCE_TOKEN_SECONDS)
    found: set[UUID] = set()
    waiting = {person}
    while waiting:
        those = {
            client
            for rows, column in _means(since)
            for client in rows.filter(**{f"{column}__in": waiting}).values_list("client__public_id", flat=True)
        }
        waiting = those - found
        found |= those
    return frozenset(found)


def _brought_by(client_ids: Collection[UUID], since: datetime) -> set[UUID | None]:
    """Return who brought what lets somebody speak as some clients. Ids of people are no client's, and find nothing.

    What a management command made was shown to whoever ran it, which nobody noted.
    """
    return {
        None if hand == _COMMAND else hand
        for rows, column in _means(since)
        for hand in rows.filter(client__public_id__in=client_ids).values_list(column, flat=True)
    }


def _means(since: datetime) -> tuple[tuple[QuerySet[Any], str], ...]:
    """Return what lets somebody speak as a client, with the column that says who brought it."""
    secrets = ClientSecret.objects.filter(Q(expires_at=None) | Q(expires_at__gt=since))
    launchers = Launcher.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=since))
    identities = ExternalIdentity.objects.all()
    # Whoever chose an issuer, or the keys that verify its tokens, can be whom it names.
    issuers = ExternalIssuer.objects.filter(url=OuterRef("ci_issuer"), pinned_keys__isnull=False)
    jobs = WorkloadPolicy.objects.filter(Exists(issuers))
    return (
        (secrets, "issued_by"),
        (launchers, "brought_by"),
        (identities, "brought_by"),
        (identities, "issuer__brought_by"),
        (identities.filter(issuer__pinned_keys__isnull=False), "issuer__pinned_by"),
        (jobs.annotate(listed_by=Subquery(issuers.values("brought_by")[:1])), "listed_by"),
        (jobs.annotate(pinned_by=Subquery(issuers.values("pinned_by")[:1])), "pinned_by"),
    )
