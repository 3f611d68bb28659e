"""Alive and ready: codes for everybody, texts for nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import RequestFactory
from pytest_django import Settings

from config import health


@pytest.fixture(autouse=True)
def fresh_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(health, "_memory", health._Memory())
    return


def test_a_process_that_answers_is_alive() -> None:
    assert health.healthz(RequestFactory().get("/healthz")).status_code == 200


def test_only_reading_is_allowed() -> None:
    assert health.healthz(RequestFactory().post("/healthz")).status_code == 405
    assert health.readyz(RequestFactory().post("/readyz")).status_code == 405


@pytest.mark.django_db
def test_a_server_with_all_its_parts_is_ready() -> None:
    assert health.probe_parts() == {**dict.fromkeys(health.PROBES, "ok"), "sealing": "never"}
    assert health.readyz(RequestFactory().get("/readyz")).status_code == 200


@pytest.mark.django_db
def test_an_unreachable_redis_is_named_by_a_code(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "redis://user:pass@127.0.0.1:1/0"
    answered = health.readyz(RequestFactory().get("/readyz"))
    assert answered.status_code == 503
    assert health.probe_parts()["redis"] == "failed"
    assert b"pass" not in answered.content
    assert b"127.0.0.1" not in answered.content


@pytest.mark.django_db
def test_a_migration_that_was_not_applied_keeps_the_server_from_being_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    applied = MigrationRecorder.applied_migrations

    def without_audit(recorder: MigrationRecorder) -> dict[tuple[str, str], object]:
        return {name: row for name, row in applied(recorder).items() if name[0] != "audit"}

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", without_audit)
    assert health.probe_parts()["migrations"] == "pending"


@pytest.mark.django_db
def test_a_book_that_cannot_be_written_keeps_the_server_from_being_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "audit_is_writable", lambda: False)
    assert health.readyz(RequestFactory().get("/readyz")).status_code == 503
    assert health.probe_parts()["audit"] == "not_writable"


@pytest.mark.django_db
def test_a_missing_keyring_is_named_by_a_code(settings: Settings) -> None:
    provider = settings.KMS_PROVIDERS[0]
    settings.KMS_PROVIDERS = [{**provider, "options": {"path": "nowhere/keyring.json", "passphrase": ""}}]
    assert health.probe_parts()["keyring"] == "failed"


def test_states_are_remembered_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    probes = iter(range(10))
    monkeypatch.setattr(health, "probe_parts", lambda: {"probe": str(next(probes))})
    memory, now = health._Memory(), [100.0]
    monkeypatch.setattr(health, "monotonic", lambda: now[0])
    assert memory.states() == memory.states() == {"probe": "0"}
    now[0] += health.REMEMBERED_SECONDS
    assert memory.states() == {"probe": "1"}
