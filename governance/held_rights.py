"""Rights as people look at them: who holds what on what, since when, and when it was last used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from governance.models import Account, GroupRight, Right, RightUse

Held = Right | GroupRight
TABLES: Mapping[str, type[Right] | type[GroupRight]] = {"account": Right, "group": GroupRight}
"""Kinds of holders, as ids of rights name them, and where their rights are."""


@dataclass(frozen=True, slots=True)
class HeldRight:
    """One right. `holder_kind`: operator, group, service or job; `used_on`: None where nobody knows of a use."""

    right: Held
    id: str
    holder_kind: str
    holder: str
    resource: str
    used_on: date | None

    @property
    def operation(self) -> str:
        return self.right.permission.codename

    @property
    def is_deny(self) -> bool:
        return self.right.is_deny


def rights_held() -> list[HeldRight]:
    """Return every right of the environment that the transaction is in."""
    return seen_rights([right for table in TABLES for right in rows_of(table)])


def unused_rights(*, days: int, now: datetime) -> list[HeldRight]:
    """Return the rights that were given more than so many days ago and allowed nothing since, longest unused first.

    Denials are never used up: they are none of them. Must run inside the environment.
    """
    since = now - timedelta(days=days)
    given_before = [right for table in TABLES for right in rows_of(table).filter(is_deny=False, created_at__lte=since)]
    found = [held for held in seen_rights(given_before) if held.used_on is None or held.used_on < since.date()]
    return sorted(found, key=lambda held: (held.used_on or date.min, held.right.created_at, held.id))


def rows_of(kind: str) -> QuerySet[Any]:
    """Return the rights of accounts, or of groups, with what names them."""
    named = ("user__client",) if kind == "account" else ("group",)
    return TABLES[kind]._default_manager.select_related("permission", "content_type", *named).order_by("pk")


def seen_rights(rights: Iterable[Held]) -> list[HeldRight]:
    """Return rights with their names and last uses, in a few statements; must run inside the environment."""
    rights = list(rights)
    resources = _names_of_resources(rights)
    uses = {(kind, pk): day for kind, pk, day in RightUse.objects.values_list("holder_kind", "right_pk", "used_on")}
    found = []
    for right in rights:
        table = table_of(right)
        holder_kind, holder = _holder(right)
        resource = resources.get((right.content_type_id, right.object_pk), f"{right.content_type.model}, gone")
        found.append(
            HeldRight(right, f"{table}-right-{right.pk}", holder_kind, holder, resource, uses.get((table, right.pk)))
        )
    return found


def table_of(right: Held) -> str:
    """Return the kind of holder in a right's id: account or group."""
    return "account" if isinstance(right, Right) else "group"


def _holder(right: Held) -> tuple[str, str]:
    if isinstance(right, GroupRight):
        return "group", right.group.name
    account: Account = right.user
    if account.kind == Account.OPERATOR:
        return "operator", account.username
    client = getattr(account, "client", None)  # behind its own wall it is not to be seen
    return (client.kind, client.name) if client is not None else ("service", "a client of another environment")


def _names_of_resources(rights: Iterable[Held]) -> dict[tuple[int, str], str]:
    wanted: dict[int, set[str]] = {}
    for right in rights:
        wanted.setdefault(right.content_type_id, set()).add(right.object_pk)
    named = {}
    for content_type_id, pks in wanted.items():
        content_type = ContentType.objects.get_for_id(content_type_id)
        model = content_type.model_class()
        if model is not None:
            for row in model._default_manager.filter(pk__in=pks):
                named[content_type_id, str(row.pk)] = f"{content_type.model} {row}"
    return named
