"""Sealing for services that must keep ciphertext in databases of their own.

Sealbook keeps the keys and the book, the service keeps the values. A sealed value opens in its environment, for its
client, for its purpose and under its context, and under nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.events import EventKind
from audit.recorder import prepare_body
from governance.actions.change import refusal_on_record
from governance.actions.seeing import must_see_definitions
from governance.authorization import Ask, Clearance, at_current_epoch, authorize, refusal
from governance.identities import CLIENT, Caller
from governance.rights import Resource
from governance.standing import StandingPurpose, standing_of
from keyring.errors import Unsealable
from keyring.fingerprints import fingerprints
from userstore import events
from userstore.definitions import purpose_meant
from userstore.errors import Invalid, NotFound
from userstore.reading.statements import append_at_epoch
from userstore.sealing.binding import Binding
from userstore.sealing.keys import keys_by_id, newest_key
from userstore.sealing.texts import LONGEST_VALUE, key_bytes_in, sealed_in, texts_of

MOST_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Batch:
    """One call: texts, each under its context in canonical form, for one purpose and one client's keys."""

    caller: Caller
    purpose: object
    texts: list[str]
    contexts: list[bytes]
    client_id: UUID | None = None
    """Whose values these are; None means the caller's own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One text for each of the batch, None where it cannot be unsealed, and the decision it rests on."""

    texts: Sequence[str | None]
    decision_id: UUID


@dataclass(frozen=True, slots=True)
class _Done:
    """A batch that was worked on, and what its record says beside what every record does."""

    texts: Sequence[str | None]
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Cleared:
    """A batch that may be worked on: for which purpose, with whose keys, and where each value belongs."""

    batch: Batch
    clearance: Clearance
    purpose: StandingPurpose
    client_id: UUID
    places: list[bytes]


def seal_values(batch: Batch, *, now: datetime | None = None) -> Outcome:
    """Seal up to 1000 texts for the caller, who alone keeps them.

    Raises:
        Invalid: too many texts, or one that is too long.
        NotFound: there is no such purpose.
        Refused: the caller is no client, or has no right to have values sealed for this purpose.
    """
    plain = [_plain(text, position) for position, text in enumerate(batch.texts)]

    def seal(cleared: _Cleared) -> _Done:
        key = newest_key(cleared.clearance.standing, cleared.client_id)
        return _Done(texts_of(key.seal_each(plain, cleared.places)), {"key": key.id})

    return _on_record(batch, seal, events.VALUES_SEALED, "seal", now=now)


def unseal_values(batch: Batch, *, now: datetime | None = None) -> Outcome:
    """Unseal up to 1000 values that the caller, or a client it may unseal for, had sealed.

    Raises:
        Invalid: too many values.
        NotFound: there is no such purpose or client.
        Refused: the caller has no right to have these unsealed for this purpose.
    """

    def unseal(cleared: _Cleared) -> _Done:
        opened, keys = _opened(cleared)
        texts = [None if plain is None else plain.decode() for plain in opened]
        return _Done(texts, {"keys": keys, "failed": texts.count(None)})

    return _on_record(batch, unseal, events.VALUES_UNSEALED, "unseal", now=now)


def reseal_values(batch: Batch, *, now: datetime | None = None) -> Outcome:
    """Seal values again under the newest key of the client they belong to, for the same purpose and contexts.

    Raises:
        Invalid: too many values.
        NotFound: there is no such purpose or client.
        Refused: the caller may not both seal and unseal for this purpose.
    """

    def reseal(cleared: _Cleared) -> _Done:
        opened, keys = _opened(cleared)
        key = newest_key(cleared.clearance.standing, cleared.client_id)
        known = [(plain, place) for plain, place in zip(opened, cleared.places, strict=True) if plain is not None]
        sealed = iter(texts_of(key.seal_each([plain for plain, _ in known], [place for _, place in known])))
        texts = [None if plain is None else next(sealed) for plain in opened]
        return _Done(texts, {"keys": keys, "key": key.id, "failed": texts.count(None)})

    return _on_record(batch, reseal, events.VALUES_RESEALED, "unseal", "seal", now=now)


