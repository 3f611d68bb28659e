"""The types of the graph, and the organizations to which types and objects belong."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from unfold.admin import TabularInline

from governance.actions.graph_types import (
    Carried,
    change_edge_type,
    change_object_type,
    define_edge_type,
    define_object_type,
    retire_edge_type,
    retire_object_type,
)
from governance.actions.organizations import change_organization, define_organization, retire_organization
from governance.identities import Caller
from governance.models import EdgeAttribute, EdgeType, GraphEdge, GraphObject, ObjectType, Organization
from governance.models.graph import DIRECT, INHERIT, PROPAGATE
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin, Inline
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter

FLOWS = (
    (DIRECT, "direct: the source has it on the target"),
    (INHERIT, "inherit: the source has it on what the target has it on"),
    (PROPAGATE, "propagate: who has it on the source has it on the target"),
)


class OrganizationForm(DefinitionForm):
    name = fields.line("Name", max_length=128)
    region = fields.line("Region", required=False, help_text="Where its data belongs, such as aws-eu-central-1.")


@admin.register(Organization)
class OrganizationAdmin(DefinitionAdmin):
    """Lists and edits organizations."""

    form = OrganizationForm
    empty_hint = "Types and objects that belong to none are everybody's."
    actions_detail = ()
    consequence = "If a type or an object belongs to it, nothing happens and you are told."
    list_display = ("name", "where")
    search_fields = ("name",)

    @shown("region", ordering="region")
    def where(self, organization: Organization) -> str:
        return organization.region or "any"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Organization:  # noqa: ARG002  no inlines
        if stored is None:
            return define_organization(caller, **data)
        return change_organization(caller, public_id=stored.public_id, **data)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_organization(caller, public_id=stored.public_id)


class TypeForm(DefinitionForm):
    places: ClassVar[dict[str, str]] = {
        "organization_id": "organization",
        "source_object_type_id": "source_type",
        "target_object_type_id": "target_type",
        "attributes": "",
    }


class ObjectTypeForm(TypeForm):
    name = fields.line("Name", max_length=128, help_text="What such an object is: a person, a group, a folder.")
    organization = fields.one_of(
        "Organization", Organization.objects.all(), required=False, empty_label="everybody's", help_text="It stays."
    )


@admin.register(ObjectType)
class ObjectTypeAdmin(DefinitionAdmin):
    """Lists and edits the types of objects."""

    form = ObjectTypeForm
    actions_detail = ()
    list_display = ("name", "owner", "origin")
    list_filter = (OriginFilter, "organization")
    list_select_related = ("organization",)
    search_fields = ("name",)

    @shown("organization", ordering="organization__name")
    def owner(self, stored: ObjectType) -> str:
        return stored.organization.name if stored.organization else "everybody's"

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            form.base_fields["organization"].disabled = True

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> ObjectType:  # noqa: ARG002  no inlines
        if stored is None:
            owner = data["organization"]
            return define_object_type(caller, name=data["name"], organization_id=owner.public_id if owner else None)
        return change_object_type(caller, public_id=stored.public_id, name=data["name"])

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_object_type(caller, public_id=stored.public_id)

    def consequence_of(self, stored: Any) -> str:
        edge_types = EdgeType.objects.filter(Q(source_type=stored) | Q(target_type=stored))
        objects = GraphObject.objects.filter(type=stored).count()
        edges = GraphEdge.objects.filter(edge_type__in=edge_types).count()
        return (
            f"Everything of it goes with it: objects {objects:,}, edge types {edge_types.count():,}, edges {edges:,}. "
            "Nobody has an attribute along them from the next check on."
        )


class EdgeTypeForm(TypeForm):
    name = fields.line("Name", max_length=128, help_text="What the edge says, such as member, owns, contains.")
    source_type = fields.one_of("From objects of type", ObjectType.objects.all())
    target_type = fields.one_of("To objects of type", ObjectType.objects.all(), help_text="Both ends stay.")
    organization = fields.one_of(
        "Organization", Organization.objects.all(), required=False, empty_label="everybody's", help_text="It stays."
    )


class AttributeForm(forms.ModelForm):  # type: ignore[type-arg]  # the formset sets the model
    """An attribute that edges carry; named for assistive technology, since the table's head is no label."""

    name = fields.line("Attribute", max_length=128)
    flow = fields.choice("How it is carried", FLOWS)

    class Meta:
        model = EdgeAttribute
        fields = ("name", "flow")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.setdefault("aria-label", str(field.label))

    def _post_clean(self) -> None:
        """Leave the instance alone: the action makes the attributes."""


class AttributeInline(Inline, TabularInline):  # type: ignore[misc]  # unfold has no types
    """What edges of a type carry."""

    model = EdgeAttribute
    form = AttributeForm
    fields = ("name", "flow")
    ordering = ("ordinal",)
    verbose_name = "attribute"


@admin.register(EdgeType)
class EdgeTypeAdmin(DefinitionAdmin):
    """Lists and edits the types of edges with what they carry."""

    form = EdgeTypeForm
    inlines = (AttributeInline,)
    actions_detail = ()
    list_display = ("name", "leads", "carries", "owner", "origin")
    list_filter = (OriginFilter, "source_type", "target_type")
    list_select_related = ("source_type", "target_type", "organization")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("attributes")

    @shown("leads")
    def leads(self, stored: EdgeType) -> str:
        return f"{stored.source_type} → {stored.target_type}"

    @shown("carries")
    def carries(self, stored: EdgeType) -> str:
        return ", ".join(str(each) for each in stored.attributes.all()) or "nothing"

    @shown("organization", ordering="organization__name")
    def owner(self, stored: EdgeType) -> str:
        return stored.organization.name if stored.organization else "everybody's"

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            for name in ("source_type", "target_type", "organization"):
                form.base_fields[name].disabled = True

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> EdgeType:
        wanted = {
            "name": data["name"],
            "source_type": data["source_type"].public_id,
            "target_type": data["target_type"].public_id,
            "attributes": [Carried(row["name"], row["flow"]) for row in rows[0]],
        }
        if stored is None:
            owner = data["organization"]
            return define_edge_type(caller, **wanted, organization_id=owner.public_id if owner else None)
        return change_edge_type(caller, public_id=stored.public_id, **wanted)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_edge_type(caller, public_id=stored.public_id)

    def consequence_of(self, stored: Any) -> str:
        edges = GraphEdge.objects.filter(edge_type=stored).count()
        return (
            f"Its edges go with it: {edges:,}. Nobody has an attribute along them from the next check on; objects stay."
        )
