"""A simulated company is at home in an environment: what explains its work is known there, however often it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.actions.analysing import close_days, look_on
from audit.actors import SYSTEM
from audit.analysis.detections import DETECTIONS
from audit.analysis.memory import HANDLED
from audit.models import Alert, Finding, Recollection
from governance.actions.environments import define_environment
from governance.models import MarkedSubject, RegisteredJob, StaffMember, Ticket
from keyring.walls import in_environment
from tests.audit.connections import run
from tests.audit.sealing import sealing, turned_until
from userstore.models import Subject

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.nightly]
SMALL = """
[company]
staff = 24
teams = 2
subjects = 600
[work]
tickets = 2.0
"""


def counted(environment_id: UUID) -> dict[str, int]:
    with in_environment(environment_id):
        return {
            model.__name__: model.objects.count()
            for model in (Ticket, StaffMember, MarkedSubject, RegisteredJob, Subject)
        }


def test_tickets_staff_marks_and_jobs_are_written_through_the_doors_and_explain_the_work(
    role_url: Callable[[str], str], tmp_path: object
) -> None:
    environment = define_environment(SYSTEM, name="trial", description="", is_synthetic=True)
    file = tmp_path / "small.toml"  # type: ignore[operator]  # pytest's path
    file.write_text(SMALL)
    asked = [f"--environment={environment.name}", "--days=1", "--with-desk", f"--configuration={file}", "--scale=1"]
    call_command("simulate_company", *asked, stdout=StringIO())
    once = counted(environment.id)
    assert once["StaffMember"] >= 24 and once["Ticket"] > 10 and once["MarkedSubject"] and once["RegisteredJob"] == 3
    call_command("simulate_company", *asked, stdout=StringIO())
    assert counted(environment.id) == once
    with sealing(role_url) as sealer:
        turned_until(sealer, int(run(role_url("auditor"), "select count(*) from audit_entry")[0][0]))
    while look_on(environment.id, now=timezone.now()):
        pass
    with in_environment(environment.id):
        assert Recollection.objects.filter(topic=HANDLED).count() > once["Ticket"] // 2, "their tickets explain looks"


def test_whoever_simulates_a_company_sees_what_rules_over_whole_days_find(
    role_url: Callable[[str], str], tmp_path: object
) -> None:
    environment = define_environment(SYSTEM, name="trial", description="", is_synthetic=True)
    file = tmp_path / "small.toml"  # type: ignore[operator]  # pytest's path
    file.write_text(SMALL + "[insiders]\neach = 2\nadaptive = 0.0\n")
    asked = [f"--environment={environment.name}", "--days=6", "--with-desk", f"--configuration={file}", "--scale=1"]
    call_command("simulate_company", *asked, stdout=StringIO())
    with sealing(role_url) as sealer:
        turned_until(sealer, int(run(role_url("auditor"), "select count(*) from audit_entry")[0][0]))
    while look_on(environment.id, now=timezone.now()):
        pass
    before = found(environment.id)
    close_days(environment.id, now=timezone.now())
    assert not before & WHOLE_DAYS and found(environment.id) & WHOLE_DAYS
    with in_environment(environment.id):
        last = Alert.objects.filter(rule__in=WHOLE_DAYS).latest("window_start").window_start
    assert last < datetime(2026, 1, 11, tzinfo=UTC), "they are about the company's own days"


WHOLE_DAYS = {each.id for each in DETECTIONS if each.batch is not None}


def found(environment_id: UUID) -> set[str]:
    with in_environment(environment_id):
        return set(Alert.objects.filter(id__in=Finding.objects.values("id")).values_list("rule", flat=True))
