"""Requests as staff pages show them: with names instead of ids, and what people wrote for whom it is meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from governance.breakglass.machines import ACTIVE, NEEDS_INFO, PENDING, READY, SUSPENDED
from governance.breakglass.narrowing import Narrowed, narrowed, shown_of
from governance.breakglass.reasons import REASONS
from governance.catalogue import Requestable, requestables
from governance.errors import NotFound
from governance.identities import Caller
from governance.models import AccessRequest, Account, Approval, Grant
from governance.operators.choice import operator_caller
from governance.rights import Resource, effective_rights, latest_moment
from governance.standing import Standing
from keyring.sealed_text import SealedText

OPEN_STATES = (PENDING, NEEDS_INFO)
LIVING_STATES = (READY, ACTIVE, SUSPENDED)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request, whoever looks at it."""

    row: AccessRequest
    grant: Grant | None
    accessor: str
    purpose: str
    requester: str
    grantee: str
    reason: str
    asked: tuple[tuple[UUID, str], ...]
    """Columns that were asked for, by id and name."""
    present: Narrowed
    column_names: dict[UUID, str]
    justification: str
    question: str
    answer: str
    comment: str
    approvals: tuple[Approval, ...]
    shown: str
    state: str
    """What it comes to now, by the clock."""

    @property
    def columns(self) -> list[tuple[UUID, str]]:
        """What is left of the columns, or what was granted of them."""
        left = self.grant.columns if self.grant else self.present.columns
        return [(column, self.column_names.get(column, "a former column")) for column in left]

    @property
    def minutes(self) -> int:
        return self.grant.minutes if self.grant else self.present.minutes

    @property
    def still_needed(self) -> int:
        return max(self.row.needed - len(self.approvals), 0)

    @property
    def is_live(self) -> bool:
        return self.state == ACTIVE


def seen(rows: Iterable[AccessRequest], standing: Standing, *, now: datetime | None = None) -> list[SeenRequest]:
    """Return requests with names; must run inside their environment."""
    now = latest_moment(standing, now or timezone.now())
    found = {each.resource.public_id: each for each in requestables().all()}
    return [_seen(row, found.get(row.accessor_id), standing, now) for row in rows]


def must_see(request: HttpRequest, request_id: UUID, standing: Standing) -> SeenRequest:
    """Return a request for whoever asked for it, got it, may decide on such, or reads the book.

    Raises:
        NotFound: there is none, or it is none of theirs.
    """
    row = AccessRequest.objects.select_related("requester", "grantee").filter(pk=request_id).first()
    caller = operator_caller(request)
    if row is None or not (is_own(row, caller) or may_decide(row, caller, standing) or _audits(caller, row, standing)):
        raise NotFound("There is no such request.", field="request")
    (found,) = seen([row], standing)
    return found


def is_own(row: AccessRequest, caller: Caller) -> bool:
    """Whether somebody asked for it or got it."""
    return caller.account_id in {row.requester_id, row.grantee_id}


def may_decide(row: AccessRequest, caller: Caller, standing: Standing) -> bool:
    """Whether somebody holds the right to decide on such requests, this one being another's."""
    return not is_own(row, caller) and _holds("approve", caller, row, standing)


def _seen(row: AccessRequest, found: Requestable | None, standing: Standing, now: datetime) -> SeenRequest:
    names = dict(found.columns) if found else {}
    present = narrowed(row)
    grant = Grant.objects.filter(request=row).first()
    accounts = dict(Account.objects.filter(pk__in=[row.requester_id, row.grantee_id]).values_list("pk", "username"))
    purpose = standing.purposes_by_number.get(row.purpose_id)
    return SeenRequest(
        row=row,
        grant=grant,
        accessor=found.resource.name if found else "a former accessor",
        purpose=purpose.name if purpose else "",
        requester=accounts.get(row.requester_id, ""),
        grantee=accounts.get(row.grantee_id, ""),
        reason=REASONS.get(row.reason, row.reason),
        asked=tuple((column, names.get(column, "a former column")) for column in row.columns),
        present=present,
        column_names=names,
        justification=_text(row.justification),
        question=_text(row.question),
        answer=_text(row.answer),
        comment=_text(row.decision_comment) or (_text(grant.comment) if grant else ""),
        approvals=tuple(row.approvals.select_related("approver")),
        shown=shown_of(row, present),
        state=_state(row, grant, now),
    )


def _state(row: AccessRequest, grant: Grant | None, now: datetime) -> str:
    """The state by the clock, whether or not anybody has put it down yet."""
    if grant is None:
        return "lapsed" if row.state in OPEN_STATES and row.decide_by and now >= row.decide_by else row.state
    if grant.state in {ACTIVE, SUSPENDED} and grant.not_after and now >= grant.not_after:
        return "expired"
    if grant.state == READY and now >= grant.activate_by:
        return "unused"
    if grant.state == READY and now < grant.not_before:
        return "scheduled"
    return grant.state


def _text(held: object) -> str:
    return held.reveal() if isinstance(held, SealedText) else ""


def _holds(operation: str, caller: Caller, row: AccessRequest, standing: Standing) -> bool:
    found = requestables().find(row.accessor_id)
    if found is None:
        return False
    return _is_allowed(operation, caller, found.resource, standing)


def _audits(caller: Caller, row: AccessRequest, standing: Standing) -> bool:
    return _holds("audit", caller, row, standing)


def _is_allowed(operation: str, caller: Caller, resource: Resource, standing: Standing) -> bool:
    return effective_rights(
        standing=standing, caller=caller, operation=operation, resource=resource, now=timezone.now()
    ).allowed
