"""Batches of a mutator's calls: in order, all or none or each, decided once, recorded once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from governance.actions.rights import give_right
from governance.identities import system_caller
from tests import cast
from tests.api.calling import ALLOW_ALL, NUMBER, Line, Scene, body, line_of, new_scene, operational, recorded
from tests.beginnings import beginning
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject

pytestmark = pytest.mark.django_db(transaction=True)


class Batches:
    """Three people, a unique column with a way in and a way out."""

    def __init__(self) -> None:
        self.scene: Scene = new_scene()
        self.line = self.scene.line
        system = system_caller(self.scene.environment.id)
        column = define_column(system, spec=ColumnSpec("alias", "string", index_type="unique")).public_id
        spec = MutatorSpec("SetAlias", "{id} = ?", (InputSpec(column),), ALLOW_ALL)
        self.mutator = publish_mutator(system, spec=spec).public_id
        purposes = (operational(self.scene.environment),)
        read = AccessorSpec("Aliases", "{id} = ANY (?)", (OutputSpec(column),), purposes, ALLOW_ALL)
        self.accessor = publish_accessor(system, spec=read).public_id
        self.people = sorted(str(create_subject(self.scene.service.caller).public_id) for _ in range(3))

    def send(self, line: Line, *items: tuple[str, Any], mode: str = "atomic", **headers: str) -> Any:
        asked = {
            "mutator_id": str(self.mutator),
            "mode": mode,
            "context": {},
            "items": [
                {
                    "selector_values": [who],
                    "row_data": {"alias": {"value": alias, "purpose_additions": [{"name": "operational"}]}},
                }
                for who, alias in items
            ],
        }
        return line.post("/userstore/api/mutators/batch", asked, **headers)

    def aliases(self) -> list[str]:
        read = {"accessor_id": str(self.accessor), "context": {}, "selector_values": [self.people]}
        rows = body(self.line.post("/userstore/api/accessors", read))["data"]
        return [row.removeprefix('{"alias":"').removesuffix('"}') for row in rows]


begun, batches = beginning(Batches)


def test_items_are_done_in_order_and_the_batch_has_one_entry(batches: Batches) -> None:
    one, two, three = batches.people
    answer = batches.send(batches.line, (one, "a"), (two, "b"), (one, "c"), (str(uuid4()), "d"), (three, "a"))
    assert body(answer) == {"data": [{"user_ids": ids} for ids in ([one], [two], [one], [], [three])]}
    assert batches.aliases() == ["c", "b", "a"]
    (entry,) = recorded(batches.scene, "mutator.executed")
    assert str(entry.decision_id) == answer["X-Sealbook-Decision"]
    assert (entry.facts["calls"], entry.facts["failed"], len(entry.facts["subjects"])) == (5, 0, 3)
    assert (entry.facts["written"], entry.facts["removed"], len(entry.facts["selector"])) == (4, 1, 5)


def test_an_atomic_batch_that_fails_names_the_item_and_stores_nothing(batches: Batches) -> None:
    one, two, three = batches.people
    told = body(batches.send(batches.line, (one, "a"), (two, "b"), (three, "a")), 409)
    assert "unique" in str(told["error"])
    assert body(batches.send(batches.line, (one, "a"), (two, 7.5)), 400)["field"] == "items[1].alias.value"
    assert batches.aliases() == []
    assert [e.outcome for e in recorded(batches.scene, "mutator.executed", "failed")] == ["failed"]


def test_in_the_other_mode_each_item_has_its_own_result(batches: Batches) -> None:
    one, two, three = batches.people
    items = (one, "a"), (two, "a"), (three, 7.5), ("no id", "x"), (three, "c")
    results = body(batches.send(batches.line, *items, mode="each"))["data"]
    assert [result.get("user_ids") for result in results] == [[one], None, None, None, [three]]
    assert [result.get("kind") for result in results] == [None, "conflict", "invalid", "invalid", None]
    assert batches.aliases() == ["a", "c"]
    (entry,) = recorded(batches.scene, "mutator.executed")
    assert (entry.facts["failed"], len(entry.facts["subjects"])) == (3, 2)


def test_a_batch_sent_again_is_answered_again(batches: Batches) -> None:
    one = batches.people[0]
    first = batches.send(batches.line, (one, "a"), HTTP_IDEMPOTENCY_KEY="k")
    again = batches.send(batches.line, (one, "a"), HTTP_IDEMPOTENCY_KEY="k")
    assert body(first) == body(again)
    assert len(recorded(batches.scene, "mutator.executed")) == 1


def test_who_may_not_write_and_what_is_no_batch_is_refused(batches: Batches, settings: Any) -> None:
    one = batches.people[0]
    outsider = line_of(cast.new_player(batches.scene.environment, "outsider"))
    refused = batches.send(outsider, (one, "a"))
    assert body(refused, 403)["decision_id"]
    assert NUMBER not in refused.content.decode()
    assert body(batches.send(batches.line), 400)["field"] == "items"
    assert body(batches.send(batches.line, (one, "a"), mode="some"), 400)["field"] == "mode"
    settings.USERSTORE_BATCH_LIMIT = 1
    assert body(batches.send(batches.line, (one, "a"), (one, "b")), 400)["field"] == "items"
    assert batches.aliases() == []


def test_a_quota_counts_the_calls_of_a_batch_and_a_refused_one_takes_nothing(batches: Batches) -> None:
    environment = batches.scene.environment
    limited = cast.new_player(environment, "limited")
    give_right(
        system_caller(environment.id),
        holder=limited.client.account,
        operation="write",
        on=environment,
        quota_per_hour=5,
    )
    line = line_of(limited)
    everybody = [(who, f"first {at}") for at, who in enumerate(batches.people)]
    assert batches.send(line, *everybody).status_code == 200
    refused = batches.send(line, *((who, f"second {at}") for at, who in enumerate(batches.people)))
    assert refused.status_code == 403
    assert sorted(batches.aliases()) == ["first 0", "first 1", "first 2"]
    assert batches.send(line, *((who, f"third {who[:4]}") for who in batches.people[:2])).status_code == 200
    assert batches.send(line, (batches.people[2], "fourth")).status_code == 403
