"""Comparing what one entry begins and another ends with its rows: clients, purposes, freezes, keys and the like."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model, Q

from audit.events import EventKind
from audit.queries import EntryView
from audit.reconciling import Ledger
from governance import events
from governance.actions.builtin import BUILT_IN_PURPOSES
from governance.models import (
    AccessRule,
    CiKey,
    Client,
    EdgeType,
    ExternalIdentity,
    Freeze,
    Launcher,
    ObjectType,
    Organization,
    PolicySecret,
    ProtectedChange,
    Purpose,
    ReservedOperation,
    Review,
    RightsReview,
    ScriptHost,
    Ticket,
    TrustedBuild,
    Webhook,
)

_ALL = Q()


def life_ledger(
    name: str,
    model: type[Model],
    fact: str,
    begins: EventKind | None,
    ends: Iterable[EventKind] = (),
    *,
    over: Q | None = None,
    living: Q = _ALL,
    key: str = "public_id",
    built_in: Collection[UUID] = (),
) -> Ledger:
    """Compare rows with the entries that begin and end them.

    Args:
        name: what they are, for people.
        model: of the rows.
        fact: of the entries, by which they name a row.
        begins: what is on record when a row is made; None where another ledger has that.
        ends: what is on record when a row is over, or gone.
        over: which rows are over; without it, rows that are over are gone, or not among the living.
        living: which rows count, where some that are over may stay and others go.
        key: the field of the row that the entries name.
        built_in: rows that every environment starts with, which need no entry; so do those marked `is_system`.
    """
    over_kinds = frozenset(map(str, ends))
    begun_kinds = frozenset({str(begins)} if begins else ())

    def told(entries: Iterable[EntryView]) -> Iterable[str]:
        begun: set[str] = set()
        ended: set[str] = set()
        for each in entries:
            (ended if each.kind in over_kinds else begun).add(str(each.facts[fact]))
        return _traces(begun - ended if over is None else begun, ended if over is not None else ())

    def rows(condition: Q) -> Iterable[str]:
        return map(str, model._base_manager.filter(condition).values_list(key, flat=True))

    def kept() -> Iterable[str]:
        return _traces(rows(living) if begins else (), rows(over) if over is not None else ())

    def furnished() -> Iterable[str]:
        is_marked = any(each.name == "is_system" for each in model._meta.get_fields())
        return {*map(str, built_in), *(rows(Q(is_system=True)) if is_marked else ())}

    return Ledger(name, begun_kinds | over_kinds, told, kept, furnished=furnished)


def _traces(begun: Iterable[Any], ended: Iterable[Any]) -> list[str]:
    return [*map(str, begun), *(f"{each} is over" for each in ended)]


_WITHDRAWN, _CLOSED = Q(withdrawn_at__isnull=False), Q(closed_at__isnull=False)
LIVES = (
    life_ledger("clients", Client, "client", events.CLIENT_DEFINED),
    life_ledger(
        "purposes", Purpose, "purpose", events.PURPOSE_DEFINED, [events.PURPOSE_RETIRED],
        living=Q(retired_at=None), built_in=BUILT_IN_PURPOSES,
    ),
    life_ledger("freezes", Freeze, "freeze", events.FROZEN, [events.UNFROZEN], over=Q(lifted_at__isnull=False)),
    life_ledger("access rules", AccessRule, "rule", events.ACCESS_RULE_DEFINED, [events.ACCESS_RULE_RETIRED]),
    life_ledger("tickets", Ticket, "ticket", events.TICKET_OPENED, [events.TICKET_CLOSED], over=_CLOSED, key="pk"),
    life_ledger(
        "reviews of grants", Review, "review", None, [events.REVIEW_CONCLUDED],
        over=Q(concluded_at__isnull=False), key="pk",
    ),
    life_ledger(
        "reviews of rights", RightsReview, "review", events.RIGHTS_REVIEW_OPENED, [events.RIGHTS_REVIEW_CLOSED],
        over=_CLOSED, key="pk",
    ),
    life_ledger(
        "reserved operations", ReservedOperation, "reserved", events.OPERATION_RESERVED, [events.OPERATION_RELEASED]
    ),
    life_ledger(
        "proposed changes", ProtectedChange, "change", events.CHANGE_PROPOSED,
        [events.CHANGE_APPROVED, events.CHANGE_REJECTED, events.CHANGE_WITHDRAWN, events.CHANGE_STALE],
        over=~Q(state=ProtectedChange.PROPOSED), key="pk",
    ),
    life_ledger("webhooks", Webhook, "webhook", events.WEBHOOK_DEFINED, [events.WEBHOOK_RETIRED]),
    life_ledger("organizations", Organization, "organization", events.ORGANIZATION_DEFINED,
                [events.ORGANIZATION_RETIRED]),
    life_ledger("object types", ObjectType, "object_type", events.OBJECT_TYPE_DEFINED, [events.OBJECT_TYPE_RETIRED]),
    life_ledger("edge types", EdgeType, "edge_type", events.EDGE_TYPE_DEFINED, [events.EDGE_TYPE_RETIRED]),
    life_ledger("script hosts", ScriptHost, "entry", events.HOST_ALLOWED, [events.HOST_RETIRED]),
    life_ledger("policy secrets", PolicySecret, "secret", events.SECRET_KEPT, [events.SECRET_RETIRED]),
    life_ledger("keys of the CI", CiKey, "key", events.CI_KEY_PINNED, [events.CI_KEY_WITHDRAWN], over=_WITHDRAWN),
    life_ledger("builds", TrustedBuild, "build", events.BUILD_REGISTERED, [events.BUILD_WITHDRAWN], over=_WITHDRAWN),
    life_ledger(
        "launchers", Launcher, "launcher", events.LAUNCHER_REGISTERED, [events.LAUNCHER_WITHDRAWN], over=_WITHDRAWN
    ),
    life_ledger(
        "external identities", ExternalIdentity, "identity", events.IDENTITY_ADMITTED, [events.IDENTITY_ENDED]
    ),
)  # fmt: skip
"""What an officer, a job or the clock begins and ends, each with an entry of its own."""
