"""What is wanted of the deployments of an environment, as supervisors see it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import DatabaseError

from dataflow.grammar.faults import FileRefused
from dataflow.models import Deployment
from dataflow.models.deployments import RUNNING
from dataflow.queries import find_published
from dataflow.running.deployable import runs_as
from dataflow.running.deployed import plan_of
from keyring.walls import in_environment

LONGEST_WORDS = 2_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One deployment: how many workers of which make. Workers of another make are ended.

    Args:
        make: the published files and the client; whoever runs something else is ended.
        refused: why it has no workers though it is to run.
        reading: which reading of its sources is wanted; None: whichever there is.
        is_turning: whether its workers have to end before that reading can begin.
    """

    environment_id: UUID
    deployment_id: UUID
    flow: str
    workers: int
    make: tuple[str, UUID]
    refused: str
    reading: UUID | None
    is_turning: bool = False

    def turning(self) -> Wanted:
        """Return the same without workers, for as long as another reading has not begun."""
        return replace(self, workers=0, is_turning=True)


def wanted_in(environment_id: UUID) -> list[Wanted]:
    """Return what is wanted in an environment now."""
    with in_environment(environment_id):
        rows = list(Deployment.objects.select_related("item", "client"))
    return [_wanted(each) for each in rows]


def _wanted(row: Deployment) -> Wanted:
    refused = _refusal(row) if row.wanted == RUNNING else ""
    return Wanted(
        environment_id=row.environment_id,
        deployment_id=row.public_id,
        flow=row.name,
        workers=0 if refused or row.wanted != RUNNING else row.workers,
        make=(row.digest, row.client.public_id),
        refused=refused,
        reading=row.reading,
    )


def _refusal(row: Deployment) -> str:
    """Return why a flow cannot run as it is, "" where it can: what it rests on changes after it was deployed."""
    if row.item.digest != row.digest:
        return "its files are not those that were deployed"
    if row.client.disabled_at is not None:
        return f"the client {row.client.name} is disabled"
    try:
        plan = plan_of(runs_as(row.client), row.item.files, find=find_published(row.environment_id))
    except FileRefused as refused:
        return str(refused)[:LONGEST_WORDS]
    except DatabaseError:  # whoever looks comes back
        raise
    except Exception as error:  # of all flows only this one stands still
        _log.error("a deployed flow cannot be planned", exc_info=error)
        return f"its plan cannot be made: {type(error).__name__}"
    return "; ".join(map(str, plan.not_yet))[:LONGEST_WORDS]
