"""How long values are kept: what is set, what each scope inherits, what a change would do, and how far it is."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse

from governance.identities import Caller
from governance.models import Purpose
from governance.operators import fields
from governance.operators.decorations import in_utc, page_action, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from userstore.actions.retention import change_retention, set_retention, withdraw_retention
from userstore.models import Column, RetentionChange, RetentionDuration
from userstore.models.subjects import LIVE
from userstore.retention.durations import INDEFINITE, UNITS, Duration
from userstore.retention.settings import Scope

STATES = ((0, "live"), (1, "deleted"))


class RetentionForm(DefinitionForm):
    state = fields.choice(
        "Values that are",
        STATES,
        help_text="Live ones end after this time; deleted ones are kept for so long after they ended.",
    )
    purpose = fields.one_of(
        "For the purpose", Purpose.objects.order_by("name"), required=False, empty_label="every purpose"
    )
    column = fields.one_of(
        "Of the column",
        Column.objects.filter(is_system=False).order_by("name"),
        required=False,
        empty_label="every column",
        help_text="A column needs a purpose.",
    )
    amount = fields.whole_number("Kept for", min_value=0, help_text="At most ten years. Deleted values: 0 keeps none.")
    unit = fields.choice("Unit", [*((unit, f"{unit}s") for unit in UNITS), (INDEFINITE, "without end (live, with 0)")])
    places: ClassVar[dict[str, str]] = {
        "duration.duration": "amount",
        "duration.unit": "unit",
        "purpose_id": "purpose",
        "column_id": "column",
    }


@admin.register(RetentionDuration)
class RetentionAdmin(DefinitionAdmin):
    """Lists, sets, changes and withdraws retention durations; what holds where nothing is set is a page of its own."""

    form = RetentionForm
    empty_hint = "Nothing is set here, so live values are kept without end and deleted ones not at all."
    retire_word = "Withdraw"
    retired_word = "withdrawn"
    consequence = (
        "What it was about inherits from the wider setting. Deadlines of what is stored follow within minutes; what is "
        "over already stays over."
    )
    actions_detail = ()
    actions_list = ("overview",)
    list_display = ("about", "values", "kept")
    list_filter = ("state",)
    list_select_related = ("column", "purpose")

    def has_overview_permission(self, request: HttpRequest) -> bool:
        return self.is_allowed(request)

    @page_action("What holds, and what a change would do…", icon="table_view", permissions=["overview"])
    def overview(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002  unfold's signature
        """Go to the page with everything that holds."""
        return HttpResponseRedirect(reverse("retention"))

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            for name in ("state", "purpose", "column"):
                form.base_fields[name].disabled = True

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> RetentionDuration:  # noqa: ARG002  no inlines
        duration = Duration(data["unit"], data["amount"])
        if stored is None:
            column, purpose = data["column"], data["purpose"]
            scope = Scope(
                int(data["state"]), column.public_id if column else None, purpose.public_id if purpose else None
            )
            return set_retention(caller, scope=scope, duration=duration)
        change_retention(
            caller, public_id=stored.public_id, scope=_scope(stored), duration=duration, version=stored.version
        )
        return RetentionDuration.objects.get(pk=stored.pk)

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_retention(caller, public_id=stored.public_id, scope=_scope(stored))

    @shown("about")
    def about(self, row: RetentionDuration) -> str:
        if row.purpose is None:
            return "everything"
        return f"{row.column.name} for {row.purpose.name}" if row.column else f"everything for {row.purpose.name}"

    @shown("values", label={"live": "success", "deleted": "warning"})
    def values(self, row: RetentionDuration) -> str:
        return "live" if row.state == LIVE else "deleted"

    @shown("kept")
    def kept(self, row: RetentionDuration) -> str:
        return str(Duration(row.unit, row.amount))


def _scope(row: RetentionDuration) -> Scope:
    return Scope(
        row.state, row.column.public_id if row.column else None, row.purpose.public_id if row.purpose else None
    )


@admin.register(RetentionChange)
class RetentionChangeAdmin(DefinitionAdmin):
    """Shows how far changes of settings have reached what is stored."""

    form = DefinitionForm
    can_be_added = False
    can_be_retired = False
    empty_hint = "A change of a retention duration makes one, and the worker carries it on to what is stored."
    actions_detail = ()
    list_display = ("requested", "state", "users", "changed", "due", "finished")

    def changeform_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        self.require_allowed(request)
        return HttpResponseRedirect(self.address("changelist"))

    @shown("requested", ordering="created_at")
    def requested(self, row: RetentionChange) -> str:
        return in_utc(row.created_at, otherwise="")

    @shown("state", label={"under way": "info", "done": "success", "superseded": "default"})
    def state(self, row: RetentionChange) -> str:
        if row.is_superseded:
            return "superseded"
        return "done" if row.finished_at else "under way"

    @shown("users done")
    def users(self, row: RetentionChange) -> str:
        return f"{row.subjects} of {max(row.subjects, row.subjects_in_all)}"

    @shown("values changed")
    def changed(self, row: RetentionChange) -> int:
        return row.values_changed

    @shown("over at once")
    def due(self, row: RetentionChange) -> int:
        return row.values_due

    @shown("finished", ordering="finished_at")
    def finished(self, row: RetentionChange) -> str:
        return in_utc(row.finished_at, otherwise="not yet")
