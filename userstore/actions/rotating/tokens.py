"""Tokens: their index key, under which they are found, and the key that seals those which belong to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from governance.standing import fresh_standing_of
from keyring.actions import Batch, create_key, create_next_index_key, retire_versions
from keyring.keys import IndexKey, KeyKind, OpenKey, key_by_id, keys_of_scope, newest_index_key, settling
from keyring.models import KeyRotation
from keyring.places import cell_place
from keyring.sealing import key_id_of
from keyring.walls import in_environment
from userstore.actions.rotating.benches import Bench, Benched, bench, execute
from userstore.definitions import Definitions, definitions_of
from userstore.models import Token
from userstore.models.transformers import BY_REFERENCE
from userstore.tokenization.places import (
    INDEX_SCOPE,
    blind_data,
    blind_reuse,
    blind_text,
    data_place,
    text_place,
)

BATCH = 64
RAW = "raw|"
"""The places of a pass: first subjects by number, then tokens that belong to nobody."""

_OLD_BLIND = """exists (
    select from userstore_token t
    where t.environment_id = s.environment_id and t.subject_id = s.id and t.blind_version <> %(version)s)"""
_SET_BLINDS = """
    update userstore_token t
    set blind = d.blind, data_blind = d.data_blind, reuse_blind = d.reuse_blind, blind_version = %s
    from unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[]) d(id, blind, data_blind, reuse_blind)
    where t.environment_id = %s and t.id = d.id
"""
_SET_SEALED = """
    update userstore_token t set sealed = d.sealed, data_sealed = d.data_sealed
    from unnest(%s::bigint[], %s::bytea[], %s::bytea[]) d(id, sealed, data_sealed)
    where t.environment_id = %s and t.id = d.id
