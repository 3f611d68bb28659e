from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.db.models import Q

from audit import queries
from audit.context import request_id
from audit.errors import AuditorNotConfigured, EntryNotFound
from audit.models import Entry
from audit.queries import EntryView
from audit.recorder import INDEXED_SUBJECTS, append
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HANDLE, HAPPENED, OFFICER, OTHER, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)

DECISION = uuid4()
OTHER_HANDLE = "f" * 32


@pytest.fixture
def book() -> dict[str, UUID]:
    """Five entries of one environment and one of another."""
    made = {
        "first": append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": [HANDLE]}),
        "second": append(
            HAPPENED, environment_id=ENVIRONMENT, actor=OFFICER, facts={"subjects": [OTHER_HANDLE, HANDLE]}
        ),
        "third": append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={}, outcome="refused"),
        "fourth": append(OTHER, environment_id=ENVIRONMENT, actor=OFFICER, facts={}, decision_id=DECISION),
    }
    token = request_id.set("request-7")
    made["fifth"] = append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={}, outcome="failed")
    request_id.reset(token)
    made["foreign"] = append(
        HAPPENED, environment_id=ELSEWHERE, actor=SERVICE, facts={"subjects": [HANDLE]}, decision_id=DECISION
    )
    return made


def names(found: Sequence[EntryView], book: dict[str, UUID]) -> list[str]:
    by_id = {entry_id: name for name, entry_id in book.items()}
    return [by_id[entry.id] for entry in found]


SEARCHES: tuple[tuple[dict[str, Any], list[str]], ...] = (
    ({}, ["fifth", "fourth", "third", "second", "first"]),
    ({"kinds": ["example.happened"]}, ["second", "first"]),
    ({"kinds": ["example.happened", "example.other"]}, ["fifth", "fourth", "third", "second", "first"]),
    ({"kinds": []}, []),
    ({"actor_id": OFFICER.id}, ["fourth", "second"]),
    ({"outcome": "refused"}, ["third"]),
    ({"outcome": "done"}, ["fourth", "second", "first"]),
    ({"decision_id": DECISION}, ["fourth"]),
    ({"request_id": "request-7"}, ["fifth"]),
    ({"subject": HANDLE}, ["second", "first"]),
    ({"subject": OTHER_HANDLE}, ["second"]),
    ({"subject": "0" * 32}, []),
    ({"kinds": ["example.other"], "actor_id": SERVICE.id, "outcome": "failed"}, ["fifth"]),
    ({"limit": 2}, ["fifth", "fourth"]),
)


def test_filters_find_what_they_say_in_one_environment(book: dict[str, UUID]) -> None:
    for filters, expected in SEARCHES:
        assert names(queries.entries(environment_id=ENVIRONMENT, **filters), book) == expected, filters


def test_a_person_is_found_in_bulk_entries_too(book: dict[str, UUID]) -> None:
    crowd = [f"{number:032x}" for number in range(INDEXED_SUBJECTS)]
    largest_indexed = append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": crowd})
    bulk = append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": [*crowd, HANDLE]})
    append(HAPPENED, environment_id=ENVIRONMENT, actor=SERVICE, facts={"subjects": []})

    def found(handle: str) -> list[UUID]:
        return [entry.id for entry in queries.entries(environment_id=ENVIRONMENT, subject=handle)]

    assert found(crowd[7]) == [bulk, largest_indexed]
    assert found(HANDLE) == [bulk, book["second"], book["first"]]
    assert found(HANDLE[:31]) == []


def test_since_is_included_and_until_is_not(book: dict[str, UUID]) -> None:
    third = queries.entry(environment_id=ENVIRONMENT, entry_id=book["third"]).recorded_at
    since = queries.entries(environment_id=ENVIRONMENT, since=third)
    until = queries.entries(environment_id=ENVIRONMENT, until=third)
    assert names(since, book) == ["fifth", "fourth", "third"]
    assert names(until, book) == ["second", "first"]


