"""Where a definition comes from: built in, the same in every environment, or defined here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

BUILT_IN_LABEL, OURS_LABEL = "built in", "ours"


class OriginFilter(admin.SimpleListFilter):
    """Built-in definitions or those defined here."""

    title = "origin"
    parameter_name = "origin"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django's signature
        return [("ours", OURS_LABEL), ("built_in", BUILT_IN_LABEL)]

    def queryset(self, request: Any, queryset: Any) -> Any:  # noqa: ARG002  Django's signature
        match self.value():
            case "ours":
                return queryset.filter(is_system=False)
            case "built_in":
                return queryset.filter(is_system=True)
        return queryset
