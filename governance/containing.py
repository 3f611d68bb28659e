"""How the analysis of the book stops access: it suspends the grant that was used, or freezes the client that called.

An officer lets either go on again, as after any freeze or suspension.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from audit.errors import NothingToContain
from audit.models import Alert
from governance.actions.freezes import freeze
from governance.actions.grants import suspend_grant
from governance.breakglass.machines import ACTIVE, SUSPENDED
from governance.errors import Conflict
from governance.identities import Caller, system_caller
from governance.models import Freeze, Grant


class StopAtOnce:
    """Stops the narrowest thing that an alert names."""

    def contain(self, alert: Alert, *, environment_id: UUID, now: datetime) -> str:
        """Suspend the grant of an alert, or freeze its client; what is stopped already is as good.

        Raises:
            NothingToContain: it names neither, or the grant is over.
            GovernanceError: not now; the step stays due.
        """
        system, why = system_caller(environment_id), f"Rule {alert.rule} of the analysis, finding {alert.id}."
        used = _id(alert.grant)
        grant = Grant.objects.filter(pk=used).first() if used else None
        if grant is not None:
            return _suspend(system, grant, why, now)
        if alert.actor_kind == "client":
            return _freeze(system, UUID(alert.actor), why)
        raise NothingToContain("no grant was used and no client called: an officer has to decide")


def _suspend(system: Caller, grant: Grant, why: str, now: datetime) -> str:
    if grant.state == SUSPENDED:
        return f"grant suspended already: {grant.pk}"
    if grant.state != ACTIVE:
        raise NothingToContain("the grant is over")
    suspend_grant(system, grant_id=grant.pk, comment=why, now=now)
    return f"grant suspended: {grant.pk}"


def _freeze(system: Caller, client_id: UUID, why: str) -> str:
    if Freeze.objects.filter(kind="client", target_id=client_id, lifted_at=None).exists():
        return f"client frozen already: {client_id}"
    try:
        freeze(system, kind="client", target_id=client_id, reason=why)
    except Conflict:
        return f"client frozen already: {client_id}"
    return f"client frozen: {client_id}"


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
