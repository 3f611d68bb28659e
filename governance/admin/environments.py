"""Environments: the chosen one is edited; new ones are defined by superusers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.actions.environments import change_environment, define_environment
from governance.models import Environment
from governance.operators import fields
from governance.operators.choice import operator_actor, operator_caller
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.permission import CONFIGURE, manages_operators, may, require, require_management

ELSEWHERE = "This is not the environment you work in. Choose it first, at the top of the page."


class EnvironmentForm(DefinitionForm):
    name = fields.line("Name", help_text="1 to 64 characters. It stays.")
    description = fields.paragraph("Description")
    is_protected = fields.switch("Protected", help_text="Changes of its configuration need a second person.")
    is_synthetic = fields.switch("Synthetic", help_text="Holds invented people only. It stays.")


@admin.register(Environment)
class EnvironmentAdmin(DefinitionAdmin):
    """Lists environments, edits the chosen one, defines new ones outside any wall."""

    form = EnvironmentForm
    freeze_kind = "environment"
    can_be_retired = False
    list_display = ("name", "description", "is_protected", "is_synthetic")

    def is_allowed(self, request: HttpRequest) -> bool:
        return may(request, CONFIGURE) or manages_operators(request)

    def require_allowed(self, request: HttpRequest) -> None:
        if request.path_info.endswith("/add/"):
            require_management(request)
        elif not manages_operators(request):
            require(request, CONFIGURE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return manages_operators(request)

    def has_freeze_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return may(request, CONFIGURE) and str(object_id) == str(getattr(request, "environment_id", ""))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Show all of them to superusers, the chosen one to its officers."""
        found = super().get_queryset(request)
        return found if manages_operators(request) else found.filter(pk=getattr(request, "environment_id", None))

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:
        if obj is None:
            return None
        if obj.pk != getattr(request, "environment_id", None):
            return ELSEWHERE
        if not may(request, CONFIGURE):
            return "You have no right to configure this environment."
        return None

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            for name in ("name", "is_synthetic"):
                form.base_fields[name].disabled = True
        else:
            form.base_fields["is_protected"].disabled = True
            form.base_fields["is_protected"].help_text = "Once two operators may configure it."

    def publish_for(self, request: HttpRequest, data: dict[str, Any], rows: Any, stored: Any) -> Environment:  # noqa: ARG002  no inlines
        if stored is None:
            require_management(request)
            return define_environment(operator_actor(request), **data)
        return change_environment(
            operator_caller(request), description=data["description"], is_protected=data["is_protected"]
        )
