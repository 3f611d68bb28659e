"""What a step of temporary access is judged by: plain facts, gathered before the step and never guessed.

Every default denies, so a fact that somebody forgot to gather refuses the step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

NOBODY = UUID(int=0)
"""The clock: what happens because time has passed happens through nobody."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one moment.

    `now` is the latest moment that anybody has seen: a clock that is put back revives nothing.
    """

    now: datetime
    actor: UUID
    requester: UUID
    grantee: UUID
    reviewer: UUID | None = None
    is_somebody_else: bool = True
    """Nobody who asked, decided or got it can be acting through the actor, behind whatever client."""

    may_request: bool = False
    """The grantee, and the requester, hold the right to ask for exactly this, and neither is disabled."""
    may_approve: bool = False
    """The actor holds the right to approve this."""
    may_contain: bool = False
    """The actor may stop access in this environment."""
    may_review: bool = False
    may_declare: bool = False
    """The actor is among those whom the environment lets declare an emergency."""

    approved_by: frozenset[UUID] = frozenset()
    """Who has approved, of this very content."""
    able_approvers: frozenset[UUID] = frozenset()
    """Who could approve it at this moment."""
    needed: int = 99
    """Approvals that it takes, by different people."""

    duration: timedelta = timedelta.max
    longest: timedelta = timedelta(0)
    total: timedelta = timedelta.max
    """With everything that it extends."""
    ceiling: timedelta = timedelta(0)
    decide_by: datetime | None = None
    not_before: datetime | None = None
    activate_by: datetime | None = None
    not_after: datetime | None = None
    factor_at: datetime | None = None
    """When the actor last proved a second factor in this session."""
    factor_within: timedelta | None = timedelta(0)
    """How fresh it has to be; None: the environment asks for none."""

    is_justified: bool = False
    """The reason is one of the known ones, in words that say something, with a ticket where it takes one."""
    is_ticket_good: bool = False
    is_commented: bool = False
    is_same_content: bool = False
    """What is decided on is what was shown: its version and digest agree."""
    only_narrows: bool = False
    only_reads: bool = False
    was_asked_back: bool = True
    open_requests: int = 99
    most_open: int = 0
    recent_emergencies: int = 99
    most_emergencies: int = 0
    overdue_reviews: int = 99
    subjects: int = 1_000_000
    most_subjects: int = 0
    is_over: bool = False
    """The grant that is looked back at has ended, by the clock."""
    approvers_of_grant: frozenset[UUID] = field(default_factory=frozenset)
