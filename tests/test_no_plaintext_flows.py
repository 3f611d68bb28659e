"""Marked records go through a flow, its topics and dead letters; no page or answer has a mark where none belongs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from audit.queries import entries
from dataflow.actions.deployments import deploy_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.models import FlowTopic, HubItem
from dataflow.queries import find_published
from dataflow.running.deployed import engine_for, plan_of, run_deployed
from governance.actions.rights import give_right
from governance.models import Account
from keyring.walls import in_environment
from tests import cast, test_no_plaintext
from tests.api.calling import Line, body, line_of
from tests.dataflow.test_letters_of_people import whole
from tests.plaintext import Marks, in_bytes, searched
from tests.userstore.helpdesk import HelpDesk
from tests.userstore.test_staff_pages import browser_of

pytestmark = pytest.mark.django_db(transaction=True)

log, marks = test_no_plaintext.log, test_no_plaintext.marks
"""Fixtures."""
FLOW, LETTERS = "tests/calls", "/dataflow/dead-letters"
FILES = {
    "dataflow.yaml": """\
apiVersion: 0.6.0
meta: {name: calls, version: 0.1.0, namespace: tests}
config: {converter: json, consumer: {default_starting_offset: {position: beginning}}}
privacy: {subject: $.person}
types:
  call: {type: object, properties: {person: {type: string}, phone: {type: string, pii: phone}}}
  safe: {type: object, properties: {person: {type: string}, phone: {type: string}}}
topics:
  calls: {schema: {value: {type: call}}, privacy: {pii: [phone], expires: 1d}}
  safe: {schema: {value: {type: safe}}}
services:
  cleaning:
    sources: [{type: topic, id: calls}]
    transforms:
      - operator: filter
        run: |
          def is_sound(call):
              if call["phone"].startswith("She said"):
                  raise ValueError(call["phone"])
              return True
      - {operator: map, uses: seal, with: {fields: [$.phone]}}
    sinks: [{type: topic, id: safe}]
