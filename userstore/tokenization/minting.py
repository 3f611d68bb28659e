"""Minting tokens for the values of subjects, in the transaction that releases them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from governance.errors import Invalid, KeyMoved, Unavailable
from governance.models import AccessPolicy
from keyring.keys import IndexKey
from userstore.models import Token
from userstore.reading.rows import OpenedSubject, OpenedValue
from userstore.tokenization.places import (
    blind_data,
    blind_reuse,
    blind_text,
    indexes_of,
    text_place,
    wait_while_keys_change,
)
from userstore.transforming.compilation import CompiledTransformer

_ROUNDS = 8
_HOLD = """
    select id, key_id from userstore_subject where environment_id = %s and id = any(%s) order by id for key share
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """What an accessor's tokens remember: the column, the purposes they were made under, and their policy.

    `is_single` says that the column has one value of a subject, so that a reference to the column is enough.
    """

    environment_id: UUID
    column_pk: int
    purposes: tuple[int, ...]
    policy_pk: int
    is_single: bool = False


@dataclass(slots=True)
class _Wanted:
    subject: OpenedSubject
    value: OpenedValue
    reuses: tuple[bytes, ...]
    """What an equal request finds it by, under every key, the one to write with first."""
    text: str | None = None


def policy_key(public_id: UUID | None) -> int:
    """Return the key of a token policy; every tokenizing output needs one."""
    known = AccessPolicy.objects.filter(public_id=public_id) if public_id is not None else AccessPolicy.objects.none()
    found = known.values_list("pk", flat=True).first()
    if found is None:
        raise Invalid("A tokenizing column needs a token access policy.", field="token_access_policy")
    return int(found)


def tokens_for(
    pairs: Sequence[tuple[OpenedSubject, OpenedValue]],
    transformer: CompiledTransformer,
    origin: Origin,
    *,
    now: datetime,
) -> list[str]:
    """Return one token per value, in order: known ones where the transformer reuses, new ones otherwise.

    Must run inside the environment's transaction: the tokens commit with the record of the read that hands them out.

    Raises:
        KeyMoved: a subject's key was renewed since its values were read.
    """
    indexes = indexes_of(origin.environment_id)
    wait_while_keys_change(origin.environment_id, indexes)
    wanted = [
        _Wanted(subject, value, tuple(_reuse_of(index, subject, value, transformer, origin) for index in indexes))
        for subject, value in pairs
    ]
    for _ in range(_ROUNDS):
        if transformer.reuses_tokens:
            _take_known(wanted, origin.environment_id)
        missing = [each for each in wanted if each.text is None]
        if not missing:
            return [each.text or "" for each in wanted]
        _mint(missing, transformer, origin, indexes, now)
    raise Unavailable("No free token was found.", remedy="Use a token format with more room.")


def _reuse_of(
    index: IndexKey, subject: OpenedSubject, value: OpenedValue, transformer: CompiledTransformer, origin: Origin
) -> bytes:
    is_reference = transformer.by_reference and origin.is_single
    return blind_reuse(
        index,
        "" if is_reference else value.text,
        transformer=transformer.pk or 0,
        policy=origin.policy_pk,
        subject=subject.sealed.pk,
        column=origin.column_pk,
        purposes=origin.purposes,
    )


def _take_known(wanted: Sequence[_Wanted], environment_id: UUID) -> None:
    open_ones = {reuse: each for each in wanted if each.text is None for reuse in each.reuses}
    for token in Token.objects.filter(reuse_blind__in=list(open_ones)):
        each = open_ones[bytes(token.reuse_blind or b"")]
        if not each.subject.key.sealed_this(bytes(token.sealed)):
            raise KeyMoved
        place = text_place(environment_id, each.subject.sealed.public_id, token.public_id)
        each.text = each.subject.key.unseal(bytes(token.sealed), place).decode()
        if token.value_id != each.value.value_id:
            # The same text was written again: the token follows the value that is there now.
            token.value_id = each.value.value_id
            token.save(update_fields=["value_id", "updated_at"])
    twins = [each for each in wanted if each.text is None and open_ones[each.reuses[0]].text is not None]
    for each in twins:
        each.text = open_ones[each.reuses[0]].text


def _mint(
    missing: Sequence[_Wanted],
    transformer: CompiledTransformer,
    origin: Origin,
    indexes: Sequence[IndexKey],
    now: datetime,
) -> None:
    distinct = list({each.reuses[0]: each for each in missing}.values()) if transformer.reuses_tokens else list(missing)
    _hold_keys([each.subject for each in distinct], origin.environment_id)
    texts = transformer.apply([each.value.text for each in distinct], now=now)
    made: dict[UUID, tuple[_Wanted, str]] = {}
    rows = []
    taken = texts_taken(texts, indexes[1:])
    for each, text in zip(distinct, texts, strict=True):
        if not text:
            each.text = ""
            continue
        if text in taken:
            continue
        token_id = uuid4()
        made[token_id] = (each, text)
        rows.append(_row(token_id, each, text, transformer, origin, indexes[0], now))
    Token.objects.bulk_create(rows, ignore_conflicts=True)
    if not transformer.reuses_tokens:
        # A text that was taken left no row; its value stays without a token and the next round tries again.
        for token_id in Token.objects.filter(public_id__in=list(made)).values_list("public_id", flat=True):
            each, text = made[token_id]
            each.text = text


def texts_taken(texts: Sequence[str], former: Sequence[IndexKey]) -> set[str]:
    """Return the texts that tokens under former keys have already."""
    by_blind = {blind_text(index, text): text for index in former for text in texts}
    found = Token.objects.filter(blind__in=list(by_blind)).values_list("blind", flat=True) if by_blind else ()
    return {by_blind[bytes(blind)] for blind in found}


def _hold_keys(subjects: Sequence[OpenedSubject], environment_id: UUID) -> None:
    """Keep the keys that tokens are about to be sealed under until they are committed; they may have gone already."""
    keys = {subject.sealed.pk: subject.sealed.key_id for subject in subjects}
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [environment_id, list(keys)])
        if dict(cursor.fetchall()) != keys:
            raise KeyMoved


def _row(
    token_id: UUID,
    wanted: _Wanted,
    text: str,
    transformer: CompiledTransformer,
    origin: Origin,
    index: IndexKey,
    now: datetime,
) -> Token:
    place = text_place(origin.environment_id, wanted.subject.sealed.public_id, token_id)
    return Token(
        environment_id=origin.environment_id,
        public_id=token_id,
        created_at=now,
        transformer_id=transformer.pk or 0,
        transformer_version=transformer.version,
        access_policy_id=origin.policy_pk,
        blind=blind_text(index, text),
        sealed=wanted.subject.key.seal(text.encode(), place),
        data_blind=blind_data(index, wanted.value.text, transformer=transformer.pk or 0, policy=origin.policy_pk),
        reuse_blind=wanted.reuses[0] if transformer.reuses_tokens else None,
        blind_version=index.version,
        subject_id=wanted.subject.sealed.pk,
        column_id=origin.column_pk,
        value_id=wanted.value.value_id,
        purposes=list(origin.purposes),
    )
