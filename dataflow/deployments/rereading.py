"""Reading a flow's sources again: its workers end, its groups begin anew in one step, and its workers start."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import redis
from django.conf import settings

from dataflow.deployments.figures import sources_of
from dataflow.deployments.roster import Roster
from dataflow.engines.redis_reading import BUSY, group_named
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.flowfile import read_flow
from dataflow.hub.content import FLOW_FILE, Files
from dataflow.models import Deployment, FlowTopic
from dataflow.store.concealing import EnvironmentKey
from governance.errors import Invalid
from keyring.walls import in_environment

BEGINNING = "0-0"


def must_be_readable_again(files: Files) -> None:
    """Return if nothing counts twice where a flow reads again; raise `Invalid` where it keeps states."""
    flow = read_flow(files[FLOW_FILE], FLOW_FILE)
    keeping = [each.name for each in flow.services.values() if each.states or each.partition]
    if keeping:
        says = f"{', '.join(keeping)} keeps states: what is read again would count twice in them."
        raise Invalid(says, field="id", remedy="Deploy it under another name, with topics of its own.")


def begin_reading(environment_id: UUID, deployment_id: UUID) -> bool:
    """Begin the reading that a deployment is to have, once none of its workers is left; False while some are."""
    with in_environment(environment_id):
        row = Deployment.objects.select_related("item").filter(public_id=deployment_id).first()
        declared = list(FlowTopic.objects.values_list("name", flat=True))
    if row is None or row.reading is None:
        return True
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        engine = RedisStreams(client, environment=str(environment_id), conceal=EnvironmentKey(environment_id))
        read = [(engine.stream(topic), each) for each, topics in sources_of(row.item.files).items() for topic in topics]
        standing = engine.readings.standing(row.name, map(engine.stream, declared))
        left = [each for each in standing if each not in read]  # of versions before, and maybe of later ones
        former, latter = engine.readings.of(row.name), str(row.reading)
        guards = Roster(client, environment_id=environment_id, flow=row.name).traces
        start = _id_before(row.reads_from)
        streams, others = (
            [(key, group_named(row.name, each, former), group_named(row.name, each, latter)) for key, each in some]
            for some in (read, left)
        )
        begun = engine.readings.begin(row.name, latter, streams=streams, start=start, guards=guards, others=others)
        return begun != BUSY


def unbegun_readings(environment_id: UUID) -> list[UUID]:
    """Return the deployments of an environment that wait for another reading of their sources."""
    with in_environment(environment_id):
        rows = list(Deployment.objects.exclude(reading=None).values_list("public_id", "name", "reading"))
    if not rows:
        return []
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        engine = RedisStreams(client, environment=str(environment_id), conceal=EnvironmentKey(environment_id))
        return [public_id for public_id, name, reading in rows if engine.readings.of(name) != str(reading)]


def _id_before(moment: datetime | None) -> str:
    """Return the last id that an entry before a moment can have."""
    if moment is None:
        return BEGINNING
    milliseconds = int(moment.timestamp() * 1000)
    return f"{milliseconds - 1}-18446744073709551615" if milliseconds > 0 else BEGINNING
