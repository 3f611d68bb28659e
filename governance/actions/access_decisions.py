"""Deciding on requests: approving, narrowing, denying, asking back; and answering or cancelling one's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from governance import events
from governance.actions.change import environment_resource
from governance.actions.granting import described, give_grant, may_be_reviewed
from governance.actions.stepping import Stepping, save_text, stepping
from governance.breakglass.facts import Facts
from governance.breakglass.gathering import Moment, facts_of_deciding
from governance.breakglass.machines import APPROVED, REQUEST
from governance.breakglass.narrowing import Narrowed, narrowed, shown_of
from governance.breakglass.terms import terms_of
from governance.catalogue import Requestable, requestables
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import AccessRequest, Approval


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What an approver leaves of a request; None: as much as there is."""

    columns: Sequence[UUID] | None = None
    minutes: int | None = None
    without: Collection[UUID] = ()
    """People who are left out."""


_AS_IT_IS = Narrowing()


def approve_request(
    caller: Caller,
    *,
    request_id: UUID,
    shown: str,
    narrowing: Narrowing = _AS_IT_IS,
    comment: str = "",
    now: datetime | None = None,
) -> AccessRequest:
    """Approve a request, or of it what is left; the last approval that it takes makes the grant.

    Args:
        shown: the fingerprint of what the approver saw, as `shown_of` gives it.

    Raises:
        NotFound, Invalid: there is no such request, or nothing is left of it.
        Refused: a guard of the table does not hold; it is on record.
    """
    with _deciding(caller, request_id, events.REQUEST_APPROVED, now) as deciding:
        at, request, present = deciding.step, deciding.request, deciding.present
        left = _left(present, narrowing)
        facts = deciding.facts(shown=shown, only_narrows=left.is_within(present))
        taken = at.judge(REQUEST, "approve", request.state, facts)
        _keep_approval(at, request, left, shown, comment)
        request.subjects.filter(subject_id__in=set(present.subjects) - set(left.subjects)).update(is_excluded=True)
        if taken.target == APPROVED:
            at.move(request, taken, decided_at=at.now, decided_by_id=caller.account_id)
            _grant(at, request, left)
            at.tell("request.approved", [request.requester_id, request.grantee_id], request.id)
        else:
            at.move(request, taken)
        at.facts.update(described(request, deciding.found, at.standing))
    return request


def deny_request(
    caller: Caller, *, request_id: UUID, shown: str, comment: str, now: datetime | None = None
) -> AccessRequest:
    """Deny a request, with a comment that its requester can learn from."""
    with _deciding(caller, request_id, events.REQUEST_DENIED, now) as deciding:
        at, request = deciding.step, deciding.request
        taken = at.judge(REQUEST, "deny", request.state, deciding.facts(shown=shown, comment=comment))
        save_text(request, "decision_comment", comment)
        at.move(request, taken, decided_at=at.now, decided_by_id=caller.account_id)
        at.tell("request.denied", [request.requester_id, request.grantee_id], request.id)
    return request


def ask_back(
    caller: Caller, *, request_id: UUID, shown: str, question: str, now: datetime | None = None
) -> AccessRequest:
    """Ask the requester a question, once; the clock does not stop."""
    with _deciding(caller, request_id, events.REQUEST_ASKED_BACK, now) as deciding:
        at, request = deciding.step, deciding.request
        taken = at.judge(REQUEST, "ask", request.state, deciding.facts(shown=shown, comment=question))
        save_text(request, "question", question)
        at.move(request, taken, asked_back_by_id=caller.account_id)
        at.tell("request.asked_back", [request.requester_id], request.id)
    return request


def answer_request(caller: Caller, *, request_id: UUID, answer: str, now: datetime | None = None) -> AccessRequest:
    """Answer what was asked back."""
    with _deciding(caller, request_id, events.REQUEST_ANSWERED, now) as deciding:
        at, request = deciding.step, deciding.request
        taken = at.judge(REQUEST, "answer", request.state, deciding.facts(comment=answer))
        save_text(request, "answer", answer)
        at.move(request, taken)
        if request.asked_back_by_id:
            at.tell("request.answered", [request.asked_back_by_id], request.id)
    return request


def cancel_request(caller: Caller, *, request_id: UUID, now: datetime | None = None) -> AccessRequest:
    """Take one's own request back."""
    with _deciding(caller, request_id, events.REQUEST_CANCELLED, now) as deciding:
        at, request = deciding.step, deciding.request
        at.move(request, at.judge(REQUEST, "cancel", request.state, deciding.facts()), decided_at=at.now)
    return request


def lapse_request(clock: Caller, *, request_id: UUID, now: datetime) -> AccessRequest:
    """Put down that a request was not decided in time."""
    with _deciding(clock, request_id, events.REQUEST_LAPSED, now) as deciding:
        at, request = deciding.step, deciding.request
        at.move(request, at.judge(REQUEST, "lapse", request.state, deciding.facts()), decided_at=at.now)
        at.tell("request.lapsed", [request.requester_id, request.grantee_id], request.id)
    return request


@dataclass(slots=True)
class _Deciding:
    step: Stepping
    request: AccessRequest
    found: Requestable
    present: Narrowed

    def facts(self, *, shown: str = "", comment: str = "", only_narrows: bool = True) -> Facts:
        moment = Moment(self.step.caller, self.step.standing, self.step.now)
        return facts_of_deciding(
            moment,
            self.request,
            self.found.resource,
            is_as_shown=shown == shown_of(self.request, self.present),
            is_commented=bool(comment.strip()),
            only_narrows=only_narrows,
        )


@contextmanager
def _deciding(caller: Caller, request_id: UUID, event: EventKind, now: datetime | None) -> Iterator[_Deciding]:
    with stepping(caller, event, now=now or timezone.now()) as step:
        request = AccessRequest.objects.filter(pk=request_id).first()
        if request is None:
            raise NotFound("There is no such request.", field="request")
        found = requestables().find(request.accessor_id)
        step.facts["request"] = request.id
        gone = Requestable(environment_resource(caller.environment_id), frozenset(), {}, is_by_id=False)
        yield _Deciding(step, request, found or gone, narrowed(request))


def _left(present: Narrowed, narrowing: Narrowing) -> Narrowed:
    columns = present.columns if narrowing.columns is None else tuple(narrowing.columns)
    subjects = tuple(subject for subject in present.subjects if subject not in set(narrowing.without))
    minutes = present.minutes if narrowing.minutes is None else narrowing.minutes
    if not columns or minutes < 1:
        raise Invalid("Nothing is left of the request.", remedy="Deny it.")
    if not subjects:
        raise Invalid("Nobody is left of those who were asked for.", field="subjects", remedy="Deny the request.")
    return Narrowed(columns, minutes, subjects)


def _keep_approval(at: Stepping, request: AccessRequest, left: Narrowed, shown: str, comment: str) -> None:
    approval = Approval.objects.create(
        environment_id=request.environment_id,
        request=request,
        approver_id=at.caller.account_id,
        columns=list(left.columns),
        minutes=left.minutes,
        approved_at=at.now,
        shown=shown,
    )
    save_text(approval, "comment", comment)


def _grant(at: Stepping, request: AccessRequest, left: Narrowed) -> None:
    terms = terms_of(request.accessor_id)
    grant = give_grant(request, terms, columns=left.columns, minutes=left.minutes, now=at.now)
    may_be_reviewed(grant, terms, now=at.now)
    at.facts["grant"] = grant.id
