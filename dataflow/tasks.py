"""What Celery does for deployed flows: it begins readings and puts back what failed. It never sees a record."""

from __future__ import annotations

from time import monotonic, sleep
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from dataflow.actions.letter_keys import take_out_letters
from dataflow.actions.summoning import READ_AGAIN, REPLAY
from dataflow.deployments.replaying import awaited_replays, replay_for
from dataflow.deployments.rereading import begin_reading, unbegun_readings
from governance.models import Environment

SECONDS = 50.0
"""How long one run may work on one deployment."""
_PAUSE = 0.5


@shared_task(name=READ_AGAIN)
def read_again(environment_id: str, deployment_id: str) -> bool:
    """Begin another reading of a flow's sources once its workers have ended; safe to repeat and to kill."""
    until = monotonic() + SECONDS
    while not begin_reading(UUID(environment_id), UUID(deployment_id)):
        if monotonic() > until:
            return False
        sleep(_PAUSE)
    return True


@shared_task(name=REPLAY)
def replay(environment_id: str, deployment_id: str) -> bool:
    """Put back what failed of a flow; safe to repeat, to kill, and to run twice at once."""
    return replay_for(UUID(environment_id), UUID(deployment_id), seconds=SECONDS)


@shared_task(name="dataflow.continue_deployments")
def continue_deployments() -> int:
    """Go on with what nobody was called to, or did not finish; returns how many deployments that were.

    Letters of people who are gone are taken out where the server of the topics did not answer when they went.
    """
    found = 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        take_out_letters(environment_id, now=timezone.now())
        for deployment_id in unbegun_readings(environment_id):
            begin_reading(environment_id, deployment_id)
            found += 1
        for deployment_id in awaited_replays(environment_id):
            replay_for(environment_id, deployment_id, seconds=SECONDS)
            found += 1
    return found
