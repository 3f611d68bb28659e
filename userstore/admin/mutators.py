"""Mutators: the write APIs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from governance.identities import Caller
from governance.models import AccessPolicy, Purpose
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import Inline
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter
from governance.operators.versions import VersionedAdmin
from userstore.actions.mutators import KIND as MUTATOR
from userstore.actions.mutators import (
    InputSpec,
    MutatorSpec,
    mutator_body,
    publish_mutator,
    reinstate_mutator,
    republish_mutator,
    retire_mutator,
)
from userstore.admin.accessors import SELECTOR_HELP, RowForm, names_of_parts
from userstore.models import Column, Mutator, MutatorColumn, Transformer


class MutatorForm(DefinitionForm):
    places: ClassVar[dict[str, str]] = {"selector_config.where_clause": "selector", "purposes": "fixed_purposes"}
    name = fields.line("Name")
    description = fields.paragraph("Description")
    selector = fields.source_text("Selector", rows=2, required=True, help_text=SELECTOR_HELP, initial="{id} = ?")
    fixed_purposes = fields.many_of(
        "Fixed purposes",
        Purpose.objects.all(),
        required=False,
        help_text="Every write carries exactly these, others are refused. None: the caller gives them.",
    )
    access_policy = fields.one_of("Access policy", AccessPolicy.objects.all())

    @classmethod
    def stored(cls, instance: Mutator) -> dict[str, Any]:
        return {**super().stored(instance), "fixed_purposes": list(instance.fixed_purposes.all())}


class InputForm(RowForm):
    column = fields.one_of("Column", Column.objects.filter(is_system=False))
    normalizer = fields.one_of("Normalizer", Transformer.objects.all(), required=False)


class InputInline(Inline, TabularInline):  # type: ignore[misc]  # unfold has no types
    """The written columns, in their order."""

    model = MutatorColumn
    form = InputForm
    fields = ("column", "normalizer")
    ordering = ("ordinal",)
    verbose_name = "written column"
    min_num = 1


@admin.register(Mutator)
class MutatorAdmin(VersionedAdmin):
    """Lists and edits mutators."""

    form = MutatorForm
    revisions = MUTATOR
    actions_detail = ("versions", "freeze")
    freeze_kind = "mutator"
    consequence = (
        "The very next call of it is answered with “not found”. No stored value changes. The book and its "
        "revisions keep what it was."
    )
    inlines = (InputInline,)
    list_display = ("name", "writes", "for_purposes", "access_policy", "version", "origin")
    list_filter = ("fixed_purposes", OriginFilter)
    list_select_related = ("access_policy",)
    search_fields = ("name", "description")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("fixed_purposes", "columns__column")

    @shown("writes")
    def writes(self, mutator: Mutator) -> str:
        said = [row.column.name for row in mutator.columns.all()]
        return ", ".join(said[:4]) + (f" and {len(said) - 4} more" if len(said) > 4 else "")

    @shown("fixed purposes")
    def for_purposes(self, mutator: Mutator) -> str:
        return ", ".join(purpose.name for purpose in mutator.fixed_purposes.all()) or "the caller's"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Mutator:
        spec = MutatorSpec(
            **{
                **data,
                "fixed_purposes": tuple(purpose.public_id for purpose in data["fixed_purposes"]),
                "access_policy": data["access_policy"].public_id,
                "columns": tuple(
                    InputSpec(row["column"].public_id, row["normalizer"].public_id if row["normalizer"] else None)
                    for row in rows[0]
                ),
            }
        )
        if stored is None:
            return publish_mutator(caller, spec=spec)
        return republish_mutator(caller, public_id=stored.public_id, spec=spec)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_mutator(caller, public_id=stored.public_id)

    def body_of(self, stored: Any) -> dict[str, Any]:
        return mutator_body(stored)

    def names_meant(self) -> dict[str, str]:
        return names_of_parts()

    def reinstate(self, caller: Caller, stored: Any, version: int) -> Mutator:
        return reinstate_mutator(caller, public_id=stored.public_id, version=version)
