"""Tokens through the API: create from raw data, resolve, inspect, look up, delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.change import refusal_on_record
from governance.actions.clearing import cleared
from governance.authorization import Clearance, frozen_parts, refusal
from governance.identities import Caller
from governance.models import AccessPolicy
from governance.standing import StandingPurpose
from keyring.walls import in_environment
from userstore import events
from userstore.actions.methods import found
from userstore.definitions import definitions_of, purpose_meant
from userstore.errors import Invalid
from userstore.models import Token, Transformer
from userstore.models.transformers import BY_VALUE
from userstore.reading.calls import NO_CONTEXT, CallContext
from userstore.tokenization.raw import raw_token, raw_tokens, text_of
from userstore.tokenization.resolution import Resolved, resolve
from userstore.tokenization.withholding import permitted_token, policy_allows, withheld_on_record

MOST_TOKENS = 1000


def create_token(
    caller: Caller, *, data: str, transformer_id: UUID, policy_id: UUID, now: datetime | None = None
) -> tuple[str, UUID]:
    """Create a token for raw data; it belongs to nobody and resolves by policy alone. Also gives the decision's id.

    Raises:
        Invalid: the transformer does not tokenize by value.
        Conflict: no free token was found.
    """
    now = now or timezone.now()
    with cleared(caller, "tokenize", events.TOKENS_CREATED, now=now) as clearance:
        transformer = found(Transformer, transformer_id, field="transformer_rid")
        policy = found(AccessPolicy, policy_id, field="access_policy_rid")
        if transformer.transform_type != BY_VALUE:
            raise Invalid("Only a transformer that tokenizes by value creates tokens.", field="transformer_rid")
        text, token_id = raw_token(data, transformer, policy, now=now)
        append(
            events.TOKENS_CREATED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"transformer": transformer.public_id, "policy": policy.public_id, "tokens": [token_id]},
            decision_id=clearance.decision_id,
        )
    return text, clearance.decision_id


def resolve_tokens(
    caller: Caller,
    *,
    tokens: Sequence[str],
    purposes: Sequence[object] = (),
    context: CallContext = NO_CONTEXT,
    now: datetime | None = None,
) -> tuple[list[Resolved], UUID]:
    """Resolve up to 1000 tokens: one entry each, in order, "" where unknown, refused or no longer permitted.

    Also gives the decision's id.

    Raises:
        Invalid: too many tokens, or something that is none.
        NotFound: a stated purpose is unknown; that ends the whole call, as the wire contract has it.
        Refused: the caller may not resolve tokens in this environment, or states a purpose that is frozen; or a limit
            of a token's policy cannot be counted now.
    """
    now = now or timezone.now()
    if len(tokens) > MOST_TOKENS or not all(isinstance(token, str) for token in tokens):
        raise Invalid(f"Give up to {MOST_TOKENS} tokens as texts.", field="tokens")
    with cleared(caller, "resolve", events.TOKENS_RESOLVED, now=now) as clearance:
        definitions = definitions_of(clearance.standing)
        stated = [purpose_meant(each, clearance.standing, field="purposes") for each in purposes]
        _refuse_frozen(stated, clearance)
        numbers = [purpose.number for purpose in stated]
        resolved, told = resolve(tokens, clearance, definitions, context, purposes=numbers, now=now)
        append(
            events.TOKENS_RESOLVED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "tokens": [each.token_id for each in resolved if each.token_id],
                "asked": len(tokens),
                "resolved": sum(1 for each in resolved if each.token_id),
                "subjects": sorted({each.handle for each in resolved if each.handle}),
                "purposes": [purpose.name for purpose in stated],
                **({"faults": told.faults} if told.faults else {}),
                **({"reasons": told.reasons} if told.reasons else {}),
            },
            decision_id=clearance.decision_id,
        )
    return resolved, clearance.decision_id


def inspect_token(
    caller: Caller, *, token: str, context: CallContext, now: datetime | None = None
) -> tuple[Token, UUID]:
    """Return what is known of a token, its data apart; its policy must allow that. Also gives the decision's id.

    Raises:
        Invalid: unknown, or the policy refuses: both alike.
    """
    now = now or timezone.now()
    with (
        withheld_on_record(caller, events.TOKEN_INSPECTED),
        cleared(caller, "resolve", events.TOKEN_INSPECTED, now=now) as clearance,
    ):
        row = permitted_token(token, clearance, context, "Inspect", now)
        append(
            events.TOKEN_INSPECTED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"tokens": [row.public_id]},
            decision_id=clearance.decision_id,
        )
    return row, clearance.decision_id


def look_up_tokens(
    caller: Caller,
    *,
    data: str,
    transformer_id: UUID,
    policy_id: UUID,
    context: CallContext = NO_CONTEXT,
    now: datetime | None = None,
) -> tuple[list[str], UUID]:
    """List the tokens that stand for this data under a transformer and policy; none where the policy refuses.

    Also gives the decision's id.
    """
    now = now or timezone.now()
    with cleared(caller, "resolve", events.TOKENS_LOOKED_UP, now=now) as clearance:
        transformer = found(Transformer, transformer_id, field="transformer_rid")
        policy = found(AccessPolicy, policy_id, field="access_policy_rid")
        allowed = policy_allows(policy.public_id, clearance, context, "Lookup", now)
        rows = list(raw_tokens(data, transformer, policy)) if allowed else []
        texts = [text_of(row) for row in rows]
        append(
            events.TOKENS_LOOKED_UP,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "tokens": [row.public_id for row in rows],
                "transformer": transformer.public_id,
                "policy": policy.public_id,
            },
            decision_id=clearance.decision_id,
        )
    return texts, clearance.decision_id


def find_or_create_tokens(
    caller: Caller,
    *,
    wanted: Sequence[tuple[str, UUID, UUID]],
    context: CallContext = NO_CONTEXT,
    now: datetime | None = None,
) -> tuple[list[str], UUID | None]:
    """Return one token for each (data, transformer, policy): the oldest known one, or a new one; all or none.

    Also gives the id of the last decision that was made for it.

    Raises:
        Refused: the caller may not look tokens up, or not create them.
    """
    now = now or timezone.now()
    texts, decision_id = [], None
    # What the two actions record of a refusal goes with their effects.
    with refusal_on_record(events.TOKENS_CREATED, caller), in_environment(caller.environment_id):
        for data, transformer_id, policy_id in wanted:
            known, decision_id = look_up_tokens(
                caller, data=data, transformer_id=transformer_id, policy_id=policy_id, context=context, now=now
            )
            text = known[0] if known else ""
            if not known:
                text, decision_id = create_token(
                    caller, data=data, transformer_id=transformer_id, policy_id=policy_id, now=now
                )
            texts.append(text)
    return texts, decision_id


def delete_token(caller: Caller, *, token: str, context: CallContext, now: datetime | None = None) -> UUID:
    """Delete a token under its policy; it never resolves again. Returns the decision's id.

    Raises:
        Invalid: unknown, or the policy refuses: both alike.
    """
    now = now or timezone.now()
    with (
        withheld_on_record(caller, events.TOKEN_DELETED),
        cleared(caller, "tokenize", events.TOKEN_DELETED, now=now) as clearance,
    ):
        row = permitted_token(token, clearance, context, "Delete", now)
        token_id = row.public_id
        row.delete()
        append(
            events.TOKEN_DELETED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"tokens": [token_id]},
            decision_id=clearance.decision_id,
        )
    return clearance.decision_id


def _refuse_frozen(stated: Sequence[StandingPurpose], clearance: Clearance) -> None:
    """Refuse a call that states a frozen purpose; only now it is known which purposes it states."""
    frozen = frozen_parts(clearance.standing, purposes=[purpose.public_id for purpose in stated])
    if frozen:
        raise refusal(*frozen)
