from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import DatabaseError, connections

from audit import queries
from audit.actions.partitions import ensure_partitions, partition_state
from audit.events import PARTITIONS_MADE
from audit.health import audit_is_writable, partitions_ahead
from audit.recorder import append
from audit.tasks import make_partitions
from keyring.walls import SYSTEM_ENVIRONMENT
from tests.audit.connections import AddressOf, run
from tests.audit.vocabulary import ENVIRONMENT, HAPPENED, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)

PHYSICAL = """
select c.oid::regclass::text, c.relrowsecurity, c.relforcerowsecurity,
       array(select tgname || ':' || tgenabled::text from pg_trigger t where t.tgrelid = c.oid and not tgisinternal
             order by 1),
       has_table_privilege('sealbook_app', c.oid, 'select,insert,update,delete,truncate'),
       has_any_column_privilege('sealbook_app', c.oid, 'select,insert,update')
from pg_class c where c.relname like 'audit_entry\\_%' and c.relkind = 'r'
"""
GUARDED = (True, True, ["guard_rows:A", "guard_statements:A"], False, False)


@pytest.fixture
def a_month_further() -> Iterator[None]:
    """Undo the months that a test adds."""
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_entry'::regclass")
        names = sorted(name for (name,) in cursor.fetchall() if name != "audit_entry_default")
        for name in names[settings.AUDIT_MONTHS_AHEAD + 1 :]:
            cursor.execute(f"drop table {name}")


@pytest.fixture
def a_missing_month(role_url: AddressOf) -> Iterator[str]:
    """Take the running month's partition away, so that entries fall into the default one."""
    name = f"audit_entry_{datetime.now(UTC):%Y%m}"
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"drop table {name}")
    yield name
    with connections["owner"].cursor() as cursor:
        for trigger in ("guard_rows", "guard_statements"):
            cursor.execute(f"alter table audit_entry_default disable trigger {trigger}")
        cursor.execute("truncate audit_entry_default")
        for trigger in ("guard_rows", "guard_statements"):
            cursor.execute(f"alter table audit_entry_default enable always trigger {trigger}")
        cursor.execute("select audit_ensure_partitions(%s)", [settings.AUDIT_MONTHS_AHEAD])


def test_the_first_migration_makes_this_month_and_three_more() -> None:
    assert partition_state().months_ahead == settings.AUDIT_MONTHS_AHEAD == partitions_ahead()
    assert partition_state().rows_in_default == 0


def test_every_partition_is_guarded_and_closed_to_the_application(role_url: AddressOf, a_month_further: None) -> None:
    ensure_partitions(months_ahead=5)
    found = run(role_url("owner"), PHYSICAL)
    assert len(found) == 7
    assert {row[0]: row[1:] for row in found} == {row[0]: GUARDED for row in found}


def test_making_partitions_again_makes_nothing_and_records_nothing(a_month_further: None) -> None:
    first = ensure_partitions(months_ahead=4)
    assert len(first) == 1
    assert ensure_partitions(months_ahead=4) == []
    (recorded,) = queries.entries(environment_id=SYSTEM_ENVIRONMENT)
    assert recorded.kind == PARTITIONS_MADE.name
    assert recorded.facts["partitions"] == first
    assert partitions_ahead() == 4


def test_an_absurd_number_of_months_is_refused() -> None:
    for months in (-1, 25, None):
        with pytest.raises(DatabaseError):
            ensure_partitions(months_ahead=months)  # type: ignore[arg-type]  # wrong on purpose


def test_the_daily_task_reports_entries_outside_the_months_without_their_content(
    a_missing_month: str, caplog: pytest.LogCaptureFixture
) -> None:
    append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"note": "+49 151 0000 0001"})
    assert partitions_ahead() == -1
    assert partition_state().rows_in_default == 1
    with caplog.at_level(logging.ERROR, logger="audit"):
        assert make_partitions.run() == []  # the month whose rows lie in the default partition cannot be attached
    (record,) = caplog.records
    assert (record.getMessage(), record.__dict__["rows"]) == ("audit entries lie in the default partition", 1)
    assert "151" not in caplog.text
    assert len(queries.entries(environment_id=ENVIRONMENT)) == 1


def test_a_month_that_cannot_be_attached_does_not_hold_up_the_next_ones(
    a_missing_month: str, a_month_further: None
) -> None:
    append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={})
    (made,) = ensure_partitions(months_ahead=settings.AUDIT_MONTHS_AHEAD + 1)
    assert made > a_missing_month


def test_the_daily_task_is_quiet_when_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    assert make_partitions.run() == []
    assert make_partitions.name == "audit.make_partitions"
    assert not caplog.records


def test_the_readiness_check_leaves_no_entry(role_url: AddressOf) -> None:
    assert audit_is_writable()
    assert run(role_url("auditor"), "select count(*) from audit_entry") == [(0,)]


def test_a_book_without_rights_is_not_writable() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("revoke insert (body) on audit_entry from sealbook_app")
    try:
        assert not audit_is_writable()
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("grant insert (body) on audit_entry to sealbook_app")
    assert audit_is_writable()


def test_every_table_with_an_environment_is_walled(role_url: AddressOf) -> None:
    """Forced row-level security on each, partitions included: the owner is bound as well."""
    unwalled = run(
        role_url("owner"),
        "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where a.attname = 'environment_id' and not a.attisdropped and c.relkind in ('r', 'p') "
        "and c.relnamespace = 'public'::regnamespace and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    assert unwalled == []


def test_tables_belong_to_the_owner_alone(role_url: AddressOf) -> None:
    strangers = run(
        role_url("owner"),
        "select relname, relowner::regrole::text from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind in ('r', 'p', 'v', 'm', 'S') and relowner <> 'sealbook_owner'::regrole",
    )
    assert strangers == []


def test_functions_of_ours_run_only_for_whom_they_were_granted(role_url: AddressOf) -> None:
    open_to_all = run(
        role_url("owner"),
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and proname like 'audit\\_%' "
        "and has_function_privilege('public', oid, 'execute')",
    )
    assert open_to_all == []
