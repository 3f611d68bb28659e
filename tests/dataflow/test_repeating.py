"""Dead letters of a deployment are put back, and its sources are read again: asked for, then done by Celery."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from audit.queries import entries
from dataflow import tasks
from dataflow.actions.deployments import deploy_flow, stop_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.actions.repeating import end_replay, read_again, replay_dead_letters
from dataflow.deployments.roster import Roster
from dataflow.deployments.wanted import wanted_in
from dataflow.engines.protocol import Done
from dataflow.models import Deployment
from dataflow.queries import find_published
from dataflow.running.deployed import engine_for, plan_of
from dataflow.running.working import work_off
from governance.actions.environments import change_environment
from governance.drafts.draftable import draftable_actions
from governance.drafts.trying import drafted
from governance.errors import Invalid, NotFound, Refused
from governance.identities import Caller, system_caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.published import CARDS

pytestmark = pytest.mark.django_db(transaction=True)
FLOW, SERVICE = "tests/cards", "cleaning"


class Floor:
    """An environment with a deployed flow that nobody runs, and the engine below it."""

    def __init__(self) -> None:
        self.environment: Environment = cast.new_environment()
        self.engineer = cast.new_caller(self.environment, "engineer", configure=True)
        self.job: Caller = cast.new_caller(self.environment, "job")
        item = publish_to_hub(self.engineer, files={"dataflow.yaml": CARDS})
        self.made: UUID = deploy_flow(self.engineer, item=item.public_id, client=self.job.id).public_id
        self.engine = engine_for(self.job)
        self.files = item.files

    def run(self) -> None:
        plan = plan_of(self.job, self.files, find=find_published(self.environment.id))
        work_off(plan, self.engine, stop=Event(), told=lambda _: None)

    def fail(self, *records: bytes) -> None:
        intake = self.engine.intake(FLOW, SERVICE, [("orders", "0")], "failing")
        self.engine.produce("orders", [(None, each) for each in records])
        batch = intake.take(most=len(records), wait=0.1)
        assert batch is not None
        intake.commit(batch, [[Done((), ((SERVICE, "failed"),), "why")] for _ in batch.entries])

    @property
    def ids(self) -> tuple[str, str]:
        return str(self.environment.id), str(self.made)

    @property
    def clean(self) -> list[bytes]:
        return [each.value for each in self.engine.consume("clean", beginning=True, wait=None)]

    def row(self) -> Deployment:
        with in_environment(self.environment.id):
            return Deployment.objects.get()


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_sources_are_read_again_once_no_worker_is_left(floor: Floor) -> None:
    floor.engine.produce("orders", [(None, b"one"), (None, b"two")])
    floor.run()
    roster = Roster(floor.engine.client, environment_id=floor.environment.id, flow=FLOW)
    assert roster.hold(0, holder="somebody")
    row = read_again(floor.engineer, public_id=floor.made, confirmed=FLOW)
    assert tasks.continue_deployments() == 1
    assert floor.engine.readings.of(FLOW) == ""
    roster.let_go(0, holder="somebody")
    assert tasks.read_again(*floor.ids)
    assert floor.engine.readings.of(FLOW) == str(row.reading)
    assert (tasks.continue_deployments(), tasks.read_again(*floor.ids)) == (0, True)
    floor.run()
    assert sorted(floor.clean) == [b"one", b"one", b"two", b"two"]
    (entry,) = entries(environment_id=floor.environment.id, kinds=["flow.read_again"])
    assert (entry.facts["flow"], entry.facts["reads_from"]) == (FLOW, None)


def test_from_a_moment_on(floor: Floor, client: redis.Redis) -> None:
    stream, now = floor.engine.stream("orders"), timezone.now()
    for minutes, value in ((9, "old"), (5, "new")):
        at = int((now - timedelta(minutes=minutes)).timestamp() * 1000)
        client.xadd(stream, {"v": value}, id=f"{at}-0")
    floor.run()
    read_again(floor.engineer, public_id=floor.made, confirmed=FLOW, reads_from=now - timedelta(minutes=7))
    assert tasks.read_again(*floor.ids)
    floor.run()
    assert sorted(floor.clean) == [b"new", b"new", b"old"]


@pytest.mark.parametrize("confirmed", ["", "yes", "tests/other"])
def test_it_is_confirmed_by_name(floor: Floor, confirmed: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_again(floor.engineer, public_id=floor.made, confirmed=confirmed)
    assert (caught.value.field, caught.value.remedy) == ("confirmed", "Write tests/cards to confirm that.")
    assert (floor.row().reading, tasks.continue_deployments()) == (None, 0)


def test_a_moment_that_is_still_to_come_is_refused(floor: Floor) -> None:
    later = timezone.now() + timedelta(days=365)
    with pytest.raises(Invalid) as caught:
        read_again(floor.engineer, public_id=floor.made, confirmed=FLOW, reads_from=later)
    assert caught.value.field == "reads_from"
    assert caught.value.remedy.startswith("Name one that has been")
    assert (floor.row().reading, floor.row().reads_from, tasks.continue_deployments()) == (None, None, 0)


def test_what_failed_is_put_back_up_to_the_moment_it_was_asked_for(floor: Floor) -> None:
    floor.fail(b"one", b"two")
    replay_dead_letters(floor.engineer, public_id=floor.made, now=timezone.now() + timedelta(seconds=1))
    until = floor.row().replays_until
    assert until is not None
    assert tasks.replay(*floor.ids)
    assert (floor.row().replays_until, floor.engine.letters(FLOW).waiting()) == (None, 0)
    floor.run()
    assert sorted(floor.clean) == [b"one", b"two"]
    (entry,) = entries(environment_id=floor.environment.id, kinds=["flow.replayed"])
    assert (entry.facts["flow"], datetime.fromisoformat(entry.facts["until"])) == (FLOW, until)


def test_what_failed_later_waits(floor: Floor) -> None:
    replay_dead_letters(floor.engineer, public_id=floor.made, now=timezone.now() - timedelta(minutes=1))
    floor.fail(b"later")
    assert tasks.continue_deployments() == 1
    assert (floor.row().replays_until, floor.engine.letters(FLOW).waiting()) == (None, 1)


def test_what_was_asked_for_meanwhile_stays_to_be_done(floor: Floor) -> None:
    now = timezone.now()
    replay_dead_letters(floor.engineer, public_id=floor.made, now=now)
    end_replay(floor.environment.id, floor.made, until=now - timedelta(seconds=1))
    assert floor.row().replays_until == now
    end_replay(floor.environment.id, floor.made, until=now)
    assert floor.row().replays_until is None


def test_what_cannot_be_opened_stays_and_keeps_nothing_else_back(floor: Floor) -> None:
    floor.fail(b"one", b"two", b"three")
    first = next(iter(floor.engine.letters(FLOW).all())).id
    client, key = floor.engine.client, floor.engine.dead(FLOW)
    ((_, fields),) = client.xrange(key, min=first, max=first)
    client.xdel(key, first)
    client.xadd(key, {**fields, b"v": b"damaged"})
    replay_dead_letters(floor.engineer, public_id=floor.made, now=timezone.now() + timedelta(seconds=1))
    assert tasks.replay(*floor.ids)
    floor.run()
    assert sorted(floor.clean) == [b"three", b"two"]
    assert floor.engine.letters(FLOW).waiting() == 1


def test_others_ask_for_nothing(floor: Floor) -> None:
    abroad = cast.new_caller(cast.new_environment(), "engineer", configure=True)
    for caller, error in ((floor.job, Refused), (abroad, NotFound)):
        with pytest.raises(error):
            read_again(caller, public_id=floor.made, confirmed=FLOW)
        with pytest.raises(error):
            replay_dead_letters(caller, public_id=floor.made, now=timezone.now())
    assert (floor.row().reading, floor.row().replays_until) == (None, None)


def test_in_a_protected_environment_reading_again_waits_for_a_second_person(floor: Floor) -> None:
    change_environment(system_caller(floor.environment.id), description="", is_protected=True)
    asked = {"public_id": floor.made, "confirmed": FLOW}
    with pytest.raises(Refused):
        read_again(floor.engineer, **asked)
    assert drafted(floor.engineer, "read_again", draftable_actions()["read_again"], asked).differences
    replay_dead_letters(floor.engineer, public_id=floor.made, now=timezone.now())
    assert floor.row().reading is None


def test_while_it_is_to_turn_back_nobody_works(floor: Floor) -> None:
    stop_flow(floor.engineer, public_id=floor.made)
    read_again(floor.engineer, public_id=floor.made, confirmed=FLOW)
    (wanted,) = wanted_in(floor.environment.id)
    assert (wanted.reading, wanted.turning().workers) == (floor.row().reading, 0)


def test_tasks_of_what_is_gone_are_done(floor: Floor) -> None:
    assert tasks.read_again(str(floor.environment.id), str(uuid4()))
    assert tasks.replay(str(floor.environment.id), str(uuid4()))
    assert settings.CELERY_TASK_ROUTES["dataflow.replay"]["queue"].endswith("-flows")
