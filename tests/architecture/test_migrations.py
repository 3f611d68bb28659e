"""Models and migrations say the same."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from tests.architecture.source import FLOORS


@pytest.mark.django_db
def test_no_model_waits_for_its_migration() -> None:
    said = StringIO()
    apps = sorted(set(FLOORS) - {"config", "dataflow", "discovery"})
    try:
        call_command("makemigrations", *apps, check_changes=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(f"run `manage.py makemigrations` and give the result a sentence for a name:\n{said.getvalue()}")
