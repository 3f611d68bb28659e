"""Groups of operators."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.errors import Conflict, Invalid, NotFound
from governance.models import Account, GroupRight
from keyring.walls import SYSTEM_ENVIRONMENT


def define_group(actor: Actor, *, name: str) -> Group:
    """Define a group; it has no right until one is given.

    Raises:
        Invalid: the name is empty or too long.
        Conflict: the name is taken.
    """
    name = name.strip()
    if not name or len(name) > 150:
        raise Invalid("A group needs a name of 1 to 150 characters.", field="name")
    with transaction.atomic():
        if Group.objects.filter(name__iexact=name).exists():
            raise Conflict("That name is taken.", field="name")
        group = Group.objects.create(name=name)
        append(
            events.GROUP_DEFINED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"group": group.pk, "name": name},
        )
    return group


def retire_group(actor: Actor, *, group_id: int) -> None:
    """Retire a group nobody is in.

    Its rights in any environment name it, so a group that holds one cannot go either.

    Raises:
        Conflict: it has members, or rights in some environment.
    """
    with transaction.atomic():
        group = Group.objects.select_for_update().filter(pk=group_id).first()
        if group is None:
            raise NotFound("There is no such group.")
        if Account.objects.filter(groups=group).exists():
            raise Conflict("The group has members.", remedy="Take them out first.")
        if GroupRight.objects.filter(group=group).exists():
            raise _has_rights()
        append(
            events.GROUP_RETIRED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"group": group.pk, "name": group.name},
        )
        try:
            with transaction.atomic():
                group.delete()
                connection.check_constraints()  # rights behind other walls are seen by the database alone
        except IntegrityError:
            raise _has_rights() from None


def _has_rights() -> Conflict:
    return Conflict(
        "The group holds rights, or accessors name it.",
        remedy="Withdraw the rights and the accessors' rules first, in every environment.",
    )
