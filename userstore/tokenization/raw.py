"""Tokens of raw data: they belong to nobody and resolve by their policy alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from governance.models import AccessPolicy
from keyring.keys import KeyKind, key_by_id, key_for
from keyring.sealing import key_id_of
from userstore.errors import Conflict
from userstore.models import Token, Transformer
from userstore.tokenization.minting import texts_taken
from userstore.tokenization.places import (
    blind_data,
    blind_text,
    data_place,
    indexes_of,
    text_place,
    wait_while_keys_change,
)
from userstore.transforming.compilation import compile_transformer

_TRIES = 8


def raw_tokens(data: str, transformer: Transformer, policy: AccessPolicy) -> QuerySet[Token]:
    """Find the tokens that stand for this data under a transformer and policy, the oldest first."""
    blinds = [
        blind_data(index, data, transformer=transformer.pk, policy=policy.pk)
        for index in indexes_of(policy.environment_id)
    ]
    return Token.objects.filter(data_blind__in=blinds, subject=None).order_by("created_at")


def raw_token(data: str, transformer: Transformer, policy: AccessPolicy, *, now: datetime) -> tuple[str, UUID]:
    """Return the text and id of a token for this data: the oldest one where the transformer reuses, else a new one.

    Must run inside the environment's transaction.

    Raises:
        Conflict: no free token was found.
    """
    wait_while_keys_change(policy.environment_id, indexes_of(policy.environment_id))
    return _known(data, transformer, policy) or _new(data, transformer, policy, now)


def text_of(token: Token) -> str:
    """Unseal the text of a token that belongs to nobody."""
    return _opened(token, bytes(token.sealed), text_place(token.environment_id, None, token.public_id))


def data_of(token: Token) -> str:
    """Unseal the data behind a token that belongs to nobody."""
    return _opened(token, bytes(token.data_sealed or b""), data_place(token.environment_id, token.public_id))


def raw_row(data: str, text: str, transformer: Transformer, policy: AccessPolicy, *, now: datetime) -> Token:
    """Return the row of a token for this data, not yet stored."""
    environment_id, token_id = policy.environment_id, uuid4()
    index, key = indexes_of(environment_id)[0], key_for(environment_id, KeyKind.TOKEN)
    data_blind = blind_data(index, data, transformer=transformer.pk, policy=policy.pk)
    return Token(
        environment_id=environment_id,
        public_id=token_id,
        created_at=now,
        transformer=transformer,
        transformer_version=transformer.version,
        access_policy=policy,
        blind=blind_text(index, text),
        blind_version=index.version,
        sealed=key.seal(text.encode(), text_place(environment_id, None, token_id)),
        data_blind=data_blind,
        data_sealed=key.seal(data.encode(), data_place(environment_id, token_id)),
        reuse_blind=data_blind if transformer.reuse_existing_token else None,
    )


def _opened(token: Token, sealed: bytes, place: bytes) -> str:
    return key_by_id(token.environment_id, key_id_of(sealed), kind=KeyKind.TOKEN).unseal(sealed, place).decode()


def _known(data: str, transformer: Transformer, policy: AccessPolicy) -> tuple[str, UUID] | None:
    if not transformer.reuse_existing_token:
        return None
    row = raw_tokens(data, transformer, policy).first()
    return (text_of(row), row.public_id) if row else None


def _new(data: str, transformer: Transformer, policy: AccessPolicy, now: datetime) -> tuple[str, UUID]:
    _, *former = indexes_of(policy.environment_id)
    compiled = compile_transformer(transformer)
    for _ in range(_TRIES):
        text = compiled.apply([data], now=now)[0]
        if not text:
            break
        if texts_taken([text], former):
            continue
        row = raw_row(data, text, transformer, policy, now=now)
        with transaction.atomic():
            Token.objects.bulk_create([row], ignore_conflicts=True)
        if Token.objects.filter(public_id=row.public_id).exists():
            return text, row.public_id
        known = _known(data, transformer, policy)
        if known is not None:
            return known
    raise Conflict("No free token was found for this data.", field="data", remedy="Use a format with more room.")
