"""The database holds the same table as the code: who changes the table writes a migration, or this fails."""

from __future__ import annotations

import pytest
from django.db import connection

from governance.breakglass.laws import law_of
from governance.breakglass.machines import GRANT, REQUEST, REVIEW


@pytest.mark.django_db
@pytest.mark.parametrize("machine", [REQUEST, GRANT, REVIEW])
def test_the_database_lets_rows_move_as_the_table_says(machine: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select prosrc from pg_proc where proname = %s", [f"governance_{machine}_moves"])
        ((stored,),) = cursor.fetchall()

    _, written, _ = law_of(machine).split("$$")

    assert stored == written
