"""Asking for temporary access, and declaring an emergency."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from governance import events
from governance.actions.granting import described, give_grant, must_be_reviewed
from governance.actions.stepping import Stepping, stepping
from governance.breakglass.gathering import Asked, Moment, facts_of_asking
from governance.breakglass.machines import DECLARED, NEW, PENDING, REQUEST, Step
from governance.breakglass.people import may
from governance.breakglass.reasons import REASONS
from governance.breakglass.sketches import sketch_of
from governance.breakglass.terms import AccessTerms, terms_of
from governance.catalogue import Requestable, requestables
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import AccessRequest, Account, Grant, Purpose, RequestedSubject, Review
from governance.standing import fresh_standing_of
from governance.tickets import TicketFound, ticket_source
from keyring.walls import in_environment


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: whom, which columns, through what, for which purpose, for how long and why."""

    accessor_id: UUID
    purpose: UUID
    subject_ids: Sequence[UUID]
    columns: Sequence[UUID]
    minutes: int
    reason: str
    justification: str
    ticket: str = ""
    grantee_id: UUID | None = None
    """For whom; None: for whoever asks."""
    not_before: datetime | None = None
    extends: UUID | None = None
    """The request whose grant this is to follow."""


def submit_request(caller: Caller, wish: Wish, *, now: datetime | None = None) -> AccessRequest:
    """Ask for temporary access; those who may approve are told.

    Raises:
        Invalid, NotFound: what is asked for does not make sense; names the field.
        Refused: a guard of the table does not hold; says what to do about it, and is on record.
    """
    with _asking(caller, wish, events.ACCESS_REQUESTED, "submit", now) as begun:
        request = begun.request
        begun.step.tell("request.submitted", begun.approvers, request.id)
    return request


def declare_emergency(caller: Caller, wish: Wish, *, factor_at: datetime | None, now: datetime | None = None) -> Grant:
    """Take access at once, for up to an hour, to read; everybody who was skipped is told, and a review is due.

    Raises:
        Invalid, NotFound, Refused: as `submit_request`.
    """
    if wish.not_before is not None or wish.extends is not None:
        field = "extends" if wish.not_before is None else "not_before"
        raise Invalid("An emergency begins now, and extends nothing.", field=field)
    with _asking(caller, wish, events.EMERGENCY_DECLARED, "declare", now, factor_at) as begun:
        at, request, terms = begun.step, begun.request, begun.terms
        at.must_be_sure()
        grant = give_grant(request, terms, columns=request.columns, minutes=request.minutes, now=at.now)
        must_be_reviewed(grant, Review.EMERGENCY, due_at=at.now + terms.review_within, now=at.now)
        at.facts["grant"] = grant.id
        at.tell("emergency.declared", begun.approvers, request.id)
    return grant


@dataclass(slots=True)
class _Begun:
    step: Stepping
    request: AccessRequest
    terms: AccessTerms
    approvers: frozenset[UUID]


@contextmanager
def _asking(
    caller: Caller,
    wish: Wish,
    event: EventKind,
    verb: str,
    now: datetime | None,
    factor_at: datetime | None = None,
) -> Iterator[_Begun]:
    now = now or timezone.now()
    ticket = _ticket(caller, wish, now)
    with stepping(caller, event, now=now) as step:
        found = _requestable(wish)
        terms = terms_of(wish.accessor_id)
        extended = _extended(wish, caller)
        asked = _asked(caller, wish, found, extended, ticket, is_emergency=verb == "declare")
        moment = Moment(caller, step.standing, step.now, factor_at)
        facts = facts_of_asking(moment, asked, terms)
        taken = step.judge(REQUEST, verb, NEW, facts)
        request = _stored(caller.environment_id, wish, asked, terms, taken, step.now, extended)
        _must_be_known(wish.subject_ids)
        step.facts.update(described(request, found, step.standing))
        step.facts["sketch"] = sketch_of(caller.environment_id, wish.justification)
        yield _Begun(step, request, terms, facts.able_approvers)


def _ticket(caller: Caller, wish: Wish, now: datetime) -> TicketFound | None:
    """Look a ticket up before anything is locked, since another system may take its time; nothing for who may not ask.

    What is good about it, and whether they may still ask, is judged by the step.
    """
    with in_environment(caller.environment_id):
        requester = Account.objects.filter(pk=caller.account_id).first()
        found = requestables().find(wish.accessor_id)
    if requester is None or found is None or not wish.ticket.strip():
        return None
    standing = fresh_standing_of(caller.environment_id)
    if not may(requester, "request", found.resource, standing=standing, now=now):
        return None
    return ticket_source().find(wish.ticket, environment_id=caller.environment_id)


def _requestable(wish: Wish) -> Requestable:
    found = requestables().find(wish.accessor_id)
    if found is None:
        raise NotFound("There is no such accessor.", field="accessor_id")
    if wish.purpose not in found.purposes:
        raise Invalid("The accessor is not for this purpose.", field="purpose", remedy="Choose one of its purposes.")
    if not wish.columns:
        raise Invalid("Name at least one column.", field="columns")
    for position, column in enumerate(wish.columns):
        if column not in found.columns or column in wish.columns[:position]:
            raise Invalid("The accessor has no such column, or it is named twice.", field="columns", position=position)
    if wish.reason not in REASONS:
        raise Invalid("There is no such reason.", field="reason", remedy=f"Known: {', '.join(REASONS)}.")
    if wish.minutes < 1:
        raise Invalid("Access lasts a minute at least.", field="minutes")
    _must_be_people(wish.subject_ids)
    return found


