"""What stops while the record is in doubt, each fault made for real: in database, sealer, witness and clock.

the book takes nothing, is slow, its disk is full   no value leaves, no emergency begins, the server is not ready
the sealer stands still                             exports wait after 10 minutes, reads after an hour
a witness does not answer                           sealing goes on, exports wait after a day
a witness has seen another book                     nobody gets temporary access, and anybody loses it
the clocks are apart                                nobody gets temporary access
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import RequestFactory
from django.utils import timezone

from audit.errors import AuditUnavailable
from audit.integrity import state
from audit.integrity.state import forget_sealing
from audit.integrity.witnessing import ask, read_witnesses
from config import health
from governance.actions.access_requests import declare_emergency
from governance.actions.grants import activate_grant, revoke_grant
from governance.errors import Refused, Unavailable
from governance.models import Grant
from keyring.walls import in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import sealing, wrote
from tests.audit.test_faults import FAULTS, failing
from tests.audit.test_tree import leaves_of
from tests.audit.test_witness import asked, listening, request, witness  # noqa: F401  two are fixtures
from tests.beginnings import beginning
from tests.userstore.helpdesk import ADA, HelpDesk, names
from tests.userstore.phonebook import ALLOW
from userstore.reading.calls import AccessorCall
from userstore.reading.execute import stream_accessor

pytestmark = pytest.mark.django_db(transaction=True)

begun, desk = beginning(HelpDesk)


@pytest.fixture(autouse=True)
def limits(settings: Any) -> Iterator[None]:
    settings.AUDIT_UNSEALED_EXPORT_MINUTES, settings.AUDIT_UNSEALED_READ_MINUTES = 10, 60
    settings.AUDIT_SLOWEST_MILLISECONDS = 0
    forget_sealing()
    yield
    forget_sealing()


def told() -> tuple[int, str, str, str]:
    """Return what `/readyz` answers now: the status, and how the book, its sealing and the clock are."""
    health._memory = health._Memory()
    answer = health.readyz(RequestFactory().get("/readyz"))
    parts = health._memory.states()
    return answer.status_code, parts["audit"], parts["sealing"], parts["clock"]


def everybody_reads(desk: HelpDesk) -> Callable[[], Any]:
    """Let a service read, and return its read of Ada."""
    accessor = desk.getter(desk.name, policy=ALLOW)
    forget_sealing()
    return lambda: names(desk.seen(caller=desk.service, accessor=accessor, people=[desk.ada]))


def exports(desk: HelpDesk) -> Callable[[], int]:
    """Return an export of Ada, which gives the number of its rows."""
    accessor = desk.getter(desk.name, policy=ALLOW)
    call = AccessorCall(desk.service, accessor, [[str(desk.ada)]])
    return lambda: sum(len(rows.rows) for rows in stream_accessor(call, clock=timezone.now))


def must_wait(done: Callable[[], Any], why: str) -> None:
    forget_sealing()
    with pytest.raises(Refused) as refused:
        done()
    assert refused.value.reasons == (why,)


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_leaves_and_nobody_helps_themselves_while_the_book_takes_nothing(
    desk: HelpDesk, role_url: AddressOf, settings: Any, fault: str
) -> None:
    emergency = desk.wish(reason="incident_response", ticket="", minutes=20)
    with sealing(role_url) as sealer:
        sealer.turn(now=timezone.now())
    read = everybody_reads(desk)
    assert (read(), told()[:2]) == ([ADA], (200, "ok"))
    settings.AUDIT_SLOWEST_MILLISECONDS = 50
    with failing(role_url, fault):
        for done in (read, lambda: declare_emergency(desk.sue, emergency, factor_at=None)):
            with pytest.raises(AuditUnavailable):
                done()
        assert told()[:2] == (503, "not_writable")
    with in_environment(desk.environment.id):
        assert not Grant.objects.exists()
    settings.AUDIT_SLOWEST_MILLISECONDS = 0
    assert (read(), told()[:2]) == ([ADA], (200, "ok"))


def test_a_sealer_that_stands_still_is_told_and_stops_exports_first_and_then_reads(
    desk: HelpDesk, role_url: AddressOf
) -> None:
    read, export, now = everybody_reads(desk), exports(desk), timezone.now()
    with sealing(role_url) as sealer:
        sealer.turn(now=now - timedelta(minutes=11))
        assert told() == (200, "ok", "behind", "ok")
        must_wait(export, "book: it has not been sealed for more than 10 minutes, and exports wait")
        assert read() == [ADA]
        run(role_url("superuser"), "update audit_integration set turned_at = turned_at - interval '50 minutes'")
        must_wait(read, "book: it has not been sealed for more than 60 minutes")
        assert told() == (200, "ok", "behind", "ok")
        sealer.turn(now=timezone.now())
    forget_sealing()
    assert (told()[2], read(), export()) == ("ok", [ADA], 1)


def test_a_witness_that_does_not_answer_holds_exports_back_after_a_day_and_never_the_sealing(
    desk: HelpDesk,
    role_url: AddressOf,
    asked: Callable[[], None],  # noqa: F811  the fixture
    listening: ThreadingHTTPServer,  # noqa: F811  the fixture
    settings: Any,
) -> None:
    read, export, now = everybody_reads(desk), exports(desk), timezone.now()
    (near,) = read_witnesses(settings.AUDIT_WITNESSES)
    with sealing(role_url) as sealer, psycopg.connect(role_url("sealer")) as connection:
        sealer.turn(now=now)
        assert ask(connection, near, now=now - timedelta(hours=23)) == ""
        connection.commit()
        listening.shutdown()
        listening.server_close()
        wrote(1)
        before = sealer.turn(now=now)
        asked()
        assert told() == (200, "ok", "unwitnessed", "ok")
        assert export() == 1
        run(role_url("superuser"), "update audit_integration set witnessed_at = witnessed_at - interval '2 hours'")
        must_wait(export, "book: no witness has seen it for more than a day, and exports wait")
        assert read() == [ADA]
        wrote(1)
        after = sealer.turn(now=timezone.now())
    assert before and after and after.size > before.size


@pytest.fixture
def forked(tmp_path: Path) -> None:
    """Have the witness know another book of three entries, which the real key signed."""
    witness(tmp_path).answer(request(0, leaves_of(3)))


def test_while_a_witness_knows_another_book_access_ends_and_none_begins(
    desk: HelpDesk,
    role_url: AddressOf,
    forked: None,
    asked: Callable[[], None],  # noqa: F811  the fixture
) -> None:
    open_grant, waiting = desk.granted(), desk.grant_of(desk.approved(desk.asked()))
    emergency = desk.wish(reason="incident_response", ticket="", minutes=20)
    with sealing(role_url) as sealer:
        sealer.turn(now=timezone.now())
    assert told()[:3] == (200, "ok", "ok")
    asked()
    assert told()[:3] == (200, "ok", "contradicted")
    why = "book: a witness has seen another one"
    must_wait(lambda: activate_grant(desk.sue, grant_id=waiting.id, factor_at=None), why)
    must_wait(lambda: declare_emergency(desk.sue, emergency, factor_at=None), why)
    assert names(desk.seen()) == [ADA]
    revoke_grant(desk.officer, grant_id=open_grant.id, comment="The book is looked into.")
    with pytest.raises(Refused):
        desk.seen()


@pytest.mark.parametrize("apart", [-3, 3])
def test_no_access_begins_by_a_clock_that_is_not_the_databases(
    desk: HelpDesk, monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    waiting = desk.grant_of(desk.approved(desk.asked()))

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=apart)

    with monkeypatch.context() as patched:
        patched.setattr(state, "datetime", Wrong)
        assert told()[0::3] == (200, "apart")
        with pytest.raises(Unavailable, match="apart"):
            activate_grant(desk.sue, grant_id=waiting.id, factor_at=None)
    assert told()[0::3] == (200, "ok")
    activate_grant(desk.sue, grant_id=waiting.id, factor_at=None)
