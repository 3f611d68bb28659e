"""Temporary access when everybody acts at once: one grant, one end, and nothing read after an end has committed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from governance.actions.access_decisions import approve_request
from governance.actions.grants import activate_grant, revoke_grant
from governance.errors import GovernanceError, Refused
from governance.models import Approval, Grant
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.helpdesk import ADA, HelpDesk, names

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, AT_A_TIME = 64, 16
"""Threads that press at once, and connections that they have at a time."""


class BusyDesk(HelpDesk):
    """As many who may approve as there are threads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rule(approvals=2)
        self.crowd = [self.operator(f"lead{number}", self.leads) for number in range(THREADS)]


begun, desk = beginning(BusyDesk)


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do everything at the same moment, as far as there are connections; an error stands in place of a result."""
    barrier = Barrier(min(AT_A_TIME, len(acts)))

    def run(number: int, act: Callable[[], Any]) -> Any:
        try:
            if number < AT_A_TIME:
                barrier.wait(timeout=20)
            return act()
        except GovernanceError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=AT_A_TIME) as pool:
        return list(pool.map(run, range(len(acts)), acts))


def test_sixty_four_who_approve_at_once_make_one_grant(desk: BusyDesk) -> None:
    request = desk.asked()
    shown = desk.shown(request)

    def approving(number: int) -> Callable[[], Any]:
        return lambda: approve_request(desk.crowd[number], request_id=request.id, shown=shown)

    results = all_at_once([approving(number) for number in range(THREADS)])

    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == THREADS - 2
    assert {reason for error in refused for reason in error.reasons} == {
        "state: approve is no step of what is approved"
    }
    with in_environment(desk.environment.id):
        assert Grant.objects.filter(request=request).count() == 1
        assert Approval.objects.filter(request=request).count() == 2


def test_a_double_click_begins_once_and_ends_once(desk: BusyDesk) -> None:
    request = desk.asked()
    desk.approved(request)
    grant = desk.grant_of(desk.approved(request, desk.abe))

    begun = all_at_once([lambda: activate_grant(desk.sue, grant_id=grant.id, factor_at=None)] * 8)
    ended = all_at_once([lambda: revoke_grant(desk.ann, grant_id=grant.id)] * 8)

    assert [sum(not isinstance(result, GovernanceError) for result in results) for results in (begun, ended)] == [1, 1]


def test_nothing_is_read_after_a_revocation_has_committed(desk: BusyDesk) -> None:
    """Readers go on and on while the grant is revoked; who begins after the commit is refused."""
    request = desk.asked()
    desk.approved(request)
    grant = desk.grant_of(desk.approved(request, desk.abe))
    activate_grant(desk.sue, grant_id=grant.id, factor_at=None)
    revoked, late = [], []

    def read_on() -> int:
        seen = 0
        for _ in range(200):
            is_late = bool(revoked)
            try:
                found = names(desk.seen())
            except Refused:
                return seen
            assert found == [ADA]
            if is_late:
                late.append(found)
            seen += 1
        return seen

    def revoke() -> None:
        revoke_grant(desk.ann, grant_id=grant.id)
        revoked.append(True)

    all_at_once([read_on, read_on, read_on, revoke])

    assert late == []
    with pytest.raises(Refused):
        desk.seen()
