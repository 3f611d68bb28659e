"""Entries of the book as detections see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

_EMPTY: tuple[str, ...] = ()

OPERATIONS = {
    "accessor.executed": "read",
    "accessor.unmasked": "unmask",
    "mutator.executed": "write",
    "subject.created": "write",
    "subject.deleted": "delete",
    "subject.erased": "erase",
    "subject.sought": "search",
    "subject.looked_at": "read",
    "subject.reported": "audit",
    "consent.read": "read",
    "consent.changed": "write",
    "token.resolved": "resolve",
    "token.looked_up": "resolve",
    "token.created": "tokenize",
    "values.sought": "check",
    "dead_letter.opened": "read",
    "text.opened": "unseal",
    "flow.proof_failed": "leak",
    "seal.unsealed": "unseal",
    "seal.sealed": "seal",
    "graph.read": "read",
    "graph.checked": "check",
    "access_request.submitted": "request",
    "access_request.declared": "declare",
    "access_request.approved": "approve",
    "access_request.denied": "deny",
    "access_grant.activated": "activate",
    "access_review.concluded": "review",
    "delegation.offered": "delegate",
    "audit.read": "audit",
    "job.registered": "configure",
    "staff.taken_in": "configure",
    "finding.work_expected": "configure",
    "feed.paused": "configure",
    "feed.narrowed": "configure",
    "access_token.issued": "sign in",
    "operator.signed_in": "sign in",
}
"""Kind of entry -> what somebody did. Kinds that end as in `_ENDINGS` are configuration."""

_ENDINGS = {
    "defined": "configure",
    "changed": "configure",
    "published": "configure",
    "retired": "configure",
    "given": "configure",
    "withdrawn": "configure",
    "set": "configure",
    "lifted": "configure",
}
_RESOURCES = ("accessor", "mutator", "resource", "transformer", "client", "request", "right", "rule", "delegation")

LOOKS = frozenset({"read", "unmask", "export", "resolve", "unseal"})
"""Operations by which somebody sees what is about a person."""


@dataclass(frozen=True, slots=True)
class Access:
    """One sealed entry. Whatever the entry does not say is empty; people are handles, texts and values never occur."""

    index: int
    entry_id: UUID
    at: datetime
    environment_id: UUID
    kind: str
    outcome: str
    actor_kind: str
    actor: str
    """The actor's id; its kind where it has none."""
    operation: str
    """read, unmask, export, search, write, request, approve, activate, configure and so on, from the kind."""
    subjects: tuple[str, ...] = _EMPTY
    subject_count: int = 0
    resource: str = ""
    columns: tuple[str, ...] = _EMPTY
    purposes: tuple[str, ...] = _EMPTY
    rows: int = 0
    grant: str = ""
    ticket: str = ""
    """The fingerprint of the ticket's reference."""
    reason: str = ""
    decision: str = ""
    build: str = ""
    """SHA-256 of the program that acted."""
    key: str = ""
    """What the caller's token is bound to: a delegation, or the proof of a person on the phone."""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def looks(self) -> bool:
        """Whether somebody saw what is about a person."""
        return self.outcome == "done" and self.operation in LOOKS


def access_of(body: Mapping[str, Any], index: int) -> Access:
    """Return the access that an entry's body tells of; `index` is its place in the tree."""
    facts: Mapping[str, Any] = body["facts"]
    actor: Mapping[str, Any] = body["actor"]
    said = facts.get
    kind: str = body["kind"]
    subjects = said("subjects")
    return Access(
        index=index,
        entry_id=UUID(body["id"]),
        at=datetime.fromisoformat(body["at"]),
        environment_id=UUID(body["environment"]),
        kind=kind,
        outcome=body["outcome"],
        actor_kind=actor["kind"],
        actor=actor.get("id") or actor["kind"],
        operation="export" if said("exported") else operation_of(kind),
        subjects=tuple(subjects) if subjects else _EMPTY,
        subject_count=len(subjects) if subjects else said("people") or 0,
        resource=_resource(facts),
        columns=_names(said("columns") or said("column")),
        purposes=_names(said("purposes") or said("purpose")),
        rows=said("rows") or 0,
        grant=said("grant") or "",
        ticket=said("ticket") or "",
        reason=said("reason") or "",
        decision=body.get("decision") or "",
        build=_digest(actor),
        key=said("delegation") or said("acting_for") or "",
        facts=facts,
    )


def operation_of(kind: str) -> str:
    """Return what somebody did in an entry of a kind; the last word of the kind where nothing else is known."""
    known = OPERATIONS.get(kind)
    if known is not None:
        return known
    ending = kind.rpartition(".")[2]
    return _ENDINGS.get(ending.rpartition("_")[2], ending)


def _digest(actor: Mapping[str, Any]) -> str:
    build = actor.get("build")
    return (build["digest"] or "") if build else ""


def _names(said: Any) -> tuple[str, ...]:
    if not said:
        return _EMPTY
    return (said,) if isinstance(said, str) else tuple(map(str, said)) if isinstance(said, list | tuple) else _EMPTY


def _resource(facts: Mapping[str, Any]) -> str:
    for name in _RESOURCES:
        if name in facts:
            return str(facts[name] or "")
    return ""
