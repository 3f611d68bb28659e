"""One real web process for all tests here: starting one costs seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.web import Web, process_environment, serving


@pytest.fixture(scope="session")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A server as `make run` starts it, over this run's database."""
    with serving(tmp_path_factory.mktemp("web") / "web.log", process_environment()) as started:
        yield started
