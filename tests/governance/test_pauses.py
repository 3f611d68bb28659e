"""Between two tries: pauses that grow, those that a receiver asks for, and what waits with them."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from config.embedded.ports import free_port
from governance.actions.deliveries import LONGEST_PAUSE, pause_after
from governance.actions.webhooks import define_webhook, issue_webhook_secret
from governance.models import Delivery
from tests.beginnings import beginning
from tests.governance import outbox
from tests.governance.outbox import NOW, Desk, hooked
from tests.governance.remote import Remote

pytestmark = pytest.mark.django_db
begun, desk = beginning(Desk)
receiver = outbox.receiver
"""Fixtures."""


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        pytest.param("3600", 3600, 3600, id="seconds"),
        pytest.param(format_datetime(NOW + timedelta(hours=2), usegmt=True), 7199, 7200, id="a date"),
        pytest.param(f"{NOW + timedelta(hours=2):%a, %d %b %Y %H:%M:%S} -0000", 7199, 7200, id="a date without a zone"),
        pytest.param("999999999", LONGEST_PAUSE.seconds, LONGEST_PAUSE.seconds, id="no longer than the plan's longest"),
        *(
            pytest.param(text, 22, 38, id=f"as the plan has it: {name}")
            for name, text in (
                ("sooner", "1"),
                ("no time", "0"),
                ("past", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("nonsense", "soon"),
                ("no zone", "Sun, 06 Nov 2044 08:49:37 +99999999999999999"),
                ("too long", "9" * 5000),
            )
        ),
    ],
)
def test_a_receiver_that_asks_for_a_pause_gets_it_within_the_plan(
    desk: Desk, receiver: Remote, retry_after: str, least: int, most: int
) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted")
    receiver.status, receiver.headers = 429, {"Retry-After": retry_after}

    desk.sent()

    assert (desk.row.state, desk.row.fault) == (Delivery.PENDING, "status 429")
    assert least <= (desk.row.next_at - NOW).total_seconds() <= most


def test_what_else_goes_to_who_asked_for_a_pause_waits_with_it_and_what_is_gone_needs_none(
    desk: Desk, receiver: Remote
) -> None:
    hooked(desk, receiver)
    desk.told("request.submitted", "request.denied")
    receiver.status, receiver.headers = 410, {"Retry-After": "600"}
    assert desk.sent() and {row.next_at for row in desk.rows() if row.state == Delivery.PENDING} == {NOW}
    desk.told("request.approved")
    receiver.status = 503

    assert desk.sent() and not desk.sent(), "one try tells of both"

    waiting = [row.next_at - NOW for row in desk.rows() if row.state == Delivery.PENDING]
    assert waiting == [timedelta(minutes=10)] * 2 and len(receiver.asked) == 2


def test_what_goes_where_nobody_answers_waits_and_what_goes_elsewhere_does_not(desk: Desk, receiver: Remote) -> None:
    dead = define_webhook(desk.system, name="dead", url=f"http://127.0.0.1:{free_port()}/")
    issue_webhook_secret(desk.system, public_id=dead.public_id)
    desk.told("request.submitted", "request.denied", "request.approved")
    assert desk.sent() and not desk.sent(), "one try tells of all three"
    assert sorted(row.attempts for row in desk.rows()) == [0, 0, 1]

    hooked(desk, receiver)
    desk.told("request.lapsed")

    assert desk.sent() and desk.sent() and not desk.sent()
    assert len(receiver.asked) == 1 and all(row.next_at > NOW for row in desk.rows() if row.state == "pending")


def test_pauses_grow_and_stay_within_bounds() -> None:
    for attempt in range(1, 60):
        assert timedelta(seconds=22) <= pause_after(attempt) <= LONGEST_PAUSE * 1.25
        assert attempt > 4 or pause_after(attempt) < pause_after(attempt + 2)
