"""Whether a token's own policy allows what is asked of it; where it does not, only the record says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from audit.events import EventKind
from audit.recorder import append
from governance.authorization import Clearance
from governance.identities import Caller
from governance.policies.compilation import policy_of
from governance.policies.tree import Trace
from userstore.errors import Invalid
from userstore.models import Token
from userstore.reading.admission import call_facts
from userstore.reading.calls import CallContext
from userstore.tokenization.resolution import tokens_by_text


class TokenWithheld(Invalid):
    """Unknown, or its policy refuses: the caller cannot tell which, the record can.

    What it found is not named `reasons`: doors show those.
    """

    def __init__(self, decision_id: UUID, token_id: UUID | None, found: tuple[str, ...]) -> None:
        super().__init__("There is no such token, or its policy does not allow this.", field="token")
        self.decision_id = decision_id
        self.token_id = token_id
        self.found = found


def policy_allows(
    policy_id: UUID,
    clearance: Clearance,
    context: CallContext,
    action: str,
    now: datetime,
    trace: Trace | None = None,
) -> bool:
    """Ask a token's policy about one action; the trace takes the reasons."""
    facts = call_facts(clearance, context, action=action, purposes=(), now=now)
    return policy_of(clearance.standing, policy_id).allows_call(facts, Trace() if trace is None else trace)


def permitted_token(text: str, clearance: Clearance, context: CallContext, action: str, now: datetime) -> Token:
    """Return a token whose policy allows an action on it, or raise `TokenWithheld`."""
    row = tokens_by_text(clearance.environment_id, [text]).get(text)
    if row is not None:
        trace = Trace()
        if policy_allows(row.access_policy.public_id, clearance, context, action, now, trace):
            return row
        raise TokenWithheld(clearance.decision_id, row.public_id, (*trace.lines, *trace.faults))
    raise TokenWithheld(clearance.decision_id, None, ("token: unknown",))


@contextmanager
def withheld_on_record(caller: Caller, event: EventKind) -> Iterator[None]:
    """Put on record, outside the refused transaction, that a token was withheld, and which."""
    try:
        yield
    except TokenWithheld as withheld:
        append(
            event,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"tokens": [withheld.token_id] if withheld.token_id else [], "reasons": list(withheld.found)},
            outcome="refused",
            decision_id=withheld.decision_id,
        )
        raise
