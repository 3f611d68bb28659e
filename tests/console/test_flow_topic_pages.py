"""Topics of flows are looked at and dropped in the console; nobody else gets there."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from dataflow.actions.topics import drop_topic
from dataflow.models import FlowTopic
from governance.identities import system_caller
from tests.console.people import Console
from tests.console.test_definitions import facts_of, send, stored
from tests.dataflow.declared import SSN, started, topics_of, written

PAGE = "/admin/dataflow/flowtopic/"


def test_an_officer_sees_what_topics_may_hold_and_drops_one(console: Console, as_officer: Browser) -> None:
    assert "A flow declares its topics when it starts." in as_officer.get(PAGE).content.decode()
    system = system_caller(console.environment.id)
    started(system, written("flow", of_source=SSN, of_to=SSN))
    listed = as_officer.get(PAGE).content.decode()
    assert "ssn" in listed and "tests/flow" in listed
    topic = stored(console, FlowTopic, name="raw")
    shown = as_officer.get(f"{PAGE}{topic.pk}/change/").content.decode()
    for told in ("7 days", "tests/flow", "Flows declare it when they start."):
        assert told in shown
    assert as_officer.get(f"{PAGE}add/").status_code == 403
    assert "Everything in the topic is deleted" in as_officer.get(f"{PAGE}{topic.pk}/delete/").content.decode()
    send(as_officer, f"dataflow/flowtopic/{topic.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "topic.dropped")["name"] == "raw"
    assert list(topics_of(system)) == ["out"]


@pytest.mark.parametrize("page", ["", "add/", "{topic}/change/", "{topic}/delete/"])
def test_nobody_else_sees_them(console: Console, as_support: Browser, page: str) -> None:
    system = system_caller(console.environment.id)
    started(system, written("flow"))
    address = PAGE + page.format(topic=stored(console, FlowTopic, name="raw").pk)
    assert as_support.get(address).status_code == 403
    assert as_support.post(address, {"post": "yes"}).status_code == 403
    assert sorted(topics_of(system)) == ["out", "raw"]
    drop_topic(system, public_id=topics_of(system)["raw"].public_id)
