"""Purposes: what values may be used for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from governance.actions.purposes import change_purpose, define_purpose, retire_purpose
from governance.identities import Caller
from governance.models import Purpose
from governance.models.purposes import LegalBasis
from governance.operators import fields
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter


class PurposeForm(DefinitionForm):
    name = fields.line("Name", help_text="Letters, digits, _ and -. It stays: consent texts name it.")
    description = fields.paragraph("Description")
    legal_basis = fields.choice(
        "Legal basis", LegalBasis.choices, help_text="Only what rests on consent can be withdrawn by the subject."
    )


@admin.register(Purpose)
class PurposeAdmin(DefinitionAdmin):
    """Lists and edits purposes."""

    form = PurposeForm
    freeze_kind = "purpose"
    consequence = (
        "No consent can be given for it any more. If an accessor, a mutator or a stored value names it, nothing "
        "happens and you are told."
    )
    list_display = ("name", "legal_basis", "origin", "description")
    list_filter = ("legal_basis", OriginFilter)
    search_fields = ("name", "description")

    def prepare_form(self, form: Any, request: Any, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            form.base_fields["name"].disabled = True

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Purpose:  # noqa: ARG002  no inlines
        if stored is None:
            return define_purpose(caller, **data)
        return change_purpose(caller, public_id=stored.public_id, **data)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_purpose(caller, public_id=stored.public_id)
