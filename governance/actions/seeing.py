"""Who may see what is set up in an environment: definitions whoever holds any right there, the rest who configures."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from governance import events
from governance.actions.change import environment_resource, record_refusal
from governance.authorization import Ask, authorize, authorize_seeing
from governance.errors import Refused
from governance.identities import Caller
from governance.standing import fresh_standing_of


def must_see_definitions(caller: Caller, *, now: datetime | None = None) -> None:
    """Return if the caller holds any right in their environment; raise `Refused`, on record, otherwise."""
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(caller.environment_id, standing.environment_name)
    try:
        authorize_seeing(caller, resource, standing=standing, now=now or timezone.now())
    except Refused as refused:
        record_refusal(events.CALL_REFUSED, caller, refused)
        raise


def must_configure(caller: Caller, *, now: datetime | None = None) -> None:
    """Return if the caller may configure their environment, and so see who holds what; raise `Refused` otherwise."""
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(caller.environment_id, standing.environment_name)
    try:
        authorize(caller, Ask("configure", resource), standing=standing, now=now or timezone.now())
    except Refused as refused:
        record_refusal(events.CALL_REFUSED, caller, refused)
        raise
