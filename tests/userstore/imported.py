"""Imports as tests need them: an environment, a file in memory or uploaded, all steps to the end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from governance.identities import Caller
from keyring.walls import in_environment
from tests.userstore.phonebook import HERE, PhoneBook
from userstore.actions.importing.advancing import Importing, Step
from userstore.actions.imports import ask_import, run_import
from userstore.actions.uploads import take_in
from userstore.importing.framing import CSV
from userstore.importing.instructions import Instructions
from userstore.models import Import, ImportFault
from userstore.writing.batch import NEWCOMERS


class Desk:
    """Where files are handed in: a name, a unique alias, an indexed age, and a mutator over them."""

    def __init__(self) -> None:
        self.book = PhoneBook()
        self.name = self.book.column("label")
        self.alias = self.book.column("alias", index_type="unique")
        self.age = self.book.column("age", "integer")
        self.mutator = self.book.setter(self.name, self.alias, self.age)
        self.accessor = self.book.getter(self.name, self.alias, self.age)
        self.purposes = (self.book.purposes["authentication"].public_id,)

    def asked(self, **options: Any) -> Instructions:
        """Instructions; users are created and values permitted for one purpose, unless said otherwise."""
        given = {"mutator_id": self.mutator, "purposes": self.purposes, "unknown": NEWCOMERS, "context": HERE}
        return Instructions(**{**given, **options})

    def upload(self, content: bytes, *, by: Caller | None = None, **options: Any) -> UUID:
        """Ask for an import and hand its file in."""
        caller, now = by or self.book.service, timezone.now()
        asked = ask_import(caller, instructions=self.asked(**options), now=now)
        take_in(caller, import_id=asked.row.pk, offset=0, content=io.BytesIO(content), now=now)
        return asked.row.pk

    def imported(self, content: bytes, **options: Any) -> Import:
        """Import a file to its end, or to where it stands still."""
        import_id = self.upload(content, **options)
        run_import(self.book.service, import_id=import_id, now=timezone.now())
        return self.to_the_end(import_id)

    def to_the_end(self, import_id: UUID) -> Import:
        importing = Importing(self.book.environment.id, import_id)
        for _ in range(1000):
            step: Step = importing.step(now=timezone.now())
            if step.is_idle and not step.is_brief:
                return step.row
        raise AssertionError("the import does not come to an end")

    def faults(self, row: Import) -> list[tuple[int, str, str]]:
        """Lines, fields and reasons of the bad records."""
        with in_environment(row.environment_id):
            found = ImportFault.objects.filter(source=row).order_by("line", "field")
            return [(fault.line, fault.field, fault.reason.reveal() if fault.reason else "") for fault in found]

    def rows(self, *people: str | UUID) -> list[dict[str, Any]]:
        """What the accessor shows of people, in the order of their ids."""
        return list(self.book.rows(self.accessor, [[str(each) for each in people]]).rows)


def people(count: int) -> list[str]:
    """Ids of people nobody knows yet, sorted."""
    return sorted(str(uuid4()) for _ in range(count))


def csv_of(ids: Sequence[str], *, start: int = 0) -> bytes:
    """A file with a name, an alias and an age for each."""
    lines = [f"{who},Person {n},p{n},{20 + n % 60}" for n, who in enumerate(ids, start=start)]
    return "\n".join(["id,label,alias,age", *lines, ""]).encode()


FORMAT = CSV
