"""What topics of flows may hold, and dropping them with what is in them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dataflow.actions.topics import drop_topic
from dataflow.models import FlowTopic
from governance.identities import Caller
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm


class FlowTopicForm(DefinitionForm):
    name = fields.line("Name", required=False)
    may_hold = fields.line("May hold", required=False)
    for_how_long = fields.line("Records are taken out after", required=False)
    named_by = fields.line("Flows that name it", required=False)
    declared = fields.line("Declared", required=False)

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        return {
            **super().stored(instance),
            "may_hold": _held(instance),
            "for_how_long": _lasting(instance.expires),
            "named_by": ", ".join(instance.flows),
            "declared": f"by {instance.declared_by}, {in_utc(instance.declared_at, otherwise='')}",
        }


@admin.register(FlowTopic)
class FlowTopicAdmin(DefinitionAdmin):
    """Lists what flows declared when they started."""

    form = FlowTopicForm
    can_be_added = False
    actions_detail = ()
    retire_word, retired_word = "Drop", "dropped"
    empty_hint = "No flow has started here. A flow declares its topics when it starts."
    consequence = (
        "Everything in the topic is deleted, whether it was read or not, and what it may hold is forgotten. Flows that "
        "read it go on with what comes then; dead letters stay with their flows."
    )
    list_display = ("name", "may_hold", "named_by", "declared")
    search_fields = ("name", "declared_by")

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:  # noqa: ARG002  Django's signature
        return None if obj is None else "Flows declare it when they start. Change their files, or drop it."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        return self.is_allowed(request)

    @shown("may hold")
    def may_hold(self, stored: FlowTopic) -> str:
        return _held(stored)

    @shown("named by")
    def named_by(self, stored: FlowTopic) -> str:
        return ", ".join(stored.flows)

    @shown("declared", ordering="declared_at")
    def declared(self, stored: FlowTopic) -> str:
        return in_utc(stored.declared_at, otherwise="")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> FlowTopic:
        raise NotImplementedError("flows declare topics when they start")

    def retire(self, caller: Caller, stored: Any) -> None:
        drop_topic(caller, public_id=stored.public_id)


def _held(topic: FlowTopic) -> str:
    return ", ".join(topic.holds) or "no personal data"


def _lasting(seconds: int) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds and seconds % size == 0:
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} seconds" if seconds else "never"
