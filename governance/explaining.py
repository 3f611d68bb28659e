"""Explaining decisions: which rule decided, which lost against it, what is missing, and what to do next.

A decision is told from the book, for whoever it was about and for whoever reads the book. What a reason means is looked
up in one table by the word it begins with; guards of temporary access say it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.queries import EntryView, entries
from governance.actions.change import environment_resource
from governance.breakglass.guards import Guard
from governance.breakglass.machines import TABLE
from governance.errors import NotFound
from governance.identities import Caller
from governance.rights import effective_rights, rights_that_allow
from governance.standing import Standing, fresh_standing_of


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision: as the book has it, what it means, and what helps."""

    code: str
    says: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision. `lost`: rights that would allow it now, and lose against the rule that decided."""

    decision_id: UUID
    at: datetime
    kind: str
    outcome: str
    decided_by: Reason | None
    also: tuple[Reason, ...]
    lost: tuple[str, ...]


_MEANINGS: Mapping[str, tuple[str, str]] = {
    "environment": ("The environment itself stands against it.",
                    "Work in your own environment; where it is protected, propose the change for a second person."),
    "client": ("The client that called is unknown or disabled here.", "An officer enables it or issues a secret."),
    "freeze": ("Access was stopped on purpose.", "Ask the officer who froze it; a freeze can be lifted."),
    "right": ("No right allows it, or one denies it.",
              "An officer gives the right; for one record and a while, request temporary access."),
    "reserved": ("It is reserved for programs here; no person ever has it.",
                 "Have a service or job do it, or ask an officer to release it."),
    "review": ("A review of rights stands against it.",
               "An owner of the reviews keeps the right, or decides instead; nobody decides about their own."),
    "quota": ("The calls of this hour are used up.", "Wait for the next hour, or ask an officer for a larger quota."),
    "grant": ("No temporary access covers this now.", "Look at your access: it may be over, or for somebody else."),
    "delegation": ("What was handed on does not cover this now.",
                   "Ask who handed it on: it may be over, or for another client, accessor or key."),
    "proof": ("No code that this person read back opens this now.",
              "Send them a new code while they are on the phone, or request temporary access."),
    "dpop": ("Whoever sent the token did not prove to hold its key.", "Sign a new proof for this very request."),
    "state": ("It is no longer in a state in which this can be done.", "Look at it again."),
    "policy": ("The access policy does not let it through.", "The policy's page tries a call and names the rule."),
    "passes": ("This rule of the access policy lets it through.", "It stands against nothing."),
    "limit": ("A limit of the policy is reached.", "Wait, or ask for fewer records."),
    "epoch": ("The environment kept changing while it was decided.", "Try again."),
    "invoke": ("The chain of callers does not hold.", "An officer gives the right to invoke, link by link."),
    "change": ("A change takes a second person who had no part in it.", "Let another officer decide."),
    "identity": ("Nobody let this external identity in.", "An officer admits it as a client."),
    "caller": ("This kind of caller may not do it.", "Call as a client of the environment."),
    "operator": ("Only a superuser does this.", "Ask one."),
    "Conflict": ("Something else stood in the way; nothing was decided about rights.", "Look at it again and retry."),
}  # fmt: skip
_BUILD = ("The program that called is no reviewed build, or cannot prove it.",
          "Register the build's provenance and start it with `sealbook launch`.")  # fmt: skip
_UNKNOWN = ("A rule of this name decided.", "Quote the decision to a privacy officer.")
_GUARDS: Mapping[str, Guard] = {guard.name: guard for step in TABLE for guard in step.guards}


def explain(caller: Caller, decision_id: UUID, *, now: datetime) -> Explained:
    """Explain a decision to whoever it was about, or to whoever may read the book.

    Raises:
        NotFound: there is none in this environment, or it is none of theirs.
        AuditorNotConfigured: the book cannot be read here.
    """
    standing = fresh_standing_of(caller.environment_id)
    found = entries(environment_id=caller.environment_id, decision_id=decision_id, limit=1)
    if not found or not (_is_about(found[0], caller) or _reads_book(caller, standing, now)):
        raise NotFound("There is no such decision.", field="decision", remedy="Check the id, or the environment.")
    return _explained(found[0], decision_id, caller, standing, now)


def meaning_of(reason: str) -> Reason:
    """Say what a reason means and what helps."""
    code, _, rest = reason.partition(":")
    if code == "guard" and rest.strip() in _GUARDS:
        guard = _GUARDS[rest.strip()]
        return Reason(reason, guard.says, guard.remedy or "Look at it again.")
    if rest.strip() in ("refuses", "allows"):
        code = "policy" if rest.strip() == "refuses" else "passes"
    says, remedy = _BUILD if code.startswith("build.") else _MEANINGS.get(code, _UNKNOWN)
    return Reason(reason, says, remedy)


def _explained(entry: EntryView, decision_id: UUID, caller: Caller, standing: Standing, now: datetime) -> Explained:
    named = sorted(map(str, entry.facts.get("reasons", ())), key=lambda reason: reason.endswith(": allows"))
    reasons = [meaning_of(reason) for reason in named]  # what refused decides; what allowed stands beside it
    first = reasons[0] if reasons else None
    is_own_denial = first is not None and " denies " in first.code and entry.actor == caller.actor
    return Explained(
        decision_id=decision_id,
        at=entry.recorded_at,
        kind=entry.kind,
        outcome=entry.outcome,
        decided_by=first,
        also=tuple(reasons[1:]),
        lost=_losers(first.code, caller, standing, now) if first is not None and is_own_denial else (),
    )


def _losers(denial: str, caller: Caller, standing: Standing, now: datetime) -> tuple[str, ...]:
    operation = denial.rpartition(" denies ")[2].strip()
    return tuple(rights_that_allow(standing=standing, caller=caller, operation=operation, now=now))


def _is_about(entry: EntryView, caller: Caller) -> bool:
    """Whether a decision was about the caller: their own call, or one that others made in their name."""
    told, own = entry.actor, caller.actor
    return told == own or (not own.via and (told.kind, told.id) == (own.kind, own.id))


def _reads_book(caller: Caller, standing: Standing, now: datetime) -> bool:
    resource = environment_resource(standing.environment_id, standing.environment_name)
    return effective_rights(standing=standing, caller=caller, operation="audit", resource=resource, now=now).allowed
