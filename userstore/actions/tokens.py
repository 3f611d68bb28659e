"""Tokens through the API: create from raw data, resolve, inspect, look up, delete."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit.recorder import append
from governance.actions.change import refusal_on_record
from governance.identities import Caller
from governance.models import AccessPolicy
from keyring.keys import KeyKind, key_for
from keyring.walls import in_environment
from userstore import events
from userstore.actions.clearing import cleared
from userstore.actions.methods import found
from userstore.definitions import definitions_of
from userstore.errors import Conflict, Invalid
from userstore.models import Token, Transformer
from userstore.models.transformers import BY_VALUE
from userstore.reading.calls import NO_CONTEXT, CallContext
from userstore.tokenization.places import blind_data, blind_text, data_place, index_of, text_place
from userstore.tokenization.resolution import Resolved, purpose_numbers, resolve
from userstore.tokenization.withholding import permitted_token, policy_allows, withheld_on_record
from userstore.transforming.compilation import compile_transformer
from userstore.writing.keys import subject_key

MOST_TOKENS = 1000
_TRIES = 8


def create_token(
    caller: Caller, *, data: str, transformer_id: UUID, policy_id: UUID, now: datetime | None = None
) -> str:
    """Create a token for raw data; it belongs to nobody and resolves by policy alone. Returns its text.

    Raises:
        Invalid: the transformer does not tokenize by value.
        Conflict: no free token was found.
    """
    now = now or timezone.now()
    with cleared(caller, "tokenize", events.TOKENS_CREATED, now=now) as clearance:
        transformer: Transformer = found(Transformer, transformer_id, field="transformer_rid")
        policy: AccessPolicy = found(AccessPolicy, policy_id, field="access_policy_rid")
        if transformer.transform_type != BY_VALUE:
            raise Invalid("Only a transformer that tokenizes by value creates tokens.", field="transformer_rid")
        text, token_id = _known(caller, data, transformer, policy) or _new(caller, data, transformer, policy, now)
        append(
            events.TOKENS_CREATED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"transformer": transformer.public_id, "policy": policy.public_id, "tokens": [token_id]},
            decision_id=clearance.decision_id,
        )
    return text


def resolve_tokens(
    caller: Caller,
    *,
    tokens: Sequence[str],
    purposes: Sequence[object] = (),
    context: CallContext = NO_CONTEXT,
    now: datetime | None = None,
) -> tuple[list[Resolved], UUID]:
    """Resolve up to 1000 tokens: one entry each, in order, "" where unknown, refused or no longer permitted.

    Raises:
        Invalid: too many tokens, or something that is none.
        NotFound: a stated purpose is unknown.
        Refused: the caller may not resolve tokens in this environment.
    """
    now = now or timezone.now()
    if len(tokens) > MOST_TOKENS or not all(isinstance(token, str) for token in tokens):
        raise Invalid(f"Give up to {MOST_TOKENS} tokens as texts.", field="tokens")
    with cleared(caller, "resolve", events.TOKENS_RESOLVED, now=now) as clearance:
        definitions = definitions_of(clearance.standing)
        stated = purpose_numbers(clearance, purposes)
        resolved, faults = resolve(tokens, clearance, definitions, context, purposes=stated, now=now)
        append(
            events.TOKENS_RESOLVED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "tokens": [each.token_id for each in resolved if each.token_id],
                "asked": len(tokens),
                "resolved": sum(1 for each in resolved if each.token_id),
                "subjects": sorted({each.handle for each in resolved if each.handle}),
                "purposes": [clearance.standing.purposes_by_number[number].name for number in stated],
                **({"faults": faults} if faults else {}),
            },
            decision_id=clearance.decision_id,
        )
    return resolved, clearance.decision_id


def inspect_token(caller: Caller, *, token: str, context: CallContext, now: datetime | None = None) -> Token:
    """Return what is known of a token, its data apart; its policy must allow that.

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
    return row


