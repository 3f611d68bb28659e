"""A service that a version leaves out goes on where it stood once another version has it again."""

from __future__ import annotations

import pytest

from dataflow import tasks
from dataflow.actions.deployments import upgrade_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.actions.repeating import read_again
from dataflow.actions.topics import declare_topics
from dataflow.queries import find_published
from dataflow.running.deployed import plan_of
from tests.dataflow.published import CARDS
from tests.dataflow.test_repeating import FLOW, Floor

pytestmark = pytest.mark.django_db(transaction=True)

TWO = (
    CARDS.replace("topics:\n", "topics:\n  other: {schema: {value: {type: string}}}\n")
    + """\
  second:
    sources: [{type: topic, id: orders}]
    sinks: [{type: topic, id: other}]
"""
)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def runs(floor: Floor, text: str, version: str, position: str) -> None:
    """Another version of the flow takes the place of the one before, and works on what there is."""
    text = text.replace("0.1.0", version).replace("position: beginning", f"position: {position}")
    item = publish_to_hub(floor.engineer, files={"dataflow.yaml": text})
    upgrade_flow(floor.engineer, public_id=floor.made, item=item.public_id)
    floor.files = item.files
    worked(floor, position)


def worked(floor: Floor, position: str) -> None:
    plan = plan_of(floor.job, floor.files, find=find_published(floor.environment.id))
    declare_topics(floor.job, plan=plan)
    for each in plan.services:
        floor.engine.prepare(FLOW, each.name, [("orders", "0" if position == "beginning" else "$")])
    floor.run()


@pytest.mark.parametrize("position", ["beginning", "end"])
def test_sources_that_are_read_again_meanwhile_change_nothing_for_it(floor: Floor, position: str) -> None:
    runs(floor, TWO, "0.2.0", position)
    floor.engine.produce("orders", [(None, b"one")])
    worked(floor, position)
    runs(floor, CARDS, "0.3.0", position)
    floor.engine.produce("orders", [(None, b"two")])
    read_again(floor.engineer, public_id=floor.made, confirmed=FLOW)
    assert tasks.read_again(*floor.ids)
    worked(floor, position)
    assert sorted(floor.clean) == [b"one", b"one", b"two"]
    runs(floor, TWO, "0.4.0", position)
    other = [each.value for each in floor.engine.consume("other", beginning=True, wait=None)]
    assert other == [b"one", b"two"]
    assert sorted(floor.clean) == [b"one", b"one", b"two"]
