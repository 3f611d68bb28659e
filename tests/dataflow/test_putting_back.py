"""Dead letters that nobody would work on stay: a version without their service, or without their topic, is deployed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dataflow import tasks
from dataflow.actions.dead_letters import replay_letters
from dataflow.actions.deployments import stop_flow, undeploy_flow, upgrade_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.actions.repeating import replay_dead_letters
from tests.dataflow.published import CARDS
from tests.dataflow.test_repeating import FLOW, Floor

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = {
    "a service": ("cleaning:", "washing:", [b"precious"]),
    "a topic": ("orders", "orders-of-today", []),
}
"""What stands otherwise in the version without it, and what that puts out: another service reads for itself."""


@pytest.fixture
def floor() -> Floor:
    return Floor()


def upgraded(floor: Floor, version: str, former: str = "", latter: str = "") -> None:
    text = CARDS.replace("0.1.0", version)
    item = publish_to_hub(floor.engineer, files={"dataflow.yaml": text.replace(former, latter) if former else text})
    upgrade_flow(floor.engineer, public_id=floor.made, item=item.public_id)
    floor.files = item.files


@pytest.mark.parametrize("without", sorted(OTHERS))
def test_what_the_deployed_version_reads_no_more_waits_for_one_that_does(floor: Floor, without: str) -> None:
    floor.fail(b"precious")
    former, latter, meanwhile = OTHERS[without]
    upgraded(floor, "0.2.0", former, latter)
    assert replay_letters(floor.engineer, flow=FLOW) == 0
    replay_dead_letters(floor.engineer, public_id=floor.made, now=timezone.now() + timedelta(seconds=1))
    assert tasks.replay(*floor.ids)
    floor.run()
    assert (floor.engine.letters(FLOW).waiting(), floor.clean, floor.row().replays_until) == (1, meanwhile, None)
    upgraded(floor, "0.3.0")
    assert replay_letters(floor.engineer, flow=FLOW) == 1
    floor.run()
    assert (floor.engine.letters(FLOW).waiting(), floor.clean) == (0, [*meanwhile, b"precious"])


def test_of_a_flow_that_is_not_deployed_letters_are_put_back(floor: Floor) -> None:
    floor.fail(b"precious")
    stop_flow(floor.engineer, public_id=floor.made)
    undeploy_flow(floor.engineer, public_id=floor.made)
    assert replay_letters(floor.engineer, flow=FLOW) == 1
    floor.run()
    assert floor.clean == [b"precious"]
