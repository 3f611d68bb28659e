"""Quotas, counted in the real Redis: spent across workers, renewed by the hour, never waved through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from governance import quotas
from governance.actions.change import environment_resource
from governance.actions.rights import give_right
from governance.authorization import Ask, authorize
from governance.errors import Refused, Unavailable
from governance.standing import fresh_standing_of
from tests import cast

NOON = datetime(2031, 5, 17, 12, tzinfo=UTC)


def spent(right: str, allowance: int, now: datetime = NOON) -> bool:
    return quotas.spend(right_id=right, environment_id="e", allowance=allowance, now=now)


def test_a_quota_is_used_up_by_the_call_after_the_last_and_renewed_by_the_hour() -> None:
    right = str(uuid4())
    assert [spent(right, 2) for _ in range(3)] == [True, True, False]
    assert spent(str(uuid4()), 2)
    assert not spent(right, 2, NOON + timedelta(minutes=59, seconds=59))
    assert spent(right, 2, NOON + timedelta(hours=1))


def test_a_quota_of_nothing_allows_nothing() -> None:
    assert not spent(str(uuid4()), 0)


def test_many_workers_share_one_quota() -> None:
    right = str(uuid4())
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda _: spent(right, 10), range(40)))
    assert sum(answers) == 10


@pytest.mark.django_db
def test_a_limited_right_runs_out_and_an_unlimited_one_beside_it_lifts_the_limit() -> None:
    environment = cast.new_environment()
    player = cast.new_player(environment, "limited")
    system = cast.system_caller(environment.id)
    give_right(system, holder=player.client.account, operation="read", on=environment, quota_per_hour=2)
    ask = Ask("read", environment_resource(environment.id))

    def call() -> object:
        return authorize(player.caller, ask, standing=fresh_standing_of(environment.id), now=NOON)

    call(), call()
    with pytest.raises(Refused) as refused:
        call()
    assert refused.value.reasons[0].startswith("quota:")


@pytest.mark.django_db
def test_without_redis_a_limited_call_is_refused_and_an_unlimited_one_goes_on(redis_away: None) -> None:
    environment = cast.new_environment()
    limited, unlimited = cast.new_player(environment, "limited"), cast.new_player(environment, "free", read=True)
    system = cast.system_caller(environment.id)
    give_right(system, holder=limited.client.account, operation="read", on=environment, quota_per_hour=2)
    ask = Ask("read", environment_resource(environment.id))
    with pytest.raises(Unavailable):
        authorize(limited.caller, ask, standing=fresh_standing_of(environment.id), now=NOON)
    authorize(unlimited.caller, ask, standing=fresh_standing_of(environment.id), now=NOON)
