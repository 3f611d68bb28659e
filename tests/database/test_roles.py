"""The roles that a bootstrap makes, and the connection tests run with."""

from __future__ import annotations

import pytest
from django.db import connection, connections


@pytest.mark.django_db
def test_tests_run_as_the_application_role_in_a_test_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user, current_database()")
        user, database = cursor.fetchone()
    assert user == "sealbook_app"
    assert database.startswith("test_")


@pytest.mark.django_db
@pytest.mark.parametrize(("alias", "role"), [("owner", "sealbook_owner"), ("auditor", "sealbook_auditor")])
def test_every_connection_keeps_its_own_role_in_the_same_test_database(alias: str, role: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("select current_user, current_database()")
        user, database = cursor.fetchone()
    assert user == role
    assert database == connections["default"].settings_dict["NAME"]
