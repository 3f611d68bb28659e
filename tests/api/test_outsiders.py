"""What calls tell to who may not make them, and what stays on record of calls that were tries."""

from __future__ import annotations

from uuid import uuid4

import pytest

from governance.identities import system_caller
from tests import cast
from tests.api.calling import ALLOW_ALL, Line, Scene, line_of, new_scene, operational, recorded
from tests.beginnings import beginning
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject

pytestmark = pytest.mark.django_db(transaction=True)

READ, WRITE = "/userstore/api/accessors", "/userstore/api/mutators"

begun, scene = beginning(new_scene)


@pytest.fixture
def outsider(scene: Scene) -> Line:
    return line_of(cast.new_player(scene.environment, "outsider"))


@pytest.mark.parametrize("wrong", [{"selector_values": []}, {"accessor_id": str(uuid4()), "mutator_id": str(uuid4())}])
def test_an_outsider_does_not_learn_what_there_is_and_is_on_record(
    scene: Scene, outsider: Line, wrong: dict[str, object]
) -> None:
    read = {**scene.read_body(), **wrong}
    write = {**scene.write_body(), **wrong}
    assert [outsider.post(READ, read).status_code, outsider.post(WRITE, write).status_code] == [403, 403]
    assert len(recorded(scene, "call.refused", "refused")) == 2
    assert [scene.line.post(READ, read).status_code, scene.line.post(WRITE, write).status_code] == [400, 400]


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "key-1"}])
def test_who_finds_out_that_a_unique_value_is_taken_is_on_record(scene: Scene, headers: dict[str, str]) -> None:
    system = system_caller(scene.environment.id)
    column = define_column(
        system, spec=ColumnSpec("alias", "string", index_type="unique", pii_category="identifier", sensitivity=3)
    ).public_id
    fixed = (operational(scene.environment),)
    setter = publish_mutator(
        system, spec=MutatorSpec("SetAlias", "{id} = ?", (InputSpec(column),), ALLOW_ALL, fixed_purposes=fixed)
    ).public_id
    other = create_subject(scene.service.caller).public_id

    def write(user: object) -> int:
        asked = {
            "mutator_id": str(setter),
            "context": {},
            "selector_values": [str(user)],
            "row_data": {"alias": {"value": "ada"}},
        }
        return scene.line.post(WRITE, asked, **headers if user == other else {}).status_code

    assert [write(scene.subject), write(other)] == [200, 409]
    assert [entry.facts["reasons"] for entry in recorded(scene, "mutator.executed", "failed")] == [["Conflict"]]
    asked = {"mutator_id": str(setter), "context": {}, "row_data": {"alias": {"value": "ada"}}}
    assert scene.line.post("/userstore/api/users", asked, **headers).status_code == 409
    assert [entry.facts["reasons"] for entry in recorded(scene, "subject.created", "failed")] == [["Conflict"]]


def test_nesting_that_no_reader_survives_is_a_fault_of_the_request(scene: Scene) -> None:
    deep = b'{"context": ' + b'{"a":' * 300 + b"1" + b"}" * 301
    for headers in ({}, {"HTTP_IDEMPOTENCY_KEY": "key-1"}):
        assert scene.line.post(WRITE, deep, **headers).status_code == 400
    body = scene.write_body()
    body["row_data"]["phone"]["value_additions"] = "[" * 100_000
    assert scene.line.post(WRITE, body).status_code == 400
    assert scene.line.put(f"/authn/users/{scene.subject}", {"profile": {"phone": "[" * 100_000}}).status_code == 400


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "key-1"}])
def test_who_finds_out_that_a_user_exists_is_on_record(scene: Scene, headers: dict[str, str]) -> None:
    taken, free = {"id": str(scene.subject)}, {"id": str(uuid4())}
    assert scene.line.post("/authn/users", taken, **headers).status_code == 409
    assert [entry.facts["reasons"] for entry in recorded(scene, "subject.created", "failed")] == [["Conflict"]]
    assert scene.line.post("/authn/users", free).status_code == 200
    assert len(recorded(scene, "subject.created", "failed")) == 1
