from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.fixture
def around(settings: Settings) -> Client:
    """A client of small views behind the real chain, which answers errors as production does."""
    settings.ROOT_URLCONF = "tests.config.urls"
    # The chosen environment belongs to governance's tests; static files take a second to list.
    elsewhere = ("governance.", "config.middleware.ConsoleStatic")
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith(elsewhere)]
    return Client(raise_request_exception=False)
