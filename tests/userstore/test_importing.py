"""Imports of files: good records are written as single calls would write them, bad ones reported, nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from audit.queries import entries
from governance.actions.freezes import freeze, unfreeze
from governance.actions.rights import give_right, withdraw_right
from governance.errors import Refused
from governance.models import Account
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.imported import Desk, csv_of, people
from userstore.actions.importing import advancing
from userstore.actions.importing.advancing import Importing
from userstore.actions.imports import ask_import, run_import
from userstore.actions.mutators import retire_mutator
from userstore.importing.framing import NDJSON, USERCLOUDS
from userstore.models import ConsentRecord, ImportPiece, Value
from userstore.models.imports import FINISHED, HELD, RUNNING

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk = beginning(Desk)


def test_good_records_are_written_and_bad_ones_reported_by_line_field_and_reason(desk: Desk) -> None:
    one, two, three, four = people(4)
    records = f"{one},Ada,a,36\n{two},Bob,a,40\n{three},Cy,c,many\n{four},Dee,d,\nnobody,E,e,1\n{one},x\n"
    content = f"id,label,alias,age\n{records}"
    row = desk.imported(content.encode())
    assert (row.state, row.records, row.effective, row.failed, row.users_created) == (FINISHED, 6, 2, 4, 2)
    assert desk.rows(one, two, three, four) == [
        {"label": "Ada", "alias": "a", "age": "36"},
        {"label": "Dee", "alias": "d"},
    ]
    assert [(line, field) for line, field, _ in desk.faults(row)] == [
        (3, "alias"), (4, "age.value"), (6, "selector_values"), (7, ""),
    ]  # fmt: skip
    assert "many" not in str(desk.faults(row)) and "nobody" not in str(desk.faults(row))


def test_ndjson_takes_columns_by_name_or_whole_calls(desk: Desk) -> None:
    one, two = people(2)
    whole = {
        "selector_values": [two],
        "row_data": {
            name: {"value": value, "purpose_additions": [{"name": "authentication"}]}
            for name, value in (("label", "Bob"), ("alias", "b"), ("age", 4))
        },
    }
    lines: list[Any] = [{"id": one, "label": "Ada", "alias": "a", "age": 36}, whole, {"id": one, "nickname": "x"}]
    row = desk.imported("\n".join(map(json.dumps, lines)).encode(), format=NDJSON)
    assert (row.records, row.effective, row.failed) == (3, 2, 1)
    assert [r["label"] for r in desk.rows(one, two)] == ["Ada", "Bob"]


def test_the_vendors_format_names_its_mutator_and_its_context(desk: Desk) -> None:
    one = str(desk.book.subject())
    given = {"value": "Ada", "purpose_additions": [{"name": "authentication"}]}
    keep = {"value": None}
    record = json.dumps([one]) + "\x01" + json.dumps({"label": given, "alias": keep, "age": keep})
    bad = json.dumps([one]) + json.dumps({"label": given})
    content = "\x02".join([str(desk.mutator), "{}", record, bad, ""]).encode()
    row = desk.imported(content, format=USERCLOUDS, mutator_id=None, purposes=(), unknown="leave")
    assert (row.state, row.records, row.effective, row.failed) == (FINISHED, 2, 1, 1), row.held_because
    assert desk.rows(one) == [{"label": "Ada"}]
    assert desk.faults(row) == [
        (4, "", "The record lacks the byte 0x01 between the selector's values and the changes.")
    ]


def test_a_large_file_is_imported_in_batches_with_an_entry_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "BATCH", 50)
    row = desk.imported(csv_of(people(120)))
    assert (row.state, row.records, row.effective, row.users_created) == (FINISHED, 120, 120, 120)
    assert row.values_written == 3 * 120
    recorded = entries(environment_id=desk.book.environment.id, kinds=["mutator.executed"])
    assert sorted(entry.facts["calls"] for entry in recorded) == [20, 50, 50]
    assert {entry.facts["via"] for entry in recorded} == {f"import {row.pk}"}


def test_an_import_goes_on_where_it_was_and_no_record_counts_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "BATCH", 50)
    ids = people(70)
    import_id = desk.upload(csv_of(ids))
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    first = Importing(desk.book.environment.id, import_id).step(now=timezone.now()).row
    assert (first.state, first.records) == (RUNNING, 50)
    row = desk.to_the_end(import_id)  # another process: nothing but the row tells it where to begin
    assert (row.state, row.records, row.effective, row.users_created) == (FINISHED, 70, 70, 70)
    with in_environment(desk.book.environment.id):
        assert Value.objects.filter(column__name="alias").count() == 70
        assert ConsentRecord.objects.count() == 3 * 70
        assert not ImportPiece.objects.exists()
        assert not WrappedKey.objects.filter(kind="upload").exists()


def test_whoever_may_not_write_imports_nothing_and_a_freeze_holds_an_import(desk: Desk) -> None:
    with pytest.raises(Refused):
        ask_import(desk.book.outsider, instructions=desk.asked(), now=timezone.now())
    ids = people(2)
    import_id = desk.upload(csv_of(ids))
    with pytest.raises(Refused):
        run_import(desk.book.outsider, import_id=import_id, now=timezone.now())
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    frozen = freeze(desk.book.system, kind="column", target_id=desk.name)
    row = desk.to_the_end(import_id)
    assert (row.state, row.records) == (HELD, 0)
    unfreeze(desk.book.system, freeze_id=frozen.public_id)
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    assert desk.to_the_end(import_id).effective == 2


def test_records_that_were_read_ahead_are_not_written_once_their_mutator_is_retired(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advancing, "BATCH", 2)
    import_id = desk.upload(csv_of(people(6)))
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    importing = Importing(desk.book.environment.id, import_id)
    assert importing.step(now=timezone.now()).row.effective == 2
    retire_mutator(desk.book.system, public_id=desk.mutator)
    stopped = importing.step(now=timezone.now()).row
    assert (stopped.state, stopped.effective) == (HELD, 2)


def test_a_freeze_between_two_steps_stops_the_records_that_were_read_ahead(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advancing, "BATCH", 2)
    import_id = desk.upload(csv_of(people(6)))
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    importing = Importing(desk.book.environment.id, import_id)
    assert importing.step(now=timezone.now()).row.effective == 2
    frozen = freeze(desk.book.system, kind="purpose", target_id=desk.purposes[0])
    stopped = importing.step(now=timezone.now()).row
    assert (stopped.state, stopped.effective) == (HELD, 2)
    unfreeze(desk.book.system, freeze_id=frozen.public_id)
    run_import(desk.book.service, import_id=import_id, now=timezone.now())
    assert desk.to_the_end(import_id).effective == 6


def test_an_import_takes_what_is_left_of_a_quota_and_then_stands_still(desk: Desk) -> None:
    book, limited = desk.book, cast.new_caller(desk.book.environment, "limited")
    account = Account.objects.get(pk=limited.account_id)
    right = give_right(book.system, holder=account, operation="write", on=book.environment, quota_per_hour=8)
    import_id = desk.upload(csv_of(people(8)), by=limited)
    run_import(limited, import_id=import_id, now=timezone.now())
    row = desk.to_the_end(import_id)
    assert (row.state, row.effective) == (HELD, 6)  # asking and running were calls, too
    withdraw_right(book.system, right=right)
    give_right(book.system, holder=account, operation="write", on=book.environment)
    run_import(limited, import_id=import_id, now=timezone.now())
    assert desk.to_the_end(import_id).effective == 8
