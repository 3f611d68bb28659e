"""Tokens of raw data, many at once: a stream has thousands of values of which most were seen before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.models import AccessPolicy
from userstore.errors import Conflict
from userstore.models import Token, Transformer
from userstore.tokenization.minting import texts_taken
from userstore.tokenization.places import blind_data, indexes_of, wait_while_keys_change
from userstore.tokenization.raw import raw_row, text_of
from userstore.transforming.compilation import compile_transformer

_ROUNDS = 8

Made = dict[str, tuple[str, UUID]]
"""Data -> the text and id of its token."""


def raw_tokens_for(data: Collection[str], transformer: Transformer, policy: AccessPolicy, *, now: datetime) -> Made:
    """Return a token for each of some data: the oldest one where the transformer reuses, else a new one.

    Must run inside the environment's transaction.

    Raises:
        Conflict: no free token was found.
    """
    wait_while_keys_change(policy.environment_id, indexes_of(policy.environment_id))
    made: Made = {}
    wanted = sorted(set(data))
    for _ in range(_ROUNDS + 1):
        if transformer.reuse_existing_token:
            made |= _known([each for each in wanted if each not in made], transformer, policy)
        missing = [each for each in wanted if each not in made]
        if not missing:
            return made
        made |= _minted(missing, transformer, policy, now)
    raise Conflict("No free token was found for this data.", field="data", remedy="Use a format with more room.")


def _known(data: Sequence[str], transformer: Transformer, policy: AccessPolicy) -> Made:
    blinds = {
        blind_data(index, each, transformer=transformer.pk, policy=policy.pk): each
        for index in indexes_of(policy.environment_id)
        for each in data
    }
    newest_first = Token.objects.filter(data_blind__in=list(blinds), subject=None).order_by("-created_at")
    return {blinds[bytes(row.data_blind or b"")]: (text_of(row), row.public_id) for row in newest_first}


def _minted(data: Sequence[str], transformer: Transformer, policy: AccessPolicy, now: datetime) -> Made:
    """Draw a token for each and store those that are free; the others are drawn again by whoever called."""
    _, *former = indexes_of(policy.environment_id)
    texts = compile_transformer(transformer).apply(list(data), now=now)
    taken = texts_taken(texts, former) if former else set()
    drawn = {each: text for each, text in zip(data, texts, strict=True) if text and text not in taken}
    rows = {each: raw_row(each, text, transformer, policy, now=now) for each, text in drawn.items()}
    with transaction.atomic():
        Token.objects.bulk_create(rows.values(), ignore_conflicts=True)
    ids = [row.public_id for row in rows.values()]
    stored = set(Token.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
    return {each: (drawn[each], row.public_id) for each, row in rows.items() if row.public_id in stored}
