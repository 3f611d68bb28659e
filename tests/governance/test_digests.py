"""The day's digest of findings: once, to who may read the book, in numbers alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import BreachDossier, FindingDigest
from governance.actions.digests import send_digests
from governance.actions.rights import give_right
from governance.models import Account, Notice
from governance.notices.digest import lines_of
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.governance import outbox
from tests.governance.outbox import Desk
from tests.governance.smtp_stage import MailServer
from tests.planted_findings import HANDLE, found, weighs

pytestmark = pytest.mark.django_db
begun, desk = beginning(Desk)
post_office = outbox.post_office
"""Fixtures."""

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def test_who_may_read_the_book_is_told_once_a_day_in_numbers_alone(desk: Desk, post_office: MailServer) -> None:
    give_right(desk.system, holder=desk.ann, operation="audit", on=desk.environment)
    finding = found(desk.environment.id)
    weighs(finding, 20.0)
    with in_environment(desk.environment.id):
        BreachDossier.objects.create(
            environment_id=desk.environment.id, finding_id=finding.id, actor="x", since=NOON,
            aware_at=NOON - timedelta(hours=70),
        )  # fmt: skip

    assert [send_digests(now=NOON + timedelta(minutes=each)) for each in (0, 10, 20)] == [1, 0, 0]
    assert desk.sent(now=NOON + timedelta(hours=1)) and not desk.sent(now=NOON + timedelta(hours=1))

    ((_, message),) = post_office.taken
    letter = str(message.get_payload(decode=True), "utf-8")
    assert "Open: 1, of which worth a look by themselves: 1" in letter and "due in 2 hours" in letter
    assert HANDLE not in letter and finding.id.hex not in letter and str(finding.id) not in letter
    assert send_digests(now=NOON + timedelta(days=1)) == 1


def test_a_quiet_day_an_early_hour_and_a_switched_off_digest_tell_nobody(desk: Desk, settings: Any) -> None:
    give_right(desk.system, holder=desk.ann, operation="audit", on=desk.environment)
    assert send_digests(now=NOON) == 0
    found(desk.environment.id)
    assert send_digests(now=NOON.replace(hour=5) + timedelta(days=1)) == 0
    settings.AUDIT_DIGEST_HOUR = -1
    assert send_digests(now=NOON + timedelta(days=1)) == 0
    with in_environment(desk.environment.id):
        assert FindingDigest.objects.count() == 1 and not Notice.objects.exists()


def test_neither_the_outsider_nor_whoever_reads_the_book_elsewhere_is_told(desk: Desk) -> None:
    outsider = Account.objects.create(username="outsider-here", kind=Account.OPERATOR)
    give_right(desk.system, holder=outsider, operation="configure", on=desk.environment)
    elsewhere = cast.new_environment()
    give_right(outbox.system_caller(elsewhere.id), holder=desk.ann, operation="audit", on=elsewhere)
    found(desk.environment.id)
    assert send_digests(now=NOON) == 0


def test_a_late_dossier_is_said_to_be_late() -> None:
    numbers = {"new": 0, "open": 0, "urgent": 0, "oldest_days": 0, "dossiers": 2, "hours_left": -5}
    assert "late by 5 hours" in lines_of(numbers) and "dossiers" not in lines_of({**numbers, "dossiers": 0})
