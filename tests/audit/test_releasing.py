"""A filtered view as a file: on record before it leaves, sealed entries alone, and text wherever it is opened."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit import queries
from audit.actions import releasing
from audit.actions.reading import Filters
from audit.actions.releasing import export_view
from audit.actors import Actor
from audit.context import request_id
from audit.errors import AuditUnavailable, ExportWaits
from audit.exports.forms import FORMS
from audit.exports.spreadsheets import line_of, text_cell
from audit.integrity.state import forget_sealing
from audit.recorder import append
from tests.audit.connections import AddressOf
from tests.audit.sealing import NOW, sealing, turned_until
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HANDLE, HAPPENED, OFFICER, OTHER, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)

COMPUTED = "=+-@\t\r＝＋－＠"


@pytest.fixture(autouse=True)
def always(settings: Any) -> Iterator[None]:
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = settings.AUDIT_UNSEALED_READ_MINUTES = 0
    forget_sealing()
    yield
    forget_sealing()


@pytest.fixture
def book(role_url: AddressOf) -> None:
    append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": [HANDLE], "note": "=1+1"})
    append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": -2}, outcome="refused")
    append(OTHER, environment_id=ELSEWHERE, actor=SERVICE, facts={"count": 3})
    with sealing(role_url) as sealer:
        turned_until(sealer, 3)
    append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 4})


def exported(form: str = "jsonl", actor: Actor = OFFICER, **filters: Any) -> Iterator[bytes]:
    return export_view(
        actor=actor,
        environment_id=ENVIRONMENT,
        filters=Filters(**filters),
        form=FORMS[form],
        form_name=form,
        door="api",
        now=timezone.now(),
    )


def lines(**filters: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(exported(**filters)).splitlines()]


def on_record() -> list[Any]:
    return [dict(each.facts) for each in queries.entries(environment_id=ENVIRONMENT, kinds=["audit.view_exported"])]


def test_sealed_entries_of_one_environment_leave_with_their_places_newest_first(book: None) -> None:
    found = lines()
    assert [(each["index"], each["entry"]["kind"]) for each in found] == [(1, "example.other"), (0, "example.happened")]


def test_a_line_of_json_holds_what_was_sealed_to_the_byte(book: None) -> None:
    for line in b"".join(exported()).splitlines():
        body = line.partition(b',"entry":')[2].removesuffix(b"}")
        assert sha256(b"\0" + body).hexdigest() == json.loads(line)["leaf_hash"]


def test_it_is_on_record_with_filters_and_count_before_a_line_leaves(book: None) -> None:
    leaving = exported(kinds=["example.other"], outcome="refused")
    expected = {"filters": ["kinds", "outcome"], "kinds": ["example.other"], "outcome": "refused"}
    assert on_record() == [{**expected, "form": "jsonl", "entries": 1, "size": 3, "door": "api"}]
    assert len(b"".join(leaving).splitlines()) == 1


def test_whose_handle_was_asked_for_and_what_was_typed_in_is_not_on_record(book: None) -> None:
    assert [each["index"] for each in lines(subject=HANDLE)] == [0]
    assert lines(subject="x" * 40, kinds=["Ms Example"], request_id="555-0101") == []
    told = json.dumps(on_record())
    assert (
        HANDLE not in told and "Ms Example" not in told and "555-0101" not in told and '"kinds", "request_id"' in told
    )


def test_what_cannot_be_recorded_does_not_leave(book: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise AuditUnavailable

    monkeypatch.setattr(releasing, "append", fails)
    with pytest.raises(AuditUnavailable):
        exported()


def test_exports_wait_while_nobody_seals(book: None, role_url: AddressOf, settings: Any) -> None:
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = 10
    with sealing(role_url) as sealer:
        sealer.turn(now=NOW - timedelta(days=40))
    forget_sealing()
    with pytest.raises(ExportWaits, match="not been sealed"):
        exported()
    assert on_record() == []


def test_many_chunks_are_one_file_and_the_count_on_record_is_what_left(
    book: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releasing, "_AT_ONCE", 1)
    leaving = exported("csv")
    append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 5})
    rows = list(csv.reader(io.StringIO(b"".join(leaving).decode(), newline="")))
    assert rows[0][:3] == ["index", "leaf_hash", "recorded_at"] and [row[0] for row in rows[1:]] == ["1", "0"]
    assert on_record()[0]["entries"] == len(rows) - 1 == 2


def test_no_cell_of_an_exported_entry_is_computed(role_url: AddressOf) -> None:
    for begin in COMPUTED:
        token = request_id.set(f"{begin}HYPERLINK(1)"[:128])
        append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"note": f'x;{begin}cmd|" /c"!A0'})
        request_id.reset(token)
    with sealing(role_url) as sealer:
        turned_until(sealer, len(COMPUTED))
    text = b"".join(exported("csv")).decode()
    for delimiter in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
        assert not [cell for cell in cells if cell.strip()[:1] in tuple("=+-@＝＋－＠")], delimiter


_DANGEROUS = st.sampled_from([*COMPUTED, " =", "\ufeff=", "a;=", "\n+"])


@given(st.text(max_size=30) | st.builds(str.__add__, _DANGEROUS, st.text(max_size=9)))
def test_whatever_a_cell_holds_it_comes_back_as_text(content: str) -> None:
    if "\0" in content:
        return
    (cells,) = csv.reader(io.StringIO(line_of([content, 7, None]).decode("utf-8", "surrogatepass"), newline=""))
    assert cells[1:] == ["7", ""] and cells[0].replace("'", "") == content.replace("'", "")
    for part in (cells[0], *cells[0].replace(",", ";").replace("\t", ";").split(";")):
        assert part.lstrip(" \t\r\n\ufeff\u200b")[:1] not in set("=+-@＝＋－＠")


def test_harmless_text_stays_as_it_is() -> None:
    for text in ("", "right: group-right-12", "a=b", "x - y", '{"count":-2}', "2026-11-22T12:00:00Z", str(uuid4())):
        assert text_cell(text) == text
