"""Many tokens of raw data in one call with one record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.identities import Caller
from governance.models import AccessPolicy
from userstore import events
from userstore.actions.methods import found
from userstore.actions.tokens import MOST_TOKENS
from userstore.errors import Invalid
from userstore.models import Transformer
from userstore.models.transformers import BY_VALUE
from userstore.tokenization.raw_batches import raw_tokens_for
from userstore.tokenization.resolution import texts_that_stand


def standing_tokens(caller: Caller, *, tokens: Collection[str], now: datetime | None = None) -> frozenset[str]:
    """Clear a caller for tokens without creating any, and return which of those that it was given still stand.

    Raises `Refused`, which is on record.
    """
    with cleared(caller, "tokenize", events.TOKENS_CREATED, now=now or timezone.now()) as clearance:
        return texts_that_stand(clearance.environment_id, tokens)


def create_tokens(
    caller: Caller, *, data: Sequence[str], transformer_id: UUID, policy_id: UUID, now: datetime | None = None
) -> tuple[list[str], UUID]:
    """Return a token for each of up to 1000 data, in order; equal data have one. Also gives the decision's id.

    As `create_token`, all or none, with one entry in the book.

    Raises:
        Invalid: too many data, or the transformer does not tokenize by value.
        Conflict: no free token was found for one of them.
        Refused: the caller may not create tokens.
    """
    now = now or timezone.now()
    if len(data) > MOST_TOKENS:
        raise Invalid(f"Give up to {MOST_TOKENS} texts.", field="data")
    with cleared(caller, "tokenize", events.TOKENS_CREATED, now=now) as clearance:
        transformer = found(Transformer, transformer_id, field="transformer_rid")
        policy = found(AccessPolicy, policy_id, field="access_policy_rid")
        if transformer.transform_type != BY_VALUE:
            raise Invalid("Only a transformer that tokenizes by value creates tokens.", field="transformer_rid")
        made = raw_tokens_for([each for each in data if each], transformer, policy, now=now)
        append(
            events.TOKENS_CREATED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "transformer": transformer.public_id,
                "policy": policy.public_id,
                "tokens": sorted(token_id for _, token_id in made.values()),
            },
            decision_id=clearance.decision_id,
        )
    return [made[each][0] if each else "" for each in data], clearance.decision_id
