"""Defining and changing environments."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction

from audit.actors import Actor
from audit.recorder import append
from governance import catalogue, events
from governance.actions.builtin import KEYS, define_built_in
from governance.actions.change import Change, configuration_change
from governance.actions.reserved import reserve_exports, reserve_exports_of_new
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid
from governance.identities import SYSTEM, Caller
from governance.models import Environment
from governance.people import people_who
from keyring.actions import create_environment_key, create_first_keys
from keyring.walls import in_environment


def define_environment(
    actor: Actor,
    *,
    name: str,
    description: str = "",
    is_protected: bool = False,
    is_synthetic: bool = False,
    environment_id: UUID | None = None,
) -> Environment:
    """Define an environment with its keys and built-in objects.

    Who may do this is decided where it is called: a management command, or the console for superusers.

    Raises:
        Invalid: the name is empty or too long, or somebody at the console would protect it before anybody has a right.
        Conflict: another environment has the name.
    """
    if is_protected and actor.id is not None:
        raise Invalid(
            "A new environment is set up before it is protected: nobody has a right in it yet.",
            field="is_protected",
            remedy="Give two operators the right to configure it, then protect it.",
        )
    name = name.strip()
    if not name or len(name) > 64:
        raise Invalid("An environment needs a name of 1 to 64 characters.", field="name")
    existing = Environment.objects.filter(name__iexact=name).first()
    if existing is not None:
        raise Conflict(f"There is an environment named {existing.name}.", existing_id=existing.id, field="name")
    with transaction.atomic():
        environment = Environment.objects.create(
            id=environment_id or uuid4(),
            name=name,
            description=description,
            is_protected=is_protected,
            is_synthetic=is_synthetic,
        )
        with in_environment(environment.id):
            create_environment_key(environment_id=environment.id)
            create_first_keys(environment_id=environment.id, names=KEYS)
            define_built_in(environment.id)
            catalogue.furnish(environment.id)
            if is_protected:
                reserved = reserve_exports_of_new(environment)
                append(events.OPERATION_RESERVED, environment_id=environment.id, actor=actor, facts=reserved)
            append(
                events.ENVIRONMENT_DEFINED,
                environment_id=environment.id,
                actor=actor,
                facts={"name": name, "protected": is_protected, "synthetic": is_synthetic},
            )
    return environment


@draftable
def change_environment(caller: Caller, *, description: str, is_protected: bool) -> Environment:
    """Change what may change about the caller's environment; name and synthetic mark stay for ever.

    With its protection, `export` is reserved for programs; an officer can release it afterwards.

    Raises:
        Invalid: it would be protected, and fewer than two people can configure it.
    """
    with configuration_change(caller, events.ENVIRONMENT_CHANGED) as change:
        environment = Environment.objects.select_for_update().get(pk=caller.environment_id)
        if is_protected and not environment.is_protected:
            if caller.kind != SYSTEM:
                _must_have_two_people(change)
            reserve_exports(change, environment)
        environment.description = description
        environment.is_protected = is_protected
        environment.save(update_fields=["description", "is_protected"])
        change.facts.update(name=environment.name, protected=is_protected, synthetic=environment.is_synthetic)
    return environment


def _must_have_two_people(change: Change) -> None:
    people = people_who(standing=change.clearance.standing, operation="configure", now=change.now)
    if len(people) < _AUTHOR_AND_APPROVER:
        raise Invalid(
            f"{len(people)} of the operators can configure this environment; one has to approve what another proposes.",
            field="is_protected",
            remedy="Give another operator the right to configure it first.",
        )


_AUTHOR_AND_APPROVER = 2
