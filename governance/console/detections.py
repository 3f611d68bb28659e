"""The rules of the analysis for officers: what each looks for, what it would have found, and how it runs here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions.backtests import LONGEST_BACKTEST
from audit.actors import Actor
from audit.analysis.ranking import found_by_rule
from audit.analysis.standing import RuleState, backtests_of, rule_state, rule_states
from audit.models import BacktestRun
from governance.actions.detections import ask_backtest, may_see_found, set_detection
from governance.errors import Conflict, Invalid, Throttled
from governance.identities import Caller
from governance.operators.choice import operator_caller
from governance.operators.faults import said
from governance.operators.permission import AUDIT, CONFIGURE, environment_of, may, require
from governance.queries import names_of_actors, names_of_ids
from keyring.walls import in_environment

_WHY = {
    "error": "An error ended it, which stands in the server's log.",
    "time": "It took longer than backtests may: ask for fewer days.",
    "worker": "The worker was lost over it, twice: ask for fewer days.",
    "version": "The rule has a newer version by now: ask again.",
}
"""What an officer is told of a backtest that failed."""
FOUND_IN = timedelta(days=30)
"""For so long the list counts what each rule found."""


@require_GET
def detections(request: HttpRequest) -> HttpResponse:
    """List all rules with how they run here."""
    require(request, CONFIGURE)
    with in_environment(environment_of(request)):
        found = found_by_rule(since=timezone.now() - FOUND_IN) if may(request, AUDIT) else None
        rows = [_row(each) | {"found": (found or {}).get(each.rule.id, 0)} for each in rule_states()]
    return _page(request, "detections", title="Rules of the analysis", rows=rows, found=found, days=FOUND_IN.days)


@require_http_methods(["GET", "POST"])
def detection(request: HttpRequest, detection: str) -> HttpResponse:
    """Show one rule with its backtests; on POST ask for one, or set the rule."""
    require(request, CONFIGURE)
    caller = operator_caller(request)
    with in_environment(environment_of(request)):
        state = rule_state(detection)
        if state is None:
            raise Http404
        runs = backtests_of(detection)
    is_seen = request.method != "POST" and may_see_found(caller, runs, door="console")
    names = names_of_ids({actor for run in runs for _, actor, _ in run.found}) if is_seen else {}
    if request.method == "POST":
        try:
            messages.success(request, _do(caller, state, request.POST))
        except (Invalid, Conflict, Throttled) as fault:
            messages.error(request, said(fault))
        return HttpResponseRedirect(f"{reverse('detection', args=[detection])}?{_asked(state, request.POST)}")
    people = names_of_actors(Actor("operator", run.asked_by) for run in runs)
    values = {**state.values, "threshold": state.threshold} | _typed(state, request.GET)
    numbers = [
        {"name": "threshold", "value": values["threshold"], "default": state.rule.threshold, "least": 1,
         "most": 10_000, "means": "signals of one kind within its window that make a finding", "step": "1"},
        *({"name": each.name, "value": f"{values[each.name]:g}", "default": f"{each.default:g}",
           "least": f"{each.least:g}", "most": f"{each.most:g}", "means": each.means, "step": "any"}
          for each in state.rule.parameters),
    ]  # fmt: skip
    return _page(
        request,
        "detection",
        title=state.rule.title,
        row=_row(state),
        rule=state.rule,
        numbers=numbers,
        longest=LONGEST_BACKTEST,
        runs=[_told(run, people.get(run.asked_by, ""), names if is_seen else None) for run in runs],
    )


def _do(caller: Caller, state: RuleState, posted: QueryDict) -> str:
    threshold, parameters = _numbers(state, posted)
    if posted.get("step") == "backtest":
        days = posted.get("days", "")
        ask_backtest(
            caller,
            detection=state.rule.id,
            threshold=threshold,
            parameters=parameters,
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0,
        )
        return "The backtest is asked for: its result stands below in a while."
    set_detection(
        caller,
        detection=state.rule.id,
        is_enabled=posted.get("is_enabled") == "on",
        is_containing=posted.get("is_containing") == "on",
        threshold=threshold,
        parameters=parameters,
        revision=_revision(posted),
    )
    return "The rule is set, and the book says so."


def _numbers(state: RuleState, posted: QueryDict) -> tuple[int, dict[str, float]]:
    try:
        threshold = int(str(posted.get("threshold", state.threshold)))
        values = state.values
        return threshold, {each: float(str(posted.get(each, values[each]))) for each in values}
    except ValueError:
        raise Invalid("These are numbers.", field="parameters") from None


def _revision(posted: QueryDict) -> int | None:
    """Return which setting the page showed, so that nobody's is overwritten unseen."""
    text = posted.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _typed(state: RuleState, given: QueryDict) -> dict[str, float]:
    """Return the numbers that were typed last, so that a backtest and what is set after it have the same."""
    typed: dict[str, float] = {}
    for name in ("threshold", *state.values):
        try:
            number = float(str(given[name]))
        except (KeyError, ValueError):
            continue
        typed[name] = int(number) if name == "threshold" and 1 <= number <= 10_000 else number
    return typed


def _asked(state: RuleState, posted: QueryDict) -> str:
    kept = QueryDict(mutable=True)
    if posted.get("step") == "backtest":
        kept.update({name: f"{number:g}" for name, number in _typed(state, posted).items()})
    return kept.urlencode()


def _row(state: RuleState) -> dict[str, Any]:
    return {
        "id": state.rule.id,
        "title": state.rule.title,
        "severity": state.rule.severity,
        "is_enabled": state.is_enabled,
        "is_containing": state.is_containing,
        "is_changed": state.is_changed,
        "revision": state.revision,
        "can_be_set": state.can_be_set,
        "can_contain": state.can_contain,
    }


def _told(run: BacktestRun, person: str, names: dict[str, str] | None) -> dict[str, Any]:
    return {
        "numbers": [
            ("threshold", run.threshold),
            *sorted((name, f"{value:g}") for name, value in run.parameters.items()),
        ],
        "version": run.version,
        "first": run.first,
        "last": run.last,
        "asked_at": run.asked_at,
        "asked_by": person,
        "state": run.state,
        "why": _WHY.get(run.fault, run.fault),
        "accesses": run.accesses,
        "alerts": run.alerts,
        "a_day": f"{run.alerts / ((run.last - run.first).days + 1):.1f}",
        "found": [] if names is None else [(day, names.get(actor, actor), nats) for day, actor, nats in run.found[:10]],
    }


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"governance/{name}.html", {**admin.site.each_context(request), **context})
