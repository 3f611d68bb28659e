"""What the pages of all definitions share: who may open them, and that every write is one action."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, ClassVar
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.db import models
from django.forms import modelform_factory
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from governance.errors import GovernanceError, Invalid, Refused
from governance.identities import Caller
from governance.operators.choice import operator_caller
from governance.operators.decorations import page_action, shown
from governance.operators.forms import DefinitionForm
from governance.operators.origins import BUILT_IN_LABEL, OURS_LABEL
from governance.operators.permission import CONFIGURE, may, record_refused_page, require, standing_for
from governance.operators.retiring import RetiringAdmin

PROTECTED = "This environment is protected: what you save becomes a draft, which a second person approves."
BUILT_IN = "This is built in. It is the same in every environment and cannot be changed."


class DefinitionAdmin(RetiringAdmin):
    """Lists and edits one kind of definition of the chosen environment.

    Subclasses say which action publishes (`publish`), which retires (`retire`) and which kind of freeze stops it.
    """

    form: ClassVar[type[DefinitionForm]]
    freeze_kind: ClassVar[str | None] = None
    """What a freeze of such an object is called; None where it cannot be frozen."""
    can_be_added: ClassVar[bool] = True
    empty_hint: ClassVar[str] = ""
    """What an empty list says: what nothing of this kind means, and the next step."""
    save_word: ClassVar[str] = "Save"
    list_per_page = 50
    warn_unsaved_form = True
    actions_detail: ClassVar[Sequence[str]] = ("freeze",)

    # --- What a subclass says ---

    @abstractmethod
    def publish(self, caller: Caller, data: dict[str, Any], rows: list[list[dict[str, Any]]], stored: Any) -> Any:
        """Call the action that defines (`stored` is None) or changes a definition, and return the definition."""

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:  # noqa: ARG002  for subclasses that ask
        """Say why an object is only shown, None where it may be changed."""
        return BUILT_IN if getattr(obj, "is_system", False) else None

    @shown("origin", label={BUILT_IN_LABEL: "info"}, ordering="is_system")
    def origin(self, stored: Any) -> str:
        """Tell in lists what everybody has from what was defined here."""
        return BUILT_IN_LABEL if stored.is_system else OURS_LABEL

    # --- Who may open the pages ---

    def is_allowed(self, request: HttpRequest) -> bool:
        """Say whether the operator may see these pages."""
        return may(request, CONFIGURE)

    def require_allowed(self, request: HttpRequest) -> None:
        """Raise `Refused`, on record, where they may not."""
        require(request, CONFIGURE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.is_allowed(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        return self.is_allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        return self.is_allowed(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.can_be_added and self.is_allowed(request) and self.locked_because(request, None) is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_be_retired and self.is_allowed(request) and self.locked_because(request, obj) is None

    def has_freeze_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002  unfold's own signature
        """Freezing is offered for what can be frozen, built-in or not."""
        return self.freeze_kind is not None and may(request, CONFIGURE)

    # --- Pages ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.require_allowed(request)
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """Show the form; after a fault of the action show it again, with the fault beside its field."""
        self.require_allowed(request)
        try:
            answer: HttpResponseBase = super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            # The action's own record went with its transaction.
            record_refused_page(request, CONFIGURE, refused)
            raise
        except GovernanceError as fault:
            request.__dict__["fault"] = fault
            answer = super().changeform_view(request, object_id, form_url, extra_context)
        return answer

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002  Django's signature
        """Show none: the book is the history."""
        raise Http404

    def address(self, page: str, *values: object) -> str:
        """Return the address of a page of this kind of definition."""
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=[quote(str(v)) for v in values]
        )

    def object_or_404(self, object_id: Any) -> Any:
        """Return an object of the chosen environment."""
        found = self.model._default_manager.filter(pk=object_id).first()
        if found is None:
            raise Http404
        return found

    @page_action("Freeze…", icon="ac_unit", permissions=["freeze"])
    def freeze(self, request: HttpRequest, object_id: str) -> HttpResponse:  # noqa: ARG002  unfold's signature
        """Go to the page that shows what a freeze would stop."""
        found = self.object_or_404(object_id)
        return HttpResponseRedirect(reverse("freeze", args=[self.freeze_kind, getattr(found, "public_id", found.pk)]))

    # --- The form ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **_: Any) -> type[forms.BaseForm]:  # noqa: ARG002  Django's signature
        made: Any = modelform_factory(self.model, form=self.form, fields=())
        made.base_fields = deepcopy(made.base_fields)  # the factory shares the fields of all forms of this kind
        made.fault = request.__dict__.get("fault")
        made.locked = obj is not None and self.locked_because(request, obj) is not None
        self.prepare_form(made, request, obj)
        return made  # type: ignore[no-any-return]  # a class made at run time

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:
        """Adapt the form's class to the request; a subclass's chance to say which fields there are."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:  # noqa: ARG002  Django's signature
        return list(self.form.base_fields)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **rest: Any) -> HttpResponse:
        obj = rest.get("obj")
        reason = self.locked_because(request, obj) if obj is not None else None
        context["locked_because"] = reason
        context["drafting"] = PROTECTED if reason is None and standing_for(request).is_protected else None
        context["retire_word"] = self.retire_word
        context["save_word"] = self.save_word
        context["show_save_and_add_another"] = False
        if obj is None:
            context["show_save_and_continue"] = False
        if reason is not None:
            context.update(show_save=False, show_save_and_continue=False, show_close=True)
        answer: HttpResponse = super().render_change_form(request, context, **rest)
        return answer

    change_form_before_template = "governance/locked.html"

    # --- Writing ---

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write nothing: `save_related`, which knows all of the input, calls the action."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        """Call the one action that publishes the definition."""
        rows = [_rows(formset) for formset in formsets]
        stored = self.object_or_404(form.instance.pk) if change else None
        reason = self.locked_because(request, stored) if change else None
        if reason is not None:
            raise Invalid(reason)
        published = self.publish_for(request, form.cleaned_data, rows, stored)
        vars(form.instance).update(vars(published))

    def publish_for(self, request: HttpRequest, data: dict[str, Any], rows: Any, stored: Any) -> Any:
        """Publish in the name of the page's operator."""
        return self.publish(operator_caller(request), data, rows, stored)

    # --- What Django would write beside it: the book is the log ---

    def construct_change_message(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def log_addition(self, *_: Any) -> None:
        """The action has recorded it."""

    def log_change(self, *_: Any) -> None:
        """The action has recorded it."""

    # --- What is said afterwards: no names, messages travel in cookies ---

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002  Django's signature
        return self._done(request, obj, f"The {self.opts.verbose_name} is defined, and the book says so.")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._done(request, obj, f"The {self.opts.verbose_name} is changed, and the book says so.")

    def _done(self, request: HttpRequest, obj: Any, told: str) -> HttpResponse:
        messages.success(request, told)
        if "_continue" in request.POST:
            return HttpResponseRedirect(self.address("change", obj.pk))
        return HttpResponseRedirect(self.address("changelist"))


def _rows(formset: Any) -> list[dict[str, Any]]:
    """Return the filled-in rows of an inline form, in their order, without the deleted ones."""
    found = [form.cleaned_data for form in formset.forms if form not in formset.deleted_forms]
    return [row for row in found if any(row.get(name) for name in formset.form.base_fields)]


class Inline:
    """Rows of a definition, written together with it."""

    extra = 0
    show_change_link = False
    hide_title = True
    """What a row is called stands in its fields already."""

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:  # noqa: ARG002  Django's signature
        return may(request, CONFIGURE)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.is_open(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.is_open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.is_open(request, obj)

    def is_open(self, request: HttpRequest, obj: Any) -> bool:
        """Say whether the rows may change: with their definition."""
        return may(request, CONFIGURE) and not getattr(obj, "is_system", False)
