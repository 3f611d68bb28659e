"""Charts of what happens: the same numbers in drawing and table, of one environment, and on record."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.actions.summing import Days
from audit.models import HourlyCount
from governance.console.charts import MOST_BARS, TALLEST, bars, drawn
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from tests.planted_findings import found

PAGE = "/admin/charts/"


def counted(environment_id: UUID, entries: int, *, days_ago: int = 0, **said: object) -> None:
    """Have the book counted as so many entries of one hour."""
    facts = {"kind": "accessor.executed", "outcome": "done", "accessor": "", "purposes": ["support"], "actor": ""}
    with in_environment(environment_id):
        HourlyCount.objects.create(
            id=uuid4(), environment_id=environment_id, actor_kind="operator", entries=entries, people=0, rows=0,
            values=0, hour=(timezone.now() - timedelta(days=days_ago)).replace(minute=0, second=0, microsecond=0),
            **facts | said,
        )  # fmt: skip


def test_an_officer_sees_what_happened_here_by_purpose_and_what_was_refused(
    console: Console, as_officer: Browser
) -> None:
    here = console.environment.id
    counted(here, 31, purposes=["support", "billing"])
    counted(here, 7, outcome="refused", actor=str(console.support.id))
    counted(here, 3, kind="access_request.declared", purposes=[])
    counted(here, 555, days_ago=20)
    counted(cast.new_environment().id, 444, purposes=["elsewhere"])
    found(here)
    html = as_officer.get(PAGE, {"days": "7"}).content.decode()
    assert all(f">{each}</" in html for each in ("31", "7", "3")) and "billing" in html and "support" in html
    assert ">444</" not in html and "elsewhere" not in html and ">555</" not in html
    assert ">555</" in as_officer.get(PAGE, {"days": "nonsense"}).content.decode()
    assert [each.facts["door"] for each in console.booked("audit.read")] == ["charts", "charts"]


def test_an_empty_environment_has_charts_without_columns_and_the_outsider_none(
    console: Console, as_officer: Browser, as_support: Browser
) -> None:
    html = as_officer.get(PAGE).content.decode()
    assert html.count("None in this time.") == 9 and "<rect" not in html
    assert as_support.get(PAGE).status_code == 403
    assert Browser().get(PAGE).status_code == 302


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=90))
def test_columns_stay_in_their_drawing_and_the_tallest_fills_it(counts: list[tuple[int, int]]) -> None:
    chart = drawn(Days(date(2026, 1, 1), [one for one, _ in counts], [two for _, two in counts]))
    tops = [float(each.top_beside) for each in chart["columns"]]
    assert all(-0.02 <= top <= TALLEST for top in tops)
    assert not chart["most"] or min(tops) == pytest.approx(0, abs=0.02)


def test_names_beyond_the_twelfth_are_one_bar_and_none_is_lost() -> None:
    drawn_bars = bars({str(each): 100 - each for each in range(40)}, {"3": "three"})
    assert len(drawn_bars) == MOST_BARS + 1 and drawn_bars[3].name == "three"
    assert sum(each.count for each in drawn_bars) == sum(100 - each for each in range(40))
