"""Data import of the wire contract: an address for one file, which is secret, short-lived and good once."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from config.logs import SafeJsonFormatter
from governance.actions.freezes import freeze
from governance.identities import system_caller
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene
from tests.beginnings import beginning
from userstore.actions.importing.running import run_every_import
from userstore.models import Import

pytestmark = pytest.mark.django_db(transaction=True)
ASK = "/userstore/upload/dataimport"
ANYBODY = Line(None)

begun, scene = beginning(new_scene)


def told_address(scene: Scene) -> tuple[str, str]:
    told = body(scene.line.get(f"{ASK}?import_type=executemutator"))
    assert set(told) == {"presigned_url", "expiration", "import_id"}
    return told["presigned_url"], told["import_id"]


def file_of(scene: Scene, number: str) -> bytes:
    change = {"phone": {"value_additions": [number], "purpose_additions": [{"name": "operational"}]}}
    record = json.dumps([str(scene.subject)]) + "\x01" + json.dumps(change)
    return "\x02".join([str(scene.mutator), "{}", record, "no record", ""]).encode()


def test_a_file_put_to_the_address_is_imported_and_its_status_told(scene: Scene) -> None:
    address, import_id = told_address(scene)
    assert body(scene.line.get(f"{ASK}/{import_id}"))["status"] == "pending"
    assert ANYBODY.send("PUT", address, file_of(scene, "+49 151 5550177")).status_code == 200
    assert body(scene.line.get(f"{ASK}/{import_id}"))["status"] == "in_progress"
    assert run_every_import(seconds=30) == 1
    told = body(scene.line.get(f"{ASK}/{import_id}"))
    assert (told["status"], told["import"]["effective"], told["import"]["failed"]) == ("completed", 1, 1)
    assert "1 were bad" in told["details"]
    assert scene.numbers(scene.line) == ["+49 151 5550177"]


def test_the_address_is_good_once_for_a_while_and_for_its_own_import(scene: Scene) -> None:
    address, import_id = told_address(scene)
    other, _ = told_address(scene)
    content = file_of(scene, "+49 151 5550188")
    secret = address.rsplit("/", 1)[1]
    wrong = [
        address[:-1] + ("A" if address[-1] != "A" else "B"),
        other.rsplit("/", 1)[0] + "/" + secret,
        address.replace(str(scene.environment.id), str(uuid4())),
        address.replace(str(scene.environment.id), str(cast.new_environment().id)),
        address.replace(import_id, str(uuid4())),
    ]
    answers = [ANYBODY.send("PUT", each, content) for each in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({json.loads(answer.content)["error"] for answer in answers}) == 1
    assert ANYBODY.send("PUT", address, content).status_code == 200
    assert ANYBODY.send("PUT", address, content).status_code == 404, "it was used"
    with in_environment(scene.environment.id):
        Import.objects.exclude(pk=import_id).update(secret_until=timezone.now() - timedelta(seconds=1))
    assert ANYBODY.send("PUT", other, content).status_code == 404, "its time is over"


def test_a_client_that_was_frozen_meanwhile_has_no_file_taken_in(scene: Scene) -> None:
    address, _ = told_address(scene)
    freeze(system_caller(scene.environment.id), kind="client", target_id=scene.service.client.public_id)
    assert ANYBODY.send("PUT", address, file_of(scene, "+49 151 5550188")).status_code == 403
    assert run_every_import(seconds=5) == 0


def test_the_file_can_do_no_more_than_its_client(scene: Scene) -> None:
    reader = line_of(cast.new_player(scene.environment, "reader", read=True))
    told = body(reader.get(ASK))
    assert ANYBODY.send("PUT", told["presigned_url"], file_of(scene, "+49 151 5550188")).status_code == 200
    run_every_import(seconds=30)
    state = body(reader.get(f"{ASK}/{told['import_id']}"))
    assert (state["status"], state["import"]["effective"]) == ("failed", 0)
    assert "not allowed" in state["details"]


def test_only_one_type_is_known_and_an_outsider_gets_no_address(scene: Scene) -> None:
    assert body(scene.line.get(f"{ASK}?import_type=other"), 400)["field"] == "import_type"
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    assert outsider.get(ASK).status_code == 403
    assert outsider.get(f"{ASK}/{uuid4()}").status_code == 403


def test_no_log_line_says_the_address(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    address, _ = told_address(scene)
    assert ANYBODY.send("PUT", address, file_of(scene, "+49 151 5550188")).status_code == 200
    assert ANYBODY.send("PUT", address, b"x").status_code == 404
    said = "".join(SafeJsonFormatter().format(record) + str(record.msg) for record in caplog.records)
    assert "upload/dataimport" in said
    assert address.rsplit("/", 1)[1] not in said
