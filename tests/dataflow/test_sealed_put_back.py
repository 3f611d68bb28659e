"""What failed of a topic with personal data is put back as the topic is declared to lie: sealed, and with an end."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from dataflow.actions.dead_letters import replay_letters
from dataflow.actions.deployments import deploy_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.actions.repeating import replay_dead_letters
from dataflow.deployments.replaying import replay_for
from dataflow.engines.protocol import Done
from dataflow.running.deployed import engine_for
from governance.identities import Caller
from tests import cast
from tests.dataflow.declared import SSN, started, written
from tests.plaintext import Marks, in_redis

pytestmark = pytest.mark.django_db(transaction=True)
FLOW, SERVICE = "tests/a", "pass-on"
LOST = Done((), ((SERVICE, "failed"),), "why")
Replay = Callable[[Caller, UUID], object]


def by_hand(engineer: Caller, _: UUID) -> None:
    assert replay_letters(engineer, flow=FLOW) == 1


def of_a_deployment(engineer: Caller, deployment: UUID) -> None:
    replay_dead_letters(engineer, public_id=deployment, now=timezone.now())
    assert replay_for(engineer.environment_id, deployment, seconds=30)


@pytest.mark.parametrize("replay", [by_hand, of_a_deployment])
def test_what_failed_before_its_topic_was_sealed_is_put_back_sealed(replay: Replay) -> None:
    environment, marks = cast.new_environment(), Marks()
    engineer, flow = cast.new_caller(environment, "engineer", configure=True), cast.new_caller(environment, "flow")
    item = publish_to_hub(engineer, files={"dataflow.yaml": written("a")})
    made = deploy_flow(engineer, item=item.public_id, client=flow.id).public_id
    started(flow, written("a"))
    engine = engine_for(flow)
    intake = engine.intake(FLOW, SERVICE, [("raw", "0")], "w")
    engine.produce("raw", [(None, marks.free_text.encode())])
    batch = intake.take(most=9, wait=0.1)
    assert batch is not None
    intake.commit(batch, [[LOST]])
    engine.client.delete(engine.stream("raw"))
    plan = started(flow, written("a", of_source=SSN, of_to=SSN))
    replay(engineer, made)
    ((_, fields),) = engine.client.xrange(engine.stream("raw"))
    assert set(fields) == {b"e", b"g"}
    assert in_redis(settings.REDIS_URL, marks.forms) == {}
    assert 0 < engine.client.pttl(engine.stream("raw")) <= (plan.sealed["raw"] + 60) * 1000
    sealed = engine_for(flow, sealed=plan.sealed)
    again = sealed.intake(FLOW, SERVICE, [("raw", "0")], "v").take(most=9, wait=0.1)
    assert again is not None
    assert [each.value for each in again.messages] == [marks.free_text.encode()]
