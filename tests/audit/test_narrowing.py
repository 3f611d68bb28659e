"""Pages by accessor and purpose: the hourly counts tell where to search, and change nothing of what is found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from audit import queries, searching
from audit.actions.reading import Filters, read_entries
from audit.actions.rollups import roll_up
from audit.actors import Actor
from audit.errors import SearchTooWide
from audit.events import declared
from audit.models import RollUpCursor
from audit.recorder import append
from keyring.walls import in_environment
from tests.audit.connections import AddressOf
from tests.audit.test_rollups import ANN, now, reads, sealed
from tests.audit.vocabulary import ENVIRONMENT, OTHER

pytestmark = pytest.mark.django_db(transaction=True)


def test_pages_by_accessor_and_purpose_are_the_same_whether_it_was_counted_or_not(role_url: AddressOf) -> None:
    other = Actor("client", UUID(int=0xB))
    for number in range(4):
        name = {"name": "GetPhone"} if number % 3 == 0 else {}
        reads(1, actor=ANN if number % 2 else other, accessor=UUID(int=number % 3), **name)
        append(OTHER, environment_id=ENVIRONMENT, actor=ANN, facts={"count": number})
    append(declared()["mutator.executed"], environment_id=ENVIRONMENT, actor=ANN, facts={"purposes": ["support"]})
    published = {"accessor": UUID(int=0), "name": "GetPhone"}
    append(declared()["accessor.published"], environment_id=ENVIRONMENT, actor=ANN, facts=published)

    def found() -> list[list[UUID]]:
        asked: list[dict[str, Any]] = [
            {"purpose": "support"},
            {"purpose": "none"},
            {"accessor": str(UUID(int=0))},
            {"accessor": str(uuid4())},
            {"accessor": "NoSuch"},
            {"accessor": str(UUID(int=0)), "purpose": "support", "actor_id": other.id},
            {"purpose": "support", "limit": 2},
            {"purpose": "support", "since": now() - timedelta(minutes=5), "until": now() + timedelta(minutes=5)},
            {"purpose": "support", "until": now() - timedelta(minutes=5)},
        ]
        return [[each.id for each in queries.entries(environment_id=ENVIRONMENT, **one)] for one in asked]

    before = found()
    sealed(role_url, 10)
    roll_up(ENVIRONMENT, now=now())
    assert found() == before and len(before[0]) == 5 and len(before[2]) == 2
    assert len(queries.entries(environment_id=ENVIRONMENT, accessor="GetPhone")) == 2
    # As if it had been counted long ago: what the counts have no hour of is not searched, what they have is.
    later = now() + timedelta(hours=3)
    with in_environment(ENVIRONMENT):
        RollUpCursor.objects.update(turned_at=later)
    assert found() == before
    pages = [queries.entries(environment_id=ENVIRONMENT, purpose="support", limit=2)]
    while len(pages[-1]) == 2:
        after = pages[-1][-1].cursor
        pages.append(queries.entries(environment_id=ENVIRONMENT, purpose="support", limit=2, after=after))
    assert [each.id for page in pages for each in page] == before[0]


def test_what_would_go_through_every_body_is_refused_and_says_how_to_narrow_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "SEARCHED_AT_MOST", 3)
    published = {"accessor": UUID(int=0), "name": "GetPhone"}
    append(declared()["accessor.published"], environment_id=ENVIRONMENT, actor=ANN, facts=published)
    reads(3, actor=ANN, accessor=UUID(int=0), name="GetPhone")
    before = now()
    asked: dict[str, dict[str, Any]] = {"naming": {"naming": UUID(int=0)}, "accessor": {"accessor": "NoSuch"}}
    searching.must_be_searchable(environment_id=ENVIRONMENT, **asked["accessor"])  # it is looked for in reads alone
    with pytest.raises(SearchTooWide) as refused:
        read_entries(actor=ANN, environment_id=ENVIRONMENT, filters=Filters(**asked["naming"]), door="api")
    assert refused.value.field == "naming" and "more than 3" in str(refused.value) and "since" in str(refused.value)
    reads(1, actor=ANN, accessor=UUID(int=0), name="GetPhone")
    for field, wide in asked.items():
        with pytest.raises(SearchTooWide) as refused:
            searching.must_be_searchable(environment_id=ENVIRONMENT, **wide)
        assert refused.value.field == field
        for narrow in ({"since": now()}, {"kinds": ["purpose.defined"]}, {"outcome": "refused"}):
            searching.must_be_searchable(environment_id=ENVIRONMENT, **wide, **narrow)
    for free in ({}, {"accessor": "GetPhone"}, {"accessor": str(uuid4())}, {"purpose": "support"}):
        searching.must_be_searchable(environment_id=ENVIRONMENT, **free)
    page = read_entries(
        actor=ANN, environment_id=ENVIRONMENT, filters=Filters(**asked["naming"], since=before), door="api"
    )
    assert len(page.entries) == 1
