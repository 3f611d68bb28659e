from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.http import HttpResponse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from audit import queries
from audit.actors import Actor
from audit.api.gate import reader
from audit.api.parameters import parse_cursor, write_cursor
from audit.api.views import Entries, SingleEntry
from audit.recorder import append
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HANDLE, HAPPENED, OFFICER, OTHER, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "no-such-thing-4915100000001"


@dataclass(frozen=True)
class Caller:
    """What authentication puts into a request, as this door sees it."""

    environment_id: UUID
    actor: Actor
    is_authenticated = True


AUDITOR = Caller(ENVIRONMENT, OFFICER)
ABROAD = Caller(ELSEWHERE, OFFICER)
OUTSIDER = Caller(ENVIRONMENT, SERVICE)


def admit_officers(request: Request) -> None:
    """Stand at the gate for these tests."""
    if reader(request).actor.kind != "operator":
        raise PermissionDenied


@pytest.fixture(autouse=True)
def gate(settings: Any) -> None:
    settings.AUDIT_GATE = f"{__name__}.admit_officers"


@pytest.fixture
def three() -> list[UUID]:
    return [
        append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": [HANDLE]}),
        append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 2}, outcome="refused"),
        append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 3}, decision_id=uuid4()),
    ]


def get(caller: Caller | None, path: str = "/audit/entries", **parameters: Any) -> HttpResponse:
    query = urlencode(parameters, doseq=True)
    request = APIRequestFactory().get(f"{path}?{query}")
    return answer(Entries.as_view(), request, caller)


def get_one(caller: Caller | None, entry_id: UUID) -> HttpResponse:
    request = APIRequestFactory().get(f"/audit/entries/{entry_id}")
    return answer(SingleEntry.as_view(), request, caller, entry_id=entry_id)


def answer(view: Callable[..., Any], request: Any, caller: Any, **arguments: Any) -> HttpResponse:
    force_authenticate(request, user=caller)
    response: HttpResponse = view(request, **arguments)
    if isinstance(response, Response):
        response.render()
    return response


def ids(response: HttpResponse) -> list[UUID]:
    assert response.status_code == 200, response.content
    return [UUID(entry["id"]) for entry in json.loads(response.content)["data"]]


def reads(environment_id: UUID = ENVIRONMENT) -> list[Any]:
    return [dict(entry.facts) for entry in queries.entries(environment_id=environment_id, kinds=["audit.read"])]


def test_the_officer_sees_the_entries_newest_first(three: list[UUID]) -> None:
    assert ids(get(AUDITOR)) == three[::-1]


def test_an_entry_is_shown_as_it_was_recorded(three: list[UUID]) -> None:
    shown = json.loads(get_one(AUDITOR, three[0]).content)
    stored = queries.entry(environment_id=ENVIRONMENT, entry_id=three[0])
    recorded_at = shown.pop("recorded_at")
    assert recorded_at.endswith("Z")
    assert shown == stored.body


def test_reading_is_recorded_by_filter_names_and_counts(three: list[UUID]) -> None:
    get(AUDITOR, subject=HANDLE, outcome="done")
    get_one(AUDITOR, three[1])
    get_one(AUDITOR, uuid4())
    assert reads() == [
        {"filters": ["id"], "returned": 0, "door": "api"},
        {"filters": ["id"], "returned": 1, "door": "api"},
        {"filters": ["outcome", "subject"], "returned": 1, "door": "api"},
    ]


def test_the_outsider_is_refused_and_sees_nothing(three: list[UUID]) -> None:
    for response in (get(OUTSIDER), get_one(OUTSIDER, three[0])):
        assert response.status_code == 403
        assert HANDLE.encode() not in response.content
    assert reads() == []


def test_nobody_is_refused(three: list[UUID]) -> None:
    assert get(None).status_code in (401, 403)
    assert get_one(None, three[0]).status_code in (401, 403)


def test_a_gate_that_cannot_be_loaded_lets_in_nobody(three: list[UUID], settings: Any) -> None:
    settings.AUDIT_GATE = "audit.api.gate.no_such_gate"
    with pytest.raises(ImportError):
        get(AUDITOR)


def test_an_officer_of_another_environment_sees_only_that_one(three: list[UUID]) -> None:
    assert ids(get(ABROAD)) == []
    assert get_one(ABROAD, three[0]).status_code == 404
    assert len(reads(ELSEWHERE)) == 2


def test_filters_narrow_the_list(three: list[UUID]) -> None:
    assert ids(get(AUDITOR, kind="example.happened")) == [three[0]]
    assert ids(get(AUDITOR, kind=["example.happened", "example.other"])) == three[::-1]
    assert ids(get(AUDITOR, outcome="refused")) == [three[1]]
    assert ids(get(AUDITOR, subject=HANDLE)) == [three[0]]
    assert ids(get(AUDITOR, actor_id=SERVICE.id)) == three[::-1]


def test_pages_follow_one_another_to_the_end(three: list[UUID]) -> None:
    seen: list[UUID] = []
    cursor = ""
    for _ in range(3):
        response = get(AUDITOR, limit=1, starting_after=cursor, actor_id=SERVICE.id)
        seen += ids(response)
        page = json.loads(response.content)
        cursor = page["next"]
        assert page["has_next"] is (len(seen) < 3)
    assert seen == three[::-1]
    assert cursor == "end"


NONSENSE: tuple[dict[str, str], ...] = (
    {"limit": "0"},
    {"limit": "1501"},
    {"limit": MARK},
    {"actor_id": MARK},
    {"decision_id": MARK},
    {"outcome": MARK},
    {"since": MARK},
    {"since": "2031-01-01T00:00:00"},
    {"since": "2031-02-30T00:00:00Z"},
    {"starting_after": MARK},
    {"starting_after": "recorded_at:99999999999999999999999,id:" + str(uuid4())},
    {"starting_after": "recorded_at:1,id:" + MARK},
    {"request_id": "x" * 129},
    {"subject": "a\0b"},
    {"kind": "a\0b"},
    {MARK: "1"},
)


def test_a_parameter_that_makes_no_sense_is_refused_without_repeating_it(three: list[UUID]) -> None:
    for parameters in NONSENSE:
        response = get(AUDITOR, **parameters)
        assert response.status_code == 400, parameters
        assert MARK.encode() not in response.content
    assert reads() == []


def test_when_the_reading_cannot_be_recorded_nothing_is_shown(three: list[UUID]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("revoke execute on function audit_append from sealbook_app")
    try:
        responses = [get(AUDITOR), get_one(AUDITOR, three[0])]
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("grant execute on function audit_append to sealbook_app")
    for response in responses:
        assert response.status_code == 503
        assert HANDLE.encode() not in response.content


def test_a_cursor_survives_being_written_and_read(three: list[UUID]) -> None:
    for entry in queries.entries(environment_id=ENVIRONMENT):
        assert parse_cursor(write_cursor(entry.cursor)) == entry.cursor
