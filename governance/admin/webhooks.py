"""Webhooks: where notices go; a secret is shown once, on a page of its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from governance.actions.changes import keep_draft
from governance.actions.webhooks import (
    accept_webhook_secret,
    change_webhook,
    define_webhook,
    retire_webhook,
    try_webhook,
)
from governance.drafts.draftable import Drafted
from governance.identities import Caller
from governance.models import Webhook
from governance.notices.posting import host_of
from governance.notices.signing import new_webhook_secret
from governance.notices.wording import FOR_WEBHOOKS, wording_of
from governance.operators import fields
from governance.operators.choice import operator_caller
from governance.operators.decorations import page_action, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.permission import environment_of
from keyring.walls import in_environment


class WebhookForm(DefinitionForm):
    name = fields.line("Name", help_text="Letters, digits, _ and -.")
    url = fields.line("Address", help_text="https://… No password in it: the signature proves who is calling.")
    kinds = forms.MultipleChoiceField(
        label="Notices",
        choices=[(kind, wording_of(kind).subject) for kind in FOR_WEBHOOKS],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="None chosen: all of them.",
    )
    description = fields.paragraph("Description", help_text="Whose system it is.")


@admin.register(Webhook)
class WebhookAdmin(DefinitionAdmin):
    """Lists, defines, tries and retires webhooks."""

    form = WebhookForm
    actions_detail = ("new_secret", "send_test")
    empty_hint = (
        "So nobody outside is told what happens to access. A webhook gets signed messages, without anybody's data."
    )
    consequence = "Nothing is posted there any more, what waits to be sent is forgotten, and its secrets are destroyed."
    list_display = ("name", "host", "notices", "signed")
    search_fields = ("name", "description")

    @shown("host")
    def host(self, webhook: Webhook) -> str:
        return host_of(webhook.url)

    @shown("notices")
    def notices(self, webhook: Webhook) -> str:
        return f"{len(webhook.kinds)} kinds" if webhook.kinds else "every kind"

    @shown("signed", label={"yes": "success", "no secret yet": "warning"})
    def signed(self, webhook: Webhook) -> str:
        return "yes" if webhook.secrets.exists() else "no secret yet"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Webhook:  # noqa: ARG002  no inlines
        if stored is None:
            return define_webhook(caller, **data)
        return change_webhook(caller, public_id=stored.public_id, **data)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_webhook(caller, public_id=stored.public_id)

    def has_webhook_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002  unfold's own signature
        return self.is_allowed(request)

    @page_action("New secret…", icon="key", permissions=["webhook"])
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first, then make a secret and show it on this answer, once; who approves it does not see it."""
        self.require_allowed(request)
        webhook = self.object_or_404(object_id)
        secret, change = None, None
        if request.method == "POST":
            made = new_webhook_secret()
            try:
                accept_webhook_secret(operator_caller(request), public_id=webhook.public_id, secret=made.reveal())
            except Drafted as waiting:
                change = keep_draft(waiting.draft)
            secret = made.reveal()
        return never_cache(render)(
            request,
            "governance/webhook_secret.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "New secret",
                "subtitle": webhook.name,
                "webhook": webhook,
                "has_secret": webhook.secrets.exists(),
                "secret": secret,
                "change": change,
                "back": self.address("change", webhook.pk),
            },
        )

    @page_action("Send a test…", icon="send", permissions=["webhook"])
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first, since it leaves the house; then post a test and say what came of it, outside any transaction."""
        self.require_allowed(request)
        with in_environment(environment_of(request)):
            webhook = self.object_or_404(object_id)
        back = self.address("change", webhook.pk)
        if request.method == "POST":
            tried = try_webhook(operator_caller(request), public_id=webhook.public_id, now=timezone.now())
            if tried.fault:
                told = f"The message was not taken: {tried.fault}. {tried.remedy}".strip()
                self.message_user(request, told, level="error")
            else:
                self.message_user(request, f"The message was taken: status {tried.status}.")
            return HttpResponseRedirect(back)
        with in_environment(environment_of(request)):
            return render(
                request,
                "governance/webhook_test.html",
                {
                    **self.admin_site.each_context(request),
                    "opts": self.opts,
                    "title": "Send a test",
                    "subtitle": webhook.name,
                    "host": host_of(webhook.url),
                    "back": back,
                },
            )
