"""Operations that programs alone hold: reserved and released, never changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from governance.actions.reserved import DECISIONS, release_operation, reserve_operation
from governance.identities import Caller
from governance.models import Environment, ReservedOperation
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.permission import environment_of
from governance.operators.resources import operation_choices, resource_choices, resource_label, resource_named


def _choices() -> list[tuple[str, str]]:
    return [(name, said) for name, said in operation_choices() if name not in DECISIONS]


class ReservedForm(DefinitionForm):
    operation = fields.choice("No person may", _choices)
    resource = fields.choice("On", ())

    @classmethod
    def stored(cls, instance: ReservedOperation) -> dict[str, Any]:
        return {
            "operation": instance.operation,
            "resource": f"{instance.content_type.model}:{instance.object_pk}",
        }


@admin.register(ReservedOperation)
class ReservedAdmin(DefinitionAdmin):
    """Lists, reserves and releases operations that services and jobs alone may have."""

    form = ReservedForm
    save_word = "Reserve for programs"
    retire_word = "Release"
    retired_word = "released"
    empty_hint = "Operators and groups may be given every right. Reserve what only services and jobs shall do."
    consequence = "Operators and groups can be given it again. Rights that ended when it was reserved do not come back."
    actions_detail = ()
    list_display = ("operation", "resource")
    list_filter = ("operation", "content_type")
    list_select_related: ClassVar[tuple[str, ...]] = ("content_type",)

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        environment = Environment.objects.get(pk=environment_of(request))
        form.base_fields["resource"].choices = resource_choices(environment)
        form.base_fields["operation"].help_text = (
            "From the next check on operators have it by no way: not by a right, a group or temporary access. Their "
            "rights to exactly this end with it."
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> ReservedOperation:  # noqa: ARG002  no inlines
        return reserve_operation(caller, operation=data["operation"], on=resource_named(data["resource"]))

    def retire(self, caller: Caller, stored: Any) -> None:
        release_operation(caller, public_id=stored.public_id)

    @shown("on")
    def resource(self, reserved: ReservedOperation) -> str:
        return resource_label(reserved.content_type.model, reserved.object_pk)
