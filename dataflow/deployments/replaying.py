"""Putting back what failed of a deployment, for a while at a time."""

from __future__ import annotations

from itertools import islice
from time import monotonic
from uuid import UUID

import redis
from django.conf import settings

from dataflow.actions.repeating import end_replay
from dataflow.deadletters.concealing import Unreadable
from dataflow.deadletters.letters import DeadLetters
from dataflow.deployments.readers import has_reader
from dataflow.engines.redis_streams import RedisStreams
from dataflow.models import Deployment
from dataflow.queries import sealed_topics
from dataflow.store.concealing import EnvironmentKey
from keyring.walls import in_environment

AT_ONCE = 500


def replay_for(environment_id: UUID, deployment_id: UUID, *, seconds: float) -> bool:
    """Put back what failed until the moment that was asked for; False where the time did not suffice.

    What cannot be opened any more stays among the dead letters, and so does what this version reads no more: nobody
    would come to it.
    """
    with in_environment(environment_id):
        row = Deployment.objects.filter(public_id=deployment_id).first()
    if row is None or row.replays_until is None:
        return True
    end = monotonic() + seconds
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        keys, sealed = EnvironmentKey(environment_id), sealed_topics(environment_id)
        engine = RedisStreams(client, environment=str(environment_id), conceal=keys, sealed=sealed)
        letters = engine.letters(row.name)
        is_read = has_reader(environment_id, row.name)
        ids = (each.id for each in letters.all() if each.at <= row.replays_until and is_read(each))
        while some := list(islice(ids, AT_ONCE)):
            _replay(letters, some)
            if monotonic() > end:
                return False
    end_replay(environment_id, deployment_id, until=row.replays_until)
    return True


def awaited_replays(environment_id: UUID) -> list[UUID]:
    """Return the deployments of an environment whose dead letters are to be put back."""
    with in_environment(environment_id):
        return list(Deployment.objects.exclude(replays_until=None).values_list("public_id", flat=True))


def _replay(letters: DeadLetters, ids: list[str]) -> None:
    try:
        letters.replay(ids)
    except Unreadable:
        if len(ids) == 1:
            return
        half = len(ids) // 2
        _replay(letters, ids[:half])
        _replay(letters, ids[half:])
