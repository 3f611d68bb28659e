"""What staff pages have in common: who is signed in, what was typed, and how a refusal is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from governance.errors import GovernanceError, Invalid, Refused


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something was not done, in words, with what helps, and the decision that a record is found by."""

    text: str
    remedy: str
    field: str
    decision_id: UUID | None
    needs_factor: bool

    @classmethod
    def of(cls, error: GovernanceError) -> Fault:
        """Say an error."""
        refused = error if isinstance(error, Refused) else None
        reasons = refused.reasons if refused else ()
        return cls(
            text=str(error),
            remedy=error.remedy or "",
            field=error.field or "",
            decision_id=refused.decision_id if refused else None,
            needs_factor=reasons[:1] == ("guard: fresh factor",),
        )

    @classmethod
    def decided(cls, text: str, decision_id: UUID) -> Fault:
        """Say why nothing is shown although the call was allowed."""
        return cls(text=text, remedy="", field="", decision_id=decision_id, needs_factor=False)


def said(error: GovernanceError) -> str:
    """Say an error and what helps in one line; a refusal leads to the page that explains its decision."""
    text = f"{error} {error.remedy or ''}".strip()
    if not isinstance(error, Refused):
        return text
    return format_html('{} <a href="{}">{}</a>', text, explained_at(error), _("Why this was refused"))


def explained_at(refused: Refused) -> str:
    """Return where a refusal is explained, to whoever it was said to."""
    return reverse("access-decision", args=[refused.decision_id])


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, fault: Fault | None = None
) -> HttpResponse:
    """Answer with a page; one that says why something was not done is no success."""
    status = 200 if fault is None else 403 if fault.decision_id else 422
    return render(request, template, {**context, "fault": fault}, status=status)


def typed_id(text: str, field: str) -> UUID:
    """Read an id that a form sends; `Invalid` where it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        raise Invalid("Choose one.", field=field) from None


def typed_ids(texts: list[str], field: str) -> list[UUID]:
    """Read the ids that boxes send."""
    return [typed_id(text, field) for text in texts]


def typed_number(text: str, field: str) -> int:
    """Read a whole number; `Invalid` where it is none."""
    try:
        return int(text)
    except ValueError:
        raise Invalid("This is a whole number.", field=field) from None
