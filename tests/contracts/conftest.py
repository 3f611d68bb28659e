"""One server for a whole file of tests: what its tests make is committed, and gone when the file is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django.live_server_helper import LiveServer


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a live server, which tests marked `django_db` alone can share."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        server = LiveServer("localhost")
        yield server.url
        server.stop()
        call_command("flush", verbosity=0, interactive=False, database="owner", inhibit_post_migrate=False)
        connections.close_all()
