"""A process that is killed in the middle of a write over many people has written all of them or nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from audit.queries import entries
from keyring.walls import in_environment
from tests.audit.connections import run
from tests.beginnings import beginning
from tests.userstore.apart import Apart, start_apart
from tests.userstore.phonebook import PhoneBook
from tests.userstore.programs import write
from userstore.models import ConsentRecord, Value

pytestmark = pytest.mark.django_db(transaction=True)

AddressOf = Callable[[str], str]
SUBJECTS = 60


class Crowd(PhoneBook):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.phone = self.phones()
        self.set_all = self.setter(self.phone, purposes=("authentication",), selector="{id} = ANY (?)")
        self.people = [self.subject() for _ in range(SUBJECTS)]

    def written(self) -> tuple[int, int, int]:
        """How many values, consents and entries of writes there are."""
        with in_environment(self.environment.id):
            stored, consents = Value.objects.count(), ConsentRecord.objects.count()
        kept = entries(environment_id=self.environment.id, kinds=["mutator.executed"])
        return stored, consents, len(kept)


begun, crowd = beginning(Crowd)


def start_writer(crowd: Crowd, url: str) -> Apart:
    writer = start_apart(write, crowd.service, crowd.set_all, crowd.people, url=url)
    assert writer.hear() == "ready"
    return writer


@contextmanager
def locked(subject: UUID, role_url: AddressOf) -> Iterator[None]:
    """Hold the lock of one subject on a connection of its own."""
    with psycopg.connect(role_url("superuser")) as other:
        other.execute("select 1 from userstore_subject where public_id = %s for update", [subject])
        yield
        other.rollback()


def wait_until_alone(role_url: AddressOf) -> None:
    """The server notices the dead client when it next reads from it."""
    for _ in range(100):
        busy = run(
            role_url("superuser"),
            "select count(*) from pg_stat_activity where datname = current_database() "
            "and state <> 'idle' and pid <> pg_backend_pid()",
        )
        if busy == [(0,)]:
            return
        time.sleep(0.05)
    raise AssertionError("a statement of the killed process still runs")


@pytest.mark.parametrize("milliseconds", [10, 60, 150])
def test_a_killed_write_is_whole_or_absent_and_recorded_iff_it_is_there(
    crowd: Crowd, role_url: AddressOf, milliseconds: int
) -> None:
    writer = start_writer(crowd, role_url("app"))
    writer.line.send("go")
    time.sleep(milliseconds / 1000)
    writer.kill()
    wait_until_alone(role_url)
    assert crowd.written() in {(0, 0, 0), (SUBJECTS, SUBJECTS, 1)}


def test_a_write_killed_while_it_holds_half_of_the_locks_leaves_nothing(crowd: Crowd, role_url: AddressOf) -> None:
    writer = start_writer(crowd, role_url("app"))
    with locked(max(crowd.people), role_url):
        writer.line.send("go")
        time.sleep(1)
        writer.kill()
    wait_until_alone(role_url)
    assert crowd.written() == (0, 0, 0)


def test_a_write_that_is_left_alone_is_whole(crowd: Crowd, role_url: AddressOf) -> None:
    writer = start_writer(crowd, role_url("app"))
    writer.line.send("go")
    assert writer.hear() == "done"
    assert writer.ended() == 0
    assert crowd.written() == (SUBJECTS, SUBJECTS, 1)
