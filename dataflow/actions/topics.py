"""Topics are declared by the flows that start, and dropped by people with everything in them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from uuid import UUID

import redis
from django.conf import settings
from django.utils import timezone

from audit.recorder import append
from dataflow import events
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.faults import Fault, FileRefused, Place
from dataflow.models import Deployment, FlowTopic
from dataflow.models.deployments import RUNNING
from dataflow.planning.plan import Plan, Topic
from dataflow.running.living import LIVING_MILLISECONDS, living
from dataflow.store.concealing import EnvironmentKey
from governance.actions.change import configuration_change
from governance.drafts.draftable import draftable
from governance.drafts.modes import is_trying
from governance.errors import Conflict, NotFound, Unavailable
from governance.identities import Caller
from governance.models import Environment
from keyring.walls import in_environment


def declare_topics(caller: Caller, *, plan: Plan, deployment: Deployment | None = None) -> None:
    """Put down what a flow that starts says of its topics, for all other flows of the environment.

    Args:
        deployment: which one a worker was planned for, where it is of one.

    Raises:
        FileRefused: another flow that has started since it was planned says something else.
        NotFound: the deployment is gone since then, or is of another version.
    """
    flow = f"{plan.meta.namespace}/{plan.meta.name}"
    with in_environment(caller.environment_id):
        if deployment is not None:
            _must_be_deployed(deployment)
        Environment.objects.select_for_update().get(pk=caller.environment_id)  # two flows that start do so in turn
        known = {each.name: each for each in FlowTopic.objects.all()}
        for topic in plan.topics.values():
            _declare(caller, flow, topic, known.get(topic.wire_name))
        leave_topics(flow, but=plan.frames.keys())


def _must_be_deployed(planned: Deployment) -> None:
    """Return if a deployment is what a worker was planned for; nobody changes it until the transaction ends."""
    rows = Deployment.objects.select_for_update(of=("self",))
    if not rows.filter(public_id=planned.public_id, digest=planned.digest).exists():
        raise NotFound("This is not deployed any more.", field="id")


def leave_topics(flow: str, *, but: Collection[str] = ()) -> None:
    """Let others say what topics hold that a flow does not name any more; must run inside the environment.

    What it had said of them stays, as its records do.
    """
    for row in FlowTopic.objects.exclude(name__in=but).select_for_update():
        if flow in row.flows:
            row.flows.remove(flow)
            row.save(update_fields=["flows"])


@draftable
def drop_topic(caller: Caller, *, public_id: UUID) -> None:
    """Delete what is in a topic, and forget what it may hold. Flows that read it begin with the next record.

    Dead letters of its records stay with their flows.

    Raises:
        NotFound: there is no such topic.
        Conflict: a flow that names it runs, or is to; it would go on as if nothing had changed.
        Unavailable: Redis does not answer, and nothing is dropped.
    """
    with configuration_change(caller, events.TOPIC_DROPPED) as change:
        Environment.objects.select_for_update().get(pk=caller.environment_id)  # no flow declares it meanwhile
        row = FlowTopic.objects.filter(public_id=public_id).select_for_update().first()
        if row is None:
            raise NotFound("There is no such topic.", field="id")
        _must_not_run(row)
        change.facts.update(topic=row.public_id, name=row.name, holds=row.holds, flows=row.flows)
        row.delete()
        if not is_trying():  # before the row is gone for good: what is left of it must be known
            _delete(caller.environment_id, row)


def _must_not_run(row: FlowTopic) -> None:
    running = Deployment.objects.filter(name__in=row.flows, wanted=RUNNING).order_by("name").first()
    if running is not None:
        raise Conflict(f"{running.name} runs on this topic.", field="id", remedy="Stop it first.")


def _declare(caller: Caller, flow: str, topic: Topic, row: FlowTopic | None) -> None:
    holds = sorted(topic.personal)
    if row is None:
        row = FlowTopic(environment_id=caller.environment_id, name=topic.wire_name, flows=[])
    elif (row.holds, row.expires) != (holds, topic.expires) and set(row.flows) - {flow}:
        says = f"`{row.name}` has been declared otherwise by {row.declared_by} meanwhile"
        raise FileRefused([Fault(Place("topics"), f"topics.{topic.name}", says, "Start it again.")])
    if flow in row.flows and (row.holds, row.expires) == (holds, topic.expires):
        return
    if not row.declared_by or (row.holds, row.expires) != (holds, topic.expires):
        row.holds, row.expires, row.declared_by = holds, topic.expires, flow
        row.digest, row.declared_at = _digest(topic), timezone.now()
    row.flows = sorted({*row.flows, flow})
    row.save()
    append(
        events.TOPIC_DECLARED,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts={"topic": row.public_id, "name": row.name, "holds": holds, "expires": row.expires, "flows": row.flows},
    )


def _digest(topic: Topic) -> str:
    return hashlib.sha256(f"{topic.converter} {topic.key!r} {topic.value!r}".encode()).hexdigest()


def _delete(environment_id: UUID, row: FlowTopic) -> None:
    conceal, environment = EnvironmentKey(environment_id), str(environment_id)
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            running = living(client, environment, row.flows)
            if running:
                remedy = f"Stop it first; it counts as running for {LIVING_MILLISECONDS // 1000} seconds more."
                raise Conflict(f"{running[0]} runs on this topic.", field="id", remedy=remedy)
            RedisStreams(client, environment=environment, conceal=conceal).drop(row.name)
    except redis.RedisError as error:
        raise Unavailable(f"Redis does not answer: {type(error).__name__}.") from None
