"""What scripts may use: secrets, of which only the names are shown, and hosts that they may ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from governance.actions.policy_secrets import keep_secret, renew_secret, retire_secret
from governance.actions.script_hosts import allow_host, retire_host
from governance.identities import Caller
from governance.models import PolicySecret, ScriptHost
from governance.models.scripts import HTTPS_PORT
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm


class SecretForm(DefinitionForm):
    name = fields.line("Name", help_text="Letters, digits, _ and -. Scripts get it with getSecret(name).")
    value = forms.CharField(
        label="Value",
        strip=False,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text="Sealed at once and shown to nobody again. Another value replaces it, and it is destroyed.",
    )


@admin.register(PolicySecret)
class SecretAdmin(DefinitionAdmin):
    """Lists, keeps, renews and destroys secrets of scripts."""

    form = SecretForm
    empty_hint = "A script gets a secret by its name, with getSecret(name)."
    actions_detail = ()
    consequence = "Its value is destroyed. A script that asks for it fails from now on, and so refuses."
    list_display = ("name", "since")
    search_fields = ("name",)

    @shown("since", ordering="created_at")
    def since(self, secret: PolicySecret) -> str:
        return in_utc(secret.created_at, otherwise="")

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            form.base_fields["name"].disabled = True

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> PolicySecret:  # noqa: ARG002  no inlines
        if stored is None:
            return keep_secret(caller, **data)
        return renew_secret(caller, public_id=stored.public_id, value=data["value"])

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_secret(caller, public_id=stored.public_id)


class HostForm(DefinitionForm):
    host = fields.line("Host", help_text="The name alone, such as directory.example.com.")
    port = fields.whole_number("Port", initial=HTTPS_PORT, min_value=1, max_value=65535)
    description = fields.paragraph("Description", help_text="What scripts ask it, and what of a person they send.")


@admin.register(ScriptHost)
class HostAdmin(DefinitionAdmin):
    """Lists the hosts that scripts may send requests to. An entry is never changed: another one is another decision."""

    form = HostForm
    save_word = "Allow this host"
    empty_hint = "So scripts reach no host. One on this list they may ask with networkRequest."
    actions_detail = ()
    consequence = "Scripts cannot reach it any more; one that tries fails, and so refuses."
    list_display = ("host", "port", "description")
    search_fields = ("host", "description")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> ScriptHost:  # noqa: ARG002  no inlines
        return allow_host(caller, **data)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_host(caller, public_id=stored.public_id)
