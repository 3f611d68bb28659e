"""A day and some hours before the 72 hours of a breach dossier are over, those in charge are told, once of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import BreachDossier, Finding
from governance.actions.deadlines import warn_of_deadlines
from governance.actions.rights import give_right
from governance.models import Account, Notice
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.governance import outbox
from tests.governance.outbox import Desk
from tests.governance.smtp_stage import MailServer
from tests.planted_findings import HANDLE, SOMEBODY, found

pytestmark = pytest.mark.django_db(transaction=True)
post_office = outbox.post_office
"""A fixture."""
BEGAN = timezone.now()


class Watch(Desk):
    """A desk with two who may read the book, an outsider, and a finding whose dossier Ann has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.bob, self.outsider = (
            Account.objects.create(username=name, kind=Account.OPERATOR) for name in ("bob", "o")
        )
        for account, operation in ((self.ann, "audit"), (self.bob, "audit"), (self.outsider, "configure")):
            give_right(self.system, holder=account, operation=operation, on=self.environment)
        self.finding = found(self.environment.id)

    def dossier(self, **more: Any) -> None:
        """Somebody begins a dossier."""
        row = {"actor": str(SOMEBODY), "since": BEGAN, "aware_at": BEGAN, "begun_by": self.ann.pk, **more}
        with in_environment(self.environment.id):
            BreachDossier.objects.create(environment_id=self.environment.id, finding_id=self.finding.id, **row)

    def notices(self) -> list[tuple[str, str]]:
        with in_environment(self.environment.id):
            names = dict(Account.objects.values_list("pk", "username"))
            found = Notice.objects.values_list("kind", "account_id")
            return sorted((kind, names[account].partition("-")[0]) for kind, account in found)


begun, watch = beginning(Watch)


def after(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


def test_who_works_on_it_is_told_a_day_before_and_everybody_some_hours_before(watch: Watch) -> None:
    watch.dossier()
    assert [warn_of_deadlines(now=after(hours)) for hours in (0, 47.9, 48, 48.1, 65.9)] == [0, 0, 1, 0, 0]
    assert watch.notices() == [("dossier.due_in_a_day", "ann")]
    assert [warn_of_deadlines(now=after(hours)) for hours in (66, 66.1, 72, 100)] == [2, 0, 0, 0]
    assert watch.notices()[1:] == [("dossier.due_in_hours", "ann"), ("dossier.due_in_hours", "bob")]
    first, second = watch.booked("finding.dossier_due")
    assert first.actor.kind == "system" and first.facts["finding"] == second.facts["finding"] == str(watch.finding.id)


def test_where_nobody_works_on_it_who_may_read_the_book_is_told_and_whom_it_is_about_is_not(watch: Watch) -> None:
    watch.dossier(begun_by=watch.outsider.pk, actor=str(watch.ann.pk))
    assert warn_of_deadlines(now=after(50)) == 1
    assert watch.notices() == [("dossier.due_in_a_day", "bob")]


def test_who_looks_into_the_finding_is_in_charge(watch: Watch) -> None:
    watch.dossier(begun_by=None)
    with in_environment(watch.environment.id):
        Finding.objects.update(owner=watch.bob.pk)
    assert warn_of_deadlines(now=after(50)) == 1 and watch.notices() == [("dossier.due_in_a_day", "bob")]


def test_after_an_outage_the_later_one_is_told_alone_and_an_ended_one_not_at_all(watch: Watch) -> None:
    watch.dossier()
    assert warn_of_deadlines(now=after(80)) == 2
    assert {kind for kind, _ in watch.notices()} == {"dossier.due_in_hours"}
    with in_environment(watch.environment.id):
        BreachDossier.objects.update(state="notified", ended_at=BEGAN, ended_by=watch.ann.pk, warned=0)
    assert warn_of_deadlines(now=after(50)) == 0


def test_the_letter_names_nobody_and_leads_to_the_findings(watch: Watch, post_office: MailServer) -> None:
    watch.dossier()
    elsewhere = cast.new_environment()
    give_right(outbox.system_caller(elsewhere.id), holder=watch.bob, operation="audit", on=elsewhere)
    assert warn_of_deadlines(now=after(50)) == 1 and watch.sent(now=after(51))
    ((_, message),) = post_office.taken
    letter = str(message.get_payload(decode=True), "utf-8")
    assert "within 24 hours" in letter and "/admin/findings/" in letter
    assert HANDLE not in letter and str(watch.finding.id) not in letter and str(SOMEBODY) not in letter