def _on_record(
    batch: Batch, work: Callable[[_Cleared], _Done], event: EventKind, *operations: str, now: datetime | None
) -> Outcome:
    """Work on a batch and record it, or record its refusal."""
    if len(batch.texts) > MOST_VALUES:
        raise Invalid(f"A batch has up to {MOST_VALUES} values.", field="items", remedy="Send several batches.")
    now = now or timezone.now()
    try:
        with refusal_on_record(event, batch.caller):
            return _worked(batch, work, event, operations, now=now)
    except NotFound:
        must_see_definitions(batch.caller, now=now)  # who may nothing here does not learn what there is
        raise


@at_current_epoch
def _worked(
    batch: Batch, work: Callable[[_Cleared], _Done], event: EventKind, operations: Sequence[str], *, now: datetime
) -> Outcome:
    """Decide from memory and work; the record is taken only at the epoch that was decided under, and releases."""
    cleared = _clear(batch, operations, now=now)
    done = work(cleared)
    _record(cleared, done, event)
    return Outcome(done.texts, cleared.clearance.decision_id)


def _clear(batch: Batch, operations: Sequence[str], *, now: datetime) -> _Cleared:
    caller = batch.caller
    standing = standing_of(caller.environment_id)
    client_id = batch.client_id or caller.id
    client = standing.clients.get(client_id)
    purpose = purpose_meant(batch.purpose, standing)
    if caller.kind != CLIENT:
        raise refusal("caller: only clients have values sealed and unsealed")
    resource = Resource("client", client.pk if client else 0, client_id, client.name if client else "")
    for operation in operations:
        ask = Ask(operation, resource, (purpose.public_id,), units=max(len(batch.texts), 1))
        clearance = authorize(caller, ask, standing=standing, now=now)
    if client is None:
        raise NotFound("There is no such client.", field="client_id")
    places = Binding(caller.environment_id, client_id, purpose.public_id).places(batch.contexts)
    return _Cleared(batch, clearance, purpose, client_id, places)


def _opened(cleared: _Cleared) -> tuple[list[bytes | None], list[UUID]]:
    """Open each value, None where it does not open, whatever the reason; also name the keys that opened some."""
    keys = keys_by_id(cleared.clearance.standing, cleared.client_id)
    opened: list[bytes | None] = []
    used: set[bytes] = set()
    for sealed, place in zip(sealed_in(cleared.batch.texts), cleared.places, strict=True):
        named = key_bytes_in(sealed or b"")
        key = keys.get(named)
        try:
            opened.append(key.unseal(sealed, place) if key and sealed else None)
            used.add(named)
        except Unsealable:
            opened.append(None)
    return opened, [key.id for named, key in keys.items() if named in used]


def _record(cleared: _Cleared, done: _Done, event: EventKind) -> None:
    """Record the batch; what could not be recorded does not leave."""
    environment_id = cleared.clearance.environment_id
    contexts = dict.fromkeys(cleared.batch.contexts)
    row = prepare_body(
        event,
        environment_id=environment_id,
        actor=cleared.batch.caller.actor,
        facts={
            "client": cleared.client_id,
            "purposes": [cleared.purpose.name],
            "values": len(done.texts),
            "contexts": fingerprints(environment_id, "sealing context", contexts),
            **done.facts,
        },
        decision_id=cleared.clearance.decision_id,
    )
    append_at_epoch(environment_id, row, epoch=cleared.clearance.standing.epoch)


def _plain(text: str, position: int) -> bytes:
    plain = text.encode()
    if len(plain) > LONGEST_VALUE:
        raise Invalid(f"A value takes up to {LONGEST_VALUE} bytes.", field=f"items[{position}].value")
    return plain
