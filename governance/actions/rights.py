"""Giving and withdrawing rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models

from governance import events
from governance.actions.change import configuration_change
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller, system_caller
from governance.models import Account, Environment, GroupRight, ReservedOperation, Right


@dataclass(frozen=True, slots=True)
class Terms:
    """When and how often a right may be used, or that it denies."""

    not_before: datetime | None = None
    not_after: datetime | None = None
    quota_per_hour: int | None = None
    is_deny: bool = False

    def check(self) -> None:
        """Raise `Invalid` where they make no sense."""
        if self.not_before and self.not_after and self.not_after <= self.not_before:
            raise Invalid("The window ends before it begins.", field="not_after")
        if self.is_deny and self.quota_per_hour is not None:
            raise Invalid("A denial has no quota.", field="quota_per_hour")

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "deny": self.is_deny,
            "quota": self.quota_per_hour,
            "not_before": self.not_before,
            "not_after": self.not_after,
        }


def give_right(
    caller: Caller,
    *,
    holder: Account | Group,
    operation: str,
    on: models.Model,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    quota_per_hour: int | None = None,
    is_deny: bool = False,
) -> Right | GroupRight:
    """Give (or deny) an account or a group one operation on the environment or one object in it.

    Raises:
        Invalid: the operation does not exist for such an object, or the window or quota makes no sense.
        Conflict: the holder has a right for exactly this already; withdraw it first. Or the holder is a person or a
            group, and the operation is reserved for programs.
    """
    terms = Terms(not_before, not_after, quota_per_hour, is_deny)
    (right,) = give_rights(caller, holder=holder, operations=[operation], on=on, terms=terms)
    return right


@draftable
def give_rights(
    caller: Caller, *, holder: Account | Group, operations: Sequence[str], on: models.Model, terms: Terms | None = None
) -> list[Right] | list[GroupRight]:
    """Give (or deny) several operations in one change, with an entry of the book for each; raises as `give_right`."""
    terms = terms or Terms()
    terms.check()
    with configuration_change(caller, events.RIGHT_GIVEN) as change:
        must_be_inside(on, caller.environment_id)
        permissions = _permissions(on, operations)
        if not terms.is_deny:
            _must_not_be_reserved(holder, operations, on)
        model, holder_field = (Right, "user") if isinstance(holder, Account) else (GroupRight, "group")
        held = {holder_field: holder, "object_pk": str(on.pk)}
        if model._default_manager.filter(**held, permission__in=permissions).exists():
            raise Conflict("The holder has a right for exactly this already.", remedy="Withdraw it first.")
        rights: list[Any] = model._default_manager.bulk_create(
            model(
                **held,
                **asdict(terms),
                permission=permission,
                content_type=permission.content_type,
                environment_id=caller.environment_id,
            )
            for permission in permissions
        )
        change.entries = [described_right(right) | terms.facts for right in rights]
    return rights


def _permissions(on: models.Model, operations: Sequence[str]) -> list[Permission]:
    """Return what stands for operations on such an object, in their order."""
    content_type, known = ContentType.objects.get_for_model(on), operations_on(type(on))
    for position, operation in enumerate(operations):
        if operation not in known or operation in operations[:position]:
            raise Invalid(
                f"There is no operation {operation!r} on a {content_type.model}, or it is named twice.",
                field="operation",
                remedy=f"Known: {', '.join(known)}.",
            )
    found = Permission.objects.select_related("content_type").filter(content_type=content_type, codename__in=operations)
    named = {permission.codename: permission for permission in found}
    return [named[operation] for operation in operations]


@draftable
def withdraw_right(caller: Caller, *, right: Right | GroupRight) -> None:
    """Withdraw a right; the next call that needs it is refused."""
    with configuration_change(caller, events.RIGHT_WITHDRAWN) as change:
        found = type(right)._default_manager.select_for_update().filter(pk=right.pk).first()
        if found is None:
            raise NotFound("There is no such right in this environment.")
        change.facts.update(described_right(found))
        found.delete()


def _must_not_be_reserved(holder: Account | Group, operations: Sequence[str], on: models.Model) -> None:
    if isinstance(holder, Account) and holder.kind == Account.SERVICE:
        return
    content_type = ContentType.objects.get_for_model(on)
    covers = models.Q(content_type__model="environment") | models.Q(content_type=content_type, object_pk=str(on.pk))
    reserved = ReservedOperation.objects.filter(covers, operation__in=operations).first()
    if reserved is not None:
        raise Conflict(
            f"{reserved.operation} is reserved for programs here; no person has it.",
            existing_id=reserved.public_id,
            field="operation",
            remedy="Give it to a service or a job, or release it first.",
        )


def give_group_rights(environment: Environment, group: str, operations: Sequence[str]) -> None:
    """Give a group operations on a whole environment, as a management command does when it sets one up."""
    holder, _ = Group.objects.get_or_create(name=group)
    give_rights(system_caller(environment.id), holder=holder, operations=operations, on=environment)


def operations_on(model: type[models.Model]) -> list[str]:
    """List the operations that rights can name for a kind of object."""
    return [codename for codename, _ in model._meta.permissions]


def must_be_inside(on: models.Model, environment_id: UUID) -> None:
    """Raise `NotFound` for an object of another environment."""
    inside = on.pk if isinstance(on, Environment) else getattr(on, "environment_id", None)
    if inside != environment_id:
        raise NotFound("There is no such object in this environment.")


def described_right(right: Right | GroupRight) -> dict[str, Any]:
    """What the book says of a right."""
    prefix = "account" if isinstance(right, Right) else "group"
    return {
        "right": f"{prefix}-right-{right.pk}",
        "holder": str(right.user_id if isinstance(right, Right) else right.group_id),
        "holder_kind": prefix,
        "operation": right.permission.codename,
        "resource_kind": right.content_type.model,
        "resource": right.object_pk,
    }
