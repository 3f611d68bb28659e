"""Freezes: a list; setting and lifting one is a page with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse

from governance.catalogue import names_of
from governance.models import Account, Environment, Freeze
from governance.operators.decorations import in_utc, page_action, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm


class InForceFilter(admin.SimpleListFilter):
    """In force or lifted."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django's signature
        return [("in_force", "in force"), ("lifted", "lifted")]

    def queryset(self, request: Any, queryset: Any) -> Any:  # noqa: ARG002  Django's signature
        if self.value() is None:
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "in_force")


@admin.register(Freeze)
class FreezeAdmin(DefinitionAdmin):
    """Lists freezes. A row leads to the page that lifts it."""

    form = DefinitionForm
    empty_hint = "A freeze stops access on the next check everywhere, and can be lifted. Begin with “Freeze…” above."
    can_be_added = False
    can_be_retired = False
    actions_list = ("choose_target",)
    actions_detail = ()
    list_display = ("target", "kind", "state", "since", "by", "lifted")
    list_filter = (InForceFilter, "kind")

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *_: Any, **__: Any) -> HttpResponse:
        self.require_allowed(request)
        return HttpResponseRedirect(reverse("unfreeze", args=[self.object_or_404(object_id).public_id]))

    def has_choosing_permission(self, request: HttpRequest) -> bool:
        return self.is_allowed(request)

    @page_action("Freeze…", icon="ac_unit", permissions=["choosing"], url_path="choose-target")
    def choose_target(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002  unfold's signature
        """Go to the page that lists what can be frozen."""
        return HttpResponseRedirect(reverse("freeze-target"))

    @shown("what")
    def target(self, freeze: Freeze) -> str:
        if freeze.kind == "environment":
            return str(Environment.objects.filter(pk=freeze.target_id).first() or freeze.target_id)
        return names_of(freeze.kind).get(freeze.target_id, str(freeze.target_id))

    @shown("state", label={"in force": "info", "lifted": "success"})
    def state(self, freeze: Freeze) -> str:
        return "lifted" if freeze.lifted_at else "in force"

    @shown("since", ordering="frozen_at")
    def since(self, freeze: Freeze) -> str:
        return in_utc(freeze.frozen_at, otherwise="")

    @shown("lifted", ordering="lifted_at")
    def lifted(self, freeze: Freeze) -> str:
        return in_utc(freeze.lifted_at, otherwise="not yet")

    @shown("by")
    def by(self, freeze: Freeze) -> str:
        account = Account.objects.filter(pk=freeze.frozen_by).first() if freeze.frozen_by else None
        return str(account or "a client or command")
