"""A book that takes nothing, no more, or only slowly: the call fails, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from audit.errors import AuditUnavailable
from audit.health import audit_is_writable
from audit.recorder import append, prepare_body
from tests.audit.connections import AddressOf, run
from tests.audit.vocabulary import ENVIRONMENT, OTHER, SERVICE
from userstore.reading.statements import append_prepared

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = {
    "slow": "perform pg_sleep(0.06); return new",
    "disk full": "raise exception 'could not extend file' using errcode = 'disk_full'",
    "locked": "raise exception 'canceling statement due to lock timeout' using errcode = 'lock_not_available'",
}


@contextmanager
def failing(role_url: AddressOf, fault: str) -> Iterator[None]:
    """Have the database fail at every entry as it would, whatever the cause."""
    body = f"create function public.fault() returns trigger language plpgsql as $$ begin {FAULTS[fault]}; end $$; "
    run(
        role_url("owner"),
        body + "create trigger fault before insert on audit_entry for each row execute function fault()",
    )
    try:
        yield
    finally:
        run(role_url("owner"), "drop trigger fault on audit_entry; drop function public.fault()")


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_book_does_not_take_in_time_does_not_happen(role_url: AddressOf, fault: str, settings: Any) -> None:
    settings.AUDIT_SLOWEST_MILLISECONDS = 50
    told: dict[str, Any] = {"environment_id": ENVIRONMENT, "actor": SERVICE, "facts": {"count": 1}}
    with failing(role_url, fault):
        with pytest.raises(AuditUnavailable), transaction.atomic():
            append(OTHER, **told)
        with pytest.raises(AuditUnavailable), transaction.atomic():
            append_prepared(ENVIRONMENT, prepare_body(OTHER, **told))
        assert not audit_is_writable()
    # A read's own record is durable by itself: that it was made is true, and nothing of it left.
    late = 1 if fault == "slow" else 0
    assert run(role_url("auditor"), "select count(*) from audit_entry") == [(late,)]
    append(OTHER, **told)
    assert audit_is_writable()


def test_slowness_is_endured_where_that_is_asked_for(role_url: AddressOf, settings: Any) -> None:
    settings.AUDIT_SLOWEST_MILLISECONDS = 0
    with failing(role_url, "slow"):
        append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 1})
    assert run(role_url("auditor"), "select count(*) from audit_entry") == [(1,)]
