"""Imports over the API: asked for, uploaded in parts, run by a worker, watched, reported, cancelled, forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from governance.models import Right
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning
from userstore.actions.importing.running import run_every_import
from userstore.actions.imports import forget_imports
from userstore.models import Import, ImportPiece

pytestmark = pytest.mark.django_db(transaction=True)
IMPORTS = "/userstore/imports"

begun, scene = beginning(new_scene)


def asked(scene: Scene, line: Line | None = None, **more: Any) -> str:
    wanted = {
        "mutator_id": str(scene.mutator),
        "purposes": [{"name": "operational"}],
        "unknown_users": "create",
        **more,
    }
    answer = (line or scene.line).post(IMPORTS, wanted)
    told = body(answer, 201)
    assert (told["state"], told["size"]) == ("awaited", 0)
    assert answer["X-Sealbook-Decision"]
    return str(told["id"])


def put(line: Line, import_id: str, content: bytes, *, offset: int = 0) -> Any:
    return line.send("PUT", f"{IMPORTS}/{import_id}/content", content, HTTP_UPLOAD_OFFSET=str(offset))


FILE = b'id,phone\n%(one)s,"[""+49 151 5550111""]"\nnobody,[]\n%(two)s,"[""+49 151 5550122""]"\n' % {
    b"one": str(uuid4()).encode(),
    b"two": str(uuid4()).encode(),
}


def test_a_file_in_parts_is_imported_by_a_worker_and_its_bad_records_are_reported(scene: Scene) -> None:
    line, import_id = scene.line, asked(scene)
    assert body(put(line, import_id, FILE[:50]))["size"] == 50
    assert put(line, import_id, FILE[:50]).status_code == 409, "a part came twice"
    assert body(put(line, import_id, FILE[50:], offset=50))["size"] == len(FILE)
    with in_environment(scene.environment.id):
        stored = b"".join(bytes(piece.sealed) for piece in ImportPiece.objects.all())
        assert b"555" not in stored
    assert body(line.post(f"{IMPORTS}/{import_id}/run"))["state"] == "running"
    assert line.post(f"{IMPORTS}/{import_id}/run").status_code == 409
    assert put(line, import_id, b"more", offset=len(FILE)).status_code == 409
    assert run_every_import(seconds=30) == 1
    told = body(line.get(f"{IMPORTS}/{import_id}"))
    names = ("state", "progress", "records", "effective", "failed", "users_created", "values_written", "held_because")
    assert [told[name] for name in names] == ["finished", 1.0, 3, 2, 1, 2, 2, ""]
    (fault,) = body(line.get(f"{IMPORTS}/{import_id}/report"))["data"]
    assert (fault["line"], fault["field"]) == (3, "selector_values")
    assert line.post(f"{IMPORTS}/{import_id}/cancel").status_code == 409
    kinds = ("import.asked", "import.uploaded", "import.ended", "import.reported")
    assert [len(recorded(scene, kind)) for kind in kinds] == [1, 1, 1, 1]
    with in_environment(scene.environment.id):
        assert not ImportPiece.objects.exists()
        assert not WrappedKey.objects.filter(kind="upload").exists()


def test_a_right_that_is_withdrawn_holds_the_import_until_it_is_given_again(scene: Scene) -> None:
    line, import_id = scene.line, asked(scene)
    put(line, import_id, FILE)
    line.post(f"{IMPORTS}/{import_id}/run")
    with in_environment(scene.environment.id):
        right = Right.objects.get(user=scene.service.client.account, permission__codename__contains="write")
    withdrawn = line.delete(f"/governance/rights/account-right-{right.pk}")
    assert withdrawn.status_code == 204, withdrawn.content
    run_every_import(seconds=30)
    told = body(line.get(f"{IMPORTS}/{import_id}"))
    assert (told["state"], told["records"]) == ("held", 0)
    assert "not allowed" in told["held_because"]
    assert recorded(scene, "import.held", "refused")[0].facts["reasons"] == ["right: none allows write on this mutator"]
    assert line.post(f"{IMPORTS}/{import_id}/run").status_code == 403
    assert body(line.post(f"{IMPORTS}/{import_id}/cancel"))["state"] == "cancelled"


def test_imports_are_seen_by_whoever_asked_and_by_who_configures(scene: Scene) -> None:
    import_id = asked(scene)
    other = line_of(cast.new_player(scene.environment, "other", write=True))
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    officer = line_of(cast.new_player(scene.environment, "officer", configure=True))
    single = f"{IMPORTS}/{import_id}"
    assert [line.get(single).status_code for line in (other, outsider, officer)] == [404, 403, 200]
    assert [len(body(line.get(IMPORTS))["data"]) for line in (scene.line, other, officer)] == [1, 0, 1]
    assert put(officer, import_id, FILE).status_code == 409, "a file is its owner's to upload"
    assert put(other, import_id, FILE).status_code == 404
    assert outsider.post(IMPORTS, {"mutator_id": str(scene.mutator)}).status_code == 403
    assert len(recorded(scene, "import.asked", "refused")) + len(recorded(scene, "call.refused", "refused")) >= 2
    assert body(officer.post(f"{single}/cancel"))["state"] == "cancelled"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mutator_id": str(uuid4())}, "mutator_id"),
        ({"format": "xlsx"}, "format"),
        ({"delimiter": "#"}, "delimiter"),
        ({"unknown_users": "guess"}, "unknown_users"),
        ({"purposes": [{"name": "curiosity"}]}, "purposes"),
        ({"columns": {"a": 7}}, "columns"),
        ({"selector": [7]}, "selector"),
        ({"mutator_id": None}, "mutator_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_named(scene: Scene, wrong: dict[str, Any], field: str) -> None:
    told = body(scene.line.post(IMPORTS, {"mutator_id": str(scene.mutator), **wrong}), 400)
    assert told["field"] == field


def test_a_file_has_to_be_there_declared_and_not_too_large(scene: Scene, settings: Any) -> None:
    import_id = asked(scene)
    assert scene.line.post(f"{IMPORTS}/{import_id}/run").status_code == 400
    assert put(scene.line, import_id, b"").status_code == 400
    settings.USERSTORE_IMPORT_BYTES = 100
    assert put(scene.line, import_id, b"x" * 101).status_code == 413
    assert put(scene.line, import_id, b"x" * 60).status_code == 200
    assert put(scene.line, import_id, b"x" * 60, offset=60).status_code == 413
    assert body(scene.line.get(f"{IMPORTS}/{import_id}"))["size"] == 60


def test_a_file_nobody_comes_for_is_forgotten_and_one_under_way_is_not(scene: Scene) -> None:
    waiting, running = asked(scene), asked(scene)
    for import_id in (waiting, running):
        put(scene.line, import_id, FILE)
    scene.line.post(f"{IMPORTS}/{running}/run")
    assert forget_imports(now=timezone.now() + timedelta(days=29)) == 0
    assert forget_imports(now=timezone.now() + timedelta(days=31)) == 1
    with in_environment(scene.environment.id):
        assert [str(row.pk) for row in Import.objects.all()] == [running]
        assert {str(piece.source_id) for piece in ImportPiece.objects.all()} == {running}


def test_what_nobody_foresaw_holds_the_import_and_is_seen(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = asked(scene)
    put(scene.line, import_id, FILE)
    scene.line.post(f"{IMPORTS}/{import_id}/run")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a value: +49 151 5550111")

    monkeypatch.setattr("userstore.actions.importing.advancing.execute_batch", broken)
    run_every_import(seconds=5)
    monkeypatch.undo()
    told = body(scene.line.get(f"{IMPORTS}/{import_id}"))
    assert (told["state"], "555" in told["held_because"]) == ("held", False)
    scene.line.post(f"{IMPORTS}/{import_id}/run")
    run_every_import(seconds=30)
    assert body(scene.line.get(f"{IMPORTS}/{import_id}"))["state"] == "finished"
