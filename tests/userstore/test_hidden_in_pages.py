"""Pages as a way to guess values: whoever is hidden leaves no trace in them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from django.utils import timezone

from tests.userstore.phonebook import HERE, PhoneBook, given
from userstore.reading.calls import AccessorCall, Page
from userstore.reading.execute import execute_accessor

pytestmark = pytest.mark.django_db(transaction=True)

SEEN, HIDDEN, FREE = "+49 151 5550101", "+49 151 5550102", "+49 151 5550103"


@dataclass
class Hiding:
    """Two people with numbers: one is shown, of the other nothing is."""

    book: PhoneBook
    accessor: UUID

    def pages(self, *numbers: str, limit: int) -> list[tuple[int, bool]]:
        """For each page: how many rows, and whether another one follows."""
        found, cursor = [], ""
        while True:
            call = AccessorCall(self.book.service, self.accessor, [list(numbers)], HERE, Page(limit, cursor))
            rows = execute_accessor(call, now=timezone.now())
            found.append((len(rows.rows), rows.neighbours.has_next))
            if not rows.neighbours.has_next:
                return found
            cursor = rows.neighbours.next


def hiding(mode: str) -> Hiding:
    """By the policy, by strict consent of an output, or because no output is permitted."""
    book = PhoneBook()
    phone, note = book.phones(), book.column("note")
    people = sorted(book.subject() for _ in range(12))
    hidden, shown = people[:11], people[11]
    for place, person in enumerate(people):
        number = SEEN if person == shown else HIDDEN if place == 0 else f"{HIDDEN}{place}"
        numbers = [number, HIDDEN] if person in hidden and place else [number]
        book.write(
            book.setter(phone),
            person,
            {"phone": {"value_additions": numbers, "purpose_additions": given("authentication")}},
        )
        permitted = "authentication" if person == shown or mode == "policy" else "marketing"
        book.write(book.setter(note), person, {"note": {"value": "a note", "purpose_additions": given(permitted)}})
    policy = book.script_policy(f"return context.user.id === '{shown}'") if mode == "policy" else None
    accessor = book.getter(
        note, selector="{phone} = ANY (?)", mode="strict" if mode == "strict" else "partial", policy=policy
    )
    return Hiding(book, accessor)


@pytest.mark.parametrize("mode", ["policy", "strict", "partial"])
@pytest.mark.parametrize("limit", [1, 2])
def test_guessing_the_number_of_somebody_hidden_looks_like_guessing_nobodys(mode: str, limit: int) -> None:
    stage = hiding(mode)
    nobodys = stage.pages(SEEN, FREE, limit=limit)
    assert stage.pages(SEEN, HIDDEN, limit=limit) == nobodys == [(1, False)]
    assert stage.pages(HIDDEN, limit=limit) == stage.pages(FREE, limit=limit) == [(0, False)]
