"""People at the console. Models are imported late: this file is read before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from django.test import Client as Browser

    from tests.console.factors import Clock
    from tests.console.people import Console


@pytest.fixture
def console(transactional_db: None) -> Console:
    from tests.console.people import staffed_console

    return staffed_console()


@pytest.fixture(autouse=True)
def no_failures_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of authenticator apps, standing still."""
    from allauth.mfa.totp.internal import auth

    from tests.console.factors import Clock

    standing = Clock()
    monkeypatch.setattr(auth, "time", standing)
    return standing


@pytest.fixture
def as_officer(console: Console) -> Browser:
    return console.browser(console.officer)


@pytest.fixture
def as_support(console: Console) -> Browser:
    return console.browser(console.support)


@pytest.fixture
def as_superuser(console: Console) -> Browser:
    return console.browser(console.superuser)
