"""Pages of what is never changed: it is made, shown, and withdrawn for good."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin

GOOD, WITHDRAWN = "good", "withdrawn"


class WithdrawableAdmin(DefinitionAdmin):
    """Lists rows that have a `withdrawn_at`. Withdrawn ones stay: the book names them."""

    retire_word = "Withdraw"
    retired_word = WITHDRAWN
    actions_detail = ()
    list_filter: Any = (("withdrawn_at", admin.EmptyFieldListFilter),)
    needs_second_person: ClassVar[bool] = True
    """Whether withdrawing is refused in a protected environment: it is, unless it only ever stops access."""

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:
        if obj is None:
            return super().locked_because(request, obj)
        if obj.withdrawn_at is not None:
            return f"It was withdrawn on {in_utc(obj.withdrawn_at, otherwise='')}, and stays so."
        return "It stays as it is. Withdraw it, and make another one."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = not self.needs_second_person or super().locked_because(request, None) is None
        return self.is_allowed(request) and is_open and (obj is None or obj.withdrawn_at is None)

    @shown("state", label={GOOD: "success", WITHDRAWN: "danger"}, ordering="withdrawn_at")
    def state(self, stored: Any) -> str:
        return WITHDRAWN if stored.withdrawn_at else GOOD

    @shown("since", ordering="created_at")
    def since(self, stored: Any) -> str:
        return in_utc(stored.created_at, otherwise="")
