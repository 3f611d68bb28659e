"""The purge beside others: two at once, stopped in the middle, and what the book says of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.queries import entries
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.lifetimes import Lifetimes
from tests.userstore.phonebook import given as named
from userstore.actions.holds import place_hold
from userstore.models import ConsentRecord, Value
from userstore.tasks import apply_changed_retention, purge_everywhere

pytestmark = pytest.mark.django_db(transaction=True)

AddressOf = Callable[[str], str]
NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)
PEOPLE = 6
PURGE = "import django; from django.core.management import call_command; django.setup(); call_command('purge')"


class Crowd(Lifetimes):
    """People whose numbers are over for everything since yesterday, but for one who has another purpose."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.column("phone", "phonenumber")
        self.set = self.setter(self.phone)
        self.people = [self.subject() for _ in range(PEOPLE)]
        for person in self.people:
            change = {"value": "+49 151 5550101", "purpose_additions": named("marketing")}
            self.write(self.set, person, {"phone": change}, until=NOW - DAY, now=NOW - 2 * DAY)
        keep = {"value": "UCCUR-7f55f479-3822-4976-a8a9-b789d5c6f152", "purpose_additions": named("integrity")}
        self.write(self.set, self.people[0], {"phone": keep}, now=NOW - 2 * DAY)

    def left(self) -> tuple[int, int, int]:
        """Values, records of purposes that ended, entries of purges."""
        with in_environment(self.environment.id):
            stored, ended = Value.objects.count(), ConsentRecord.objects.filter(permitted=False).count()
        return stored, ended, len(entries(environment_id=self.environment.id, kinds=["values.purged"]))


begun, crowd = beginning(Crowd)


@contextmanager
def locked(role_url: AddressOf, statement: str, *parameters: object):
    """Hold locks on a connection of its own."""
    with psycopg.connect(role_url("superuser")) as other:
        other.execute(statement, parameters)
        yield


def test_the_purge_destroys_what_is_over_and_the_book_counts_it_without_values(crowd: Crowd) -> None:
    told = StringIO()
    call_command("purge", "--dry-run", environment=crowd.environment.name, stdout=told)
    assert "6 values are over, 0 of them held" in told.getvalue()
    assert crowd.left() == (PEOPLE, 0, 0)
    call_command("purge", environment=crowd.environment.name, batch=4, stdout=told)
    assert "5 values destroyed" in told.getvalue()
    assert crowd.left() == (1, PEOPLE, 2)
    kept = [entry.facts for entry in entries(environment_id=crowd.environment.id, kinds=["values.purged"])]
    assert sum(each["ended"]["phone"]["marketing"] for each in kept) == PEOPLE
    assert "5550101" not in str(kept)
    call_command("purge", environment=crowd.environment.name, stdout=told)
    assert crowd.left() == (1, PEOPLE, 2)
    with pytest.raises(CommandError):
        call_command("purge", environment="nowhere")


def test_what_a_hold_stops_is_on_record_and_the_clock_runs_the_rest(crowd: Crowd) -> None:
    place_hold(crowd.officer, reason="A case.", subject_id=crowd.people[1])
    crowd.keep_live("day", 1, purpose="integrity")
    assert apply_changed_retention() >= 1
    purge_everywhere()
    assert crowd.left()[0] == 1
    (entry,) = entries(environment_id=crowd.environment.id, kinds=["values.purged"])
    assert (entry.facts["held"], entry.facts["destroyed"]) == (1, {"phone": 5})


def test_two_purges_do_each_others_work_once_and_wait_for_nobody(role_url: AddressOf, crowd: Crowd) -> None:
    with locked(role_url, "select 1 from userstore_subject where public_id = %s for update", crowd.people[2]):
        crowd.purge(now=NOW)
        assert crowd.left()[:2] == (2, PEOPLE - 1)
    crowd.purge(now=NOW)
    assert crowd.left()[:2] == (1, PEOPLE)


def test_a_purge_that_is_killed_has_done_a_whole_batch_or_nothing(role_url: AddressOf, crowd: Crowd) -> None:
    environment = {**os.environ, "DATABASE_URL": role_url("app"), "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment.pop("DATABASE_MIGRATION_URL", None)
    with locked(role_url, "select 1 from userstore_value for update") as _:
        purging = subprocess.Popen([sys.executable, "-c", PURGE], cwd=Path(__file__).parents[2], env=environment)
        with psycopg.connect(role_url("superuser"), autocommit=True) as watch:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                waits = watch.execute("select count(*) from pg_stat_activity where wait_event_type = 'Lock'").fetchone()
                if waits and waits[0]:
                    break
                time.sleep(0.1)
            else:
                pytest.fail("the purge never came to the values")
        purging.send_signal(signal.SIGKILL)
        purging.wait()
    assert crowd.left() == (PEOPLE, 0, 0)
    crowd.purge(now=NOW)
    assert crowd.left()[:2] == (1, PEOPLE)
