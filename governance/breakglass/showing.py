"""Requests, grants and reviews as they are shown: names in place of ids, and texts only where they may be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from governance.breakglass.machines import ACTIVE, NEEDS_INFO, PENDING, READY, SUSPENDED
from governance.breakglass.narrowing import Narrowed, narrowed, shown_of
from governance.breakglass.reasons import REASONS
from governance.catalogue import Requestable, requestables
from governance.models import AccessRequest, Account, Client, Grant, Purpose, Review
from keyring.plain import Plain
from keyring.sealed_text import SealedText

UNDECIDED = (PENDING, NEEDS_INFO)
LIVING = (READY, ACTIVE, SUSPENDED)
SCHEDULED = "scheduled"
"""What a grant is called that is ready and whose time has not come."""


class Names:
    """What things of one environment are called now, each looked up once; used inside its transaction."""

    def __init__(self) -> None:
        self._accessors: dict[UUID, Requestable | None] = {}

    @cached_property
    def clients(self) -> Mapping[UUID, str]:
        """Names of clients by the account that holds their rights."""
        return dict(Client.objects.values_list("account_id", "name"))

    @cached_property
    def purposes(self) -> Mapping[int, tuple[UUID, str]]:
        """Public ids and names of purposes, retired ones included."""
        return {
            pk: (public_id, name) for pk, public_id, name in Purpose.everything.values_list("pk", "public_id", "name")
        }

    def account(self, account: Account) -> str:
        return self.clients.get(account.pk, account.username)

    def requestable(self, accessor_id: UUID) -> Requestable | None:
        """What can be asked for through, None where it is no longer there."""
        if accessor_id not in self._accessors:
            self._accessors[accessor_id] = requestables().find(accessor_id)
        return self._accessors[accessor_id]

    def accessor(self, accessor_id: UUID) -> str:
        found = self.requestable(accessor_id)
        return found.resource.name if found else ""

    def columns(self, accessor_id: UUID, columns: list[UUID] | tuple[UUID, ...]) -> dict[UUID, str]:
        """Names of columns by public id, in their order; what is gone has none."""
        found = self.requestable(accessor_id)
        return {column: found.columns.get(column, "") if found else "" for column in columns}


@dataclass(frozen=True, slots=True)
class SeenApproval:
    """Who approved, when, and what they left."""

    approver: str
    approved_at: datetime
    columns: Mapping[UUID, str]
    minutes: int
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request. Texts are None in lists, and where nothing was written."""

    row: AccessRequest
    state: str
    """What it comes to now, or the grant that was made of it: by the clock, whether or not anybody put it down."""
    requester: str
    grantee: str
    accessor: str
    purpose_id: UUID
    purpose: str
    columns: Mapping[UUID, str]
    """What was asked for."""
    grant: Grant | None = field(default=None, repr=False)
    decided_by: str | None = None
    left: Narrowed | None = None
    """What approvals have left of it so far, people included; None in lists."""
    left_columns: Mapping[UUID, str] = field(default_factory=dict)
    shown: str | None = None
    """The fingerprint to decide by; None in lists."""
    approvals: tuple[SeenApproval, ...] = ()
    is_own: bool = False
    may_decide: bool = False
    """Whether whoever looks at it could decide on it now."""
    justification: str | None = field(default=None, repr=False)
    question: str | None = field(default=None, repr=False)
    answer: str | None = field(default=None, repr=False)
    comment: str | None = field(default=None, repr=False)
    grant_comment: str | None = field(default=None, repr=False)

    @property
    def reason(self) -> str:
        """Its reason in words."""
        return REASONS.get(self.row.reason, self.row.reason)

    @property
    def to_see(self) -> Mapping[UUID, str]:
        """The columns that were granted; before that, what is left of those that were asked for."""
        if self.grant is not None:
            return {column: self.columns.get(column, "") for column in self.grant.columns}
        return self.left_columns or self.columns

    @property
    def minutes(self) -> int:
        """How long it was granted for; before that, what is left of what was asked for."""
        return self.grant.minutes if self.grant else self.left.minutes if self.left else self.row.minutes

    @property
    def still_needed(self) -> int:
        """How many approvals it still takes."""
        return max(self.row.needed - len(self.approvals), 0)

    @property
    def comments(self) -> list[str]:
        """What was said of it when it was decided, and when what was granted was stopped."""
        return [text for text in (self.comment, self.grant_comment) if text]

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def is_living(self) -> bool:
        """Whether something was granted that is not over, be it begun or not."""
        return self.state in {*LIVING, SCHEDULED}

    @property
    def is_open(self) -> bool:
        """Whether it opens a record now, unless something else stands against it."""
        return self.state == ACTIVE