"""


class TokenKeys:
    """The keys of tokens."""

    name = "tokens"
    title = "Tokens"
    keeps = timedelta()

    def waits(self) -> timedelta:
        """Until every process looks up under the new version."""
        return settling()

    def begin(self, environment_id: UUID) -> None:
        """Make a new version of both keys; tokens are found under both from now on."""
        create_next_index_key(environment_id=environment_id, scope=INDEX_SCOPE)
        create_key(environment_id=environment_id, kind=KeyKind.TOKEN)

    def expected(self, rotation: KeyRotation) -> int:
        """Count the subjects with tokens, and the tokens of nobody, under former versions."""
        with in_environment(rotation.environment_id):
            counted = Token.objects.exclude(blind_version=_index(rotation.environment_id).version).aggregate(
                subjects=Count("subject", distinct=True), raw=Count("pk", filter=Q(subject=None))
            )
        return int(counted["subjects"] + counted["raw"])

    def turn(self, rotation: KeyRotation) -> Batch:
        """Blind and seal the next tokens anew."""
        if rotation.place.startswith(RAW):
            return _turn_raw(rotation.environment_id, after=int(rotation.place.removeprefix(RAW) or 0))
        index = _index(rotation.environment_id)
        facts = {"version": index.version}
        with bench(rotation.environment_id, due=_OLD_BLIND, facts=facts, after=rotation.place, limit=BATCH) as laid:
            _blind(laid, index)
        return Batch(len(laid.subjects), str(laid.last) if laid.last else RAW)

    def is_due(self, rotation: KeyRotation) -> bool:
        """Say whether a token is still under a former version of the index key, or sealed under a former key."""
        environment_id = rotation.environment_id
        with in_environment(environment_id):
            version, key = _index(environment_id).version, _sealing(environment_id)
            former = Q(subject=None) & ~Q(sealed__range=_named_by(key))
            return Token.objects.filter(~Q(blind_version=version) | former).exists()

    def end(self, environment_id: UUID) -> int:
        """Destroy the former versions; return how many."""
        return retire_versions(environment_id=environment_id, kind=KeyKind.INDEX, scope=INDEX_SCOPE) + retire_versions(
            environment_id=environment_id, kind=KeyKind.TOKEN
        )


def _index(environment_id: UUID) -> IndexKey:
    return newest_index_key(environment_id, INDEX_SCOPE)


def _sealing(environment_id: UUID) -> OpenKey:
    return keys_of_scope(environment_id, KeyKind.TOKEN, "")[0]


def _named_by(key: OpenKey) -> tuple[bytes, bytes]:
    """Between which bytes everything lies that this key sealed."""
    head = key.seal(b"", b"")[:17]
    return head, head + b"\xff" * 64


def _blind(laid: Bench, index: IndexKey) -> None:
    """Blind the tokens of subjects anew.

    A token whose value is gone resolves to nothing. What it was made of is not known any more, so an equal request
    gets a new token instead of this one.
    """
    environment_id = laid.environment_id
    by_pk = {subject.pk: subject for subject in laid.subjects}
    definitions = definitions_of(fresh_standing_of(environment_id))
    tokens = Token.objects.filter(subject_id__in=list(by_pk)).exclude(blind_version=index.version)
    rows = []
    for token in tokens.select_related("transformer"):
        subject = by_pk[token.subject_id or 0]
        text = subject.key.unseal(
            bytes(token.sealed), text_place(environment_id, subject.public_id, token.public_id)
        ).decode()
        data = _value_text(token, subject, definitions, environment_id)
        rows.append(
            (
                token.pk,
                blind_text(index, text),
                index.blind(b"gone|" + token.public_id.bytes) if data is None else _data(index, token, data),
                None if token.reuse_blind is None else _reuse(index, token, data, definitions),
            )
        )
    execute(_SET_BLINDS, [index.version, *([row[at] for row in rows] for at in range(4)), environment_id])


def _value_text(token: Token, subject: Benched, definitions: Definitions, environment_id: UUID) -> str | None:
    """The text a token stands for; None where its value or its column is gone."""
    value = next((v for v in subject.values if v.id == token.value_id), None)
    column = definitions.by_pk.get(token.column_id or 0)
    if value is None or column is None:
        return None
    place = cell_place(environment_id, subject.public_id, column.public_id, value.id)
    return column.data_type.render(column.data_type.restore(subject.key.unseal(bytes(value.sealed), place)))


def _data(index: IndexKey, token: Token, data: str) -> bytes:
    return blind_data(index, data, transformer=token.transformer_id, policy=token.access_policy_id)


def _reuse(index: IndexKey, token: Token, data: str | None, definitions: Definitions) -> bytes | None:
    """As minting blinds it: a reference to a column of single values stands for whatever is there."""
    column = definitions.by_pk.get(token.column_id or 0)
    if column is not None and not column.is_array and token.transformer.transform_type == BY_REFERENCE:
        data = ""
    if data is None:
        return None
    return blind_reuse(
        index,
        data,
        transformer=token.transformer_id,
        policy=token.access_policy_id,
        subject=token.subject_id or 0,
        column=token.column_id or 0,
        purposes=token.purposes,
    )


def _turn_raw(environment_id: UUID, *, after: int) -> Batch:
    """Blind and seal the next tokens that belong to nobody."""
    with in_environment(environment_id):
        index, new = _index(environment_id), _sealing(environment_id)
        due = Token.objects.select_for_update(skip_locked=True, of=("self",)).filter(subject=None, pk__gt=after)
        former = ~Q(blind_version=index.version) | ~Q(sealed__range=_named_by(new))
        tokens = list(due.filter(former).order_by("pk")[:BATCH])
        blinds: list[tuple[Any, ...]] = []
        sealed: list[tuple[Any, ...]] = []
        for token in tokens:
            at_text = text_place(environment_id, None, token.public_id)
            at_data = data_place(environment_id, token.public_id)
            text = _opened(environment_id, bytes(token.sealed), at_text)
            data = _opened(environment_id, bytes(token.data_sealed or b""), at_data)
            data_blind = _data(index, token, data.decode())
            reuse = None if token.reuse_blind is None else data_blind
            blinds.append((token.pk, blind_text(index, text.decode()), data_blind, reuse))
            sealed.append((token.pk, new.seal(text, at_text), new.seal(data, at_data)))
        execute(_SET_BLINDS, [index.version, *([row[at] for row in blinds] for at in range(4)), environment_id])
        execute(_SET_SEALED, [*([row[at] for row in sealed] for at in range(3)), environment_id])
    return Batch(len(tokens), f"{RAW}{tokens[-1].pk}" if len(tokens) == BATCH else "")


def _opened(environment_id: UUID, sealed: bytes, place: bytes) -> bytes:
    return key_by_id(environment_id, key_id_of(sealed), kind=KeyKind.TOKEN).unseal(sealed, place)
