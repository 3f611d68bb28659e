"""The life of a grant: activated by its grantee, ended by them, by others, or by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from governance import events
from governance.actions.change import environment_resource
from governance.actions.stepping import Stepping, save_text, stepping
from governance.breakglass.gathering import Moment, facts_of_living
from governance.breakglass.machines import GRANT
from governance.breakglass.terms import AccessTerms, terms_of
from governance.catalogue import requestables
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import Grant


def activate_grant(caller: Caller, *, grant_id: UUID, factor_at: datetime | None, now: datetime | None = None) -> Grant:
    """Begin to use what was granted; its time runs from now.

    Args:
        factor_at: when the caller last proved a second factor in this session.

    Raises:
        NotFound: there is no such grant.
        Refused: a guard of the table does not hold; it is on record.
    """
    with _living(caller, grant_id, events.GRANT_ACTIVATED, now, factor_at=factor_at) as living:
        at, grant = living.step, living.grant
        at.must_be_sure()
        living.take("activate", activated_at=at.now, not_after=at.now + timedelta(minutes=grant.minutes))
        at.facts["until"] = grant.not_after
    return grant


def suspend_grant(caller: Caller, *, grant_id: UUID, comment: str, now: datetime | None = None) -> Grant:
    """Stop a grant until somebody lets it go on; its time runs."""
    with _living(caller, grant_id, events.GRANT_SUSPENDED, now, comment=comment) as living:
        living.take("suspend")
        living.tell_grantee("grant.suspended")
    return living.grant


def resume_grant(caller: Caller, *, grant_id: UUID, comment: str, now: datetime | None = None) -> Grant:
    """Let a suspended grant go on."""
    with _living(caller, grant_id, events.GRANT_RESUMED, now, comment=comment) as living:
        living.take("resume")
        living.tell_grantee("grant.resumed")
    return living.grant


def revoke_grant(caller: Caller, *, grant_id: UUID, comment: str = "", now: datetime | None = None) -> Grant:
    """End a grant for good; the next check of whoever uses it refuses."""
    with _living(caller, grant_id, events.GRANT_REVOKED, now, comment=comment) as living:
        living.take("revoke", **living.ended())
        living.tell_grantee("grant.revoked")
    return living.grant


def relinquish_grant(caller: Caller, *, grant_id: UUID, now: datetime | None = None) -> Grant:
    """Give up one's own grant; it takes no right."""
    with _living(caller, grant_id, events.GRANT_RELINQUISHED, now) as living:
        living.take("relinquish", **living.ended())
    return living.grant


def expire_grant(clock: Caller, *, grant_id: UUID, now: datetime) -> Grant:
    """Put down that a grant is over. It has opened nothing since; this is for the record."""
    with _living(clock, grant_id, events.GRANT_EXPIRED, now) as living:
        living.take("expire", ended_at=living.grant.not_after)
        living.tell_grantee("grant.expired")
    return living.grant


def waste_grant(clock: Caller, *, grant_id: UUID, now: datetime) -> Grant:
    """Put down that a grant was not used in time."""
    with _living(clock, grant_id, events.GRANT_UNUSED, now) as living:
        living.take("waste", ended_at=living.grant.activate_by)
        living.tell_grantee("grant.unused")
    return living.grant


@dataclass(slots=True)
class _Living:
    step: Stepping
    grant: Grant
    comment: str
    factor_at: datetime | None

    def take(self, verb: str, **changes: Any) -> None:
        at, grant = self.step, self.grant
        found = requestables().find(grant.accessor_id)
        # What was granted can be stopped although it is no longer there, or no rule is left for it.
        resource = found.resource if found else environment_resource(grant.environment_id)
        moment = Moment(at.caller, at.standing, at.now, self.factor_at)
        terms = _terms(grant) if found else None
        facts = facts_of_living(moment, grant, resource, terms, is_commented=bool(self.comment.strip()))
        taken = at.judge(GRANT, verb, grant.state, facts)
        save_text(grant, "comment", self.comment)
        at.move(grant, taken, **changes)

    def ended(self) -> dict[str, Any]:
        """Who ended it, and when."""
        is_clock = self.step.caller.account_id.int == 0
        return {"ended_at": self.step.now, "ended_by_id": None if is_clock else self.step.caller.account_id}

    def tell_grantee(self, kind: str) -> None:
        self.step.tell(kind, [self.grant.grantee_id], self.grant.id)


@contextmanager
def _living(
    caller: Caller,
    grant_id: UUID,
    event: EventKind,
    now: datetime | None,
    *,
    comment: str = "",
    factor_at: datetime | None = None,
) -> Iterator[_Living]:
    with stepping(caller, event, now=now or timezone.now()) as step:
        grant = Grant.objects.select_related("request", "grantee").filter(pk=grant_id).first()
        if grant is None:
            raise NotFound("There is no such grant.", field="grant")
        step.facts.update(
            grant=grant.id, request=grant.request_id, grantee=grant.grantee_id, accessor=grant.accessor_id
        )
        yield _Living(step, grant, comment, factor_at)


def _terms(grant: Grant) -> AccessTerms | None:
    try:
        return terms_of(grant.accessor_id)
    except Invalid:
        return None
