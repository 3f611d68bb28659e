"""The environment an operator works in, for the length of a request; and what pages say when they fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from audit.context import request_id
from audit.errors import AuditorNotConfigured, AuditUnavailable
from governance.actions.changes import keep_draft
from governance.drafts.draftable import Drafted
from governance.drafts.modes import drafting
from governance.errors import FactorNeeded, GovernanceError, Refused
from governance.models import Account, ProtectedChange
from governance.operators.choice import chosen_environment
from governance.operators.faults import explained_at
from governance.operators.second_factors import lead_to_proof
from keyring.errors import KmsUnavailable
from keyring.walls import in_environment

_TRANSACTIONAL = "/admin/"
"""The officer's console renders querysets late, so its whole request is one transaction in the environment."""
_PAGE_OF = {"not_found": 404, "unavailable": 503}
"""Error pages by kind; every other kind is 400. Texts of our own errors are safe to show."""
_OUTSIDE_THE_WALLS = (
    "/admin/governance/environment/add/",
    "/admin/governance/account/",
    "/admin/auth/group/",
    "/admin/months/",
    "/admin/logout/",
    "/admin/password_change/",
)
"""A new environment is made behind its own wall, operators, groups and months of the book behind none: so are their
pages and records."""
_WAITS_FOR_OTHERS = re.compile(r"/admin/governance/webhook/[^/]+/send_test/?")
"""Pages that wait for another system: no transaction waits with them, so they enter the environment themselves."""

_OPEN_TO_A_GIVEN_PASSWORD = ("/password/", "/login/", "/logout/", "/admin/logout/", "/admin/password_change/")
"""All that somebody may open who signed in with a password that another person has seen."""


class ConsoleEnvironment:
    """Sets `request.environment_id` on pages, and puts the console's requests into that environment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith((*settings.API_PREFIXES, "/static/")):
            return self.get_response(request)
        if _must_choose_a_password(request):
            return HttpResponseRedirect(reverse("password"))
        environment_id: UUID | None = chosen_environment(request)
        request.environment_id = environment_id  # type: ignore[attr-defined]  # read by pages and the log
        if environment_id is None or not _is_transactional(request.path_info):
            return self.get_response(request)
        with in_environment(environment_id), drafting():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal with 403 and its decision id, a book that cannot be written with 503; both undo nothing."""
        if request.path_info.startswith(tuple(settings.API_PREFIXES)):
            return None
        if isinstance(exception, Drafted):
            return _draft_page(request, keep_draft(exception.draft))
        if isinstance(exception, Refused):
            answer = lead_to_proof(request) if isinstance(exception, FactorNeeded) else _refusal_page(exception)
            answer["X-Sealbook-Decision"] = str(exception.decision_id)
            return answer
        if isinstance(exception, AuditUnavailable | AuditorNotConfigured | KmsUnavailable):
            if transaction.get_connection().in_atomic_block:
                transaction.set_rollback(True)
            return _error_page(503)
        if isinstance(exception, GovernanceError):
            detail = f"{exception} {exception.remedy or ''}".strip()
            return _error_page(_PAGE_OF.get(exception.kind, 400), detail=detail)
        return None


def _draft_page(request: HttpRequest, change: ProtectedChange) -> HttpResponse:
    """Show the draft that a page's action became: the environment is protected."""
    messages.info(request, "This environment is protected, so nothing has changed yet: a second person decides.")
    return HttpResponseRedirect(reverse("change", args=[change.pk]))


def _must_choose_a_password(request: HttpRequest) -> bool:
    """Say whether somebody who signed in with a password that was given to them still has to replace it."""
    account = getattr(request, "user", None)
    is_temporary = isinstance(account, Account) and account.password_is_temporary
    return is_temporary and request.path_info not in _OPEN_TO_A_GIVEN_PASSWORD


def _is_transactional(path: str) -> bool:
    outside = (*_OUTSIDE_THE_WALLS, *settings.OWN_TRANSACTION_PREFIXES)
    return path.startswith(_TRANSACTIONAL) and not path.startswith(outside) and not _WAITS_FOR_OTHERS.fullmatch(path)


def _refusal_page(refused: Refused) -> HttpResponse:
    """Say that the operator may not, and lead to the page that says why and what to do next."""
    return _error_page(403, explained_at=explained_at(refused))


def _error_page(status: int, **context: str) -> HttpResponse:
    page = render_to_string(f"errors/{status}.html", {"request_id": request_id.get(), **context})
    return HttpResponse(page, status=status)
