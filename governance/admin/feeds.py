"""Feeds: where the book goes as it is sealed, and how far each receiver is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.timesince import timesince

from audit.errors import AuditorNotConfigured
from audit.exports.sealed import signed
from governance.actions.feeds import (
    change_feed,
    define_feed,
    narrow_feed,
    pause_feed,
    resume_feed,
    retire_feed,
    widen_feed,
)
from governance.errors import Conflict
from governance.identities import Caller
from governance.models import Feed, Webhook
from governance.models.feeds import FILE, POSTED, SYSLOG
from governance.operators import fields
from governance.operators.choice import operator_caller
from governance.operators.decorations import page_action, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.faults import said
from governance.operators.forms import DefinitionForm
from governance.operators.permission import manages_operators

_WAYS = ((SYSLOG, "syslog over TLS"), (POSTED, "a webhook, signed"), (FILE, "a file on the server"))
_WHY = {
    "address": "its name leads to no permitted address",
    "connection": "nobody answers, or hangs up",
    "time": "it does not answer in time",
    "certificate": "its certificate is not trusted",
    "file": "the file cannot be written",
    "no folder": "the deployment names no folder",
    "no secret": "its webhook has no secret yet",
    "keys": "the secret cannot be opened",
}
"""What an officer is told; of a webhook that answers otherwise, its status."""


class FeedForm(DefinitionForm):
    name = fields.line("Name", help_text="Letters, digits, _ and -. A file is called by it.")
    way = fields.choice("Way", _WAYS, help_text="Files go below the folder that the deployment names.")
    address = fields.line("Syslog server", required=False, help_text="host:port, which is TLS. For syslog alone.")
    webhook = fields.one_of(
        "Webhook",
        Webhook.objects.order_by("name"),
        required=False,
        help_text="Its secret signs the messages. For webhooks alone.",
    )
    description = fields.paragraph("Description", help_text="Whose system it is.")


@admin.register(Feed)
class FeedAdmin(DefinitionAdmin):
    """Lists, defines, changes and retires feeds."""

    form = FeedForm
    actions_detail = ("pause", "resume", "widen", "narrow")
    empty_hint = "So no other system gets the book. A feed sends it every sealed entry as an OCSF event, at least once."
    consequence = "Nothing is sent there any more. What the receiver has got, it keeps."
    list_display = ("name", "way", "leads_to", "state", "why", "behind", "last_sent")
    search_fields = ("name", "description")

    @shown("leads to")
    def leads_to(self, feed: Feed) -> str:
        return f"{self._place(feed)}, with the installation's entries" if feed.with_installation else self._place(feed)

    def _place(self, feed: Feed) -> str:
        return feed.address or (feed.webhook.name if feed.webhook else f"{feed.name}.ocsf.jsonl")

    @shown("state", label={"goes": "success", "new": "info", "paused": "warning", "stands still": "danger"})
    def state(self, feed: Feed) -> str:
        if feed.paused_at is not None:
            return "paused"
        return "stands still" if feed.attempts else "goes" if feed.sent_at else "new"

    @shown("behind")
    def behind(self, feed: Feed) -> str:
        """Say how many places of the book lie behind its cursor, whoever's they are."""
        try:
            checkpoint = signed()
        except AuditorNotConfigured:
            return "cannot be told here"
        places = max(0, (checkpoint.size if checkpoint else 0) - feed.index)
        return "nothing" if not places else "1 place" if places == 1 else f"{places:,} places"

    @shown("why")
    def why(self, feed: Feed) -> str:
        return _WHY.get(feed.fault, feed.fault)

    @shown("last sent")
    def last_sent(self, feed: Feed) -> str:
        if feed.sent_at is None:
            return "never"
        ago = timezone.now() - feed.sent_at
        return "just now" if ago < timedelta(minutes=1) else f"{timesince(feed.sent_at, depth=1)} ago"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Feed:  # noqa: ARG002  no inlines
        webhook = data.pop("webhook", None)
        told = {**data, "webhook": webhook.public_id if webhook else None}
        if stored is None:
            return define_feed(caller, **told)
        return change_feed(caller, public_id=stored.public_id, **told)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_feed(caller, public_id=stored.public_id)

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.is_allowed(request) and self.model.objects.filter(pk=object_id, paused_at=None).exists()

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.is_allowed(request) and not self.has_pause_permission(request, object_id)

    @page_action("Pause…", icon="pause", permissions=["pause"])
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; then send nothing there until it is resumed."""
        return self._turned(request, object_id, pause_feed, "Pause", "Nothing is sent there until it is resumed.")

    @page_action("Resume…", icon="play_arrow", permissions=["resume"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; then go on where it stood."""
        return self._turned(request, object_id, resume_feed, "Resume", "It goes on with the first entry that it lacks.")

    def has_widen_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        narrow = self.model.objects.filter(pk=object_id, with_installation=False)
        return self.is_allowed(request) and manages_operators(request) and narrow.exists()

    def has_narrow_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.is_allowed(request) and self.model.objects.filter(pk=object_id, with_installation=True).exists()

    @page_action("Add the installation's entries…", icon="add", permissions=["widen"])
    def widen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; then send what belongs to no environment as well."""
        said = "It gets what belongs to no environment as well: sign-ins, operators, and months that are dropped."
        return self._turned(request, object_id, widen_feed, "Widen", said)

    @page_action("Leave out the installation's entries…", icon="remove", permissions=["narrow"])
    def narrow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first; then send the entries of the environment alone."""
        return self._turned(request, object_id, narrow_feed, "Narrow", "It gets the entries of this environment alone.")

    def _turned(
        self, request: HttpRequest, object_id: str, act: Callable[..., Feed], word: str, consequence: str
    ) -> HttpResponse:
        self.require_allowed(request)
        feed = self.object_or_404(object_id)
        back = self.address("change", feed.pk)
        if request.method != "POST":
            told = {"title": f"{word} feed", "word": word, "consequence": consequence, "back": back}
            context = {**self.admin_site.each_context(request), "opts": self.opts, "object": feed, **told}
            return render(request, "governance/retire.html", context)
        try:
            act(operator_caller(request), public_id=feed.public_id)
        except Conflict as fault:
            messages.error(request, said(fault))
        return HttpResponseRedirect(back)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("webhook")
