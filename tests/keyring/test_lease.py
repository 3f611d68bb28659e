"""Opened keys serve for a while without their key management, and no longer."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from keyring import lease
from keyring.actions import create_key
from keyring.errors import KmsUnavailable, Unsealable
from keyring.keys import KeyKind, key_for, open_key
from keyring.kms.local import create_keyring_file
from keyring.kms.registry import _built


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lease, "monotonic", clock)
    return clock


@pytest.fixture
def taken_away(settings: Any, tmp_path: Any) -> Any:
    """Take the keyring away, and give it back."""
    path = settings.KMS_PROVIDERS[0]["options"]["path"]
    there = settings.KMS_PROVIDERS

    def take(away: bool) -> None:
        options = {**there[0]["options"], "path": str(tmp_path / "nowhere.json") if away else path}
        settings.KMS_PROVIDERS = [{**there[0], "options": options}]
        _built.cache_clear()

    yield take
    _built.cache_clear()


def test_an_outage_is_bridged_until_the_lease_ends_and_its_end_is_the_end_of_the_outage(
    environment: UUID, clock: Clock, taken_away: Any, settings: Any
) -> None:
    subject = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    create_key(environment_id=environment, kind=KeyKind.TEXT)

    def opens() -> None:
        assert open_key(environment, subject.id, subject.wrapped).id == subject.id
        assert key_for(environment, KeyKind.TEXT)

    def refuses() -> None:
        for attempt in (
            lambda: open_key(environment, subject.id, subject.wrapped),
            lambda: key_for(environment, KeyKind.TEXT),
            lambda: create_key(environment_id=environment, kind=KeyKind.TOKEN),
        ):
            with pytest.raises(KmsUnavailable):
                attempt()

    opens()
    taken_away(True)
    clock.now += settings.KEYRING_LEASE_SECONDS - 1
    opens()
    opens()  # the failed renewal does not end it
    clock.now += 2
    refuses()
    clock.now += lease.RETRY_SECONDS + 1
    refuses()
    taken_away(False)
    clock.now += lease.RETRY_SECONDS + 1
    opens()
    taken_away(True)
    clock.now += settings.KEYRING_LEASE_SECONDS / 2 - 1
    opens()


def test_a_root_key_that_is_gone_is_no_outage(environment: UUID, clock: Clock, settings: Any, tmp_path: Any) -> None:
    subject = create_key(environment_id=environment, kind=KeyKind.SUBJECT)
    assert open_key(environment, subject.id, subject.wrapped)
    other = tmp_path / f"{uuid4().hex}.json"
    create_keyring_file(other)
    backend = settings.KMS_PROVIDERS[0]
    settings.KMS_PROVIDERS = [{**backend, "options": {"path": str(other)}}]
    clock.now += settings.KEYRING_LEASE_SECONDS / 2 + 1
    for _ in range(2):
        with pytest.raises(Unsealable):
            open_key(environment, subject.id, subject.wrapped)
