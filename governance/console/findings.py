"""The inbox of the analysis: what deserves a question, who asks it, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions.findings import LONGEST_COMMENT, VERDICTS
from audit.actors import Actor
from audit.analysis.sources import detections
from audit.models import Alert, Finding
from audit.models.analysis import OPEN, STATES
from governance.actions.findings import (
    comment_on_finding,
    decide_finding,
    expect_work,
    read_finding,
    take_finding,
)
from governance.errors import GovernanceError, Refused
from governance.identities import Caller
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, environment_of, require
from governance.queries import names_of_actors
from keyring.walls import in_environment

PAGE = 50


@require_GET
def findings(request: HttpRequest) -> HttpResponse:
    """List findings, the newest first; those that are open, where nothing else is asked for."""
    require(request, AUDIT)
    state = request.GET.get("state", "")
    with in_environment(environment_of(request)):
        wanted = Finding.objects.filter(state__in=[state] if state in STATES else OPEN).order_by("-opened_at", "id")
        page = Paginator(wanted, PAGE).get_page(request.GET.get("p"))
        alerts = {each.id: each for each in Alert.objects.filter(id__in=[row.id for row in page.object_list])}
        names = _names([*alerts.values()])
        rows = [_row(finding, alerts[finding.id], names) for finding in page.object_list]
    return _page(request, "findings", title="Findings", rows=rows, page=page, states=STATES, state=state)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def finding(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Show one finding with its entries, on record; on POST take it, comment on it, decide it or expect it."""
    require(request, AUDIT)
    caller = operator_caller(request)
    if request.method == "POST":
        try:
            _do(caller, finding_id, request.POST)
        except Refused:
            raise
        except GovernanceError as fault:
            messages.error(request, f"{fault} {fault.remedy or ''}".strip())
        return HttpResponseRedirect(reverse("finding", args=[finding_id]))
    view = read_finding(caller, finding_id=finding_id, now=timezone.now())
    rule = next((each for each in detections() if each.id == view.alert.rule), None)
    with in_environment(environment_of(request)):
        names = _names([view.alert])
        people = names_of_actors(Actor("operator", each.author) for each, _ in view.comments)
    return _page(
        request,
        "finding",
        title=_title(view.alert),
        row=_row(view.finding, view.alert, names),
        runbook=rule.runbook if rule else "",
        evidence=[
            (int(index), entry) for index, entry in sorted(view.alert.evidence.items(), key=lambda at: int(at[0]))
        ],
        comments=[(people.get(each.author, each.author), each.written_at, text) for each, text in view.comments],
        expected=view.expected,
        is_open=view.finding.state in OPEN,
        verdicts=VERDICTS,
        longest=LONGEST_COMMENT,
    )


def _do(caller: Caller, finding_id: UUID, said: Any) -> None:
    now, comment = timezone.now(), said.get("comment", "")
    match said.get("step"):
        case "take":
            take_finding(caller, finding_id=finding_id, now=now)
        case "comment":
            comment_on_finding(caller, finding_id=finding_id, comment=comment, now=now)
        case "expect":
            days = said.get("days", "")
            expect_work(
                caller, finding_id=finding_id, days=int(days) if days.isascii() and days.isdigit() else 0, now=now
            )
        case _:
            decide_finding(caller, finding_id=finding_id, verdict=said.get("verdict", ""), comment=comment, now=now)


def _row(row: Finding, alert: Alert, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": _title(alert),
        "state": row.state,
        "severity": alert.severity,
        "rule": alert.rule,
        "actor": names.get(alert.actor, alert.actor),
        "subject": alert.subject,
        "opened": row.opened_at,
        "decided": row.decided_at,
        "owner": names.get(str(row.owner), "") if row.owner else "",
        "count": alert.count,
        "why": sorted(alert.why.items()),
    }


def _title(alert: Alert) -> str:
    return next((each.title for each in detections() if each.id == alert.rule), "A rule failed")


def _names(alerts: Collection[Alert]) -> dict[str, str]:
    """Return what actors and owners are called now."""
    found = Finding.objects.filter(id__in=[each.id for each in alerts]).exclude(owner=None)
    ids = {UUID(each.actor) for each in alerts if _is_id(each.actor)} | set(found.values_list("owner", flat=True))
    return {str(each): name for each, name in names_of_actors(Actor("operator", each) for each in ids if each).items()}


def _is_id(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False
    return True


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"governance/{name}.html", {**admin.site.each_context(request), **context})
