"""The page on which a definition is tried out with sample input: the real sandbox, nothing stored, on record."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from governance.errors import GovernanceError, Refused, Unavailable
from governance.identities import Caller
from governance.operators.choice import operator_caller
from governance.operators.decorations import page_action
from governance.operators.definitions import DefinitionAdmin

MOST_LINES, LONGEST_LINE = 100, 2000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out: whether it is good news, in a few words, the text that it gave, and what is said about it.

    `console` is what a draft said there itself.
    """

    headline: str
    is_good: bool
    text: str | None = None
    lines: Sequence[str] = ()
    faults: Sequence[str] = ()
    console: Sequence[str] = ()


class TrialForm(forms.Form):
    """Sample input. What is typed is sent to the sandbox and kept nowhere."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = f"page-input {field.widget.attrs.get('class', '')}".strip()
            field.widget.attrs.update(autocomplete="off", spellcheck="false")


class TriedAdmin(DefinitionAdmin):
    """A definition with a page that tries it out."""

    trial_form: ClassVar[type[TrialForm]]
    trial_hint: ClassVar[str] = ""
    """What else there is to know about what comes out."""

    @abstractmethod
    def trial_input(self, stored: Any) -> dict[str, Any]:
        """What the form shows at first."""

    @abstractmethod
    def tried(self, caller: Caller, stored: Any, data: dict[str, Any]) -> Answer:
        """Call the action that tries it out."""

    def can_be_tried(self, stored: Any) -> bool:  # noqa: ARG002  for subclasses of which some cannot
        """Say whether there is something to try."""
        return True

    def has_try_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may see the definition may try it; whether it runs is the action's to say."""
        return self.is_allowed(request) and (object_id is None or self.can_be_tried(self.object_or_404(object_id)))

    @page_action("Try…", icon="science", permissions=["try"], url_path="try")
    @method_decorator(sensitive_post_parameters())
    @method_decorator(never_cache)
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the form; on POST what came out."""
        self.require_allowed(request)
        stored = self.object_or_404(object_id)
        form = self.trial_form(request.POST or None, initial=self.trial_input(stored))
        answer = self._answer(operator_caller(request), stored, form) if form.is_valid() else None
        return render(
            request,
            "governance/try.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Try",
                "original": stored,
                "hint": self.trial_hint,
                "form": form,
                "answer": answer,
                "back": self.address("change", stored.pk),
            },
        )

    def _answer(self, caller: Caller, stored: Any, form: TrialForm) -> Answer | None:
        try:
            found = self.tried(caller, stored, form.cleaned_data)
        except (Refused, Unavailable):
            raise
        except GovernanceError as fault:
            place = fault.field if fault.field in form.fields else None
            form.add_error(place, f"{fault} {fault.remedy or ''}".strip())
            return None
        return Answer(
            found.headline,
            found.is_good,
            None if found.text is None else found.text[: LONGEST_LINE * 10],
            _bounded(found.lines),
            _bounded(found.faults),
            _bounded(found.console),
        )


def _bounded(lines: Sequence[str]) -> list[str]:
    """Show what a page can hold of what a script said."""
    shown = [line[:LONGEST_LINE] for line in lines[:MOST_LINES]]
    return shown if len(lines) <= MOST_LINES else [*shown, f"… and {len(lines) - MOST_LINES} more"]
