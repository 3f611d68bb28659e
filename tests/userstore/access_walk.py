"""What a random walk over temporary access writes down: what should be open, whatever is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID

from audit.events import EventKind
from governance.actions import stepping
from governance.models import AccessRequest, Grant, Review
from keyring.walls import in_environment

TERMINAL = {"denied", "cancelled", "lapsed", "expired", "relinquished", "revoked", "unused"}
NEEDED, LONGEST, CEILING = 2, 60, 90
STATE_AFTER = {"activated": "active", "resumed": "active", "asked_back": "needs_info", "answered": "pending"}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Open:
    """A grant as the walk knows it: until when, what it shows, and whether somebody has stopped it."""

    until: datetime
    columns: frozenset[UUID]
    is_suspended: bool = False
    is_ended: bool = False


@dataclass
class Book:
    """What the book says of the steps of a walk, from which alone the state of everything can be told."""

    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Note what a step puts on record as done; a step that fails after that has said nothing."""
        noted: list[tuple[str, dict[str, Any]]] = []
        record = stepping.append

        def noting(event: EventKind, **said: Any) -> None:
            record(event, **said)
            if said.get("outcome", "done") == "done":
                noted.append((event.name, dict(said["facts"])))

        with patch("governance.actions.stepping.append", noting):
            yield
        self.said += noted

    def replayed(self) -> dict[tuple[str, UUID], str]:
        """The state of every request and grant, by what the book says."""
        states: dict[tuple[str, UUID], str] = {}
        for kind, facts in self.said:
            about, verb = kind.split(".")
            if about == "access_grant":
                states["grant", facts["grant"]] = STATE_AFTER.get(verb, verb)
            else:
                states["request", facts["request"]] = facts.get("state", STATE_AFTER.get(verb, verb))
                if facts.get("grant"):
                    states["grant", facts["grant"]] = "active" if verb == "declared" else "ready"
        return states


@dataclass
class Walk:
    """What should hold, written down as it happens."""

    open: dict[UUID, Open] = field(default_factory=dict)
    latest: datetime = LONG_AGO
    may_ask: bool = True
    is_let_in: bool = True
    book: Book = field(default_factory=Book)
    last_states: dict[tuple[str, UUID], str] = field(default_factory=dict)

    def stays(self, key: tuple[str, UUID], state: str) -> None:
        """Note a state, unless what was over has come back."""
        before = self.last_states.get(key)
        assert before not in TERMINAL or before == state, "what is over has come back"
        self.last_states[key] = state

    @staticmethod
    def stored(environment_id: UUID) -> list[Any]:
        """Say what stands of requests and grants, to tell whether a step that died left anything."""
        with in_environment(environment_id):
            return [
                list(AccessRequest.objects.order_by("pk").values_list("pk", "state", "version")),
                list(Grant.objects.order_by("pk").values_list("pk", "state", "version", "not_after")),
            ]


def must_keep_the_laws(grant: Grant) -> None:
    """A grant is what two others have left of what was asked for, or an emergency that is looked back at."""
    request = grant.request
    approvals = list(request.approvals.all())
    approvers = [approval.approver_id for approval in approvals]
    assert grant.is_emergency or len(set(approvers)) == len(approvers) >= NEEDED
    assert all(set(grant.columns) <= set(a.columns) and grant.minutes <= a.minutes for a in approvals)
    assert not grant.is_emergency or Review.objects.filter(grant=grant).exists()
    assert not {request.requester_id, request.grantee_id} & set(approvers)
    assert set(grant.columns) <= set(request.columns)
    assert grant.minutes <= request.minutes <= LONGEST


def length_of_chain(request: AccessRequest) -> int:
    """The minutes of a request and of all that it extends."""
    return request.minutes + (length_of_chain(request.extends) if request.extends else 0)
