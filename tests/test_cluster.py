"""Workers of one run do not meet: each has a PostgreSQL and a Redis database of its own."""

from __future__ import annotations

import os

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections


@pytest.mark.django_db
def test_a_worker_has_databases_of_its_own() -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    cache.set("whose", worker)
    assert cache.get("whose") == worker
    assert connections["default"].settings_dict["NAME"].endswith(worker)
    if worker:
        assert settings.REDIS_URL.endswith(f"/{int(worker.removeprefix('gw')) % 15 + 1}")