def test_pages_meet_without_gap_or_overlap(book: dict[str, UUID]) -> None:
    whole = queries.entries(environment_id=ENVIRONMENT)
    for size in (1, 2, 3, 5):
        assert list(queries.every_entry(environment_id=ENVIRONMENT, chunk=size)) == whole
    first = queries.entries(environment_id=ENVIRONMENT, limit=2)
    rest = queries.entries(environment_id=ENVIRONMENT, after=first[-1].cursor)
    assert first + rest == whole


def test_entries_of_one_instant_page_by_their_id() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select audit_append(%s, gen_random_uuid(), 'a.b', 'done', 'system', null, null, null, 0, null, "
            "'{\"facts\": {}}') from generate_series(1, 7)",
            [ENVIRONMENT],
        )
    whole = queries.entries(environment_id=ENVIRONMENT)
    assert len({entry.recorded_at for entry in whole}) == 1
    assert list(queries.every_entry(environment_id=ENVIRONMENT, chunk=2)) == whole


def test_another_environments_entry_is_not_found(book: dict[str, UUID]) -> None:
    assert queries.entry(environment_id=ELSEWHERE, entry_id=book["foreign"]).facts == {"subjects": [HANDLE]}
    with pytest.raises(EntryNotFound):
        queries.entry(environment_id=ENVIRONMENT, entry_id=book["foreign"])
    with pytest.raises(EntryNotFound):
        queries.entry(environment_id=ENVIRONMENT, entry_id=uuid4())


def test_counting_groups_by_what_is_asked(book: dict[str, UUID]) -> None:
    assert queries.count_by("kind", "outcome", environment_id=ENVIRONMENT) == {
        ("example.happened", "done"): 2,
        ("example.other", "done"): 1,
        ("example.other", "refused"): 1,
        ("example.other", "failed"): 1,
    }
    assert queries.count_by("outcome", environment_id=ELSEWHERE) == {("done",): 1}
    later = datetime.now(UTC) + timedelta(hours=1)
    assert queries.count_by("kind", environment_id=ENVIRONMENT, since=later) == {}
    assert queries.count_by("actor_id", environment_id=ENVIRONMENT, until=later) == {
        (SERVICE.id,): 3,
        (OFFICER.id,): 2,
    }


def test_a_limit_out_of_range_is_refused() -> None:
    for limit in (0, -1, 1501):
        with pytest.raises(ValueError, match="1 to 1500"):
            queries.entries(environment_id=ENVIRONMENT, limit=limit)


def test_without_the_auditors_connection_the_book_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "AUDITOR", "nobody")
    with pytest.raises(AuditorNotConfigured, match="DATABASE_AUDITOR_URL"):
        queries.entries(environment_id=ENVIRONMENT)


INDEXES: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "newest|pkey|environment_id_recorded_at"),
    ({"kind": "a.x"}, "kind"),
    ({"actor_id": UUID(int=5)}, "actor"),
    ({"outcome": "refused"}, "outcome"),
    ({"decision_id": UUID(int=7)}, "decision"),
    ({"request_id": "r-7"}, "request"),
    ({"subject": f"{7:032x}"}, "subjects"),
    ({"id": UUID(int=1)}, "_id_idx"),
)


def test_each_filter_reaches_an_index_as_the_auditor() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """select audit_append(%s, gen_random_uuid(), 'a.' || chr(97 + n %% 26),
                 case n %% 500 when 0 then 'refused' else 'done' end, 'client', lpad((n %% 900)::text, 32, '0')::uuid,
                 lpad(n::text, 32, '0')::uuid, 'r-' || n, 1, array[lpad(to_hex(n), 32, '0')], '{}')
               from generate_series(1, 4000) n""",
            [ENVIRONMENT],
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("analyze audit_entry")
    for filters, index in INDEXES:
        about = queries._about(filters["subject"]) if "subject" in filters else Q(**filters)
        found = Entry.objects.using("auditor").filter(about, environment_id=ENVIRONMENT)
        plan = found.order_by("-recorded_at", "-id")[:20].explain()
        this_month = [line for line in plan.splitlines() if f"{datetime.now(UTC):%Y%m}" in line]
        assert any("Index" in line and any(name in line for name in index.split("|")) for line in this_month), plan
