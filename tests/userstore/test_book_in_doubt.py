"""While the book is not sealed, or another one was seen, values stay where they are; what is safe goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.integrity import state
from audit.integrity.state import forget_sealing
from governance.actions import stepping
from governance.actions.access_requests import declare_emergency
from governance.actions.grants import activate_grant, revoke_grant
from governance.errors import Refused, Unavailable
from tests.audit.test_sealing_state import told
from tests.beginnings import beginning
from tests.userstore.helpdesk import ADA, HelpDesk, names
from tests.userstore.phonebook import ALLOW, given
from userstore.reading.calls import AccessorCall
from userstore.reading.execute import stream_accessor

pytestmark = pytest.mark.django_db

begun, desk = beginning(HelpDesk)


@pytest.fixture(autouse=True)
def limits(settings: Any) -> Any:
    settings.AUDIT_UNSEALED_EXPORT_MINUTES, settings.AUDIT_UNSEALED_READ_MINUTES = 10, 60
    yield
    forget_sealing()


def sealed(monkeypatch: pytest.MonkeyPatch, **found: Any) -> None:
    forget_sealing()
    monkeypatch.setattr(state, "_asked", lambda: told(**found))


def ago(minutes: int) -> dict[str, Any]:
    return {"turned_at": timezone.now() - timedelta(minutes=minutes)}


def test_without_a_sealer_exports_wait_first_and_reads_after_an_hour(
    desk: HelpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    accessor = desk.getter(desk.name, policy=ALLOW)
    call = AccessorCall(desk.service, accessor, [[str(desk.ada)]])
    clear = {"caller": desk.service, "accessor": accessor, "people": [desk.ada]}

    def stream() -> list[Any]:
        return [row for rows in stream_accessor(call, clock=timezone.now) for row in rows.rows]

    sealed(monkeypatch, **ago(9))
    assert len(stream()) == len(names(desk.seen(**clear))) == 1
    sealed(monkeypatch, **ago(11))
    with pytest.raises(Refused) as refused:
        stream()
    assert refused.value.reasons == ("book: it has not been sealed for more than 10 minutes, and exports wait",)
    assert names(desk.seen(**clear)) == [ADA]
    sealed(monkeypatch, **ago(61))
    with pytest.raises(Refused) as refused:
        desk.seen(**clear)
    assert refused.value.reasons == ("book: it has not been sealed for more than 60 minutes",)
    desk.write(desk.setter(desk.age), desk.ada, {"age": {"value": 37, "purpose_additions": given("authentication")}})
    sealed(monkeypatch)
    assert names(desk.seen(**clear)) == [ADA]


def test_while_another_book_was_seen_nobody_gets_access_and_anybody_loses_it(
    desk: HelpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_grant = desk.granted()
    waiting = desk.grant_of(desk.approved(desk.asked()))
    emergency = desk.wish(reason="incident_response", ticket="", minutes=20)
    sealed(monkeypatch, witness_trouble="inconsistent: witness.test has seen another book of 3 entries")

    for begin in (
        lambda: activate_grant(desk.sue, grant_id=waiting.id, factor_at=None),
        lambda: declare_emergency(desk.sue, emergency, factor_at=None),
    ):
        with pytest.raises(Refused) as refused:
            begin()
        assert refused.value.reasons == ("book: a witness has seen another one",)
    assert names(desk.seen()) == [ADA]
    revoke_grant(desk.officer, grant_id=open_grant.id, comment="The book is looked into.")
    with pytest.raises(Refused):
        desk.seen()
    sealed(monkeypatch)
    activate_grant(desk.sue, grant_id=waiting.id, factor_at=None)


@pytest.mark.parametrize("apart", [-3, 3])
def test_no_access_begins_by_a_clock_that_is_not_the_databases(
    desk: HelpDesk, monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    waiting = desk.grant_of(desk.approved(desk.asked()))
    monkeypatch.setattr(stepping, "clock_ahead", lambda: timedelta(seconds=apart))
    with pytest.raises(Unavailable, match="apart"):
        activate_grant(desk.sue, grant_id=waiting.id, factor_at=None)
    monkeypatch.setattr(stepping, "clock_ahead", lambda: timedelta(seconds=1))
    activate_grant(desk.sue, grant_id=waiting.id, factor_at=None)
