"""Who may see what is set up in an environment: definitions whoever holds any right there, the rest who configures."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from governance import events
from governance.actions.change import clearance_for, environment_resource, refusal_on_record
from governance.authorization import authorize_seeing, must_not_be_stopped
from governance.identities import Caller
from governance.models import AccessRequest
from governance.standing import fresh_standing_of
from keyring.walls import in_environment


def must_see_definitions(caller: Caller, *, now: datetime | None = None) -> None:
    """Return if the caller holds any right in their environment; raise `Refused`, on record, otherwise."""
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(caller.environment_id, standing.environment_name)
    with refusal_on_record(events.CALL_REFUSED, caller):
        authorize_seeing(caller, resource, standing=standing, now=now or timezone.now())


def must_configure(caller: Caller, *, now: datetime | None = None) -> None:
    """Return if the caller may configure their environment, and so see who holds what; raise `Refused` otherwise."""
    clearance_for(caller, "configure", events.CALL_REFUSED, now=now or timezone.now())


def must_audit(caller: Caller, *, now: datetime | None = None) -> None:
    """Return if the caller may read the book of their environment; raise `Refused`, on record, otherwise."""
    clearance_for(caller, "audit", events.CALL_REFUSED, now=now or timezone.now())


def must_take_part(caller: Caller, *, now: datetime | None = None) -> None:
    """Return if the caller holds any right in their environment, or access was asked for by or for them there.

    So whoever has lost every right still sees, and can give up, what they were granted. Raises `Refused`, on record.
    """
    with in_environment(caller.environment_id):
        own = Q(requester_id=caller.account_id) | Q(grantee_id=caller.account_id)
        takes_part = AccessRequest.objects.filter(own).exists()
    if not takes_part:
        must_see_definitions(caller, now=now)
        return
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(caller.environment_id, standing.environment_name)
    with refusal_on_record(events.CALL_REFUSED, caller):
        must_not_be_stopped(caller, resource, standing=standing, now=now or timezone.now())
