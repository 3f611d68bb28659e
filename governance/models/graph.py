"""The graph of applications, who belongs to what: typed objects, typed edges, attributes that flow along them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from governance.models.owned import OwnedByEnvironment, owned_constraints
from keyring.fields import SealedField

DIRECT, INHERIT, PROPAGATE = "direct", "inherit", "propagate"
FLOWS = (DIRECT, INHERIT, PROPAGATE)
"""An edge gives an attribute, or its source has what its target has, or its target gets what its source gets."""


class Organization(OwnedByEnvironment):
    """A customer of the application, to which types and objects may belong."""

    name = models.CharField(max_length=128)
    region = models.CharField(max_length=64, blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("organization"),
            models.UniqueConstraint("environment", Lower("name"), name="organization_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ObjectType(OwnedByEnvironment):
    """What an object is: a user, a group, a folder."""

    name = models.CharField(max_length=128)
    organization = models.ForeignKey(
        Organization, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    is_system = models.BooleanField(default=False, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("object_type"),
            models.UniqueConstraint("environment", Lower("name"), name="object_type_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class EdgeType(OwnedByEnvironment):
    """What an edge says about an object of one type and one of another."""

    name = models.CharField(max_length=128)
    source_type = models.ForeignKey(ObjectType, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    target_type = models.ForeignKey(ObjectType, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", db_constraint=False
    )
    is_system = models.BooleanField(default=False, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            *owned_constraints("edge_type"),
            models.UniqueConstraint("environment", Lower("name"), name="edge_type_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class EdgeAttribute(models.Model):
    """An attribute that edges of one type carry, and how."""

    environment = models.ForeignKey("governance.Environment", on_delete=models.PROTECT, related_name="+")
    edge_type = models.ForeignKey(EdgeType, on_delete=models.CASCADE, related_name="attributes", db_constraint=False)
    ordinal = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=128)
    flow = models.CharField(max_length=9)

    class Meta:
        ordering = ["edge_type", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "name", "flow", "edge_type"], name="edge_attribute_once"),
            models.UniqueConstraint(fields=["environment", "edge_type", "ordinal"], name="edge_attribute_ordinal_once"),
            models.CheckConstraint(name="edge_attribute_flow_known", condition=models.Q(flow__in=FLOWS)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.flow})"


class GraphObject(models.Model):
    """One object. Its alias may be somebody's name: it is sealed, and found by a keyed index.

    `alias_version` is the version of the index key that `alias_blind` was made with.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Indexes that begin with the environment serve every query; the type binds the object to its environment.
    environment = models.ForeignKey(
        "governance.Environment", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    public_id = models.UUIDField(default=uuid.uuid4)
    type = models.ForeignKey(
        ObjectType, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    alias = SealedField(null=True, blank=True)
    alias_blind = models.BinaryField(null=True)
    alias_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "object"
        constraints = [
            *owned_constraints("graph_object"),
            models.UniqueConstraint(
                fields=["environment", "alias_blind", "alias_version", "type", "organization"],
                name="graph_object_alias_once",
                nulls_distinct=False,
                condition=models.Q(alias_blind__isnull=False),
            ),
            models.CheckConstraint(
                name="graph_object_alias_is_found",
                condition=models.Q(alias__isnull=True, alias_blind__isnull=True)
                | models.Q(alias__isnull=False, alias_blind__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "type", "public_id"], name="graph_object_by_type"),
            models.Index(
                fields=["environment", "organization"],
                name="graph_object_of_organization",
                condition=models.Q(organization__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class GraphEdge(OwnedByEnvironment):
    """One edge. The order of the columns in both indexes is that of the questions a check asks."""

    edge_type = models.ForeignKey(
        EdgeType, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    source = models.ForeignKey(
        GraphObject, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    target = models.ForeignKey(
        GraphObject, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "edge"
        constraints = [
            models.UniqueConstraint(fields=["environment", "public_id"], name="graph_edge_public_id_once"),
            models.UniqueConstraint(fields=["environment", "source", "edge_type", "target"], name="graph_edge_once"),
        ]
        indexes = [
            models.Index(fields=["environment", "target", "edge_type", "source"], name="graph_edge_backwards"),
            models.Index(fields=["environment", "edge_type"], name="graph_edge_by_type"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
