"""The keys of dead letters of people: made with the first letter, destroyed with the person."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction

from dataflow.engines.redis_letters import erase_letters
from dataflow.models import PartedPerson
from keyring.actions import create_first_keys, destroy_key
from keyring.keys import KeyKind, OpenKey, keys_of_scopes, pseudonym_key_for
from keyring.models import WrappedKey
from keyring.walls import in_environment
from userstore.models import Subject

SECONDS = 5.0
"""How long an erasure waits for the server of the topics; it has taken place already."""


def letter_keys_of(environment_id: UUID, people: Collection[UUID]) -> dict[UUID, OpenKey]:
    """Return the key of each person who is known here, made where there is none yet.

    A person's row is locked while a key is made, as it is by whoever erases: no key comes behind an erasure.
    """
    if not people:
        return {}
    with in_environment(environment_id):
        known = keys_of_scopes(environment_id, KeyKind.FLOW, [str(each) for each in people])
        missing = [each for each in people if str(each) not in known]
        if missing:
            live = Subject.objects.select_for_update().filter(public_id__in=missing, erased_at=None)
            locked = [str(each) for each in live.order_by("public_id").values_list("public_id", flat=True)]
            made = keys_of_scopes(environment_id, KeyKind.FLOW, locked)  # by somebody else, before the lock
            names = [(KeyKind.FLOW, each) for each in locked if each not in made]
            create_first_keys(environment_id=environment_id, names=names)
            known |= keys_of_scopes(environment_id, KeyKind.FLOW, locked)
    return {UUID(scope): key for scope, key in known.items()}


def parted_among(environment_id: UUID, people: Collection[UUID]) -> set[UUID]:
    """Return those who were deleted or erased here: what is met of them is kept for nobody."""
    if not people:
        return set()
    with in_environment(environment_id):
        marks = {_mark_of(environment_id, each): each for each in people}
        rows = PartedPerson.objects.filter(mark__in=list(marks)).values_list("mark", flat=True)
        erased = Subject.objects.filter(public_id__in=people).exclude(erased_at=None)  # before there were marks
        return {marks[bytes(each)] for each in rows} | set(erased.values_list("public_id", flat=True))


def destroyed_among(environment_id: UUID, key_ids: Collection[UUID]) -> set[UUID]:
    """Return those keys of dead letters of which it is known that they were destroyed with their person."""
    with in_environment(environment_id):
        rows = PartedPerson.objects.filter(key_id__in=key_ids).values_list("key_id", flat=True)
        return {each for each in rows if each is not None}


def destroy_letter_keys(environment_id: UUID, subject_id: UUID) -> None:
    """Destroy the key of a person's dead letters, and take them out of the lists once that is committed.

    A server of the topics that does not answer then keeps letters that nobody opens or sees listed, until
    `take_out_letters`.
    """
    with in_environment(environment_id):
        keys = WrappedKey.objects.filter(kind=KeyKind.FLOW.value, scope=str(subject_id))
        found = list(keys.values_list("pk", flat=True))
        for key_id in found:
            destroy_key(environment_id=environment_id, key_id=key_id)
        mark = _mark_of(environment_id, subject_id)
        if found or not PartedPerson.objects.filter(mark=mark).exists():
            keys_gone: list[UUID | None] = [*found] or [None]
            gone = [PartedPerson(environment_id=environment_id, mark=mark, key_id=each) for each in keys_gone]
            PartedPerson.objects.bulk_create(gone)
    if found:
        transaction.on_commit(lambda: _take_out(environment_id, set(found)))


def take_out_letters(environment_id: UUID, *, now: datetime) -> int:
    """Take out what destroyed keys had sealed and the server of the topics still had; return of how many keys.

    Raises `redis.RedisError`; the next call goes on.
    """
    with in_environment(environment_id):
        rows = PartedPerson.objects.filter(taken_out_at=None).exclude(key_id=None)
        found = {each for each in rows.values_list("key_id", flat=True) if each is not None}
    if found:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS) as client:
            erase_letters(client, str(environment_id), found)
        with in_environment(environment_id):
            PartedPerson.objects.filter(key_id__in=found).update(taken_out_at=now)
    return len(found)


def _mark_of(environment_id: UUID, person: UUID) -> bytes:
    key = pseudonym_key_for(environment_id).derived("flow|people who are gone")
    return blake2b(person.bytes, key=key, digest_size=32).digest()


def _take_out(environment_id: UUID, key_ids: set[UUID]) -> None:
    with suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS) as client:
        erase_letters(client, str(environment_id), key_ids)
