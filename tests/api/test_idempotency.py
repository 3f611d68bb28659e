"""Writes that are sent again: answered again, not done again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from governance.actions.freezes import freeze
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import (
    ALLOW_ALL,
    NUMBER,
    UUID_TRANSFORMER,
    Line,
    Scene,
    body,
    line_of,
    new_scene,
    recorded,
    values_of,
)
from tests.beginnings import beginning
from userstore.actions.idempotency import forget_answers
from userstore.models import IdempotencyKey, Subject
from userstore.tasks import forget_idempotency_keys

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+49 151 5550198"

begun, scene = beginning(new_scene)


@pytest.fixture
def line(scene: Scene) -> Line:
    return scene.line


def test_a_write_that_is_sent_again_is_answered_again_and_not_done_again(scene: Scene, line: Line) -> None:
    create = {**scene.write_body(), "context": {}}
    first = line.post("/userstore/api/users", create, HTTP_IDEMPOTENCY_KEY="key-1")
    again = line.post("/userstore/api/users", create, HTTP_IDEMPOTENCY_KEY="key-1")
    assert body(first) == body(again)
    assert first["X-Sealbook-Decision"] == again["X-Sealbook-Decision"]
    assert values_of(scene) == 1
    other = line.post("/userstore/api/users", create, HTTP_IDEMPOTENCY_KEY="key-2")
    assert body(other) != body(first)


def test_a_key_with_another_body_is_a_conflict(scene: Scene, line: Line) -> None:
    assert scene.write(line, HTTP_IDEMPOTENCY_KEY="key-1").status_code == 200
    told = body(scene.write(line, OTHER, HTTP_IDEMPOTENCY_KEY="key-1"), 409)
    assert told["error"]["error"].startswith("This idempotency key")
    assert values_of(scene) == 1


def test_a_key_belongs_to_one_client(scene: Scene, line: Line) -> None:
    twin = line_of(cast.new_player(scene.environment, "twin", write=True))
    made = body(line.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY="key-1"))
    assert body(twin.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY="key-1")) != made


@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak", "schlüssel"])
def test_a_key_that_is_none_is_refused(scene: Scene, line: Line, key: str) -> None:
    assert scene.write(line, HTTP_IDEMPOTENCY_KEY=key).status_code == 400
    assert values_of(scene) == 0


def test_a_refusal_is_not_remembered_and_stays_on_record(scene: Scene) -> None:
    reader = cast.new_player(scene.environment, "reader", read=True)
    assert scene.write(line_of(reader), HTTP_IDEMPOTENCY_KEY="key-1").status_code == 403
    assert len(recorded(scene, "mutator.executed", "refused")) == 1
    create = line_of(reader).post("/userstore/api/users", scene.write_body(), HTTP_IDEMPOTENCY_KEY="key-2")
    assert create.status_code == 403
    assert len(recorded(scene, "subject.created", "refused")) == 1
    with in_environment(scene.environment.id):
        assert not IdempotencyKey.objects.exists()


def test_an_answer_is_not_repeated_to_who_may_not_do_it_any_more(scene: Scene, line: Line) -> None:
    token = {
        "data": "data",
        "transformer_rid": {"id": str(UUID_TRANSFORMER)},
        "access_policy_rid": {"id": str(ALLOW_ALL)},
    }
    sent = {
        "/userstore/api/mutators": scene.write_body(),
        "/userstore/api/users": {**scene.write_body(OTHER), "id": str(uuid4())},
        "/tokenizer/tokens": token,
        "/authn/users": {"id": str(uuid4())},
    }

    def send() -> dict[str, int]:
        answers = {path: line.post(path, asked, HTTP_IDEMPOTENCY_KEY=path) for path, asked in sent.items()}
        return {path: answer.status_code for path, answer in answers.items()}

    first = send()
    assert set(first.values()) == {200, 201}
    assert send() == first
    assert len(recorded(scene, "answer.repeated")) == len(sent)
    freeze(system_caller(scene.environment.id), kind="environment", target_id=scene.environment.id)
    assert send() == dict.fromkeys(sent, 403)
    assert len(recorded(scene, "mutator.executed", "refused")) == 1
    assert len(recorded(scene, "answer.repeated")) == len(sent)


def test_an_error_is_not_remembered(scene: Scene, line: Line) -> None:
    assert scene.write(line, "no number", HTTP_IDEMPOTENCY_KEY="key-1").status_code == 400
    assert scene.write(line, NUMBER, HTTP_IDEMPOTENCY_KEY="key-1").status_code == 200


def test_neither_key_nor_answer_lies_in_the_clear_and_a_day_later_both_are_gone(scene: Scene, line: Line) -> None:
    token = {
        "data": "marked-data",
        "transformer_rid": {"id": str(UUID_TRANSFORMER)},
        "access_policy_rid": {"id": str(ALLOW_ALL)},
    }
    text = body(line.post("/tokenizer/tokens", token, HTTP_IDEMPOTENCY_KEY="marked-key"), 201)["data"]
    with in_environment(scene.environment.id):
        row = IdempotencyKey.objects.get()
        stored = bytes(row.answer) + bytes(row.key_digest) + bytes(row.request_digest)
    for mark in ("marked-key", "marked-data", text):
        assert mark.encode() not in stored
    assert forget_answers(now=timezone.now()) == 0
    assert forget_answers(now=timezone.now() + timedelta(hours=settings.USERSTORE_IDEMPOTENCY_HOURS, minutes=1)) == 1
    fresh = body(line.post("/tokenizer/tokens", token, HTTP_IDEMPOTENCY_KEY="marked-key"), 201)["data"]
    assert fresh != text


def test_twins_that_come_at_the_same_time_do_it_once(scene: Scene) -> None:
    lines = [scene.line for _ in range(4)]

    def send(line: Line) -> bytes:
        try:
            return line.post("/authn/users", {}, HTTP_IDEMPOTENCY_KEY="key-1").content
        finally:
            connection.close()

    with ThreadPoolExecutor(len(lines)) as pool:
        answers = list(pool.map(send, lines))
    assert len(set(answers)) == 1
    with in_environment(scene.environment.id):
        assert Subject.objects.exclude(public_id=scene.subject).count() == 1


def test_the_job_forgets_what_is_over(scene: Scene, line: Line) -> None:
    scene.write(line, HTTP_IDEMPOTENCY_KEY="key-1")
    assert forget_idempotency_keys() == 0
    with in_environment(scene.environment.id):
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert forget_idempotency_keys() == 1
