"""Records of topics over the wire: written whole or not at all, and read where there is no personal data."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from audit.queries import entries
from dataflow.engines.redis_streams import RedisStreams
from dataflow.running.deployed import engine_for
from governance.actions.freezes import freeze
from governance.identities import system_caller
from keyring.keys import KeyKind
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.dataflow.declared import SSN, planned, started, topics_of, written
from tests.plaintext import Marks, in_redis

pytestmark = pytest.mark.django_db(transaction=True)
RECORDS = "/dataflow/topics/{}/records"
LINES = "application/x-ndjson"


@pytest.fixture
def scene() -> Scene:
    """A flow from `people`, which holds personal data, and one from `raw` to `out`, which hold none."""
    scene = new_scene()
    started(scene.service.caller, written("sealed", source="people", to="masked", of_source=SSN, of_to=SSN))
    started(scene.service.caller, written("open"))
    return scene


def engine(scene: Scene) -> RedisStreams:
    plan = planned(scene.service.caller, written("sealed", source="people", to="masked"))
    return engine_for(scene.service.caller, sealed=plan.sealed)


def lying(scene: Scene, topic: str) -> list[tuple[bytes | None, bytes]]:
    return [(each.key, each.value) for each in engine(scene).consume(topic, beginning=True, wait=None)]


def told(scene: Scene, kind: str) -> list[tuple[str, Any]]:
    found = entries(environment_id=scene.environment.id, kinds=[f"topic.records_{kind}"])
    return [
        (each.outcome, {name: each.facts[name] for name in ("name", "records") if name in each.facts}) for each in found
    ]


def lines(line: Line, topic: str, content: bytes) -> Any:
    return line.send("POST", RECORDS.format(topic), content, content_type=LINES)


def test_records_are_written_and_the_book_says_how_many(scene: Scene) -> None:
    writer = line_of(cast.new_player(scene.environment, "writer", write=True))
    told_them = {"records": [{"key": "k", "value": "1"}, {"key": None, "value": '{"a": 1.10}'}, {"value": ""}]}
    assert body(writer.post(RECORDS.format("raw"), told_them), 201) == {"records": 3}
    by_id = RECORDS.format(topics_of(scene.service.caller)["raw"].public_id)
    assert writer.post(by_id, {"records": [{"value": "last"}]}).status_code == 201
    assert lying(scene, "raw") == [(b"k", b"1"), (None, b'{"a": 1.10}'), (None, b""), (None, b"last")]
    assert told(scene, "written") == [
        ("done", {"name": "raw", "records": 1}),
        ("done", {"name": "raw", "records": 3}),
    ]


def test_records_of_a_topic_with_personal_data_lie_sealed_and_leave_by_no_call(scene: Scene) -> None:
    marks = Marks()
    record = json.dumps({"ssn": marks.phone, "text": marks.free_text})
    told_them = {"records": [{"key": marks.name, "value": record}, {"value": record}]}
    assert scene.line.post(RECORDS.format("people"), told_them).status_code == 201
    assert in_redis(settings.REDIS_URL, marks.forms) == {}
    assert lying(scene, "people") == [(marks.name.encode(), record.encode()), (None, record.encode())]
    assert 0 < engine(scene).client.pttl(engine(scene).stream("people")) <= 604_860_000
    refused = scene.line.get(RECORDS.format("people"))
    assert refused.status_code == 403
    assert "it may hold personal data" in refused.json()["reasons"][0]
    assert [outcome for outcome, _ in told(scene, "read")] == ["refused"]
    facts = [each.facts for each in entries(environment_id=scene.environment.id, kinds=["topic.records_written"])]
    assert not any(form in json.dumps(facts, default=str) for form in (marks.phone, marks.name, marks.free_text))


@pytest.mark.parametrize(
    ("content", "position", "says"),
    [
        ([{"value": "1"}, {"value": 2}], 2, "Record 2: This has to be a text."),
        ([{"value": "1"}, {}], 2, "Record 2: value is required."),
        ([{"value": "1"}, {"value": "2", "key": 3}], 2, "Record 2: This has to be a text."),
        (["1"], 1, "Record 1: This has to be a JSON object."),
        (b'{"a":1}\n{"a":\n{"a":3}\n', 2, "Line 2 is no JSON, at character 6"),
        (b'{"a":1}\n\n', 2, "Line 2 is no JSON"),
        (b'{"a":1}\n"\xff"\n', 2, "Line 2 is no JSON"),
    ],
)
def test_a_bad_record_is_named_by_its_place_and_nothing_is_written(
    scene: Scene, content: Any, position: int, says: str
) -> None:
    as_lines = isinstance(content, bytes)
    answer = (
        lines(scene.line, "raw", content) if as_lines else scene.line.post(RECORDS.format("raw"), {"records": content})
    )
    assert answer.status_code == 400
    problem = answer.json()
    assert says in problem["detail"]
    assert "Nothing of the batch was written" in problem["detail"] or "nothing of the batch" in problem["detail"]
    assert (problem["position"], problem["field"].partition(".")[0]) == (position, "records")
    assert lying(scene, "raw") == []
    assert told(scene, "written") == []


def test_what_was_not_written_after_all_is_on_record_as_failed(scene: Scene) -> None:
    client, stream = engine(scene).client, engine(scene).stream("raw")
    client.set(stream, "no stream")
    answer = scene.line.post(RECORDS.format("raw"), {"records": [{"value": "1"}, {"value": "2"}]})
    assert answer.status_code == 503
    assert answer.json()["remedy"] == (
        "Send it again with the same Idempotency-Key; without one, look first whether the records are there."
    )
    assert scene.line.get(RECORDS.format("raw")).status_code == 503
    client.delete(stream)
    assert told(scene, "written") == [(how, {"name": "raw", "records": 2}) for how in ("failed", "done")]
    assert told(scene, "read") == []
    assert scene.line.post(RECORDS.format("raw"), {"records": [{"value": "1"}]}).status_code == 201


@pytest.mark.parametrize("topic", ["raw", "people"])
def test_a_batch_that_is_sent_again_is_written_once(scene: Scene, topic: str) -> None:
    address, first, other = RECORDS.format(topic), {"records": [{"value": "1"}]}, {"records": [{"value": "2"}]}
    for _ in range(2):
        assert body(scene.line.post(address, first, HTTP_IDEMPOTENCY_KEY="one"), 201) == {"records": 1}
    assert lying(scene, topic) == [(None, b"1")]
    assert told(scene, "written") == [(how, {"name": topic, "records": 1}) for how in ("failed", "done", "done")]
    assert scene.line.post(address, other, HTTP_IDEMPOTENCY_KEY="one").status_code == 409
    assert scene.line.post(address, other, HTTP_IDEMPOTENCY_KEY="two").status_code == 201
    for key in ("", "x" * 256, "\t"):
        refused = scene.line.post(address, other, HTTP_IDEMPOTENCY_KEY=key)
        assert (refused.status_code, refused.json()["field"]) == (400, "Idempotency-Key")
    somebody = line_of(cast.new_player(scene.environment, "somebody", write=True))
    assert somebody.post(address, other, HTTP_IDEMPOTENCY_KEY="one").status_code == 201
    assert lying(scene, topic) == [(None, b"1"), (None, b"2"), (None, b"2")]
    assert lying(scene, "out") == []


def test_lines_are_written_as_they_are(scene: Scene) -> None:
    given = [b'{"a":1.10, "a":2}', b'"text"', b"[1]"]
    assert body(lines(scene.line, "raw", b"\r\n".join(given) + b"\r\n"), 201) == {"records": 3}
    assert lying(scene, "raw") == [(None, each) for each in given]
    assert body(lines(scene.line, "raw", b"4"), 201) == {"records": 1}


def test_a_batch_has_its_bounds(scene: Scene) -> None:
    for some in ([], [{"value": "x"}] * 1_001):
        answer = scene.line.post(RECORDS.format("raw"), {"records": some})
        assert (answer.status_code, answer.json()["field"]) == (400, "records")
    assert lines(scene.line, "raw", b"1\n" * 1_001).status_code == 400
    assert lines(scene.line, "raw", b'"' + b"x" * 1_048_576 + b'"').status_code == 413
    assert lying(scene, "raw") == []
    assert lines(scene.line, "people", b"1\n" * 1_000).status_code == 201
    assert len(lying(scene, "people")) == 1_000
    assert scene.line.send("POST", RECORDS.format("raw"), b"a,b", content_type="text/csv").status_code == 415


def test_the_last_records_are_read_and_what_comes_behind_them(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True, export=True))
    address = RECORDS.format("raw")
    empty = body(reader.get(address))
    assert empty == {"data": [], "next": "0-0", "closed": 0}
    assert told(scene, "read") == []
    engine(scene).produce("raw", [(b"k" if number == 7 else None, str(number).encode()) for number in range(60)])
    page = body(reader.get(f"{address}?limit=55"))
    assert [each["value"] for each in page["data"]] == [str(number) for number in range(5, 60)]
    assert [each["key"] for each in page["data"]][:3] == [None, None, "k"]
    assert body(reader.get(f"{address}?starting_after={page['next']}")) == {**empty, "next": page["next"]}
    from_first = body(reader.get(f"{address}?starting_after=0-0&limit=45"))
    rest = body(reader.get(f"{address}?starting_after={from_first['next']}"))
    assert [each["value"] for each in (*from_first["data"], *rest["data"])] == [str(number) for number in range(60)]
    assert told(scene, "read") == [("done", {"name": "raw", "records": number}) for number in (15, 45, 55)]
    assert reader.get(address).headers["Cache-Control"] == "no-store"
    for query in ("starting_after=x", "limit=0", "limit=501", "limit=x", f"limit=000000001{'0' * 5_000}"):
        assert reader.get(f"{address}?{query}").status_code == 400


def test_pages_end_before_they_are_too_large_and_leave_out_what_cannot_be_opened(scene: Scene) -> None:
    large = b"x" * 600_000
    engine(scene).produce("raw", [(None, large)] * 3)
    address = RECORDS.format("raw")
    assert len(body(scene.line.get(address))["data"]) == 1
    engine(scene).produce("people", [(None, b"1")])
    for _, fields in engine(scene).client.xrange(engine(scene).stream("people")):
        engine(scene).client.xadd(engine(scene).stream("raw"), fields)
    last = body(scene.line.get(f"{address}?limit=1"))
    assert (last["data"], last["closed"]) == ([], 1)


def test_who_may_not_gets_nothing_and_writes_nothing(scene: Scene) -> None:
    reader, writer, exporter = (
        line_of(cast.new_player(scene.environment, name, **{name: True})) for name in ("read", "write", "export")
    )
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    given, address = {"records": [{"value": "x"}]}, RECORDS.format("raw")
    assert reader.post(address, given).status_code == 403
    assert [each.get(address).status_code for each in (reader, writer, exporter)] == [403] * 3
    for line, status in ((outsider, 403), (Line(None), 401), (new_scene().line, 404)):
        assert line.get(address).status_code == status
        assert line.post(address, given).status_code == status
        assert lines(line, "raw", b"no JSON").status_code in {status, 400}
    for unknown in ("nothing", "%00", "00000000-0000-4000-8000-000000000000"):
        assert scene.line.post(RECORDS.format(unknown), given).status_code == 404
        assert scene.line.get(RECORDS.format(unknown)).status_code == 404
    assert lying(scene, "raw") == []


def test_while_the_environment_is_frozen_nothing_comes_and_nothing_leaves(scene: Scene) -> None:
    freeze(system_caller(scene.environment.id), kind="environment", target_id=scene.environment.id)
    address = RECORDS.format("raw")
    assert scene.line.post(address, {"records": [{"value": "x"}]}).status_code == 403
    assert scene.line.get(address).status_code == 403
    assert lying(scene, "raw") == []
    assert [outcome for outcome, _ in told(scene, "written")] == ["refused"]


def test_no_record_lies_in_a_topic_before_its_key_is_there_for_good(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = line_of(cast.new_player(scene.environment, "writer", write=True))
    real, seen = RedisStreams.write, list[int]()

    def keys() -> int:
        with in_environment(scene.environment.id):
            found = WrappedKey.objects.filter(kind=KeyKind.FLOW.value).count()
        connections.close_all()
        return found

    def write(*args: Any, **rest: Any) -> int:
        with ThreadPoolExecutor(1) as others:  # a worker's connection sees what is committed, and nothing else
            seen.append(others.submit(keys).result())
        return real(*args, **rest)

    monkeypatch.setattr(RedisStreams, "write", write)
    before = keys()
    body(writer.post(RECORDS.format("people"), {"records": [{"value": "1"}]}), 201)
    assert (before, seen) == (0, [1])
