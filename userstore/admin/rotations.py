"""Rotations of keys: which are under way, how far they are, and beginning one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect

from governance.identities import Caller
from governance.models import Account
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from keyring.models import KeyRotation
from keyring.models.key_rotation import ENDED, KEEPING, TURNING
from userstore.actions.rotations import KINDS, begin_rotation

STATES = {TURNING: "renewing", KEEPING: "renewed, old keys kept", ENDED: "ended"}


class RotationForm(DefinitionForm):
    what: forms.ChoiceField = fields.choice(
        "Which keys",
        lambda: [(kind.name, kind.title) for kind in KINDS.values()],
        help_text="Nothing is interrupted. The scheduler carries it on within a minute and destroys the old keys.",
    )


@admin.register(KeyRotation)
class KeyRotationAdmin(DefinitionAdmin):
    """Lists rotations and begins them; they go on by themselves."""

    form = RotationForm
    save_word = "Begin the rotation"
    empty_hint = "Keys can be renewed while everything goes on: reads, look-ups and writes."
    can_be_retired = False
    actions_detail = ()
    list_display = ("keys", "state_shown", "progress", "begun", "by", "ended")
    ordering = ("-started_at",)

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:  # noqa: ARG002  the base's signature
        """A rotation changes nobody's access, so it may be begun in a protected environment, too."""
        return None if obj is None else "A rotation goes on by itself."

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *rest: Any, **options: Any) -> Any:
        if object_id is not None:
            self.require_allowed(request)
            self.object_or_404(object_id)
            return HttpResponseRedirect(self.address("changelist"))
        return super().changeform_view(request, object_id, *rest, **options)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002  Django's signature
        return self._done(request, obj, "The rotation has begun, and the book says so.")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> KeyRotation:  # noqa: ARG002  it is never changed
        return begin_rotation(caller, what=data["what"])

    @shown("keys")
    def keys(self, rotation: KeyRotation) -> str:
        return KINDS[rotation.what].title

    @shown("state", label={STATES[TURNING]: "info", STATES[KEEPING]: "warning", STATES[ENDED]: "success"})
    def state_shown(self, rotation: KeyRotation) -> str:
        return STATES[rotation.state]

    @shown("renewed")
    def progress(self, rotation: KeyRotation) -> str:
        if not rotation.expected:
            return f"{rotation.turned:,}"
        share = min(rotation.turned / rotation.expected, 1.0)
        return f"{rotation.turned:,} of {rotation.expected:,} ({share:.0%})"

    @shown("begun", ordering="started_at")
    def begun(self, rotation: KeyRotation) -> str:
        return in_utc(rotation.started_at, otherwise="")

    @shown("ended", ordering="ended_at")
    def ended(self, rotation: KeyRotation) -> str:
        return in_utc(rotation.ended_at, otherwise="not yet")

    @shown("by")
    def by(self, rotation: KeyRotation) -> str:
        account = Account.objects.filter(pk=rotation.started_by).first() if rotation.started_by else None
        return str(account or "a client or command")