def _must_be_people(subject_ids: Sequence[UUID]) -> None:
    if not subject_ids:
        raise Invalid("Name at least one person.", field="subjects")
    if len(set(subject_ids)) != len(subject_ids):
        raise Invalid("Somebody is named twice.", field="subjects")


def _must_be_known(subject_ids: Sequence[UUID]) -> None:
    """Last of all: only who could send this request learns whether somebody is there, and the book has it."""
    known = requestables().known(subject_ids)
    for position, subject_id in enumerate(subject_ids):
        if subject_id not in known:
            raise Conflict("There is no such person.", field="subjects", position=position)


def _extended(wish: Wish, caller: Caller) -> AccessRequest | None:
    if wish.extends is None:
        return None
    found = AccessRequest.objects.filter(pk=wish.extends, requester_id=caller.account_id).first()
    grant = Grant.objects.filter(request=found).first() if found else None
    if found is None or grant is None:
        raise NotFound("There is no such request of yours that was granted.", field="extends")
    if found.purpose.public_id != wish.purpose:
        raise Invalid("An extension is for the same purpose.", field="purpose")
    if AccessRequest.objects.filter(extends=found, state__in=[PENDING, DECLARED, "needs_info", "approved"]).exists():
        raise Invalid("It is extended already.", field="extends", remedy="Extend the extension.")
    known = set(found.subjects.filter(is_excluded=False).values_list("subject_id", flat=True))
    same = (found.accessor_id, found.grantee_id) == (wish.accessor_id, wish.grantee_id or caller.account_id)
    if not (same and set(wish.subject_ids) <= known and set(wish.columns) <= set(grant.columns)):
        raise Invalid("An extension is of what was granted, or of less.", field="extends", remedy="Ask anew for more.")
    return found


def _asked(
    caller: Caller,
    wish: Wish,
    found: Requestable,
    extended: AccessRequest | None,
    ticket: TicketFound | None,
    *,
    is_emergency: bool,
) -> Asked:
    requester = Account.objects.get(pk=caller.account_id)
    grantee = Account.objects.filter(pk=wish.grantee_id or requester.pk).first()
    if grantee is None:
        raise NotFound("There is no such account.", field="grantee")
    return Asked(
        requester=requester,
        grantee=grantee,
        resource=found.resource,
        subject_ids=wish.subject_ids,
        minutes=wish.minutes,
        reason=wish.reason,
        text=wish.justification,
        ticket=wish.ticket.strip(),
        found=ticket,
        is_emergency=is_emergency,
        extends=extended,
    )


def _stored(
    environment_id: UUID,
    wish: Wish,
    asked: Asked,
    terms: AccessTerms,
    taken: Step,
    now: datetime,
    extended: AccessRequest | None,
) -> AccessRequest:
    is_pending = taken.target == PENDING
    request = AccessRequest(
        environment_id=environment_id,
        state=taken.target,
        requester=asked.requester,
        grantee=asked.grantee,
        accessor_id=wish.accessor_id,
        purpose=Purpose.objects.get(public_id=wish.purpose),
        columns=list(wish.columns),
        subject_count=len(wish.subject_ids),
        minutes=wish.minutes,
        not_before=_begin(wish, extended, now),
        created_at=now,
        decide_by=now + terms.decide_within if is_pending else None,
        decided_at=None if is_pending else now,
        needed=terms.approvals,
        reason=wish.reason,
        ticket=asked.ticket,
        **_said_of_ticket(asked.found, now),
        justification=wish.justification,
        extends=extended,
    )
    request.save(force_insert=True)
    _keep_subjects(request, wish.subject_ids)
    return request


def _said_of_ticket(found: TicketFound | None, now: datetime) -> dict[str, Any]:
    """Return what another system says of a ticket, which it is not asked again; the analysis rests on it."""
    if found is None or found.is_kept_here:
        return {}
    return {
        "ticket_found_at": now,
        "ticket_subject_id": found.subject_id,
        "ticket_assignee": _named(found.assignee),
        "ticket_opened_by": _named(found.opened_by),
        "ticket_opened_at": found.opened_at,
    }


def _named(username: str) -> Account | None:
    return Account.objects.filter(username__iexact=username, kind=Account.OPERATOR).first() if username else None


def _begin(wish: Wish, extended: AccessRequest | None, now: datetime) -> datetime:
    begins = [now] if wish.not_before is None else [now, wish.not_before]
    if extended is not None:
        former: Any = Grant.objects.get(request=extended).not_after
        begins.append(former or now)
    begin = max(begins)
    if begin > now + timedelta(days=30):
        raise Invalid("Access begins within thirty days.", field="not_before")
    return begin


def _keep_subjects(request: AccessRequest, subject_ids: Collection[UUID]) -> None:
    RequestedSubject.objects.bulk_create(
        RequestedSubject(environment_id=request.environment_id, request=request, subject_id=subject_id)
        for subject_id in subject_ids
    )
