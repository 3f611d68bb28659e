"""Gates that doors of lower floors ask, by the name in the settings."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from governance import events
from governance.actions.change import environment_resource, record_refusal
from governance.authorization import Ask, authorize
from governance.errors import Refused
from governance.identities import Caller
from governance.standing import fresh_standing_of


def may_audit(request: Any) -> None:
    """Let whoever has the right `audit` read the book of their environment; refusals are on record."""
    caller: Caller = request.user
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(caller.environment_id, standing.environment_name)
    try:
        authorize(caller, Ask("audit", resource), standing=standing, now=timezone.now())
    except Refused as refused:
        record_refusal(events.CALL_REFUSED, caller, refused)
        raise
