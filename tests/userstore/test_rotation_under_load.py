"""Readers, look-ups, writers and tokens at work while every key is renewed: nobody is told anything but the truth."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from django.db import connections

from keyring.keys import forget_opened_keys
from tests.userstore.rotated import NUMBERS, Rotated
from userstore.actions.rotations import KINDS, advance_rotation, begin_rotation

BELIEVED_SECONDS = 0.3
"""Long enough that workers hold keys which are renewed under them."""


@pytest.fixture(autouse=True)
def short_memory(settings: Any) -> Iterator[None]:
    settings.KEYRING_REMEMBERED_SECONDS = BELIEVED_SECONDS
    settings.USERSTORE_IDEMPOTENCY_HOURS = 0
    forget_opened_keys()
    yield
    forget_opened_keys()


class Workers:
    """Threads with connections of their own, each doing one kind of call over and over."""

    def __init__(self, **calls: Callable[[Random], None]) -> None:
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=item) for item in calls.items()]

    def __enter__(self) -> Workers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _work(self, name: str, call: Callable[[Random], None]) -> None:
        random = Random(name)
        try:
            while not self._stopped.is_set():
                try:
                    call(random)
                except Exception as error:  # every one counts
                    self.faults.append(f"{name}: {type(error).__name__}: {error}")
                self.done[name] += 1
        finally:
            connections.close_all()


def turn_all(book: Rotated) -> None:
    """Renew every kind, all of them at once."""
    left = {what: begin_rotation(book.officer, what=what).pk for what in KINDS}
    while left:
        for what, rotation in list(left.items()):
            if advance_rotation(environment_id=book.environment.id, rotation_id=rotation).state == "ended":
                del left[what]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.nightly)])
def test_nobody_notices_a_rotation(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("subjects", "indexes", "tokens"):
        monkeypatch.setattr(f"userstore.actions.rotating.{module}.BATCH", 2)
    book = Rotated()

    def reads(random: Random) -> None:
        at = random.randrange(len(NUMBERS))
        assert NUMBERS[at] in book.read(book.get_phone, book.people[at])

    def pages(_: Random) -> None:
        assert len(book.rows(book.get_everyone, []).rows) == len(NUMBERS)

    def looks_up(random: Random) -> None:
        at = random.randrange(len(NUMBERS))
        assert book.rows(book.find_phone, [NUMBERS[at]]).subject_ids == [book.people[at]]

    def writes(random: Random) -> None:
        number = f"+49 151 5551{random.randrange(1000):03}"
        person = random.choice(book.people)
        book.write(book.set_phone, person, {"phone": {"value_additions": [number]}})
        assert person in book.rows(book.find_phone, [number]).subject_ids
        book.write(book.set_phone, person, {"phone": {"value_deletions": [number]}})

    def tokenizes(random: Random) -> None:
        at = random.randrange(len(NUMBERS))
        tokens = book.read(book.tokens_by_value, book.people[at])
        assert NUMBERS[at] in book.resolved(*tokens, book.raw)
        assert book.resolved(book.token, book.reference, book.raw) == [NUMBERS[0], NUMBERS[0], "raw data"]

    with Workers(reads=reads, pages=pages, looks_up=looks_up, writes=writes, tokenizes=tokenizes) as workers:
        for _ in range(rounds):
            turn_all(book)
    assert workers.faults == []
    assert min(workers.done.values()) > 0 and len(workers.done) == 5
    book.everything_is_served()
