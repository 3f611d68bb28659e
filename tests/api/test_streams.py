"""Bulk reads as NDJSON: typed rows, a record before every chunk, an end that can be told from a break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from governance.actions.freezes import freeze
from governance.actions.rights import give_right
from governance.identities import system_caller
from tests import cast
from tests.api.calling import ALLOW_ALL, Line, Scene, body, line_of, new_scene, operational, recorded
from tests.beginnings import beginning
from tests.userstore.recorded import silent_book
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

pytestmark = pytest.mark.django_db(transaction=True)

ID_COLUMN = UUID("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089")
KINDS = {"age": ("integer", False), "ok": ("boolean", False), "born": ("date", False), "scores": ("integer", True)}
VALUES: dict[str, Any] = {"age": 42, "ok": False, "born": "1980-01-02", "scores": [3, -1]}


class Bulk:
    """Five people with typed values, one of them with none, and an accessor for everybody."""

    def __init__(self) -> None:
        self.scene: Scene = new_scene()
        self.line = self.scene.line
        environment = self.scene.environment
        system = system_caller(environment.id)
        columns = [
            define_column(system, spec=ColumnSpec(name, kind, is_array=is_array)).public_id
            for name, (kind, is_array) in KINDS.items()
        ]
        spec = MutatorSpec("SetAll", "{id} = ?", tuple(map(InputSpec, columns)), ALLOW_ALL)
        mutator = publish_mutator(system, spec=spec).public_id
        outputs = tuple(map(OutputSpec, [ID_COLUMN, *columns]))
        accessor = AccessorSpec("All", "ALL", outputs, (operational(environment),), ALLOW_ALL)
        self.accessor = publish_accessor(system, spec=accessor).public_id
        service = self.scene.service.caller
        changes = {n: {"value": v, "purpose_additions": [{"name": "operational"}]} for n, v in VALUES.items()}
        written = [create_subject(service).public_id for _ in range(4)]
        for subject in written:
            execute_mutator(MutatorCall(service, mutator, [str(subject)], changes), now=timezone.now())
        self.people = {
            str(self.scene.subject): {},
            **{str(subject): VALUES for subject in written},
        }

    def stream(self, line: Line, query: str = "") -> Any:
        read = {"accessor_id": str(self.accessor), "context": {}, "selector_values": []}
        return line.post(f"/userstore/api/accessors{query}", read, HTTP_ACCEPT="application/x-ndjson")


begun, bulk = beginning(Bulk)


def lines_of(answer: Any) -> Iterator[list[dict[str, Any]]]:
    """The lines of a stream, chunk by chunk as they come."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    for part in answer.streaming_content:
        yield [json.loads(line) for line in part.splitlines()]


def test_rows_are_typed_and_behind_every_chunk_a_line_says_where_it_ended(bulk: Bulk) -> None:
    answer = bulk.stream(bulk.line, "?limit=2")
    chunks = list(lines_of(answer))
    rows = [row for chunk in chunks for row in chunk[:-1]]
    assert rows == [{"id": who, **bulk.people[who]} for who in sorted(bulk.people)]
    ends = [chunk[-1]["$chunk"] for chunk in chunks]
    assert [end["rows"] for end in ends] == [2, 2, 1]
    assert ends[-1]["next"] == "end"
    entries = recorded(bulk.scene, "accessor.executed")
    assert {str(entry.decision_id) for entry in entries} == {end["decision_id"] for end in ends}
    assert answer["X-Sealbook-Decision"] == ends[0]["decision_id"]
    assert {entry.request_id for entry in entries} == {answer["X-Request-Id"]}


def test_a_stream_goes_on_where_another_one_stopped(bulk: Bulk) -> None:
    first = next(lines_of(bulk.stream(bulk.line, "?limit=2")))
    (rest,) = lines_of(bulk.stream(bulk.line, f"?starting_after={first[-1]['$chunk']['next']}"))
    assert [row["id"] for row in [*first[:-1], *rest[:-1]]] == sorted(bulk.people)
    newest = next(lines_of(bulk.stream(bulk.line, "?sort_key=updated,id&sort_order=descending&limit=1")))
    assert newest[0]["id"] == [*bulk.people][-1]


