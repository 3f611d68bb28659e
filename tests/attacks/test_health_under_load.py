"""/healthz and /readyz while many clients read: they answer, and say what is so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.attacks.calls import Caller, new_caller
from tests.attacks.web import Web, database_url

pytestmark = pytest.mark.django_db(transaction=True)

READERS = 50
SECONDS = 3.0


@contextmanager
def reading(caller: Caller) -> Iterator[list[int]]:
    """Fifty clients that read without a pause; gives the statuses they were answered with."""
    statuses: list[int] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            statuses.append(caller.read("accessor", caller.ids["subject"]).status)

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        yield statuses
    finally:
        over.set()
        for reader in readers:
            reader.join(30)


def test_both_go_on_answering_while_fifty_clients_read(web: Web) -> None:
    caller = new_caller(web)
    with reading(caller) as statuses:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for path in ("/healthz", "/readyz"):
                assert web.get(path).status == 200
            time.sleep(0.1)
    assert len(statuses) > READERS
    assert set(statuses) == {200}


@contextmanager
def book_closed() -> Iterator[None]:
    """The application may not write into the book, as with a read-only or lost partition."""
    with psycopg.connect(database_url("owner"), autocommit=True) as owner:
        owner.execute("revoke insert (body) on audit_entry from sealbook_app")
        try:
            yield
        finally:
            owner.execute("grant insert (body) on audit_entry to sealbook_app")


def test_a_book_that_cannot_be_written_is_told_under_load_and_no_value_leaves(web: Web) -> None:
    caller = new_caller(web)
    with reading(caller) as statuses:
        time.sleep(0.3)
        with book_closed():
            time.sleep(1.5)  # a state is remembered for a second
            told, read = web.get("/readyz"), caller.read("accessor", caller.ids["subject"])
            assert (told.status, told.json["parts"]["audit"]) == (503, "not_writable")
            assert (read.status, b"5550" in read.body) == (503, False)
            assert web.get("/healthz").status == 200
        time.sleep(1.5)
        assert web.get("/readyz").status == 200
    assert set(statuses) == {200, 503}
    assert caller.read("accessor", caller.ids["subject"]).status == 200