"""
}
GOOD, BAD = 2, 5


class Stage:
    """A deployed flow, a client that sends and asks, an officer's browser, and support's, who has access to Ada."""

    def __init__(self, marks: Marks) -> None:
        self.marks, self.desk = marks, HelpDesk()
        environment = self.desk.environment
        self.job = cast.new_player(environment, "calls-job", configure=True, write=True, read=True, export=True)
        item = publish_to_hub(self.job.caller, files=FILES)
        made = deploy_flow(self.job.caller, item=item.public_id, client=self.job.caller.id)
        self.deployment, self.item = made.public_id, item.public_id
        amy = self.desk.amy
        give_right(self.desk.system, holder=self.desk.account(amy), operation="configure", on=environment)
        whole(self.desk)
        Account.objects.filter(kind=Account.OPERATOR).update(is_staff=True)
        self.line: Line = line_of(self.job)
        self.amy, self.sue = browser_of(self.desk, amy), browser_of(self.desk, self.desk.sue)

    def records(self) -> list[dict[str, Any]]:
        """Two that are fit and five that are not, each in its own way, with marks in all of them."""
        marks, ada = self.marks, str(self.desk.ada)
        fit = [{"person": who, "phone": marks.phone} for who in (ada, str(uuid4()))]
        unfit: list[Any] = [{"person": who, "phone": marks.free_text} for who in (ada, marks.name)]
        unfit += [{"person": ada, "phone": {marks.word: marks.digits}}, {"person": ada, marks.word: marks.email}]
        return [
            *({"key": marks.phone, "value": json.dumps(each)} for each in (*fit, *unfit)),
            {"key": None, "value": marks.free_text},
        ]

    def run(self) -> None:
        """Send the records, and let the flow work on all of them."""
        job, stop, trouble = self.job.caller, Event(), list[list[str]]()
        planned = partial(plan_of, job, FILES, find=find_published(job.environment_id))

        def run_it() -> None:
            trouble.append(run_deployed(job, planned, stop=stop, told=lambda *_: None))
            connections.close_all()

        thread = Thread(target=run_it)
        thread.start()
        engine, sent, deadline = engine_for(job), False, monotonic() + 60
        while sum(engine.counters(FLOW).get("cleaning", {}).values()) < GOOD + BAD and not stop.is_set():
            assert monotonic() < deadline
            if not sent and FLOW in engine.flows():
                said = body(self.line.post("/dataflow/topics/calls/records", {"records": self.records()}), 201)
                sent = said == {"records": GOOD + BAD}
            sleep(0.05)
        stop.set()
        thread.join()
        assert trouble == [[]]
        whys = [each.why for each in engine.letters(FLOW).all()]
        assert engine.counters(FLOW)["cleaning"] == {"succeeded": GOOD, "failed": BAD}, whys

    def letters(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = body(self.line.get(f"{LETTERS}?flow={FLOW}"))["data"]
        return listed

    def stored(self, model: type[FlowTopic] | type[HubItem]) -> list[int]:
        with in_environment(self.desk.environment.id):
            return list(model._default_manager.values_list("pk", flat=True))


def see_every_answer(stage: Stage) -> None:
    """Nothing that lists, shows or counts says a value; what is asked for with a mark does not say it back."""
    line, marks, job = stage.line, stage.marks, f"/dataflow/deployments/{stage.deployment}"
    paths = ["deployments", f"deployments/{stage.deployment}", "topics", "topics/safe/records", "metrics", "hub/items"]
    paths += [f"hub/items/{stage.item}", f"hub/items/{stage.item}/content", "dead-letters/flows"]
    paths += [f"dead-letters?flow={FLOW}"]
    for path in paths:
        answer = line.get(f"/dataflow/{path}")
        assert (answer.status_code, in_bytes(answer.content, marks.forms)) == (200, set()), path
    assert len(body(line.get("/dataflow/topics/safe/records"))["data"]) == GOOD
    typed = {"flow": marks.word, "letter": marks.digits, "letters": [marks.digits], "reason": marks.free_text}
    refused = [
        line.get("/dataflow/topics/calls/records"),
        line.get(f"/dataflow/topics/{marks.word}/records"),
        line.get(f"{LETTERS}?flow={FLOW}&starting_after={marks.word}"),
        line.post(f"{LETTERS}/open", typed),
        line.post(f"{LETTERS}/open", {**typed, "flow": FLOW}),
        line.post("/dataflow/deployments", {"item_id": marks.word, "client_id": marks.digits}),
        line.send("PUT", job, {"wanted": marks.word}),
        line.post(f"{job}/backfill", {"confirmed": marks.word, "reads_from": marks.digits}),
        line.post("/dataflow/topics/calls/records", {"records": [{"value": {marks.word: marks.digits}}]}),
        line.send(
            "POST", "/dataflow/topics/calls/records", marks.free_text.encode(), content_type="application/x-ndjson"
        ),
    ]
    for number, answer in enumerate(refused):
        assert 400 <= answer.status_code < 500, number
        assert in_bytes(answer.content, marks.forms) == set(), number
    for verb in ("replay", "drop"):
        assert body(line.post(f"{LETTERS}/{verb}", {"flow": marks.word, "all": True})) == {"letters": 0}


def see_every_page(stage: Stage) -> None:
    """The same in the console."""
    marks, one = stage.marks, f"flows/{stage.deployment}/"
    paths = ["flows/", "flows/live", one, f"{one}live", "dead-letters/", f"dead-letters/?flow={FLOW}"]
    paths += [f"dead-letters/one?flow={FLOW}&letter={each['id']}" for each in stage.letters()]
    for name, model in (("flowtopic", FlowTopic), ("hubitem", HubItem)):
        paths += [f"dataflow/{name}/", *(f"dataflow/{name}/{pk}/change/" for pk in stage.stored(model))]
    for path in paths:
        answer = stage.amy.get(f"/admin/{path}")
        assert (answer.status_code, in_bytes(answer.content, marks.forms)) == (200, set()), path
    typed = {"flow": marks.word, "letter": marks.digits, "reason": marks.free_text, "workers": marks.digits}
    for path, act in ((f"{one}act", "rescale"), (f"{one}act", marks.word), ("dead-letters/act", "drop")):
        stage.amy.post(f"/admin/{path}", {**typed, "act": act, "item": marks.word, "confirmed": marks.word})
    assert stage.amy.post("/admin/dead-letters/one", typed).status_code == 404
    assert stage.amy.post("/admin/dead-letters/act", {"flow": marks.word, "act": "replay-all"}).status_code == 302
    assert stage.amy.get(f"/admin/dead-letters/?flow={marks.word}").status_code == 200


def open_every_letter(stage: Stage) -> None:
    """Ada's opens for who has access to her, anybody's else for who configures; what it was for is a mark as well."""
    marks, whose = stage.marks, list[bool]()
    for letter in stage.letters():
        asked = {"flow": FLOW, "letter": letter["id"], "reason": marks.free_text}
        whose.append(letter["of_person"])
        may, may_not = (stage.sue, stage.amy) if letter["of_person"] else (stage.amy, stage.sue)
        refused, opened = (each.post("/admin/dead-letters/one", asked) for each in (may_not, may))
        assert (refused.status_code, in_bytes(refused.content, marks.forms)) == (403, set())
        assert opened.status_code == 200 and in_bytes(opened.content, marks.forms), "the marks are not even there"
        told = stage.line.post(f"{LETTERS}/open", asked)
        assert bool(in_bytes(told.content, marks.forms)) is not letter["of_person"]
    assert sorted(whose) == [False, False, True, True, True]


def test_no_mark_that_went_through_a_flow_is_left_anywhere(
    marks: Marks, role_url: Callable[[str], str], capfd: pytest.CaptureFixture[str], log: io.StringIO
) -> None:
    stage = Stage(marks)
    stage.run()
    see_every_answer(stage)
    see_every_page(stage)
    open_every_letter(stage)
    assert searched(role_url, marks.forms) == {}
    printed = "".join(capfd.readouterr()) + log.getvalue()
    assert '"route":"admin/dead-letters/one"' in printed, "requests were not even logged"
    assert in_bytes(printed.encode(), marks.forms) == set()
    text = "".join(entry.text for entry in entries(environment_id=stage.desk.environment.id, limit=1500))
    assert "dead_letter.opened" in text and in_bytes(text.encode(), marks.forms) == set()
