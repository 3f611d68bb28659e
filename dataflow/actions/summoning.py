"""Calling a worker to a deployment at once; the clock would find it within seconds."""

from __future__ import annotations

from uuid import UUID

from governance.summoning import summon_worker

READ_AGAIN, REPLAY = "dataflow.read_again", "dataflow.replay"


def summon_for_reading(environment_id: UUID, deployment_id: UUID) -> None:
    """Have a worker begin another reading of a flow's sources, once this transaction is committed."""
    summon_worker(READ_AGAIN, str(environment_id), str(deployment_id))


def summon_for_replay(environment_id: UUID, deployment_id: UUID) -> None:
    """Have a worker put dead letters back, once this transaction is committed."""
    summon_worker(REPLAY, str(environment_id), str(deployment_id))
