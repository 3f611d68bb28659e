"""Opening and closing tickets in the built-in table."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance import events
from governance.actions.clearing import cleared
from governance.catalogue import requestables
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import OPERATOR, Caller
from governance.models import Account, Ticket
from governance.people import operators_known_to

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._#/-]{0,63}")


def open_ticket(
    caller: Caller,
    *,
    reference: str,
    assignee: str,
    subject_id: UUID | None = None,
    opened_by: str = "",
    now: datetime | None = None,
) -> Ticket:
    """Note that somebody works on a case, perhaps one about a person.

    Args:
        opened_by: user name of who opened it, where a program passes on what another system says. What an operator
            opens is theirs: whoever makes a reason for themselves must not name somebody else.

    Raises:
        Refused: the caller may not configure; it is on record.
        Invalid, NotFound: the reference is no reference, there is no such operator or person.
        Conflict: the reference is taken.
    """
    now = now or timezone.now()
    reference = reference.strip()
    if not _REFERENCE.fullmatch(reference):
        raise Invalid("A reference is letters, digits and . _ # / -, up to 64.", field="reference")
    with cleared(caller, "configure", events.TICKET_OPENED, now=now) as clearance:
        account = Account.objects.filter(username__iexact=assignee.strip(), kind=Account.OPERATOR).first()
        if account is None:
            raise NotFound("There is no such operator.", field="assignee")
        opener = _opener(caller, opened_by)
        if subject_id is not None and subject_id not in requestables().known([subject_id]):
            raise NotFound("There is no such person.", field="subject_id")
        if Ticket.objects.filter(reference__iexact=reference).exists():
            raise Conflict("There is a ticket of this reference.", field="reference")
        ticket = Ticket.objects.create(
            environment_id=caller.environment_id,
            reference=reference,
            assignee=account,
            subject_id=subject_id,
            opened_by=opener,
            created_at=now,
        )
        append(
            events.TICKET_OPENED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"ticket": ticket.id, "assignee": account.id, "opened_by": opener.id if opener else None},
            decision_id=clearance.decision_id,
        )
    return ticket


def _known(caller: Caller, username: str) -> Account:
    found = operators_known_to(caller).filter(username__iexact=username.strip()).first()
    if found is None:
        raise NotFound("There is no such operator.", field="opened_by")
    return found


def _opener(caller: Caller, told: str) -> Account | None:
    if caller.kind != OPERATOR:
        return _known(caller, told) if told else None
    opener = Account.objects.get(pk=caller.account_id)
    if told and told.strip().lower() != opener.username.lower():
        raise Invalid("What an operator opens is opened by them; leave this out.", field="opened_by")
    return opener


def close_ticket(caller: Caller, *, reference: str, now: datetime | None = None) -> Ticket:
    """Close a ticket: it justifies nothing any more."""
    now = now or timezone.now()
    with cleared(caller, "configure", events.TICKET_CLOSED, now=now) as clearance:
        ticket = Ticket.objects.select_for_update().filter(reference__iexact=reference.strip(), closed_at=None).first()
        if ticket is None:
            raise NotFound("There is no open ticket of this reference.", field="reference")
        ticket.closed_at = now
        ticket.save(update_fields=["closed_at"])
        append(
            events.TICKET_CLOSED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"ticket": ticket.id},
            decision_id=clearance.decision_id,
        )
    return ticket