@dataclass(frozen=True, slots=True)
class SeenGrant:
    """One grant; its comment is None in lists, and where nothing was written."""

    row: Grant
    grantee: str
    accessor: str
    purpose_id: UUID
    purpose: str
    columns: Mapping[UUID, str]
    is_own: bool = False
    ended_by: str | None = None
    subjects: tuple[UUID, ...] | None = None
    """Whose records it opens; None in lists, and for whoever only stops and starts grants."""
    comment: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SeenReview:
    """One review with the grant that it looks back at."""

    row: Review
    grant: SeenGrant
    reviewer: str | None
    is_overdue: bool
    is_own: bool = False
    """Whether whoever looks at it has taken it."""
    request: SeenRequest | None = None
    """What was asked for and why; None in lists, and for whoever it is about."""
    comment: str | None = field(default=None, repr=False)


def request_line(row: AccessRequest, names: Names, *, now: datetime) -> SeenRequest:
    """Show a request as a line of a list; rows come with their grants."""
    purpose_id, purpose = names.purposes[row.purpose_id]
    grant: Grant | None = getattr(row, "grant", None)
    return SeenRequest(
        row=row,
        state=state_at(row, grant, now),
        grant=grant,
        requester=names.account(row.requester),
        grantee=names.account(row.grantee),
        accessor=names.accessor(row.accessor_id),
        purpose_id=purpose_id,
        purpose=purpose,
        columns=names.columns(row.accessor_id, row.columns),
    )


def state_at(row: AccessRequest, grant: Grant | None, now: datetime) -> str:
    """Return what a request, or the grant that was made of it, comes to at a moment."""
    if grant is None:
        return "lapsed" if row.state in UNDECIDED and row.decide_by and now >= row.decide_by else row.state
    if grant.state in {ACTIVE, SUSPENDED} and grant.not_after and now >= grant.not_after:
        return "expired"
    if grant.state == READY and now >= grant.activate_by:
        return "unused"
    if grant.state == READY and now < grant.not_before:
        return SCHEDULED
    return grant.state


def whole_request(row: AccessRequest, names: Names, *, now: datetime) -> SeenRequest:
    """Show a request with everything that was written, to somebody who may read it."""
    left, line = narrowed(row), request_line(row, names, now=now)
    return replace(
        line,
        decided_by=names.account(row.decided_by) if row.decided_by else None,
        left=left,
        left_columns=names.columns(row.accessor_id, left.columns),
        shown=shown_of(row, left),
        approvals=tuple(
            SeenApproval(
                approver=names.account(approval.approver),
                approved_at=approval.approved_at,
                columns=names.columns(row.accessor_id, approval.columns),
                minutes=approval.minutes,
                comment=revealed(approval.comment),
            )
            for approval in row.approvals.select_related("approver")
        ),
        justification=revealed(row.justification),
        question=revealed(row.question),
        answer=revealed(row.answer),
        comment=revealed(row.decision_comment),
        grant_comment=revealed(line.grant.comment) if line.grant else None,
    )


def grant_line(row: Grant, names: Names) -> SeenGrant:
    """Show a grant as a line of a list."""
    purpose_id, purpose = names.purposes[row.purpose_id]
    return SeenGrant(
        row=row,
        grantee=names.account(row.grantee),
        accessor=names.accessor(row.accessor_id),
        purpose_id=purpose_id,
        purpose=purpose,
        columns=names.columns(row.accessor_id, row.columns),
        ended_by=names.account(row.ended_by) if row.ended_by else None,
    )


def subjects_of(row: Grant) -> tuple[UUID, ...]:
    """Return whose records a grant opens; who was erased is no longer among them."""
    named = row.request.subjects.filter(is_excluded=False).order_by("subject_id")
    return tuple(named.values_list("subject_id", flat=True))


def review_line(row: Review, names: Names, *, now: datetime) -> SeenReview:
    """Show a review as a line of a list."""
    return SeenReview(
        row=row,
        grant=grant_line(row.grant, names),
        reviewer=names.account(row.reviewer) if row.reviewer else None,
        is_overdue=row.concluded_at is None and row.due_at <= now,
    )


def revealed(text: SealedText | Plain[str] | None) -> str | None:
    """Open a text for somebody who may read it."""
    return None if text is None else text.reveal()
