"""Reserving operations for programs, and releasing them: what is reserved, no person has by whichever way."""

from __future__ import annotations

from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models

from governance import events
from governance.actions.change import Change, configuration_change
from governance.actions.rights import described_right, must_be_inside, operations_on
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import Account, Environment, GroupRight, ReservedOperation, Right

DECISIONS = frozenset({"configure", "audit", "request", "approve"})
"""What is never reserved: whoever decides about access is a person."""


@draftable
def reserve_operation(caller: Caller, *, operation: str, on: models.Model) -> ReservedOperation:
    """Reserve an operation on the environment, or on one object in it, for services and jobs.

    From the next check on no person has it there. The rights of operators and groups to exactly this end with it, each
    with an entry of its own; on the environment, so do their rights to single objects in it.

    Raises:
        Invalid: there is no such operation on such an object, or people have to have it.
        Conflict: it is reserved already.
    """
    with configuration_change(caller, events.OPERATION_RESERVED) as change:
        must_be_inside(on, caller.environment_id)
        if operation not in reservable_on(type(on)):
            raise Invalid(
                f"{operation!r} cannot be reserved on a {on._meta.model_name}.",
                field="operation",
                remedy=f"Known: {', '.join(reservable_on(type(on)))}.",
            )
        existing = _reserved(operation, on).first()
        if existing is not None:
            raise Conflict("It is reserved already.", existing_id=existing.public_id, identical=True, field="operation")
        reserved = _reserve(change, operation, on)
        change.facts.update(_described(reserved))
    return reserved


@draftable
def release_operation(caller: Caller, *, public_id: UUID) -> None:
    """Let people be given an operation again. Nobody has it by that: rights that ended do not come back.

    Raises:
        NotFound: nothing of that id is reserved.
    """
    with configuration_change(caller, events.OPERATION_RELEASED) as change:
        reserved = ReservedOperation.objects.select_for_update().filter(public_id=public_id).first()
        if reserved is None:
            raise NotFound("No such operation is reserved in this environment.", field="id")
        change.facts.update(_described(reserved))
        reserved.delete()


def reserve_exports(change: Change, environment: Environment) -> None:
    """Reserve what leaves in bulk when an environment becomes protected; an officer can release it."""
    if not _reserved("export", environment).exists():
        reserved = _reserve(change, "export", environment)
        change.beside.append((events.OPERATION_RESERVED, _described(reserved)))


def reserve_exports_of_new(environment: Environment) -> dict[str, object]:
    """Reserve what leaves in bulk in a new environment, where nobody has a right; returns what the book says of it."""
    return _described(_row(environment.id, "export", environment))


def reservable_on(model: type[models.Model]) -> list[str]:
    """List the operations that can be reserved on a kind of object."""
    return [operation for operation in operations_on(model) if operation not in DECISIONS]


def _reserve(change: Change, operation: str, on: models.Model) -> ReservedOperation:
    for right in _rights_of_people(operation, on):
        change.beside.append((events.RIGHT_WITHDRAWN, described_right(right)))
        right.delete()
    return _row(change.environment_id, operation, on)


def _row(environment_id: UUID, operation: str, on: models.Model) -> ReservedOperation:
    return ReservedOperation.objects.create(
        environment_id=environment_id,
        operation=operation,
        content_type=ContentType.objects.get_for_model(on),
        object_pk=str(on.pk),
    )


def _rights_of_people(operation: str, on: models.Model) -> list[Right | GroupRight]:
    wanted: dict[str, object] = {"permission__codename": operation, "is_deny": False}
    if not isinstance(on, Environment):
        wanted |= {"content_type": ContentType.objects.get_for_model(on), "object_pk": str(on.pk)}
    return [
        *Right.objects.filter(**wanted, user__kind=Account.OPERATOR).select_for_update(of=("self",)).order_by("pk"),
        *GroupRight.objects.filter(**wanted).select_for_update(of=("self",)).order_by("pk"),
    ]


def _reserved(operation: str, on: models.Model) -> models.QuerySet[ReservedOperation]:
    content_type = ContentType.objects.get_for_model(on)
    return ReservedOperation.objects.filter(operation=operation, content_type=content_type, object_pk=str(on.pk))


def _described(reserved: ReservedOperation) -> dict[str, object]:
    return {
        "reserved": reserved.public_id,
        "operation": reserved.operation,
        "resource_kind": reserved.content_type.model,
        "resource": reserved.object_pk,
    }
