"""A write that is sent again is answered again, not done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction

from audit.recorder import append
from governance.errors import Conflict, GovernanceError, Invalid
from governance.identities import Caller
from governance.models import Environment
from keyring.fingerprints import fingerprint
from keyring.keys import KeyKind, key_by_id, key_for
from keyring.places import text_place
from keyring.sealing import key_id_of
from keyring.walls import in_environment
from userstore import events
from userstore.models import IdempotencyKey

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write answered: JSON, its status, and the decision it rests on."""

    status: int
    body: bytes
    decision_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A write that carries a key: sent again with the same body it gives the same answer for a day."""

    caller: Caller
    key: str
    call: str
    body: object


def answered_once(asked: Repeatable, do: Callable[[], Answer], *, clear: Callable[[], object], now: datetime) -> Answer:
    """Do a write once and answer it as often as it is asked with the same key, while its caller may still do it.

    The key is inserted before the effect and committed with it: a twin that runs at the same time waits for it, a crash
    in between leaves neither. Only what was done is remembered; a refusal or an error is decided anew.

    Args:
        clear: decides now whether the caller may do this; raises `Refused`, on record, where not.

    Raises:
        Refused: the caller may not do this, or not any more.
        Invalid: the key is no printable text of 1 to 255 characters.
        Conflict: the key came with another body before.
    """
    must_be_key(asked.key)
    with in_environment(asked.caller.environment_id):
        row = _claimed(asked, now)
        try:
            return _repeated(asked, row, clear) if row.status else _done(asked, row, do)
        except GovernanceError as error:
            # What was done came undone where it was done. The transaction has to commit: it holds the record of that.
            failure = error
    raise failure


def forget_answers(*, now: datetime) -> int:
    """Delete the keys whose day is over, in every environment; returns how many."""
    until = now - timedelta(hours=settings.USERSTORE_IDEMPOTENCY_HOURS)
    forgotten = 0
    for environment_id in Environment.objects.values_list("pk", flat=True):
        with in_environment(environment_id):
            forgotten += IdempotencyKey.objects.filter(created_at__lt=until).delete()[0]
    return forgotten


def must_be_key(key: str) -> None:
    """Raise `Invalid` where a key is no printable text of 1 to 255 characters."""
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(f"An idempotency key has 1 to {LONGEST_KEY} printable characters.", field="Idempotency-Key")


def _claimed(asked: Repeatable, now: datetime) -> IdempotencyKey:
    """Return the row of this key: a new one with status 0, or the one of the call that had it before."""
    digest = _digest(asked, "idempotency key", asked.key.encode())
    oldest = now - timedelta(hours=settings.USERSTORE_IDEMPOTENCY_HOURS)
    mine = IdempotencyKey.objects.filter(client_id=asked.caller.id, key_digest=digest)
    mine.filter(created_at__lt=oldest).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                environment_id=asked.caller.environment_id,
                client_id=asked.caller.id,
                key_digest=digest,
                request_digest=_request_digest(asked),
                status=0,
                answer=b"",
                created_at=now,
            )
    except IntegrityError:
        return mine.get()


def _done(asked: Repeatable, row: IdempotencyKey, do: Callable[[], Answer]) -> Answer:
    try:
        answer = do()
    except GovernanceError:
        row.delete()
        raise
    _remember(asked, row, answer)
    return answer


def _repeated(asked: Repeatable, row: IdempotencyKey, clear: Callable[[], object]) -> Answer:
    answer = _remembered(asked, row)
    clear()
    append(
        events.ANSWER_REPEATED,
        environment_id=asked.caller.environment_id,
        actor=asked.caller.actor,
        facts={"call": asked.call},
        decision_id=answer.decision_id,
    )
    return answer


def _remember(asked: Repeatable, row: IdempotencyKey, answer: Answer) -> None:
    told = {"body": answer.body.decode(), "decision": str(answer.decision_id) if answer.decision_id else None}
    row.status = answer.status
    row.answer = key_for(asked.caller.environment_id, KeyKind.TEXT).seal(orjson.dumps(told), _place(asked, row))
    row.save(update_fields=["status", "answer"])


def _remembered(asked: Repeatable, row: IdempotencyKey) -> Answer:
    if bytes(row.request_digest) != _request_digest(asked):
        raise Conflict(
            "This idempotency key came with another request before.",
            field="Idempotency-Key",
            remedy="Take a new key for a new request.",
        )
    sealed = bytes(row.answer)
    key = key_by_id(asked.caller.environment_id, key_id_of(sealed), kind=KeyKind.TEXT)
    told = orjson.loads(key.unseal(sealed, _place(asked, row)))
    decision = UUID(told["decision"]) if told["decision"] else None
    return Answer(row.status, told["body"].encode(), decision)


def _place(asked: Repeatable, row: IdempotencyKey) -> bytes:
    return text_place(asked.caller.environment_id, "userstore_idempotencykey", "answer", row.pk)


def _request_digest(asked: Repeatable) -> bytes:
    canonical = orjson.dumps([asked.call, asked.body], option=orjson.OPT_SORT_KEYS)
    return _digest(asked, "idempotency request", canonical)


def _digest(asked: Repeatable, domain: str, value: bytes) -> bytes:
    return bytes.fromhex(fingerprint(asked.caller.environment_id, domain, value))
