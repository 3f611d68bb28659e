"""How the analysis of the book stops access: it suspends a person's grants, or freezes the client that called.

An officer lets either go on again, as after any freeze or suspension.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from audit import queries
from audit.errors import NothingToContain
from audit.models import Alert
from governance.actions.freezes import freeze
from governance.actions.grants import suspend_grant
from governance.breakglass.machines import ACTIVE, SUSPENDED
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller, system_caller
from governance.models import Freeze, Grant


class StopAtOnce:
    """Stops whoever an alert is about, and nobody else."""

    def contain(self, alert: Alert, *, environment_id: UUID, now: datetime) -> str:
        """Suspend all grants of a person that are open, or freeze a client; empty where all of that is stopped already.

        All grants, not only the one that was used: whoever has two would go on with the other one. What was refused in
        the first place stops nobody, since anybody can have something refused in a client's name.

        Raises:
            NothingToContain: nothing of theirs is open, or whatever they did was refused.
            GovernanceError: not now; the step stays due.
        """
        if not _got_something(alert, environment_id):
            raise NothingToContain("everything that was found was refused already")
        system, why = system_caller(environment_id), f"Rule {alert.rule} of the analysis, finding {alert.id}."
        try:
            if alert.actor_kind == "operator":
                return _suspend(system, UUID(alert.actor), why, now)
            if alert.actor_kind == "client":
                return _freeze(system, UUID(alert.actor), why)
        except (ValueError, NotFound, Invalid) as gone:
            raise NothingToContain(f"it cannot be stopped: {type(gone).__name__}") from None
        raise NothingToContain("no person and no client: an officer has to decide")


def _got_something(alert: Alert, environment_id: UUID) -> bool:
    """Whether any entry of an alert tells of something that its actor did, and not only tried."""
    ids = [UUID(each) for each in alert.evidence.values()]
    found = queries.entries_of(environment_id=environment_id, ids=ids).values()
    return any(each.outcome == "done" and str(each.actor.id) == alert.actor for each in found)


def _suspend(system: Caller, account_id: UUID, why: str, now: datetime) -> str:
    grants = Grant.objects.filter(grantee_id=account_id)
    is_stopped = grants.filter(state=SUSPENDED).exists()
    open_now = list(grants.filter(state=ACTIVE, not_after__gt=now).order_by("pk").values_list("pk", flat=True))
    if not open_now and not is_stopped:
        raise NothingToContain("no grant of theirs is open: an officer has to decide")
    for grant_id in open_now:
        suspend_grant(system, grant_id=grant_id, comment=why, now=now)
    return f"grants suspended: {', '.join(map(str, open_now))}" if open_now else ""


def _freeze(system: Caller, client_id: UUID, why: str) -> str:
    if Freeze.objects.filter(kind="client", target_id=client_id, lifted_at=None).exists():
        return ""
    try:
        freeze(system, kind="client", target_id=client_id, reason=why)
    except Conflict:
        return ""
    return f"client frozen: {client_id}"
