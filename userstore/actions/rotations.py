"""Rotations: begun by whoever configures, carried on in short steps by whoever has time, ended by the clock.

A rotation turns: everything under old keys is renewed, pass by pass, until a pass finds nothing. Then it keeps the old
keys until nobody can use them any more: every process knows the new ones, and every transaction that may not have
known them is over. A last pass, and the old keys are destroyed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.utils import timezone

from audit.actors import Actor
from audit.recorder import append
from governance.actions.clearing import cleared
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from keyring.actions import Batch, announce_index_keys
from keyring.keys import remembered_seconds, settling
from keyring.models import KeyRotation
from keyring.models.key_rotation import ENDED, KEEPING, TURNING
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from userstore import events
from userstore.actions.rotating.aliases import AliasKeys
from userstore.actions.rotating.indexes import IndexKeys
from userstore.actions.rotating.subjects import SubjectKeys
from userstore.actions.rotating.tokens import TokenKeys
from userstore.actions.rotating.wrapping import EnvironmentKeys, SecretKeys, TextKeys


class Kind(Protocol):
    """One kind of keys that can be renewed."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def keeps(self) -> timedelta:
        """How long old keys stay at least, beyond what every kind needs."""
        ...

    def waits(self) -> timedelta:
        """How long after its beginning the first batch may turn."""
        ...

    def begin(self, environment_id: UUID) -> None: ...
    def expected(self, rotation: KeyRotation) -> int: ...
    def turn(self, rotation: KeyRotation) -> Batch: ...
    def is_due(self, rotation: KeyRotation) -> bool: ...
    def end(self, environment_id: UUID) -> int: ...


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (EnvironmentKeys(), SubjectKeys(), IndexKeys(), AliasKeys(), TokenKeys(), TextKeys(), SecretKeys())
}
OF_THE_INSTALLATION = ("environment", "text", "secrets")
"""What there is to renew for the installation itself, which has no subjects."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a rotation stands after a step. `wait` is how long nothing can be done, in seconds."""

    state: str
    turned: int
    expected: int
    wait: float = 0.0


def begin_rotation(caller: Caller, *, what: str, now: datetime | None = None) -> KeyRotation:
    """Begin to renew one kind of keys in the caller's environment, protected or not: access does not change.

    Raises:
        Invalid: there is no such kind.
        Conflict: it is being renewed already.
        Refused: the caller may not configure; the refusal is on record.
    """
    _must_be_known(what, tuple(KINDS))
    with cleared(caller, "configure", events.KEYS_ROTATION_BEGUN, now=now or timezone.now()) as clearance:
        return _begin(caller.environment_id, what, caller.actor, decision_id=clearance.decision_id)


def begin_rotation_of_installation(actor: Actor, *, what: str) -> KeyRotation:
    """Begin to renew one kind of the installation's own keys. Who may do this is decided where it is called."""
    _must_be_known(what, OF_THE_INSTALLATION)
    with in_environment(SYSTEM_ENVIRONMENT):
        return _begin(SYSTEM_ENVIRONMENT, what, actor, decision_id=None)


def advance_rotation(*, environment_id: UUID, rotation_id: UUID) -> Step:
    """Take one short step; safe to repeat, to stop at any time, and to call from several processes.

    Raises:
        NotFound: there is no such rotation.
        Unsealable: something is damaged, so its key cannot be renewed; it has to be restored or removed first.
    """
    with in_environment(environment_id):
        rotation = KeyRotation.objects.select_for_update(skip_locked=True).filter(pk=rotation_id).first()
        if rotation is None:
            return _somebody_else(rotation_id)
        known_at = rotation.known_at or _announced(rotation)
        kind, age = KINDS[rotation.what], _now() - known_at
        if rotation.state == TURNING:
            return _turn(rotation, kind, kind.waits() - age)
        if rotation.state == KEEPING:
            return _keep(rotation, kind, known_at, age)
        return _step(rotation)


def unended_rotations(environment_id: UUID) -> list[UUID]:
    """The rotations of an environment that have not ended, the oldest first."""
    with in_environment(environment_id):
        found = KeyRotation.objects.filter(environment_id=environment_id, ended_at=None)
        return list(found.order_by("started_at").values_list("pk", flat=True))


