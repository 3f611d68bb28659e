"""Tickets of another system explain accesses by what it said of them when somebody asked for access."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from audit.analysis.accesses import Access
from audit.analysis.cases import access
from audit.analysis.detections import ticket_mismatch
from audit.analysis.engine import Engine
from audit.analysis.facts import Facts
from audit.analysis.sources import facts_about
from governance.identities import Caller
from governance.tickets import TicketFound, ticket_image
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.userstore.helpdesk import HelpDesk
from userstore.actions.erasing import erase_subject
from userstore.handles import handles_of
from userstore.observing import LATELY

pytestmark = pytest.mark.django_db(transaction=True)
begun, desk = beginning(HelpDesk)
KNOWN: dict[str, TicketFound] = {}


class Elsewhere:
    """Another system's tickets."""

    def find(self, reference: str, *, environment_id: UUID) -> TicketFound | None:  # noqa: ARG002  it keeps one list
        return KNOWN.get(reference)


@pytest.fixture(autouse=True)
def elsewhere(settings: Any, desk: HelpDesk) -> None:
    settings.GOVERNANCE_TICKETS = f"{__name__}.Elsewhere"
    KNOWN.clear()
    KNOWN["FAR-1"] = TicketFound("FAR-1", True, desk.sue.name.upper(), desk.ben)


def handle(desk: HelpDesk, person: UUID) -> str:
    with in_environment(desk.environment.id):
        ((_, found),) = handles_of([person])
    return found


def look(desk: HelpDesk, person: UUID, *, at: datetime, caller: Caller | None = None, grant: str = "") -> Access:
    who = str((caller or desk.sue).id)
    return replace(access(actor=who, subjects=(handle(desk, person),), grant=grant), at=at)


def facts(desk: HelpDesk, *accesses: Access) -> Facts:
    with in_environment(desk.environment.id):
        return facts_about(accesses, environment_id=desk.environment.id, now=timezone.now())


def why(desk: HelpDesk, seen: Access) -> tuple[str, ...]:
    return Engine([], facts=facts(desk, seen)).see(seen).explanations


def test_what_it_said_explains_the_assignees_looks_at_whom_it_is_about_for_a_week(desk: HelpDesk) -> None:
    now = timezone.now()
    assert why(desk, look(desk, desk.ben, at=now)) == (), "nobody asked yet"
    desk.asked(ticket="FAR-1", subject_ids=[desk.ben])
    assert why(desk, look(desk, desk.ben, at=now)) == ("ticket",)
    assert why(desk, look(desk, desk.subject(), at=now)) == ()
    assert why(desk, look(desk, desk.ben, at=now, caller=desk.ann)) == ()
    assert why(desk, look(desk, desk.ben, at=now + LATELY + timedelta(hours=1))) == ()


def test_what_is_used_of_a_grant_has_its_ticket_however_long_it_lasts(desk: HelpDesk) -> None:
    grant = desk.granted(ticket="FAR-1", subject_ids=[desk.ben])
    much_later = look(desk, desk.ben, at=timezone.now() + 3 * LATELY, grant=str(grant.id))
    ticket = facts(desk, much_later).tickets[ticket_image(desk.environment.id, "FAR-1")]
    assert (ticket.subject, ticket.assignee) == (handle(desk, desk.ben), str(desk.sue.id))


@pytest.mark.parametrize("by_oneself", [True, False])
def test_whoever_opened_it_for_themselves_is_found(desk: HelpDesk, by_oneself: bool) -> None:
    now = timezone.now()
    opener = desk.sue if by_oneself else desk.ann
    KNOWN["FAR-1"] = replace(KNOWN["FAR-1"], opened_by=opener.name, opened_at=now - timedelta(minutes=2))
    desk.asked(ticket="FAR-1", subject_ids=[desk.ben])
    seen = look(desk, desk.ben, at=now)
    engine = Engine([ticket_mismatch.DETECTION], facts=facts(desk, seen))
    engine.see(seen)
    assert [each.actor for each in engine.raised()] == ([str(desk.sue.id)] if by_oneself else [])


def test_a_ticket_that_is_not_there_or_is_kept_here_leaves_nothing(desk: HelpDesk, settings: Any) -> None:
    settings.GOVERNANCE_TICKETS = "governance.tickets.BuiltInTickets"
    request = desk.asked(ticket="CASE-1")
    assert (request.ticket_found_at, request.ticket_assignee_id, request.ticket_subject_id) == (None, None, None)


def test_the_erased_are_nobody_there_either(desk: HelpDesk) -> None:
    request = desk.asked(ticket="FAR-1", subject_ids=[desk.ben])
    assert request.ticket_subject_id == desk.ben
    erase_subject(desk.service, subject_id=desk.ben)
    with in_environment(desk.environment.id):
        request.refresh_from_db()
    assert request.ticket_subject_id is None
