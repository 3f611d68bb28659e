"""Defining, changing and retiring purposes."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from governance import events
from governance.actions.change import configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_in_use
from governance.catalogue import uses_of
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Purpose
from governance.models.purposes import LegalBasis


@draftable
def define_purpose(
    caller: Caller,
    *,
    name: str,
    description: str = "",
    legal_basis: str = LegalBasis.CONSENT,
    public_id: UUID | None = None,
) -> Purpose:
    """Define what values may be used for.

    Raises:
        Invalid: bad name or unknown legal basis.
        Conflict: name or id is taken; the same name counts as identical, as wire clients expect.
    """
    name = checked_name(name, what="purpose")
    _check_basis(legal_basis)
    with configuration_change(caller, events.PURPOSE_DEFINED) as change:
        _refuse_existing(name=name, public_id=public_id)
        purpose = Purpose.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            description=description,
            legal_basis=legal_basis,
        )
        change.facts.update(purpose=purpose.public_id, name=name, legal_basis=legal_basis)
    return purpose


@draftable
def change_purpose(
    caller: Caller, *, public_id: UUID, name: str, description: str, legal_basis: str | None = None
) -> Purpose:
    """Change description and legal basis; a purpose keeps its name, because consent texts named it."""
    with configuration_change(caller, events.PURPOSE_CHANGED) as change:
        purpose = _purpose(public_id)
        if purpose.is_system:
            raise Invalid("A built-in purpose cannot be changed.", field="id")
        if name != purpose.name:
            raise Invalid("A purpose keeps its name.", field="name", remedy="Define a new purpose.")
        if legal_basis is not None:
            _check_basis(legal_basis)
            purpose.legal_basis = legal_basis
        purpose.description = description
        purpose.save(update_fields=["description", "legal_basis"])
        change.facts.update(purpose=public_id, name=name, legal_basis=purpose.legal_basis)
    return purpose


@draftable
def retire_purpose(caller: Caller, *, public_id: UUID) -> None:
    """Retire a purpose that nothing uses. The history of consents keeps what it was; its name is free again.

    Raises:
        Conflict: an accessor, a mutator or a stored value names it.
    """
    with configuration_change(caller, events.PURPOSE_RETIRED) as change:
        purpose = _purpose(public_id)
        if purpose.is_system:
            raise Invalid("A built-in purpose cannot be retired.", field="id")
        _refuse_used(public_id)
        change.facts.update(purpose=public_id, name=purpose.name)
        try:
            with transaction.atomic():
                purpose.delete()
                connection.check_constraints()  # deferred ones speak now, while the purpose can still stay
        except IntegrityError:
            # Either somebody has just begun to use it, or the history of consents names it, which is for ever.
            _refuse_used(public_id)
            purpose.retired_at = change.now
            purpose.save(update_fields=["retired_at"])


def _refuse_used(public_id: UUID) -> None:
    refuse_in_use(
        "purpose",
        uses_of("purpose", public_id),
        public_id=public_id,
        remedy="Change the accessors and mutators that name it, and withdraw it from values.",
    )


def _check_basis(legal_basis: str) -> None:
    if legal_basis not in LegalBasis.values:
        raise Invalid(
            f"{legal_basis!r} is not a legal basis.",
            field="legal_basis",
            remedy=f"Known: {', '.join(LegalBasis.values)}.",
        )


def _purpose(public_id: UUID) -> Purpose:
    purpose = Purpose.objects.select_for_update().filter(public_id=public_id).first()
    if purpose is None:
        raise NotFound("There is no such purpose.", field="id")
    return purpose


def _refuse_existing(*, name: str, public_id: UUID | None) -> None:
    same_name = Purpose.objects.filter(name__iexact=name).first()
    if same_name is not None:
        raise Conflict(
            f"There is a purpose named {same_name.name}.", existing_id=same_name.public_id, identical=True, field="name"
        )
    if public_id is not None and Purpose.everything.filter(public_id=public_id).exists():
        raise Conflict("There is a purpose with this id and another name.", existing_id=public_id, field="id")
