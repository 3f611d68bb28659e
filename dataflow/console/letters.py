"""Dead letters in the console: listed without their records, one opened on record, some put back or dropped.

What is put back or dropped has to be in the book first, so these pages are not put into one transaction
(`settings.OWN_TRANSACTION_PREFIXES`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dataflow.actions.dead_letters import (
    LEAST_REASON,
    MOST_REASON,
    drop_letters,
    flows_with_letters,
    list_letters,
    open_letter,
    replay_letters,
    show_letter,
)
from governance.errors import Invalid, NotFound
from governance.operators.choice import operator_caller
from governance.operators.faults import said
from governance.operators.permission import CONFIGURE, may, require

SHOWN = 50
"""Letters of a page."""


@never_cache
@require_GET
def dead_letters(request: HttpRequest) -> HttpResponse:
    """List the flows that have run with how many letters each has; of one flow that is named, its letters."""
    caller, flow = operator_caller(request), request.GET.get("flow", "")
    if not flow:
        return _page(request, title="Dead letters", flows=flows_with_letters(caller).items())
    page = list_letters(caller, flow=flow, after=request.GET.get("after", ""), most=SHOWN)
    shown = {
        "title": f"Dead letters of {flow}",
        "flow": flow,
        "letters": page.letters,
        "is_first": "after" not in request.GET,
        "further": urlencode({"flow": flow, "after": page.next}) if page.next else "",
    }
    return _page(request, **shown)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def single_letter(request: HttpRequest) -> HttpResponse:
    """Show one letter without its record; on POST with it, once the look and its reason are on record."""
    if request.method == "GET":
        return _closed(request, request.GET)
    asked = request.POST
    flow, letter, reason = (asked.get(name, "") for name in ("flow", "letter", "reason"))
    try:
        opened = open_letter(operator_caller(request), flow=flow, letter=letter, reason=reason)
    except Invalid as fault:
        return _closed(request, asked, fault=said(fault), reason=reason)
    told = {"key": _text(opened.key), "value": _text(opened.value)}
    return _page(request, title=f"Dead letter of {flow}", flow=flow, one=opened.listed, is_open=True, **told)


def _closed(request: HttpRequest, asked: QueryDict, **more: Any) -> HttpResponse:
    flow = asked.get("flow", "")
    one = show_letter(operator_caller(request), flow=flow, letter=asked.get("letter", ""))
    shown = {"flow": flow, "one": one, "least": LEAST_REASON, "most": MOST_REASON}
    return _page(request, title=f"Dead letter of {flow}", **shown, **more)


def _text(record: bytes | None) -> str | None:
    return None if record is None else record.decode(errors="replace")


@require_POST
def act_on_letters(request: HttpRequest) -> HttpResponse:
    """Put letters back or drop them, as the page's button says."""
    require(request, CONFIGURE)
    flow, (act, _, which) = request.POST.get("flow", ""), request.POST.get("act", "").partition("-")
    if act not in _ACTS or which not in ("", "all"):
        raise NotFound("There is no such thing to do.", field="act")
    do, text = _ACTS[act]
    chosen = None if which else request.POST.getlist("letter")
    if chosen == []:
        messages.error(request, "Choose at least one letter.")
    else:
        try:
            messages.success(request, text.format(do(operator_caller(request), flow=flow, letters=chosen)))
        except Invalid as fault:
            messages.error(request, said(fault))
    return HttpResponseRedirect(f"{reverse('dead-letters-page')}?{urlencode({'flow': flow})}")


_ACTS: dict[str, tuple[Callable[..., int], str]] = {
    "replay": (replay_letters, "Put back: {}. The services that failed on them take them again."),
    "drop": (drop_letters, "Dropped for good: {}."),
}
"""What can be done with letters, and what is said of how many that were."""


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    surroundings = {**admin.site.each_context(request), "may_decide": may(request, CONFIGURE)}
    template = "dataflow/dead_letter.html" if "one" in context else "dataflow/dead_letters.html"
    return render(request, template, {**surroundings, **context})
