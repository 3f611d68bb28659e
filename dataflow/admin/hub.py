"""What is published in the hub: its types, functions and how they are tested, its files; and its withdrawal."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from dataflow.actions.hub import withdraw_from_hub
from dataflow.hub.showing import told
from dataflow.models import HubItem
from governance.identities import Caller
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.forms import DefinitionForm
from governance.operators.withdrawing import WithdrawableAdmin


class HubItemForm(DefinitionForm):
    kind = fields.line("Kind")
    namespace = fields.line("Namespace")
    name = fields.line("Name")
    version = fields.line("Version")
    is_public = fields.switch("Public", help_text="Whoever holds any right in the environment sees it.")
    published = fields.line("Published")
    digest = fields.line("SHA-256")
    offers = fields.source_text("What it offers", rows=8)
    content = fields.source_text("Files", rows=24)

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        files = "\n".join(f"=== {name} ===\n{text}" for name, text in sorted(instance.files.items()))
        published = in_utc(instance.published_at, otherwise="")
        offers = "\n".join(told(instance.files))
        return {**super().stored(instance), "published": published, "offers": offers, "content": files}


@admin.register(HubItem)
class HubItemAdmin(WithdrawableAdmin):
    """Lists what was published. It is published by the API or at the terminal, where the files are."""

    form = HubItemForm
    can_be_added = False
    empty_hint = "Nothing is published. In the folder of a flow or a package, `sealbook publish` does it."
    consequence = "Nobody sees or installs it any more, and its version stays taken. What is installed goes on."
    list_display = ("item", "kind", "is_public", "state", "published")
    search_fields = ("namespace", "name", "digest")

    @shown("item", ordering="name")
    def item(self, stored: HubItem) -> str:
        return str(stored)

    @shown("published", ordering="published_at")
    def published(self, stored: HubItem) -> str:
        return in_utc(stored.published_at, otherwise="")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> HubItem:
        raise NotImplementedError("it is published where its files are")

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_from_hub(caller, public_id=stored.public_id)
