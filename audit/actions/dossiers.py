"""Beginning and ending the dossier of a breach. Whoever calls has been cleared; each step leaves its entry."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from audit.actions.findings import found_finding, must_not_be_their_own, record_step, write_comment
from audit.actors import Actor
from audit.errors import FindingRefused
from audit.events import DOSSIER_BEGUN, DOSSIER_ENDED
from audit.models import BreachDossier
from audit.models.breach import NOT_REQUIRED, NOTIFIED, OPEN
from keyring.walls import in_environment

ENDINGS = (NOTIFIED, NOT_REQUIRED)
LONGEST_LOOK_BACK = timedelta(days=365)


def begin_dossier(*, actor: Actor, environment_id: UUID, finding_id: UUID, days: int, now: datetime) -> BreachDossier:
    """Look at a finding as a breach from now on: the clock of 72 hours begins.

    `days` is how far before its window the actor's accesses belong to it. Begun twice it is the same one.

    Raises:
        FindingNotFound: there is no such finding.
        FindingRefused: it is about whoever begins it, or the days are none.
    """
    if not 0 <= days <= LONGEST_LOOK_BACK.days:
        raise FindingRefused(f"0 to {LONGEST_LOOK_BACK.days} days.", field="days")
    with in_environment(environment_id):
        finding, alert = found_finding(finding_id)
        must_not_be_their_own(actor, alert)
        known = BreachDossier.objects.filter(finding_id=finding.id).first()
        if known is not None:
            return known
        dossier = BreachDossier.objects.create(
            environment_id=environment_id,
            finding_id=finding.id,
            actor=alert.actor,
            since=min(alert.window_start, alert.at) - timedelta(days=days),
            aware_at=now,
            begun_by=actor.id,
        )
        record_step(DOSSIER_BEGUN, actor, finding, alert, {"dossier": dossier.id, "until": dossier.due_at})
    return dossier


def end_dossier(
    *, actor: Actor, environment_id: UUID, finding_id: UUID, ending: str, comment: str, now: datetime
) -> BreachDossier:
    """Say that the authority was notified, or why it need not be (GDPR, Article 33(1)); the clock stops.

    Raises:
        FindingNotFound: there is no such finding.
        FindingRefused: no dossier is open, no such ending, no comment, or it is about whoever ends it.
    """
    if ending not in ENDINGS:
        raise FindingRefused(f"A dossier ends as one of {', '.join(ENDINGS)}.", field="ending")
    with in_environment(environment_id):
        finding, alert = found_finding(finding_id)
        must_not_be_their_own(actor, alert)
        dossier = BreachDossier.objects.select_for_update().filter(finding_id=finding.id, state=OPEN).first()
        if dossier is None:
            raise FindingRefused("No dossier of this finding is open.", field="finding")
        write_comment(finding, actor, comment, now)
        dossier.state, dossier.ended_at, dossier.ended_by = ending, now, actor.id
        dossier.save(update_fields=["state", "ended_at", "ended_by"])
        record_step(DOSSIER_ENDED, actor, finding, alert, {"dossier": dossier.id, "ending": ending})
    return dossier
