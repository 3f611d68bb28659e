"""How the pages of definitions end one: they say what will happen, ask, and call one action."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase, HttpResponseRedirect
from unfold.admin import ModelAdmin

from governance.errors import GovernanceError, Refused
from governance.identities import Caller
from governance.operators.choice import operator_caller
from governance.operators.faults import said
from governance.operators.permission import CONFIGURE, record_refused_page


class RetiringAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Retires definitions one by one. Django calls it deletion; here what was is kept in the book."""

    can_be_retired: ClassVar[bool] = True
    retire_word: ClassVar[str] = "Retire"
    """What the button says; `retired_word` is what has happened afterwards."""
    retired_word: ClassVar[str] = "retired"
    consequence: ClassVar[str] = (
        "If anything still uses it, nothing happens and you are told. The book and its revisions keep what it was."
    )
    """What retiring does, as the question tells it; `consequence_of` may count."""
    delete_confirmation_template = "governance/retire.html"

    @abstractmethod
    def retire(self, caller: Caller, stored: Any) -> None:
        """Call the action that retires a definition."""

    @abstractmethod
    def require_allowed(self, request: HttpRequest) -> None:
        """Raise `Refused`, on record, where the operator may not open these pages."""

    @abstractmethod
    def address(self, page: str, *values: object) -> str:
        """Return the address of a page of this kind of definition."""

    def consequence_of(self, stored: Any) -> str:  # noqa: ARG002  for subclasses that count
        """Say what retiring this very definition does."""
        return self.consequence

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Retire after a question; what stands in the way is said on the definition's page."""
        self.require_allowed(request)
        stored = self.get_object(request, object_id)
        context = {
            "title": f"{self.retire_word} {self.opts.verbose_name}",
            "subtitle": None,
            "word": self.retire_word,
            "consequence": self.consequence_of(stored) if stored is not None else "",
            "back": self.address("change", object_id),
            **(extra_context or {}),
        }
        try:
            shown: HttpResponseBase = super().delete_view(request, object_id, context)
        except Refused as refused:
            record_refused_page(request, CONFIGURE, refused)
            raise
        except GovernanceError as fault:
            messages.error(request, said(fault))
            return HttpResponseRedirect(self.address("change", object_id))
        return shown

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.retire(operator_caller(request), obj)

    def get_deleted_objects(
        self,
        objs: Any,
        request: HttpRequest,  # noqa: ARG002  Django's signature
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name only what was chosen: whether it can be retired is the action's to say."""
        return [str(obj) for obj in objs], {str(self.opts.verbose_name): len(objs)}, set(), []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer no deletion of many at once: definitions are retired one by one."""
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def log_deletions(self, *_: Any) -> None:
        """The action has recorded it."""

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:  # noqa: ARG002  Django's signature
        # No name is told: messages travel in cookies.
        messages.success(request, f"The {self.opts.verbose_name} is {self.retired_word}, and the book says so.")
        return HttpResponseRedirect(self.address("changelist"))
