"""Data types: the native ones to look at, composite ones to define."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from governance.errors import GovernanceError
from governance.identities import Caller
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter
from userstore.actions.datatypes import (
    LONGEST_DESCRIPTION,
    DataTypeSpec,
    FieldSpec,
    change_data_type,
    define_data_type,
    retire_data_type,
    spec_of_data_type,
    uses_of_data_type,
)
from userstore.datatypes import DATA_TYPES
from userstore.definitions import data_type_of
from userstore.models import DataTypeDefinition

REQUIRED, IGNORED = "required", "ignored"
FIELDS_HELP = (
    f"One per line: its name, its data type, and where you want it, {REQUIRED}, or {IGNORED} where it makes no "
    f"difference to uniqueness. For example: Street_Address string {REQUIRED}. Data types: {', '.join(DATA_TYPES)}."
)


def data_type_choices() -> list[tuple[str, str]]:
    """Every data type of the chosen environment, native ones first."""
    names = DataTypeDefinition.objects.order_by("-is_native", "name").values_list("name", flat=True)
    return [(name, name) for name in names]


class DataTypeForm(DefinitionForm):
    name = fields.line("Name", max_length=128)
    description = fields.line("Description", max_length=LONGEST_DESCRIPTION)
    lines = fields.source_text("Fields", rows=8, required=True, help_text=FIELDS_HELP)
    include_id = fields.switch("Values have an id", help_text="It tells the values of one person apart.")

    @classmethod
    def stored(cls, instance: DataTypeDefinition) -> dict[str, Any]:
        lines = [_line(field) for field in spec_of_data_type(instance).fields]
        return {**super().stored(instance), "lines": "\n".join(lines)}

    def clean_lines(self) -> tuple[FieldSpec, ...]:
        """Read one field per line."""
        found = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            name, data_type, *marks = line.split() + [""] * (2 - len(line.split()))
            if not data_type or not set(marks) <= {REQUIRED, IGNORED}:
                raise forms.ValidationError(f"Line {number}: write a name, a data type, {REQUIRED} and {IGNORED}.")
            found.append(FieldSpec(name, data_type, REQUIRED in marks, IGNORED in marks))
        return tuple(found)

    def _place_of(self, fault: GovernanceError) -> str | None:
        if (fault.field or "").startswith("composite_attributes.fields"):
            return "lines"
        return super()._place_of(fault)


@admin.register(DataTypeDefinition)
class DataTypeAdmin(DefinitionAdmin):
    """Lists data types and edits composite ones."""

    form = DataTypeForm
    actions_detail: ClassVar[tuple[str, ...]] = ()
    list_display = ("name", "description", "kind", "has_fields", "used_by", "origin")
    list_filter = ("is_native", OriginFilter)
    search_fields = ("name", "description")
    consequence = "If a column or a transformer uses it, nothing happens and you are told."

    @shown("kind", label={"composite": "info"})
    def kind(self, row: DataTypeDefinition) -> str:
        return "native" if row.is_native else "composite"

    @shown("fields")
    def has_fields(self, row: DataTypeDefinition) -> str:
        names = [field.name for field in data_type_of(row).fields]
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

    @shown("used by")
    def used_by(self, row: DataTypeDefinition) -> str:
        uses = uses_of_data_type(row.name)
        return ", ".join(uses[:3]) + (f" and {len(uses) - 3} more" if len(uses) > 3 else "")

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None and obj.is_native:
            form.base_fields["lines"].required = False
            form.base_fields["lines"].help_text = "None: its values are single ones."
        if obj is not None and uses_of_data_type(obj.name):
            for name in ("name", "lines", "include_id"):
                form.base_fields[name].disabled = True
            form.base_fields["name"].help_text = "In use: only the description may change."

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> DataTypeDefinition:  # noqa: ARG002  no inlines
        spec = DataTypeSpec(data["name"], data["description"], data["lines"], data["include_id"])
        if stored is None:
            return define_data_type(caller, spec=spec)
        return change_data_type(caller, public_id=stored.public_id, spec=spec)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_data_type(caller, public_id=stored.public_id)


def _line(field: FieldSpec) -> str:
    marks = [(REQUIRED, field.required), (IGNORED, field.ignore_for_uniqueness)]
    return " ".join([field.name, field.data_type, *(word for word, is_so in marks if is_so)])
