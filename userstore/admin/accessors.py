"""Accessors: the read APIs."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from governance.identities import Caller
from governance.models import AccessPolicy, Client, Purpose
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import Inline
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter
from governance.operators.versions import VersionedAdmin
from userstore.actions.accessors import KIND as ACCESSOR
from userstore.actions.accessors import (
    AccessorSpec,
    OutputSpec,
    accessor_body,
    publish_accessor,
    reinstate_accessor,
    republish_accessor,
    retire_accessor,
)
from userstore.admin.visibility import VisibilityAdmin
from userstore.models import Accessor, AccessorColumn, Column, Transformer
from userstore.models.accessors import PARTIAL, STRICT

SELECTOR_HELP = "Whom it is about, such as {id} = ?  or  {email} = ? AND {name} LIKE ?"


class AccessorForm(DefinitionForm):
    places: ClassVar[dict[str, str]] = {
        "selector_config.where_clause": "selector",
        "token_access_policy": "token_policy",
        "data_life_cycle_state": "life_cycle_state",
    }
    name = fields.line("Name", max_length=256)
    description = fields.paragraph("Description")
    selector = fields.source_text("Selector", rows=2, required=True, help_text=SELECTOR_HELP, initial="{id} = ?")
    purposes = fields.many_of("Purposes, all of which must be permitted", Purpose.objects.all())
    consent_mode = fields.choice(
        "A value that is not permitted",
        [(STRICT, "strict: leaves the person out"), (PARTIAL, "partial: is left out itself")],
    )
    access_policy = fields.one_of("Access policy", AccessPolicy.objects.all())
    token_policy = fields.one_of(
        "Token policy", AccessPolicy.objects.all(), required=False, help_text="Under which its tokens resolve."
    )
    life_cycle_state = fields.choice("Values", [("live", "live"), ("softdeleted", "soft-deleted")])
    overrides_column_policies = fields.switch("Overrides the columns' own policies")

    @classmethod
    def stored(cls, instance: Accessor) -> dict[str, Any]:
        return {**super().stored(instance), "purposes": list(instance.purposes.all())}


class RowForm(forms.ModelForm):  # type: ignore[type-arg]  # the formset sets the model
    """A row that an action writes. Its fields are named for assistive technology: the table's head is no label."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.setdefault("aria-label", str(field.label or name))

    def _post_clean(self) -> None:
        """Leave the instance alone: the action makes the rows."""


class OutputForm(RowForm):
    column = fields.one_of("Column", Column.objects.all())
    transformer = fields.one_of("Transformer", Transformer.objects.all(), required=False)
    token_policy = fields.one_of("Token policy", AccessPolicy.objects.all(), required=False)


class OutputInline(Inline, TabularInline):  # type: ignore[misc]  # unfold has no types
    """The output columns, in their order."""

    model = AccessorColumn
    form = OutputForm
    fields = ("column", "transformer", "token_policy")
    ordering = ("ordinal",)
    verbose_name = "output column"
    min_num = 1


@admin.register(Accessor)
class AccessorAdmin(VisibilityAdmin, VersionedAdmin):
    """Lists and edits accessors."""

    form = AccessorForm
    revisions = ACCESSOR
    actions_detail = ("visibility", "versions", "freeze")
    freeze_kind = "accessor"
    consequence = (
        "The very next call of it is answered with “not found”. No stored value changes. The book and its "
        "revisions keep what it was."
    )
    inlines = (OutputInline,)
    list_display = ("name", "returns", "for_purposes", "access_policy", "consent_mode", "version", "origin")
    list_filter = ("purposes", "consent_mode", OriginFilter)
    list_select_related = ("access_policy",)
    search_fields = ("name", "description")

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        return found.prefetch_related("purposes", "columns__column", "columns__transformer")

    @shown("returns")
    def returns(self, accessor: Accessor) -> str:
        said = [
            f"{c.column.name}{f' as {c.transformer.name}' if c.transformer else ''}" for c in accessor.columns.all()
        ]
        return ", ".join(said[:4]) + (f" and {len(said) - 4} more" if len(said) > 4 else "")

    @shown("purposes")
    def for_purposes(self, accessor: Accessor) -> str:
        return ", ".join(purpose.name for purpose in accessor.purposes.all())

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Accessor:
        spec = AccessorSpec(
            **{
                **data,
                "purposes": tuple(purpose.public_id for purpose in data["purposes"]),
                "access_policy": data["access_policy"].public_id,
                "token_policy": data["token_policy"].public_id if data["token_policy"] else None,
                "columns": tuple(
                    OutputSpec(
                        row["column"].public_id,
                        transformer=row["transformer"].public_id if row["transformer"] else None,
                        token_policy=row["token_policy"].public_id if row["token_policy"] else None,
                    )
                    for row in rows[0]
                ),
            }
        )
        if stored is None:
            return publish_accessor(caller, spec=spec)
        return republish_accessor(caller, public_id=stored.public_id, spec=spec)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_accessor(caller, public_id=stored.public_id)

    def body_of(self, stored: Any) -> dict[str, Any]:
        return accessor_body(stored)

    def names_meant(self) -> dict[str, str]:
        return names_of_parts()

    def reinstate(self, caller: Caller, stored: Any, version: int) -> Accessor:
        return reinstate_accessor(caller, public_id=stored.public_id, version=version)


def names_of_parts() -> dict[str, str]:
    """What accessors and mutators are made of, by id, as it is called now."""
    kinds: tuple[Any, ...] = (Column, Transformer, Purpose, AccessPolicy, Client)
    return {str(i): name for kind in kinds for i, name in kind.objects.values_list("public_id", "name")}
