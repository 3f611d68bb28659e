"""What supervisors see of deployments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from audit.recorder import append
from dataflow import events
from dataflow.models import Deployment
from governance.identities import system_caller
from keyring.walls import in_environment


def note_state(environment_id: UUID, deployment_id: UUID, *, state: str, trouble: str, now: datetime) -> None:
    """Keep what became of a deployment; what is kept already, or is gone, changes nothing."""
    with in_environment(environment_id):
        row = Deployment.objects.select_for_update(of=("self",)).filter(public_id=deployment_id).first()
        if row is None or (row.state, row.trouble) == (state, trouble):
            return
        is_another = row.state != state
        row.state, row.trouble, row.seen_at = state, trouble, now
        row.save(update_fields=["state", "trouble", "seen_at"])
        if is_another:
            append(
                events.FLOW_SEEN,
                environment_id=environment_id,
                actor=system_caller(environment_id).actor,
                facts={"deployment": deployment_id, "flow": row.name, "state": state},
            )