def test_who_may_not_read_gets_no_stream_and_a_stream_has_no_other_orders(bulk: Bulk) -> None:
    outsider = line_of(cast.new_player(bulk.scene.environment, "outsider"))
    assert body(bulk.stream(outsider), 403)["decision_id"]
    assert body(bulk.stream(Line(None)), 401)["error"]
    for query in ("?sort_key=age,id", "?ending_before=end", "?starting_after=forged", "?limit=0"):
        assert body(bulk.stream(bulk.line, query), 400)["error"]


def test_values_leave_in_bulk_under_the_right_to_export_alone(bulk: Bulk) -> None:
    environment = bulk.scene.environment
    reader = line_of(cast.new_player(environment, "reader", read=True))
    exporter = line_of(cast.new_player(environment, "exporter", export=True))
    paged = {"accessor_id": str(bulk.accessor), "context": {}, "selector_values": []}
    assert reader.post("/userstore/api/accessors", paged).status_code == 200
    for line, missing in ((reader, "export"), (exporter, "read")):
        told = body(bulk.stream(line), 403)
        (refused,) = recorded(bulk.scene, "accessor.executed", "refused")[:1]
        assert told["decision_id"] == str(refused.decision_id) and refused.facts["exported"]
        assert refused.facts["reasons"] == [f"right: none allows {missing} on this accessor"]
    chunks = list(lines_of(bulk.stream(bulk.line)))
    (done,) = recorded(bulk.scene, "accessor.executed")[:1]
    assert len(chunks) == 1 and done.facts["exported"]


def test_a_right_to_export_that_is_denied_or_used_up_ends_a_running_stream(bulk: Bulk) -> None:
    environment = bulk.scene.environment
    player = cast.new_player(environment, "hauler", read=True)
    system = system_caller(environment.id)
    give_right(system, holder=player.client.account, operation="export", on=environment, quota_per_hour=1)
    lines = lines_of(bulk.stream(line_of(player), "?limit=2"))
    assert len(next(lines)) == 3
    (problem,) = next(lines)
    assert problem["$problem"]["status"] == 403
    (refused,) = recorded(bulk.scene, "accessor.executed", "refused")
    assert refused.facts["reasons"][0].startswith("quota: 1 calls an hour")


def test_a_freeze_ends_a_running_stream_with_a_line_that_says_so(bulk: Bulk) -> None:
    lines = lines_of(bulk.stream(bulk.line, "?limit=2"))
    assert len(next(lines)) == 3
    freeze(system_caller(bulk.scene.environment.id), kind="accessor", target_id=bulk.accessor)
    (problem,) = next(lines)
    assert problem["$problem"]["status"] == 403
    assert next(lines, None) is None
    (refused,) = recorded(bulk.scene, "accessor.executed", "refused")
    assert str(refused.decision_id) == problem["$problem"]["decision_id"]


def test_a_chunk_whose_record_cannot_be_written_never_leaves(bulk: Bulk) -> None:
    lines = lines_of(bulk.stream(bulk.line, "?limit=2"))
    next(lines)
    with silent_book():
        (problem,) = next(lines)
    assert problem["$problem"]["status"] == 503
    assert next(lines, None) is None
    assert len(recorded(bulk.scene, "accessor.executed")) == 1


def test_a_caller_who_goes_away_ends_the_read(bulk: Bulk) -> None:
    answer = bulk.stream(bulk.line, "?limit=1")
    next(lines_of(answer))
    answer.close()
    assert len(recorded(bulk.scene, "accessor.executed")) == 1


def test_what_nobody_foresaw_is_told_without_its_words(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(bulk.stream(bulk.line, "?limit=2"))
    next(lines)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("marked-value")

    monkeypatch.setattr("userstore.reading.execute.transform", broken)
    (problem,) = next(lines)
    assert problem == {"$problem": {"status": 500, "error": "Something went wrong on our side."}}
