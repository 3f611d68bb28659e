"""Which models make up the configuration of an environment, and how each is drawn. Floors above add their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from audit.models import DetectionSetting
from governance.models import (
    AccessPolicy,
    AccessRule,
    CiKey,
    Client,
    ClientSecret,
    EdgeAttribute,
    EdgeType,
    Environment,
    ExternalIdentity,
    ExternalIssuer,
    Feed,
    GroupRight,
    Launcher,
    MarkedSubject,
    ObjectType,
    Organization,
    PolicyComponent,
    PolicySecret,
    PolicyTemplate,
    Purpose,
    RegisteredJob,
    ReservedOperation,
    Revision,
    Right,
    RightsReviewPlan,
    ScriptHost,
    StaffDirectory,
    Webhook,
    WebhookSecret,
    WorkloadPolicy,
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the rows of one model are drawn.

    Args:
        named_by: what a row is called.
        part_of: the foreign key to the row it is a part of; None where it stands for itself.
        left_out: fields that say nothing about what is configured.
        marked: fields of which is told that they changed, never what they hold: secrets, and moments at which an
            action happens.
        related: what is read along, for the name.
        only: which of the rows.
    """

    model: type[models.Model]
    named_by: Callable[[Any], str] = str
    part_of: str | None = None
    left_out: frozenset[str] = frozenset()
    marked: frozenset[str] = frozenset()
    related: Sequence[str] = ()
    only: Callable[[models.QuerySet[Any]], models.QuerySet[Any]] | None = None


ALWAYS_LEFT_OUT = frozenset({"id", "environment", "public_id", "created_at", "updated_at", "is_system", "epoch"})

_RIGHT_PARTS = frozenset({"permission", "content_type", "object_pk", "is_deny"})


def _holder(right: Right | GroupRight) -> str:
    if isinstance(right, GroupRight):
        return f"group {right.group.name}"
    client = getattr(right.user, "client", None)
    return f"client {client.name}" if client is not None else f"operator {right.user.username}"


def _right(right: Right | GroupRight) -> str:
    said = "may not" if right.is_deny else "may"
    return f"{_holder(right)} {said} {right.permission.codename} on {_resource(right)}"


def _reserved(reserved: ReservedOperation) -> str:
    return f"no person may {reserved.operation} on {_resource(reserved)}"


def _resource(governed: Right | GroupRight | ReservedOperation) -> str:
    model = governed.content_type.model_class()
    row = model._default_manager.filter(pk=governed.object_pk).first() if model is not None else None
    return f"{governed.content_type.model} {row or governed.object_pk}"


def _identity(identity: ExternalIdentity) -> str:
    subject: Any = identity.subject
    return f"{subject.reveal() if subject is not None else 'everybody'} of {identity.issuer.url}"


def _attribute(attribute: EdgeAttribute) -> str:
    return f"{attribute.name} {attribute.flow}"


def _version(revision: Revision) -> str:
    return f"{revision.version} of {revision.kind.replace('_', ' ')} {revision.body.get('name', '')}".strip()


_drawings: list[Drawing] = [
    Drawing(Environment, named_by=lambda row: row.name),
    Drawing(Client, left_out=frozenset({"account"}), marked=frozenset({"disabled_at"})),
    Drawing(
        ClientSecret,
        part_of="client",
        left_out=frozenset({"prefix", "issued_by"}),
        marked=frozenset({"digest", "expires_at"}),
    ),
    Drawing(Organization),
    Drawing(ObjectType),
    Drawing(EdgeType),
    Drawing(EdgeAttribute, named_by=_attribute, part_of="edge_type"),
    Drawing(ExternalIssuer, left_out=frozenset({"brought_by", "pinned_by"})),
    Drawing(
        ExternalIdentity,
        named_by=_identity,
        left_out=frozenset({"subject", "subject_print", "issuer", "brought_by"}),
        related=("issuer",),
    ),
    Drawing(AccessRule),
    Drawing(
        DetectionSetting,
        named_by=lambda row: row.detection,
        left_out=frozenset({"environment_id", "detection", "revision"}),
    ),
    Drawing(CiKey, marked=frozenset({"withdrawn_at"})),
    Drawing(Launcher, left_out=frozenset({"brought_by"}), marked=frozenset({"withdrawn_at"})),
    Drawing(
        WorkloadPolicy,
        named_by=lambda row: f"of client {row.client}",
        left_out=frozenset({"client"}),
        related=("client",),
    ),
    Drawing(Purpose, marked=frozenset({"retired_at"})),
    Drawing(StaffDirectory, named_by=lambda _: "as a whole"),
    Drawing(MarkedSubject, named_by=lambda row: row.kind, left_out=frozenset({"marked_by"})),
    Drawing(RegisteredJob, left_out=frozenset({"client"}), related=("client",)),
    Drawing(PolicyTemplate),
    Drawing(AccessPolicy),
    Drawing(PolicyComponent, named_by=lambda row: f"{row.ordinal}", part_of="policy"),
    Drawing(PolicySecret, marked=frozenset({"sealed_id"})),
    Drawing(ScriptHost),
    Drawing(
        Feed,
        left_out=frozenset({"index", "sent_at", "claimed_until", "attempts", "next_at", "fault"}),
        marked=frozenset({"paused_at"}),
        related=("webhook",),
    ),
    Drawing(Webhook),
    Drawing(WebhookSecret, part_of="webhook", marked=frozenset({"sealed_id", "expires_at"})),
    Drawing(
        Right,
        named_by=_right,
        left_out=_RIGHT_PARTS | {"user"},
        related=("permission", "content_type", "user__client"),
    ),
    Drawing(
        GroupRight,
        named_by=_right,
        left_out=_RIGHT_PARTS | {"group"},
        related=("permission", "content_type", "group"),
    ),
    Drawing(RightsReviewPlan, left_out=frozenset({"next_at"}), related=("owner", "owner_group")),
    Drawing(
        ReservedOperation,
        named_by=_reserved,
        left_out=frozenset({"operation", "content_type", "object_pk"}),
        related=("content_type",),
    ),
    Drawing(
        Revision,
        named_by=lambda row: (
            f"version {row.version} of {row.kind.replace('_', ' ')} {row.body.get('name', '')}".strip()
        ),
        left_out=frozenset({"kind", "version", "body", "published_by", "published_at", "withdrawn_by"}),
        marked=frozenset({"withdrawn_at"}),
    ),
]


def draw(*drawings: Drawing) -> None:
    """Add the configuration of a floor above; called once when its app is ready."""
    known = {drawing.model for drawing in _drawings}
    _drawings.extend(drawing for drawing in drawings if drawing.model not in known)


def drawings() -> Sequence[Drawing]:
    """Return how everything that is configuration is drawn."""
    return tuple(_drawings)
