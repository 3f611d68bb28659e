"""Flows of one environment agree on what their topics may hold, and people drop what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
import redis

from audit.queries import entries
from dataflow.actions.deployments import deploy_flow, stop_flow, undeploy_flow
from dataflow.actions.hub import publish_to_hub
from dataflow.actions.topics import declare_topics, drop_topic, leave_topics
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.faults import FileRefused
from dataflow.running.deployed import engine_for, run_deployed
from governance.drafts.draftable import draftable_actions
from governance.drafts.trying import drafted
from governance.errors import Conflict, NotFound, Refused, Unavailable
from governance.identities import Caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.declared import CLEAN, SSN, planned, started, topics_of, written
from tests.dataflow.published import CARDS

pytestmark = pytest.mark.django_db
WEEK = 7 * 86_400


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


@pytest.fixture
def flow(environment: Environment) -> Caller:
    """The client that flows run as."""
    return cast.new_caller(environment, "flow")


@pytest.fixture
def engineer(environment: Environment) -> Caller:
    return cast.new_caller(environment, "engineer", configure=True)


def recorded(environment: Environment, name: str) -> list[Mapping[str, Any]]:
    return [each.facts for each in entries(environment_id=environment.id, kinds=[name])]


@pytest.mark.django_db(transaction=True)
def test_a_flow_that_starts_declares_its_topics_once(environment: Environment, flow: Caller) -> None:
    for _ in range(2):
        started(flow, written("a", of_source=SSN, of_to=SSN))
    found = topics_of(flow)
    assert {name: (each.holds, each.expires, each.declared_by, each.flows) for name, each in found.items()} == {
        "raw": (["ssn"], WEEK, "tests/a", ["tests/a"]),
        "out": (["ssn"], WEEK, "tests/a", ["tests/a"]),
    }
    assert [each["name"] for each in recorded(environment, "topic.declared")] == ["out", "raw"]
    assert topics_of(cast.new_caller(cast.new_environment(), "flow")) == {}


def test_a_flow_takes_over_what_others_said_where_its_file_says_nothing(flow: Caller) -> None:
    started(flow, written("a", source="raw", to="between", of_source=SSN, of_to=SSN))
    with pytest.raises(FileRefused, match=r"personal data \(ssn\) can reach the topic `report`, which may not hold it"):
        planned(flow, written("b", source="between", to="report"))
    plan = started(flow, written("b", source="between", to="report", of_to=SSN))
    assert plan.topics["between"].holds == {"ssn"}
    assert plan.sealed == {"between": WEEK, "report": WEEK}
    assert topics_of(flow)["between"].flows == ["tests/a", "tests/b"]
    plan = started(flow, written("c", source="clean", to="between"))
    assert plan.sealed == {"between": WEEK}
    assert topics_of(flow)["clean"].holds == []


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (SSN, CLEAN, "`raw` holds ssn for 7d, as tests/a says, and holds no personal data, as tests/b says"),
        ("", SSN, "`raw` holds no personal data, as tests/a says, and holds ssn for 7d, as tests/b says"),
        (SSN, SSN.replace("ssn", "card"), "holds ssn for 7d, as tests/a says, and holds card"),
        (SSN, SSN.replace("ssn", "ssn, card"), "and holds card, ssn for 7d, as tests/b says"),
        (SSN, SSN.replace("7d", "9d"), "holds ssn for 7d, as tests/a says, and holds ssn for 9d"),
        (SSN, SSN.replace("ssn", "any"), "and holds any for 7d, as tests/b says"),
    ],
)
def test_two_flows_that_disagree_are_both_named(flow: Caller, first: str, second: str, says: str) -> None:
    both = {"of_to": SSN.replace("ssn", "any")}
    started(flow, written("a", of_source=first, to="one", **both))
    before = topics_of(flow)["raw"].holds
    with pytest.raises(FileRefused) as refused:
        planned(flow, written("b", of_source=second, to="two", **both))
    assert says in str(refused.value)
    assert "topics.raw" in str(refused.value)
    assert topics_of(flow)["raw"].holds == before
    started(flow, written("b", of_source=first, to="two", **both))


def test_tags_of_types_count_as_what_is_said(flow: Caller) -> None:
    started(flow, written("a"))
    with pytest.raises(FileRefused, match="`raw` holds no personal data, as tests/a says, and holds email, as tests/b"):
        planned(flow, written("b", to="tagged", type_="person"))
    mail = SSN.replace("ssn", "email")
    started(flow, written("c", source="mails", to="more", of_source=mail, of_to=mail))
    assert started(flow, written("d", source="mails", to="more", type_="person")).sealed == {
        "mails": WEEK,
        "more": WEEK,
    }


def test_the_only_flow_of_a_topic_may_say_more_of_it_and_never_less(flow: Caller) -> None:
    started(flow, written("a"))
    started(flow, written("a", of_source=SSN, of_to=SSN))
    more = SSN.replace("ssn", "ssn, card").replace("7d", "1d")
    started(flow, written("a", of_source=more, of_to=more))
    assert (topics_of(flow)["raw"].holds, topics_of(flow)["raw"].expires) == (["card", "ssn"], 86_400)
    for less in (SSN, CLEAN):
        with pytest.raises(FileRefused, match="`raw` holds card, ssn for 1d before, as tests/a says"):
            planned(flow, written("a", of_source=less, of_to=more))
    assert started(flow, written("a")).sealed == {"raw": 86_400, "out": 86_400}
    started(flow, written("a", source="other", to="out"))  # a version that does not read it any more
    assert topics_of(flow)["raw"].flows == []
    started(
        flow,
        written(
            "b", source="raw", of_source=more.replace("card", "card, iban"), to="x", of_to=more.replace("[", "[iban, ")
        ),
    )
    assert topics_of(flow)["raw"].holds == ["card", "iban", "ssn"]


def test_who_was_planned_before_another_said_something_else_does_not_start(flow: Caller) -> None:
    late = planned(flow, written("late"))
    started(flow, written("a", of_source=SSN, of_to=SSN))
    with pytest.raises(FileRefused, match="declared otherwise by tests/a meanwhile"):
        declare_topics(flow, plan=late)
    assert topics_of(flow)["raw"].flows == ["tests/a"]


def test_what_a_deleted_flow_has_said_holds_on_and_others_may_say_more(flow: Caller) -> None:
    started(flow, written("a", of_source=SSN, of_to=SSN))
    with in_environment(flow.environment_id):
        leave_topics("tests/a")
    assert {name: each.flows for name, each in topics_of(flow).items()} == {"raw": [], "out": []}
    with pytest.raises(FileRefused, match="`raw` holds ssn for 7d, as tests/a says, and holds no personal data"):
        planned(flow, written("b", of_source=CLEAN, of_to=SSN))
    more = SSN.replace("ssn", "ssn, card")
    assert started(flow, written("b", of_source=more, of_to=more)).topics["raw"].holds == {"ssn", "card"}


def test_a_deployment_that_is_deleted_leaves_its_topics_to_others(flow: Caller, engineer: Caller) -> None:
    item = publish_to_hub(engineer, files={"dataflow.yaml": CARDS}).public_id
    made = deploy_flow(engineer, item=item, client=flow.id).public_id
    started(flow, written("cards"))
    started(flow, written("b"))
    stop_flow(engineer, public_id=made)
    undeploy_flow(engineer, public_id=made)
    assert [each.flows for each in topics_of(flow).values()] == [["tests/b"]] * 2


def lying(engine: RedisStreams, topic: str) -> int:
    return int(engine.client.xlen(engine.stream(topic)))


@pytest.mark.django_db(transaction=True)
def test_a_topic_is_dropped_with_what_is_in_it(environment: Environment, flow: Caller, engineer: Caller) -> None:
    plan = started(flow, written("a", of_source=SSN, of_to=SSN))
    engine = engine_for(flow, sealed=plan.sealed)
    engine.produce("raw", [(None, b"1")])
    engine.produce("out", [(None, b"1")])
    intake = engine.intake("tests/a", "pass-on", [("raw", "$")], "w")
    row = topics_of(flow)["raw"]
    elsewhere = cast.new_caller(cast.new_environment(), "engineer", configure=True)
    for who, refusal in ((flow, Refused), (elsewhere, NotFound)):
        with pytest.raises(refusal):
            drop_topic(who, public_id=row.public_id)
    assert (lying(engine, "raw"), list(topics_of(flow))) == (1, ["out", "raw"])
    drop_topic(engineer, public_id=row.public_id)
    assert (lying(engine, "raw"), lying(engine, "out"), list(topics_of(flow))) == (0, 1, ["out"])
    (facts,) = (each for each in recorded(environment, "topic.dropped") if each.get("name"))
    assert (facts["name"], facts["holds"], facts["flows"]) == ("raw", ["ssn"], ["tests/a"])
    assert intake.take(most=9, wait=0.01) is None
    engine.produce("raw", [(None, b"2")])
    batch = intake.take(most=9, wait=0.01)
    assert batch is not None
    assert [each.value for each in batch.messages] == [b"2"]
    started(flow, written("b", of_source=CLEAN))
    with pytest.raises(NotFound):
        drop_topic(engineer, public_id=uuid4())


def test_a_topic_stays_while_a_deployed_flow_that_names_it_is_to_run(
    environment: Environment, flow: Caller, engineer: Caller
) -> None:
    text = written("a", of_source=SSN, of_to=SSN)
    item = publish_to_hub(engineer, files={"dataflow.yaml": text})
    made = deploy_flow(engineer, item=item.public_id, client=flow.id)
    plan = started(flow, text)
    engine = engine_for(flow, sealed=plan.sealed)
    engine.produce("raw", [(None, b"1")])
    row = topics_of(flow)["raw"]
    with pytest.raises(Conflict, match="tests/a runs on this topic"):
        drop_topic(engineer, public_id=row.public_id)
    assert (lying(engine, "raw"), "raw" in topics_of(flow)) == (1, True)
    stop_flow(engineer, public_id=made.public_id)
    drop_topic(engineer, public_id=row.public_id)
    assert (lying(engine, "raw"), "raw" in topics_of(flow)) == (0, False)


@pytest.mark.django_db(transaction=True)
def test_a_service_that_is_planned_otherwise_than_its_flow_was_declared_does_not_run(flow: Caller) -> None:
    plans = [started(flow, written("a", of_source=SSN, of_to=SSN)), planned(flow, written("a", source="other"))]
    started(flow, written("b", source="other", to="more", of_source=SSN, of_to=SSN))
    stop = Event()
    stop.set()  # whoever runs ends at once
    assert run_deployed(flow, lambda: plans.pop(0), stop=stop, told=lambda *_: None) == ["pass-on ended: FileRefused"]
    assert topics_of(flow)["raw"].flows == ["tests/a"]


def test_while_redis_does_not_answer_nothing_is_dropped(
    flow: Caller, engineer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(flow, written("a", of_source=SSN, of_to=SSN))

    def away(*_: Any) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(RedisStreams, "drop", away)
        with pytest.raises(Unavailable, match="Redis does not answer: ConnectionError"):
            drop_topic(engineer, public_id=topics_of(flow)["raw"].public_id)
    assert "raw" in topics_of(flow)


def test_a_drop_that_is_only_tried_deletes_nothing(flow: Caller, engineer: Caller) -> None:
    plan = started(flow, written("a", of_source=SSN, of_to=SSN))
    engine = engine_for(flow, sealed=plan.sealed)
    engine.produce("raw", [(None, b"1")])
    arguments = {"public_id": topics_of(flow)["raw"].public_id}
    draft = drafted(engineer, "drop_topic", draftable_actions()["drop_topic"], arguments)
    assert [str(each.name) for each in draft.differences] == ["raw"]
    assert (lying(engine, "raw"), "raw" in topics_of(flow)) == (1, True)
