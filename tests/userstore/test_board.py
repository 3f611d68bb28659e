"""What the consent board shows follows from what is defined, whatever the columns and purposes are called."""

from __future__ import annotations

import pytest
from django.utils import timezone

from governance.actions.rights import give_right
from governance.errors import Refused
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.beginnings import beginning
from tests.userstore.phonebook import PhoneBook, given
from userstore.actions.accessors import OutputSpec
from userstore.actions.consents import change_consent
from userstore.actions.visibility import VisibilitySpec
from userstore.board.grid import Board, build_board
from userstore.errors import Invalid
from userstore.levels import Shown
from userstore.models import Accessor, Column
from userstore.models.accessors import MASKED, NONE

pytestmark = pytest.mark.django_db

MAIL = "ada.example@example.com"


class MailBook(PhoneBook):
    """An environment of invented people that keeps mail addresses and knows nothing of phones."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mail = self.column("mail", "email")
        with in_environment(self.environment.id):
            self.title = Column.objects.get(name="name").public_id
        self.ada = self.subject()
        purposes = given("marketing", "authentication")
        self.write(self.setter(self.mail), self.ada, {"mail": {"value": MAIL, "purpose_additions": purposes}})
        self.write(self.setter(self.title), self.ada, {"name": {"value": "Ada", "purpose_additions": purposes}})
        reader = cast.new_player(self.environment, "reader")
        for purpose in ("authentication", "marketing"):
            self.lend(reader, self.getter(self.mail, purposes=(purpose,)))
        self.lend(reader, self.getter(self.title))
        self.lend(reader, self.getter(self.mail, selector="{mail} = ?"))
        self.lend(reader, self.getter(self.mail, self.title))
        self.getter(self.mail, purposes=("integrity",))

    def lend(self, reader: cast.Player, accessor: object) -> None:
        with in_environment(self.environment.id):
            found = Accessor.objects.get(public_id=accessor)
        give_right(self.system, holder=reader.client.account, operation="read", on=found)

    def board(self) -> Board:
        return build_board(self.service, address=cast.INSIDE, via="test", switch_url=lambda *named: f"/{named[2]}")


begun, book = beginning(MailBook)


def test_the_board_shows_whichever_column_and_purposes_the_readers_accessors_have(book: MailBook) -> None:
    shown = book.board()
    assert [accessor["purpose"] for accessor in shown.accessors] == ["authentication", "marketing"]
    (row,) = shown.subjects
    assert row["name"] == "Ada"
    assert [cell.state for cell in row["cells"]] == ["value", "value"]
    (value,) = row["values"]
    assert value["shown"].startswith("mail ")
    assert [(p["name"], p["permitted"]) for p in value["purposes"]] == [("authentication", True), ("marketing", True)]
    assert MAIL not in str(shown)


def test_consent_that_was_withdrawn_withholds_the_cell_of_that_purpose_only(book: MailBook) -> None:
    change_consent(book.service, subject_id=book.ada, purpose="marketing", permitted=False, now=timezone.now())
    (row,) = book.board().subjects
    assert [(cell.state, cell.reason) for cell in row["cells"]] == [
        ("value", ""),
        ("withheld", "no consent for marketing"),
    ]


def test_a_client_to_whom_rules_show_a_mask_or_nothing_has_that_in_its_cells(book: MailBook) -> None:
    clerk = cast.new_player(book.environment, "clerk")
    for level in (MASKED, NONE):
        rules = VisibilitySpec(mask=book.transformer("EmailMask"), clients={clerk.caller.id: Shown(level)})
        book.lend(clerk, book.getter(OutputSpec(book.mail, visibility=rules)))
    (row,) = book.board().subjects
    masked, blank = row["cells"][2:]
    assert (masked.state, masked.shown) == ("value", ["a***@example.com"])
    assert (blank.state, blank.reason) == ("withheld", "the accessor's rules show this client nothing of it")


def test_the_board_refuses_outsiders_and_environments_of_real_people(book: MailBook) -> None:
    with pytest.raises(Refused):
        build_board(book.outsider, address=cast.INSIDE, via="test", switch_url=lambda *_: "")
    Environment.objects.filter(pk=book.environment.id).update(is_synthetic=False, epoch=10_000)
    with pytest.raises(Invalid):
        book.board()
