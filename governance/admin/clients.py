"""Clients and their secrets: a secret is shown once, on a page of its own, and kept nowhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from unfold.admin import TabularInline

from governance.actions.changes import keep_draft
from governance.actions.clients import (
    accept_secret,
    change_client,
    define_client,
    known_by,
    new_secret,
    withdraw_secret,
)
from governance.drafts.draftable import Drafted
from governance.errors import GovernanceError
from governance.identities import Caller
from governance.models import Client, ClientSecret
from governance.operators import fields
from governance.operators.choice import operator_caller
from governance.operators.decorations import in_utc, page_action, shown
from governance.operators.definitions import DefinitionAdmin, Inline
from governance.operators.forms import DefinitionForm
from governance.operators.permission import standing_for


class ClientForm(DefinitionForm):
    name = fields.line("Name", max_length=128)
    kind = fields.choice("Kind", [(Client.SERVICE, "service"), (Client.JOB, "job")])
    description = fields.paragraph("Description")
    is_disabled = fields.switch("Disabled", help_text="Acts on its very next call.")

    @classmethod
    def stored(cls, instance: Client) -> dict[str, Any]:
        return {**super().stored(instance), "is_disabled": instance.disabled_at is not None}


class SecretInline(Inline, TabularInline):  # type: ignore[misc]  # unfold has no types
    """The secrets of a client: their beginnings and ends, never themselves."""

    model = ClientSecret
    verbose_name_plural = "secrets"
    fields = ("beginning", "since", "until", "state")
    readonly_fields = fields
    hide_title = True

    def is_open(self, request: HttpRequest, obj: Any) -> bool:  # noqa: ARG002  the base's signature
        return False

    @shown("begins with")
    def beginning(self, secret: ClientSecret) -> str:
        return str(secret)

    @shown("since")
    def since(self, secret: ClientSecret) -> str:
        return in_utc(secret.created_at, otherwise="")

    @shown("until")
    def until(self, secret: ClientSecret) -> str:
        return in_utc(secret.expires_at, otherwise="no end")

    @shown("state")
    def state(self, secret: ClientSecret) -> str:
        return "ended" if secret.expires_at and secret.expires_at <= timezone.now() else "good"


@admin.register(Client)
class ClientAdmin(DefinitionAdmin):
    """Lists and edits services and jobs. They are disabled, never deleted: the book names them."""

    form = ClientForm
    freeze_kind = "client"
    can_be_retired = False
    inlines = (SecretInline,)
    list_display = ("name", "kind", "public_id", "state", "description")
    list_filter = ("kind", ("disabled_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "description")
    actions = ("disable", "enable")
    actions_detail = ("new_secret", "end_secrets", "freeze")

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is None:
            del form.base_fields["is_disabled"]
        else:
            form.base_fields["kind"].disabled = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        found = list(super().get_fields(request, obj))
        return found if obj is not None else [name for name in found if name != "is_disabled"]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Client:  # noqa: ARG002  the inline is read-only
        if stored is None:
            return define_client(caller, **data)
        return change_client(
            caller,
            client_id=stored.public_id,
            name=data["name"],
            description=data["description"],
            is_disabled=data["is_disabled"],
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer nothing for many at once where each is a draft of its own."""
        return {} if standing_for(request).is_protected else super().get_actions(request)

    def has_secrets_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002  unfold's own signature
        return self.is_allowed(request) and self.locked_because(request, None) is None

    @shown("state", label={"enabled": "success", "disabled": "danger"})
    def state(self, client: Client) -> str:
        return "disabled" if client.disabled_at else "enabled"

    @page_action("New secret…", icon="key", permissions=["secrets"])
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first, then issue a secret and show it on this answer, once; who approves it has no part in that."""
        client = self.object_or_404(object_id)
        secret, change = new_secret(), None
        if request.method == "POST":
            try:
                accept_secret(operator_caller(request), client_id=client.public_id, **known_by(secret))
            except Drafted as waiting:
                change = keep_draft(waiting.draft)
        told = secret.reveal() if request.method == "POST" else None
        return self._page(request, "governance/secret.html", client, secret=told, change=change, title="New secret")

    @page_action("End secrets…", icon="key_off", permissions=["secrets"])
    def end_secrets(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the good secrets, each with a button that ends it now."""
        client = self.object_or_404(object_id)
        if request.method == "POST" and request.POST.get("secret", "").isdigit():
            try:
                withdraw_secret(
                    operator_caller(request), client_id=client.public_id, secret_pk=int(request.POST["secret"])
                )
            except GovernanceError as fault:
                if fault.kind == "refused":
                    raise
                self.message_user(request, str(fault), level="error")
            else:
                self.message_user(request, "The secret has ended, and the book says so.")
            return HttpResponseRedirect(request.path)
        good = [s for s in client.secrets.all() if s.expires_at is None or s.expires_at > timezone.now()]
        return self._page(request, "governance/secrets.html", client, secrets=good, title="End secrets")

    def _page(self, request: HttpRequest, template: str, client: Client, **context: Any) -> HttpResponse:
        return never_cache(render)(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "client": client,
                "subtitle": client.name,
                "back": self.address("change", client.pk),
                **context,
            },
        )

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, chosen: Any) -> None:
        """Disable every chosen client; each is an entry of its own."""
        self._set(request, chosen, is_disabled=True)

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, chosen: Any) -> None:
        """Enable every chosen client."""
        self._set(request, chosen, is_disabled=False)

    def _set(self, request: HttpRequest, chosen: Any, *, is_disabled: bool) -> None:
        caller = operator_caller(request)
        for client in chosen:
            change_client(
                caller,
                client_id=client.public_id,
                name=client.name,
                description=client.description,
                is_disabled=is_disabled,
            )
        self.message_user(request, "Done, and the book says so.")
