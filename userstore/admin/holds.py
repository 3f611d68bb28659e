"""Legal holds: placed and released, never changed, so that the book tells what was held when."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from governance.identities import Caller
from governance.models import Purpose
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from keyring.errors import KeyringError
from userstore.actions.holds import LONGEST_REASON, place_hold, release_hold
from userstore.models import Column, LegalHold

STAYS = "A hold keeps its terms. Release it and place another."


class HoldForm(DefinitionForm):
    places: ClassVar[dict[str, str]] = {"user_id": "user", "column_id": "column", "purpose_id": "purpose"}
    user = forms.UUIDField(
        label="User",
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
        help_text="The id of one person; empty: of everybody.",
    )
    column = fields.one_of(
        "Column", Column.objects.filter(is_system=False).order_by("name"), required=False, empty_label="every column"
    )
    purpose = fields.one_of("Purpose", Purpose.objects.order_by("name"), required=False, empty_label="every purpose")
    ends_at = fields.moment("Until", help_text="UTC; empty: until it is released.")
    reason = fields.paragraph(
        "Reason",
        required=True,
        max_length=LONGEST_REASON,
        help_text="Sealed; officers of this environment can read it.",
    )

    @classmethod
    def stored(cls, instance: LegalHold) -> dict[str, Any]:
        return {
            "user": instance.subject.public_id if instance.subject else None,
            "column": instance.column,
            "purpose": instance.purpose,
            "ends_at": instance.ends_at,
            "reason": _revealed(instance),
        }


class InForceFilter(admin.SimpleListFilter):
    """In force or over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django's signature
        return [("in_force", "in force"), ("released", "released")]

    def queryset(self, request: Any, queryset: Any) -> Any:  # noqa: ARG002  Django's signature
        if self.value() is None:
            return queryset
        return queryset.filter(released_at__isnull=self.value() == "in_force")


@admin.register(LegalHold)
class HoldAdmin(DefinitionAdmin):
    """Lists, places and releases holds."""

    form = HoldForm
    save_word = "Place the hold"
    empty_hint = "Nothing is held. A hold keeps values of a user, a column or a purpose from being destroyed."
    retire_word = "Release"
    retired_word = "released"
    consequence = "What it kept and what nothing else keeps is destroyed by the next purge, for good."
    actions_detail = ()
    list_display = ("about", "state", "since", "until")
    list_filter = (InForceFilter,)
    list_select_related = ("subject", "column", "purpose")

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:  # noqa: ARG002  a hold waits for nobody
        return STAYS if obj is not None else None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.is_allowed(request) and (obj is None or obj.released_at is None)

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> LegalHold:  # noqa: ARG002  no inlines
        user: UUID | None = data["user"]
        return place_hold(
            caller,
            reason=data["reason"],
            subject_id=user,
            column_id=data["column"].public_id if data["column"] else None,
            purpose_id=data["purpose"].public_id if data["purpose"] else None,
            ends_at=data["ends_at"],
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        release_hold(caller, hold_id=stored.public_id)

    @shown("on")
    def about(self, hold: LegalHold) -> str:
        return str(hold)

    @shown("state", label={"in force": "warning", "released": "success", "ended": "success"})
    def state(self, hold: LegalHold) -> str:
        if hold.released_at is not None:
            return "released"
        return "ended" if hold.ends_at is not None and hold.ends_at <= timezone.now() else "in force"

    @shown("since", ordering="held_at")
    def since(self, hold: LegalHold) -> str:
        return in_utc(hold.held_at, otherwise="")

    @shown("until", ordering="ends_at")
    def until(self, hold: LegalHold) -> str:
        return in_utc(hold.released_at or hold.ends_at, otherwise="until it is released")


def _revealed(hold: LegalHold) -> str:
    """Open the reason for an officer of its environment; empty where its key is gone."""
    try:
        return str(hold.reason.reveal()) if hold.reason is not None else ""
    except KeyringError:
        return ""
