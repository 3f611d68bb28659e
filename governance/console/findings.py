"""The inbox of the analysis: what deserves a question, who asks it, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions.dossiers import LONGEST_LOOK_BACK
from audit.actions.findings import LONGEST_COMMENT, VERDICTS
from audit.analysis.ranking import Ranked, by_urgency, count_by_state, line_of, lines_decided_since, ranked_of
from audit.analysis.risk import PER_DAY
from audit.analysis.sources import detections
from audit.models import Finding
from audit.models.analysis import ASSIGNED, NEW, OPEN, STATES
from governance.actions.findings import (
    comment_on_finding,
    decide_finding,
    end_expectation,
    expect_work,
    take_finding,
)
from governance.actions.reading_findings import must_see_findings, read_finding, take_bundle, title_of
from governance.console.finding_steps import timeline
from governance.errors import GovernanceError, Refused
from governance.identities import Caller
from governance.operators.choice import operator_caller
from governance.operators.faults import typed_id
from governance.operators.permission import AUDIT, environment_of, require
from governance.queries import names_of_ids
from keyring.walls import in_environment

PAGE = 50


@require_GET
def findings(request: HttpRequest) -> HttpResponse:
    """List findings, on record: what is open by urgency, a day's worth first; what was decided, the newest first.

    What is to be looked at today are lines: one person's day is one, however many rules found something in it.
    """
    require(request, AUDIT)
    state, now = request.GET.get("state", ""), timezone.now()
    must_see_findings(operator_caller(request), door="console", now=now)
    with in_environment(environment_of(request)):
        page, ranked = _listed(state, request.GET.get("p"), now)
        rows = _rows(ranked)
        lines = _lines(ranked, _left_today(now)) if page.number == 1 and state not in STATES else []
        today = {each.finding.id for line in lines for each in line}
        counts = count_by_state()
    return _page(
        request,
        "findings",
        title="Findings",
        first=_together(rows, lines),
        rows=[each for each in rows if each["id"] not in today],
        page=page,
        states=[("", sum(counts[each] for each in OPEN)), *((each, counts[each]) for each in STATES)],
        state=state if state in STATES else "",
        is_by_urgency=state not in STATES or state in OPEN,
        per_day=PER_DAY,
    )


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
        row = _rows([Ranked(view.finding, view.alert, view.alert.nats)])[0]
        names = names_of_ids(each.owner for each in view.expected)
        steps = timeline(view)
    return _page(
        request,
        "finding",
        title=view.title,
        row=row,
        why=[(name.replace("_", " ").capitalize(), value) for name, value in sorted(view.alert.why.items())],
        runbook=rule.runbook if rule else "",
        evidence=view.evidence,
        steps=steps,
        dossier=view.dossier,
        expected=[(each, names.get(str(each.owner), str(each.owner))) for each in view.expected],
        is_open=view.finding.state in OPEN,
        verdicts=VERDICTS,
        longest=LONGEST_COMMENT,
        longest_look_back=LONGEST_LOOK_BACK.days,
    )


@never_cache
@require_GET
def finding_bundle(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Hand out the entries that a finding rests on, with their proofs, as one file."""
    require(request, AUDIT)
    bundle = take_bundle(operator_caller(request), finding_id=finding_id, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="finding-{finding_id}.zip"'}
    return HttpResponse(bundle.content, content_type="application/zip", headers=headers)


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
        case "end":
            end_expectation(caller, expectation_id=typed_id(said.get("expectation", ""), "expectation"), now=now)
        case _:
            decide_finding(caller, finding_id=finding_id, verdict=said.get("verdict", ""), comment=comment, now=now)


def _listed(state: str, number: str | None, now: datetime) -> tuple[Page[Any], list[Ranked]]:
    """Return a page, and the findings on it in their order."""
    if state in OPEN or state not in STATES:
        states, counts = (state,) if state in OPEN else OPEN, count_by_state()
        page = Paginator(range(sum(counts[each] for each in states)), PAGE).get_page(number)
        return page, by_urgency(now=now, states=states, first=(page.number - 1) * PAGE, most=PAGE)
    decided = Paginator(Finding.objects.filter(state=state).order_by("-decided_at", "id"), PAGE).get_page(number)
    ranked = {each.finding.id: each for each in ranked_of(decided.object_list, now=now)}
    return decided, [ranked[row.id] for row in decided.object_list]


def _left_today(now: datetime) -> int:
    """Return how many of a day's lines are still to be looked at (the day is of UTC, as everywhere in the book)."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, PER_DAY - lines_decided_since(midnight))


def _lines(ranked: Iterable[Ranked], most: int) -> list[list[Ranked]]:
    """Return the first lines of some findings in their order; what waits for more begins none."""
    lines: dict[Any, list[Ranked]] = {}
    for each in ranked:
        line = line_of(each.alert)
        if line in lines or (not each.is_waiting and len(lines) < most):
            lines.setdefault(line, []).append(each)
    return list(lines.values())


def _together(rows: Iterable[dict[str, Any]], lines: Iterable[list[Ranked]]) -> list[dict[str, Any]]:
    """Return the row of each line's first finding, with those of its others."""
    known = {each["id"]: each for each in rows}
    return [known[first.finding.id] | {"others": [known[each.finding.id] for each in rest]} for first, *rest in lines]


def _rows(ranked: Iterable[Ranked]) -> list[dict[str, Any]]:
    ranked = list(ranked)
    names = names_of_ids([each.alert.actor for each in ranked] + [each.finding.owner for each in ranked])
    return [
        {
            "id": each.finding.id,
            "title": title_of(each.alert),
            "state": each.finding.state,
            "is_new": each.finding.state == NEW,
            "is_assigned": each.finding.state == ASSIGNED,
            "severity": each.alert.severity,
            "rule": each.alert.rule,
            "actor": names.get(each.alert.actor, each.alert.actor),
            "subject": each.alert.subject,
            "opened": each.finding.opened_at,
            "decided": each.finding.decided_at,
            "owner": names.get(str(each.finding.owner), "") if each.finding.owner else "",
            "count": each.alert.count,
            "last": each.alert.at,
            "is_waiting": each.is_waiting,
            "urgency": round(each.urgency, 1),
        }
        for each in ranked
    ]


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"governance/{name}.html", {**admin.site.each_context(request), **context})