def _must_be_known(what: str, known: Sequence[str]) -> None:
    if what not in known:
        raise Invalid(f"There are no such keys: {what[:32]!r}.", field="what", remedy=f"Known: {', '.join(known)}.")


def _begin(environment_id: UUID, what: str, actor: Actor, *, decision_id: UUID | None) -> KeyRotation:
    kind = KINDS[what]
    running = KeyRotation.objects.filter(environment_id=environment_id, what=what, ended_at=None).first()
    if running is not None:
        raise Conflict("These keys are being renewed already.", existing_id=running.id, field="what")
    rotation = KeyRotation.objects.create(environment_id=environment_id, what=what, started_by=actor.id)
    rotation.refresh_from_db()
    kind.begin(environment_id)
    rotation.expected = kind.expected(rotation)
    rotation.save(update_fields=["expected"])
    _record(events.KEYS_ROTATION_BEGUN, rotation, actor, decision_id=decision_id, expected=rotation.expected)
    return rotation


def _turn(rotation: KeyRotation, kind: Kind, wait: timedelta) -> Step:
    if wait > timedelta():
        return _step(rotation, wait=wait.total_seconds())
    _take_batch(rotation, kind)
    passed = rotation.place == ""
    if passed and rotation.turned_in_pass == 0:
        if kind.is_due(rotation):
            return _saved(rotation, wait=0.2)  # somebody works on what is left
        rotation.state = KEEPING
    if passed:
        rotation.turned_in_pass = 0
    return _saved(rotation)


def _announced(rotation: KeyRotation) -> datetime:
    """Note that the beginning is committed, as this transaction sees it: what others have to know counts from here."""
    announce_index_keys(environment_id=rotation.environment_id)
    rotation.known_at = known_at = _now()
    rotation.save(update_fields=["known_at"])
    return known_at


def _keep(rotation: KeyRotation, kind: Kind, known_at: datetime, age: timedelta) -> Step:
    spread = settling() + timedelta(seconds=remembered_seconds())
    wait = max(spread, kind.keeps) - age
    if wait > timedelta():
        return _step(rotation, wait=wait.total_seconds())
    if _runs_since_before(known_at + spread):
        return _step(rotation, wait=1.0)
    _take_batch(rotation, kind)
    if rotation.place or rotation.turned_in_pass or kind.is_due(rotation):
        rotation.turned_in_pass = 0 if rotation.place == "" else rotation.turned_in_pass
        return _saved(rotation)
    destroyed = kind.end(rotation.environment_id)
    rotation.state, rotation.ended_at = ENDED, _now()
    actor = Actor("system", None)
    _record(events.KEYS_ROTATION_ENDED, rotation, actor, turned=rotation.turned, destroyed=destroyed)
    return _saved(rotation)


def _take_batch(rotation: KeyRotation, kind: Kind) -> None:
    batch = kind.turn(rotation)
    rotation.place = batch.place
    rotation.turned += batch.turned
    rotation.turned_in_pass += batch.turned


def _runs_since_before(moment: datetime) -> bool:
    """Whether a transaction of ours is still open that may have begun before a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_stat_activity where datname = current_database() "
            "and usename = current_user and pid <> pg_backend_pid() and xact_start < %s)",
            [moment],
        )
        return bool(cursor.fetchone()[0])


def _now() -> datetime:
    """The database's clock, which dated the keys."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def _saved(rotation: KeyRotation, *, wait: float = 0.0) -> Step:
    rotation.save(update_fields=["state", "place", "turned", "turned_in_pass", "ended_at"])
    return _step(rotation, wait=wait)


def _step(rotation: KeyRotation, *, wait: float = 0.0) -> Step:
    return Step(rotation.state, rotation.turned, rotation.expected, wait)


def _somebody_else(rotation_id: UUID) -> Step:
    """Another process takes a step of this rotation right now."""
    rotation = KeyRotation.objects.filter(pk=rotation_id).first()
    if rotation is None:
        raise NotFound("There is no such rotation.", field="id")
    return _step(rotation, wait=0.2)


def _record(event: Any, rotation: KeyRotation, actor: Actor, *, decision_id: UUID | None = None, **facts: Any) -> None:
    append(
        event,
        environment_id=rotation.environment_id,
        actor=actor,
        facts={"rotation": rotation.id, "what": rotation.what, **facts},
        decision_id=decision_id,
    )
