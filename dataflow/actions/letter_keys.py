"""The keys of dead letters of people: made with the first letter, destroyed with the person."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction

from dataflow.engines.redis_letters import erase_letters
from keyring.actions import create_first_keys, destroy_key
from keyring.keys import KeyKind, OpenKey, keys_of_scopes
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


def destroy_letter_keys(environment_id: UUID, subject_id: UUID) -> None:
    """Destroy the key of a person's dead letters, and take them out of the lists once that is committed.

    A server of the topics that does not answer then keeps letters that nobody opens; the next look at their list takes
    them out.
    """
    with in_environment(environment_id):
        keys = WrappedKey.objects.filter(kind=KeyKind.FLOW.value, scope=str(subject_id))
        found = list(keys.values_list("pk", flat=True))
        for key_id in found:
            destroy_key(environment_id=environment_id, key_id=key_id)
    if found:
        transaction.on_commit(lambda: _take_out(environment_id, set(found)))


def _take_out(environment_id: UUID, key_ids: set[UUID]) -> None:
    with suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS) as client:
        erase_letters(client, str(environment_id), key_ids)
