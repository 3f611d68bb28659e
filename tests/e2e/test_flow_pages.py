"""Pages of deployed flows in a real browser: WCAG 2.2 AA, within the window, and as they go on by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import keep_picture
from tests.e2e.test_console_pages import sign_in
from tests.e2e.windows import WINDOWS

if TYPE_CHECKING:
    from tests.console.people import Console

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def console(transactional_db: None) -> Iterator[Console]:
    from tests import cast
    from tests.console.people import staffed_console

    cache.clear()
    staffed = staffed_console()
    cast.new_environment("staging")
    yield staffed
    cache.clear()


def deploy_three(console: Console) -> list[str]:
    """A flow that runs with figures and another version, one whose workers end, one with states; return their ids."""
    from django.utils import timezone

    from dataflow.actions.deployments import deploy_flow
    from dataflow.actions.hub import publish_to_hub
    from dataflow.actions.seen_states import note_state
    from dataflow.deployments.roster import Roster, say_supervised
    from dataflow.running.deployed import engine_for
    from governance.identities import system_caller
    from tests import cast
    from tests.dataflow.counting import WORDS
    from tests.dataflow.published import CARDS

    system, job = system_caller(console.environment.id), cast.new_caller(console.environment, "cards-job")
    engine = engine_for(job)
    made = []
    for name, state, trouble in (("cards", "running", ""), ("a-much-longer-name-of-a-flow", "failing", "it ended: X")):
        text = CARDS.replace("name: cards", f"name: {name}")
        for version in ("0.2.0", "0.1.0"):
            files = {"dataflow.yaml": text.replace("version: 0.1.0", f"version: {version}")}
            item = publish_to_hub(system, files=files)
        deployment = deploy_flow(system, item=item.public_id, client=job.id, workers=2)
        note_state(console.environment.id, deployment.public_id, state=state, trouble=trouble, now=timezone.now())
        made.append(str(deployment.public_id))
    item = publish_to_hub(system, files={"dataflow.yaml": WORDS})
    made.append(str(deploy_flow(system, item=item.public_id, client=job.id).public_id))
    Roster(engine.client, environment_id=console.environment.id, flow="tests/cards").beat(0, {"cleaning": 70_312.4})
    engine.client.hset(engine.counts("tests/cards"), mapping={"cleaning#succeeded": 4_812_331, "cleaning#failed": 12})
    engine.produce("orders", [(None, b"order")] * 40)
    say_supervised(engine.client)
    return made


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_pages_of_flows_meet_wcag_and_go_on_by_themselves(
    visit: Callable[..., Visitor], console: Console, width: int, scheme: str
) -> None:
    visitor, found = visit(width=width, scheme=scheme), []
    sign_in(visitor, console)
    page = visitor.open("/admin/flows/")
    page.wait_for_selector("text=Nothing is deployed")
    keep_picture(visitor, f"flows-none-{width}-{scheme}")
    found += visitor.accessibility_violations()
    made = deploy_three(console)
    page.wait_for_selector("text=a-much-longer-name-of-a-flow")  # without anybody's doing
    visitor.open("/admin/flows/")
    for path, name in (
        ("", "flows"),
        (f"{made[0]}/", "flow"),
        (f"{made[2]}/", "flow-states"),
        (f"{made[1]}/", "flow-failing"),
    ):
        visitor.open(f"/admin/flows/{path}")
        if path:
            page.click("summary:has-text('Read everything again')")
        visitor.page.wait_for_load_state("networkidle")
        keep_picture(visitor, f"{name}-{width}-{scheme}")
        found += [f"{name}: {fault}" for fault in visitor.accessibility_violations()]
        if visitor.width_overflow() > 0:
            found.append(f"{name}: {visitor.width_overflow()} px too wide")
    page.click("summary:has-text('Stop')")
    page.click("button:has-text('Stop it now')")
    page.wait_for_selector("text=It is stopping")
    assert [*found, *visitor.complaints] == []


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_topics_of_flows_meet_wcag(visit: Callable[..., Visitor], console: Console, width: int, scheme: str) -> None:
    from dataflow.models import FlowTopic
    from governance.identities import system_caller
    from tests.console.test_definitions import stored
    from tests.dataflow.declared import SSN, started, written

    visitor, found = visit(width=width, scheme=scheme), []
    sign_in(visitor, console)
    started(system_caller(console.environment.id), written("mask-numbers", of_source=SSN, of_to=SSN))
    topic = stored(console, FlowTopic, name="raw").pk
    for path, name in (("", "topics"), (f"{topic}/change/", "topic"), (f"{topic}/delete/", "topic-drop")):
        visitor.open(f"/admin/dataflow/flowtopic/{path}")
        visitor.page.wait_for_load_state("networkidle")
        keep_picture(visitor, f"{name}-{width}-{scheme}")
        found += [f"{name}: {fault}" for fault in visitor.accessibility_violations()]
        if visitor.width_overflow() > 0:
            found.append(f"{name}: {visitor.width_overflow()} px too wide")
    assert [*found, *visitor.complaints] == []


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_dead_letters_meet_wcag(visit: Callable[..., Visitor], console: Console, width: int, scheme: str) -> None:
    from dataflow.engines.protocol import Done
    from dataflow.running.deployed import engine_for
    from governance.identities import system_caller

    visitor, found, flow = visit(width=width, scheme=scheme), [], "tests/a-much-longer-name-of-a-flow"
    sign_in(visitor, console)
    visitor.open("/admin/dead-letters/")
    visitor.page.wait_for_selector("text=No flow has run")
    engine, why = engine_for(system_caller(console.environment.id)), "mask-user-info: ValueError in line 2"
    for topic, service in (("orders", "cleaning"), ("a-topic-with-a-longer-name", "a-service-with-a-longer-name")):
        intake = engine.intake(flow, service, [(topic, "0")], "w")
        engine.produce(topic, [(b"key", b'{"name": "somebody", "note": "%s"}' % (b"of many words, " * 9))] * 60)
        while (batch := intake.take(most=100, wait=0.1)) is not None:
            intake.commit(batch, [[Done((), ((service, "failed"),), why)]] * len(batch.entries))
    (letter, *_) = engine.letters(flow).all()
    pages = [("", "letters-flows"), (f"?flow={flow}", "letters"), (f"one?flow={flow}&letter={letter.id}", "letter")]
    for path, name in [*pages, ("", "letter-open")]:
        if name == "letter-open":
            visitor.page.fill("#reason", "The number of failures has doubled.")
            visitor.page.click("button:has-text('Open it, on record')")
            visitor.page.wait_for_selector("#letter-value:has-text('somebody')")
        else:
            visitor.open(f"/admin/dead-letters/{path}")
        if name == "letters":
            visitor.page.click("summary:has-text('Drop the chosen')")
        visitor.page.wait_for_load_state("networkidle")
        keep_picture(visitor, f"{name}-{width}-{scheme}")
        found += [f"{name}: {fault}" for fault in visitor.accessibility_violations()]
        if visitor.width_overflow() > 0:
            found.append(f"{name}: {visitor.width_overflow()} px too wide")
    visitor.page.click("button:has-text('Put it back')")
    visitor.page.wait_for_selector("text=Put back: 1.")
    assert [*found, *visitor.complaints] == []
