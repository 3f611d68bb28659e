"""Notices on their way out: what is being sent, what was, and what was given up and can be sent once more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from governance.actions.deliveries import retry_delivery
from governance.errors import GovernanceError, Refused
from governance.models import Delivery
from governance.notices import mail
from governance.notices.wording import wording_of
from governance.operators.choice import operator_caller
from governance.operators.permission import CONFIGURE, record_refused_page, require

PAGE = 50
_STATES = {Delivery.PENDING: "being sent", Delivery.SENT: "sent", Delivery.GIVEN_UP: "given up"}


@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """List messages, newest first, of one state where the address names it."""
    require(request, CONFIGURE)
    rows = Delivery.objects.select_related("notice__account", "webhook")
    state = request.GET.get("state", "")
    page = Paginator(rows.filter(state=state) if state in _STATES else rows, PAGE).get_page(request.GET.get("p"))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Notices sent",
        "messages_sent": [_line(row) for row in page.object_list],
        "page": page,
        "states": [("", "all"), *_STATES.items()],
        "state": state if state in _STATES else "",
        "has_mail": mail.is_configured(),
    }
    return render(request, "governance/deliveries.html", context)


@require_POST
def retry(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Send one message once more."""
    require(request, CONFIGURE)
    try:
        retry_delivery(operator_caller(request), delivery_id=delivery_id, now=timezone.now())
    except Refused as refused:
        record_refused_page(request, CONFIGURE, refused)
        raise
    except GovernanceError as fault:
        messages.error(request, f"{fault} {fault.remedy or ''}".strip())
    else:
        messages.success(request, "It is sent once more, and the book says so.")
    return HttpResponseRedirect(reverse("notice-deliveries-page"))


def _line(row: Delivery) -> dict[str, Any]:
    to = row.webhook.name if row.webhook is not None else row.notice.account.username if row.notice else ""
    return {
        "id": row.pk,
        "what": wording_of(row.kind).subject,
        "kind": row.kind,
        "way": row.way,
        "to": to,
        "state": _STATES[row.state],
        "is_given_up": row.state == Delivery.GIVEN_UP,
        "next_at": row.next_at if row.state == Delivery.PENDING and row.attempts else None,
        "attempts": row.attempts,
        "fault": row.fault,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }
