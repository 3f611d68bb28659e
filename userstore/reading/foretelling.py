"""What can be told before a read is asked for: whether a policy admits such a caller at all, whoever it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.reading.admission import facts_of
from userstore.reading.calls import CallContext
from userstore.reading.plan import accessor_plan


def rules_against(caller: Caller, accessor_id: UUID, context: CallContext, *, now: datetime) -> Sequence[str]:
    """Name the rules of an accessor's policy that would let nothing through to this caller.

    None where the policy looks at the people as well: what it says then is known at the read, and told nobody before.

    Raises:
        NotFound: there is no such accessor.
    """
    standing = fresh_standing_of(caller.environment_id)
    plan = accessor_plan(standing, accessor_id)
    if not plan.policy.caller_only:
        return ()
    with in_environment(caller.environment_id):
        facts = facts_of(standing, caller, context, action="Execute", purposes=plan.purpose_names, now=now)
        if plan.policy.allows_caller(facts):
            return ()
        return [line for line in plan.policy.explain(facts).lines if line.endswith(": refuses")]
