from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from audit import queries
from audit.bodies import rfc3339
from audit.errors import AuditUnavailable, FactRefused
from audit.models import Entry
from audit.recorder import (
    APPEND_PARAMETER_TYPES,
    APPEND_SQL,
    APPEND_SQL_NUMBERED,
    EntryRow,
    append,
    prepare_body,
)
from keyring.walls import SYSTEM_ENVIRONMENT, current_environment, in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HANDLE, HAPPENED, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)


def happened(environment_id: UUID = ENVIRONMENT, count: int = 1) -> UUID:
    return append(HAPPENED, environment_id=environment_id, actor=SERVICE, facts={"count": count})


def stored(environment_id: UUID = ENVIRONMENT) -> list[UUID]:
    return [entry.id for entry in queries.entries(environment_id=environment_id)]


@pytest.fixture
def refusing_book() -> Iterator[None]:
    """The owner takes the application's right to append away, as an accident would."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("revoke execute on function audit_append from sealbook_app")
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute("grant execute on function audit_append to sealbook_app")


def test_an_entry_is_durable_when_append_returns_outside_a_transaction() -> None:
    entry_id = happened()
    assert stored() == [entry_id]
    assert current_environment() is None


def test_an_entry_commits_with_the_transaction_it_is_in() -> None:
    with in_environment(ENVIRONMENT):
        entry_id = happened()
        assert stored() == []
        assert current_environment() == ENVIRONMENT
    assert stored() == [entry_id]


def test_a_rolled_back_transaction_leaves_no_entry() -> None:
    with pytest.raises(ZeroDivisionError), in_environment(ENVIRONMENT):
        happened()
        raise ZeroDivisionError
    assert stored() == []


def test_a_transaction_outside_an_environment_is_outside_again_after_appending() -> None:
    with transaction.atomic():
        first = happened()
        assert current_environment() is None
        second = happened(ELSEWHERE)
    assert stored() == [first]
    assert stored(ELSEWHERE) == [second]


def test_a_transaction_in_another_environment_appends_nothing() -> None:
    with pytest.raises(AuditUnavailable), in_environment(ELSEWHERE):
        happened(ENVIRONMENT)
    assert stored() == stored(ELSEWHERE) == []


def test_what_belongs_to_no_environment_goes_into_the_systems_own() -> None:
    entry_id = happened(SYSTEM_ENVIRONMENT)
    assert stored(SYSTEM_ENVIRONMENT) == [entry_id]


def test_a_refused_fact_stores_nothing_and_leaves_the_transaction_usable() -> None:
    with in_environment(ENVIRONMENT):
        with pytest.raises(FactRefused):
            append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"colour": "blue"})
        entry_id = happened()
    assert stored() == [entry_id]


def test_a_book_that_takes_nothing_is_unavailable(refusing_book: None) -> None:
    with pytest.raises(AuditUnavailable) as failure:
        happened()
    assert isinstance(failure.value.__cause__, DatabaseError)
    assert str(failure.value) == "the audit log cannot be written"


def test_the_effect_goes_when_its_record_cannot_be_written(refusing_book: None) -> None:
    with pytest.raises(AuditUnavailable), in_environment(ENVIRONMENT, durable=True):
        happened()
    assert stored() == []


def test_swallowing_the_failure_does_not_save_the_transaction(refusing_book: None) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        with contextlib.suppress(AuditUnavailable):
            happened()
        with connection.cursor() as cursor:
            cursor.execute("select 1")


def test_a_lost_connection_is_unavailable_and_the_next_call_recovers(role_url: AddressOf) -> None:
    happened()
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (process,) = cursor.fetchone()
    run(role_url("superuser"), "select pg_terminate_backend(%s, 2000)", [process])
    with pytest.raises(AuditUnavailable):
        happened()
    connection.close()
    happened()
    assert len(stored()) == 2


def test_the_stored_text_is_the_prepared_body_to_the_byte_and_when_it_was_written(role_url: AddressOf) -> None:
    row = prepare_body(
        HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"note": 'naïve \N{SNOWMAN} "q" \\ \n', "count": 1}
    )
    run(role_url("app"), APPEND_SQL, [ENVIRONMENT, *row])
    entry = queries.entry(environment_id=ENVIRONMENT, entry_id=row.id)
    written_at = rfc3339(entry.recorded_at)
    assert entry.text == f'{row.body[:-1]},"written_at":"{written_at}"}}'
    assert entry.body == {**json.loads(row.body), "written_at": written_at}
    assert orjson.dumps(entry.body, option=orjson.OPT_SORT_KEYS).decode() == entry.text


def test_the_copies_to_search_by_say_what_the_body_says() -> None:
    decision = uuid4()
    entry_id = append(
        HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": [HANDLE]}, decision_id=decision
    )
    entry = queries.entry(environment_id=ENVIRONMENT, entry_id=entry_id)
    assert entry.decision_id == decision
    assert entry.facts["subjects"] == [HANDLE]
    assert entry.actor == SERVICE
    assert abs(entry.recorded_at - datetime.now(UTC)).total_seconds() < 60


def without_time(body: str) -> str:
    return body.partition(',"written_at":')[0] + "}"


def test_the_statement_for_prepared_use_appends_through_libpq(role_url: AddressOf) -> None:
    facts = {"subjects": [HANDLE, "f" * 32], "note": "naïve"}
    row = prepare_body(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts=facts, decision_id=uuid4())
    with psycopg.connect(role_url("app"), autocommit=True) as raw:
        raw.pgconn.prepare(b"append", APPEND_SQL_NUMBERED.encode(), APPEND_PARAMETER_TYPES)
        parameters = row.binary(ENVIRONMENT)
        formats = [psycopg.pq.Format.BINARY] * len(parameters)
        result = raw.pgconn.exec_prepared(b"append", parameters, formats)  # type: ignore[arg-type]  # None is NULL
        assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
    sent = Entry.objects.using("auditor").get(id=row.id)
    sent.body = without_time(sent.body)
    assert EntryRow(**{name: getattr(sent, name) for name in EntryRow._fields}) == row
