"""Counters that all workers share, in the real Redis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import counting
from governance.errors import LimitUnknown


def test_many_workers_share_one_window() -> None:
    name = uuid4()

    def call(_: int) -> bool:
        return counting.spend(name, bucket=100, buckets=5, allowance=10, seconds=5)

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert sum(pool.map(call, range(40))) == 10


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(min_value=0, max_value=40), min_size=1, max_size=30).map(sorted),
    st.integers(min_value=1, max_value=4),
    st.integers(min_value=5, max_value=12),
)
def test_no_window_ever_holds_more_than_its_allowance(seconds: list[int], allowance: int, window: int) -> None:
    name = uuid4()
    allowed: list[int] = []
    for second in seconds:
        recent = sum(one > second - window for one in allowed)
        counted = counting.spend(name, bucket=second, buckets=window, allowance=allowance, seconds=60)
        assert counted is (recent < allowance)
        allowed += [second] if counted else []


def test_without_redis_nothing_is_counted_and_nothing_remembered(redis_away: None) -> None:
    for asked in (
        lambda: counting.spend("calls", bucket=1, buckets=1, allowance=1, seconds=1),
        lambda: counting.remember("walk", seconds=1),
        lambda: counting.is_remembered("walk"),
    ):
        with pytest.raises(LimitUnknown):
            asked()


def test_a_mark_is_found_by_its_whole_name() -> None:
    name = uuid4()
    counting.remember(name, "ab", "c", seconds=60)
    assert counting.is_remembered(name, "ab", "c")
    assert not counting.is_remembered(name, "a", "bc")
