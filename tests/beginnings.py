"""What all tests of a file begin with, made once: each gets a copy, and what it changes is gone before the next one.

Models are imported late: files read this before Django is set up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, TypeVar

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections

from tests.emptying import forget_rows, keep_rows, put_rows_back

T = TypeVar("T")


def beginning(make: Callable[[], T]) -> tuple[Any, Any]:
    """Return two fixtures, `begun, scene = beginning(new_scene)`: the second gives each test what `make` made.

    That is an environment and what is in it, committed before the file's first test and gone after the last one. What
    a test changes is rolled back; for a test that commits, behind which all tables are emptied, the rows are put back.
    """

    @pytest.fixture(scope="module")
    def begun(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[], T]]:
        owner = connections["owner"]
        with django_db_blocker.unblock():
            _forget()  # what another file's rows were sealed under, the installation's own keys among it
            made = make()
            kept = keep_rows(owner)

        def one() -> T:
            from governance.models import Environment

            _forget()
            if not connections["default"].in_atomic_block and not Environment.objects.exists():
                if not kept:
                    return make()
                put_rows_back(owner)
            return deepcopy(made)

        yield one
        with django_db_blocker.unblock():
            forget_rows(owner)
            call_command("flush", verbosity=0, interactive=False, database="owner", inhibit_post_migrate=False)
            connections.close_all()

    @pytest.fixture
    def copy(begun: Callable[[], T]) -> T:
        return begun()

    return begun, copy


def _forget() -> None:
    """Forget what the last test did: its epochs and versions come again, and then mean something else."""
    from governance.standing import forget_standings
    from governance.using import forget_uses
    from keyring.keys import forget_opened_keys

    forget_standings()
    forget_uses()
    forget_opened_keys()
    cache.clear()
