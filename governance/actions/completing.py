"""Environments that an older version defined get what a newer one furnishes."""

from __future__ import annotations

from uuid import UUID

from audit.recorder import append
from governance import catalogue, events
from governance.actions.builtin import complete_built_in
from governance.actions.change import raise_epoch
from governance.identities import system_caller
from governance.models import Environment
from keyring.walls import in_environment


def complete_environments() -> int:
    """Make every environment's missing built-in objects and keys; return how many environments lacked any.

    To be called when a process starts; one that finds nothing missing only reads. Protected environments are completed
    as well: it is the release that changes, not what somebody configured.
    """
    return sum(_complete(environment_id) for environment_id in Environment.objects.values_list("pk", flat=True))


def _complete(environment_id: UUID) -> bool:
    with in_environment(environment_id):
        # One process makes them; the others, which start at the same time, find them made.
        Environment.objects.select_for_update(no_key=True).get(pk=environment_id)
        made = [*complete_built_in(environment_id), *catalogue.complete(environment_id)]
        if made:
            raise_epoch(environment_id)
            append(
                events.ENVIRONMENT_COMPLETED,
                environment_id=environment_id,
                actor=system_caller(environment_id).actor,
                facts={"made": made},
            )
    return bool(made)
