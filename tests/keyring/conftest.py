"""An environment with its keys, and nothing remembered between tests."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no finding
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    from keyring.keys import forget_opened_keys

    forget_opened_keys()
    yield
    forget_opened_keys()


@pytest.fixture
def environment(db: None) -> UUID:
    return new_environment()


@pytest.fixture
def elsewhere(db: None) -> UUID:
    return new_environment()


def new_environment() -> UUID:
    from keyring.actions import create_environment_key  # Django is not ready yet when this file is imported

    environment_id = uuid4()
    create_environment_key(environment_id=environment_id)
    return environment_id
