"""Having a deployed flow work again: on what failed, or on everything that its topics still hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from audit.recorder import append
from dataflow import events
from dataflow.actions.deployments import decided, described, locked_deployment
from dataflow.actions.summoning import summon_for_reading, summon_for_replay
from dataflow.deployments.rereading import must_be_readable_again
from dataflow.models import Deployment
from governance.actions.change import clearance_for, configuration_change
from governance.drafts.draftable import draftable
from governance.errors import Invalid
from governance.identities import Caller
from keyring.walls import in_environment


@draftable
def read_again(
    caller: Caller, *, public_id: UUID, confirmed: str = "", reads_from: datetime | None = None
) -> Deployment:
    """Have a flow read all its sources again, and so put out again what it makes of them.

    Args:
        confirmed: the flow's name, so that nobody does this by mistake.
        reads_from: from which moment on, which has been; None: whatever its topics still hold. What was not read yet
            is read anyway.

    Raises:
        Invalid: it is not confirmed, the moment is still to come, or the flow keeps states, which would count twice.
        NotFound: there is no such deployment.
    """
    with configuration_change(caller, events.FLOW_READ_AGAIN) as change:
        deployment = locked_deployment(public_id)
        if confirmed != deployment.name:
            raise Invalid(
                "Everything that the flow makes of its topics is put out once more.",
                field="confirmed",
                remedy=f"Write {deployment.name} to confirm that.",
            )
        if reads_from is not None and reads_from > change.now:
            raise Invalid(
                "That moment is still to come: records until then would be passed over.",
                field="reads_from",
                remedy="Name one that has been, or none to read everything that the topics still hold.",
            )
        must_be_readable_again(deployment.item.files)
        deployment.reading, deployment.reads_from = uuid4(), reads_from
        decided(change, deployment, "reading", "reads_from")
        change.facts.update(reading=deployment.reading, reads_from=reads_from)
        summon_for_reading(caller.environment_id, deployment.public_id)
    return deployment


def replay_dead_letters(caller: Caller, *, public_id: UUID, now: datetime) -> Deployment:
    """Have everything put back that failed until now, for the services that failed on it. It changes no configuration.

    Raises:
        NotFound: there is no such deployment.
    """
    clearance = clearance_for(caller, "configure", events.FLOW_REPLAYED, now=now)
    with in_environment(caller.environment_id):
        deployment = locked_deployment(public_id)
        deployment.replays_until = now
        deployment.save(update_fields=["replays_until"])
        append(
            events.FLOW_REPLAYED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts=described(deployment) | {"until": now},
            decision_id=clearance.decision_id,
        )
        summon_for_replay(caller.environment_id, deployment.public_id)
    return deployment


def end_replay(environment_id: UUID, deployment_id: UUID, *, until: datetime) -> None:
    """Keep that everything up to a moment was put back; what was asked for meanwhile stays to be done."""
    with in_environment(environment_id):
        Deployment.objects.filter(public_id=deployment_id, replays_until=until).update(replays_until=None)
