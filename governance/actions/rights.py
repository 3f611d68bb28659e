"""Giving and withdrawing rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models

from governance import events
from governance.actions.change import Change, configuration_change
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller, system_caller
from governance.models import Account, Environment, GroupRight, Right


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
        Conflict: the holder has a right for exactly this already; withdraw it first.
    """
    if not_before and not_after and not_after <= not_before:
        raise Invalid("The window ends before it begins.", field="not_after")
    if is_deny and quota_per_hour is not None:
        raise Invalid("A denial has no quota.", field="quota_per_hour")
    with configuration_change(caller, events.RIGHT_GIVEN) as change:
        _must_be_inside(on, caller.environment_id)
        content_type = ContentType.objects.get_for_model(on)
        permission = Permission.objects.filter(content_type=content_type, codename=operation).first()
        if permission is None or operation not in operations_on(type(on)):
            raise Invalid(
                f"There is no operation {operation!r} on a {content_type.model}.",
                field="operation",
                remedy=f"Known: {', '.join(operations_on(type(on)))}.",
            )
        model, holder_field = (Right, "user") if isinstance(holder, Account) else (GroupRight, "group")
        common: dict[str, Any] = {holder_field: holder, "permission": permission, "object_pk": str(on.pk)}
        if model._default_manager.filter(**common).exists():
            raise Conflict("The holder has a right for exactly this already.", remedy="Withdraw it first.")
        right: Right | GroupRight = model._default_manager.create(
            **common,
            content_type=content_type,
            environment_id=caller.environment_id,
            not_before=not_before,
            not_after=not_after,
            quota_per_hour=quota_per_hour,
            is_deny=is_deny,
        )
        _describe(change, right)
        change.facts.update(deny=is_deny, quota=quota_per_hour, not_before=not_before, not_after=not_after)
    return right


def withdraw_right(caller: Caller, *, right: Right | GroupRight) -> None:
    """Withdraw a right; the next call that needs it is refused."""
    with configuration_change(caller, events.RIGHT_WITHDRAWN) as change:
        found = type(right)._default_manager.select_for_update().filter(pk=right.pk).first()
        if found is None:
            raise NotFound("There is no such right in this environment.")
        _describe(change, found)
        found.delete()


def give_group_rights(environment: Environment, group: str, operations: Sequence[str]) -> None:
    """Give a group operations on a whole environment, as a management command does when it sets one up."""
    holder, _ = Group.objects.get_or_create(name=group)
    for operation in operations:
        give_right(system_caller(environment.id), holder=holder, operation=operation, on=environment)


def operations_on(model: type[models.Model]) -> list[str]:
    """List the operations that rights can name for a kind of object."""
    return [codename for codename, _ in model._meta.permissions]


def _must_be_inside(on: models.Model, environment_id: UUID) -> None:
    inside = on.pk if isinstance(on, Environment) else getattr(on, "environment_id", None)
    if inside != environment_id:
        raise NotFound("There is no such object in this environment.")


def _describe(change: Change, right: Right | GroupRight) -> None:
    prefix = "account" if isinstance(right, Right) else "group"
    change.facts.update(
        right=f"{prefix}-right-{right.pk}",
        holder=str(right.user_id if isinstance(right, Right) else right.group_id),
        holder_kind=prefix,
        operation=right.permission.codename,
        resource_kind=right.content_type.model,
        resource=right.object_pk,
    )
