"""Freezing and unfreezing: access stops, or goes on, with the next check everywhere."""

from __future__ import annotations

from uuid import UUID

from governance import events
from governance.actions.change import containment
from governance.catalogue import FREEZABLE_KINDS, exists
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Freeze


def freeze(caller: Caller, *, kind: str, target_id: UUID, reason: str = "") -> Freeze:
    """Stop an environment, a purpose, a column, an accessor, a mutator or a client at once, protected or not.

    Raises:
        Invalid: that kind cannot be frozen.
        NotFound: no such target in this environment.
        Conflict: it is frozen already.
    """
    if kind not in FREEZABLE_KINDS:
        raise Invalid(f"A {kind} cannot be frozen.", field="kind", remedy=f"Known: {', '.join(FREEZABLE_KINDS)}.")
    with containment(caller, events.FROZEN) as change:
        if not exists(kind=kind, public_id=target_id, environment_id=caller.environment_id):
            raise NotFound(f"There is no such {kind} in this environment.", field="target_id")
        existing = Freeze.objects.filter(kind=kind, target_id=target_id, lifted_at=None).first()
        if existing is not None:
            raise Conflict(f"This {kind} is frozen already.", existing_id=existing.public_id, identical=True)
        frozen = Freeze.objects.create(
            environment_id=caller.environment_id,
            kind=kind,
            target_id=target_id,
            frozen_by=caller.actor.id,
            frozen_at=change.now,
        )
        if reason:
            frozen.reason = reason  # sealed for its row, so the row has to be there first
            frozen.save(update_fields=["reason"])
        change.facts.update(freeze=frozen.public_id, kind=kind, target=target_id)
    return frozen


def unfreeze(caller: Caller, *, freeze_id: UUID) -> Freeze:
    """Lift a freeze; the next call goes through again."""
    with containment(caller, events.UNFROZEN) as change:
        frozen = Freeze.objects.select_for_update().filter(public_id=freeze_id, lifted_at=None).first()
        if frozen is None:
            raise NotFound("There is no such freeze in force.", field="freeze")
        frozen.lifted_at, frozen.lifted_by = change.now, caller.actor.id
        frozen.save(update_fields=["lifted_at", "lifted_by"])
        change.facts.update(freeze=frozen.public_id, kind=frozen.kind, target=frozen.target_id)
    return frozen
