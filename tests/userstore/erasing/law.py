"""A phone book with one more purpose, which a law obliges to keep numbers for."""

from __future__ import annotations

from uuid import UUID

from keyring.walls import in_environment
from tests.userstore.lifetimes import Lifetimes
from tests.userstore.phonebook import given
from userstore.actions.erasing import Erased, erase_subject
from userstore.models import Subject

NUMBER = "555-0123"


class Law(Lifetimes):
    """A phone book with one more purpose, which a law obliges to keep numbers for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        from tests import cast

        self.purposes["bookkeeping"] = cast.new_purpose(self.environment, "bookkeeping", "legal_obligation")
        self.phone = self.phones()
        self.set = self.setter(self.phone)
        self.get = self.getter(self.phone, purposes=("marketing",))

    def person(self, *purposes: str) -> UUID:
        subject = self.subject()
        self.write(self.set, subject, {"phone": {"value_additions": [NUMBER], "purpose_additions": given(*purposes)}})
        return subject

    def erase(self, subject: UUID) -> Erased:
        return erase_subject(self.service, subject_id=subject)

    def rows_of(self, subject: UUID) -> int:
        with in_environment(self.environment.id):
            return Subject.objects.filter(public_id=subject).count()