def look_up_tokens(
    caller: Caller,
    *,
    data: str,
    transformer_id: UUID,
    policy_id: UUID,
    context: CallContext = NO_CONTEXT,
    now: datetime | None = None,
) -> list[str]:
    """List the tokens that stand for this data under a transformer and policy; none where the policy refuses."""
    now = now or timezone.now()
    with cleared(caller, "resolve", events.TOKENS_LOOKED_UP, now=now) as clearance:
        transformer: Transformer = found(Transformer, transformer_id, field="transformer_rid")
        policy: AccessPolicy = found(AccessPolicy, policy_id, field="access_policy_rid")
        blind = blind_data(index_of(caller.environment_id), data, transformer=transformer.pk, policy=policy.pk)
        allowed = policy_allows(policy.public_id, clearance, context, "Lookup", now)
        known = Token.objects.filter(data_blind=blind, subject=None) if allowed else Token.objects.none()
        rows = list(known.order_by("created_at"))
        texts = [_text_of(row) for row in rows]
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
    return texts


def find_or_create_tokens(
    caller: Caller,
    *,
    wanted: Sequence[tuple[str, UUID, UUID]],
    context: CallContext = NO_CONTEXT,
    now: datetime | None = None,
) -> list[str]:
    """Return one token for each (data, transformer, policy): the oldest known one, or a new one; all or none.

    Raises:
        Refused: the caller may not look tokens up, or not create them.
    """
    now = now or timezone.now()
    texts = []
    # What the two actions record of a refusal goes with their effects.
    with refusal_on_record(events.TOKENS_CREATED, caller), in_environment(caller.environment_id):
        for data, transformer_id, policy_id in wanted:
            known = look_up_tokens(
                caller, data=data, transformer_id=transformer_id, policy_id=policy_id, context=context, now=now
            )
            texts.append(
                known[0]
                if known
                else create_token(caller, data=data, transformer_id=transformer_id, policy_id=policy_id, now=now)
            )
    return texts


def delete_token(caller: Caller, *, token: str, context: CallContext, now: datetime | None = None) -> None:
    """Delete a token under its policy; it never resolves again.

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


def _known(caller: Caller, data: str, transformer: Transformer, policy: AccessPolicy) -> tuple[str, UUID] | None:
    if not transformer.reuse_existing_token:
        return None
    blind = blind_data(index_of(caller.environment_id), data, transformer=transformer.pk, policy=policy.pk)
    row = Token.objects.filter(data_blind=blind, subject=None).order_by("created_at").first()
    return (_text_of(row), row.public_id) if row else None


def _new(caller: Caller, data: str, transformer: Transformer, policy: AccessPolicy, now: datetime) -> tuple[str, UUID]:
    environment_id = caller.environment_id
    index, key = index_of(environment_id), key_for(environment_id, KeyKind.TOKEN)
    compiled = compile_transformer(transformer)
    data_blind = blind_data(index, data, transformer=transformer.pk, policy=policy.pk)
    for _ in range(_TRIES):
        text, token_id = compiled.apply([data], now=now)[0], uuid4()
        if not text:
            break
        row = Token(
            environment_id=environment_id,
            public_id=token_id,
            created_at=now,
            transformer=transformer,
            transformer_version=transformer.version,
            access_policy=policy,
            blind=blind_text(index, text),
            sealed=key.seal(text.encode(), text_place(environment_id, None, token_id)),
            data_blind=data_blind,
            data_sealed=key.seal(data.encode(), data_place(environment_id, token_id)),
            reuse_blind=data_blind if transformer.reuse_existing_token else None,
        )
        with transaction.atomic():
            Token.objects.bulk_create([row], ignore_conflicts=True)
        if Token.objects.filter(public_id=token_id).exists():
            return text, token_id
        known = _known(caller, data, transformer, policy)
        if known is not None:
            return known
    raise Conflict("No free token was found for this data.", field="data", remedy="Use a format with more room.")


def _text_of(token: Token) -> str:
    subject = token.subject
    key = subject_key(subject) if subject else key_for(token.environment_id, KeyKind.TOKEN)
    place = text_place(token.environment_id, subject.public_id if subject else None, token.public_id)
    return key.unseal(bytes(token.sealed), place).decode()
