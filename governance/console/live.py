"""The book as it grows: entries in the order of their places in the tree, asked for again every few seconds.

Transactions are committed in another order than they began in, so nobody can go on behind a time, or behind an id,
without missing some. Places in the tree are given one after the other and never again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from audit.actions.reading import Followed, follow_entries
from audit.analysis.reading import tree_size
from audit.integrity.state import sealing
from governance.console.book_lines import choices, filters_of, line_of, used
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, environment_of, require
from governance.queries import names_of_actors
from keyring.walls import in_environment

BEFORE = 200
"""How many places before the end the page begins with."""
_SALT = "sealbook.book.live"
_GONE, _BAD = 409, 400


@never_cache
@require_GET
def live_book(request: HttpRequest) -> HttpResponse:
    """Show the newest entries, on record; the page's script goes on behind them."""
    require(request, AUDIT)
    asked, now = used(request.GET), timezone.now()
    followed = _followed(request, asked, max(0, tree_size() - BEFORE), None)
    with in_environment(environment_of(request)):
        offered = choices()
    return render(
        request,
        "governance/live.html",
        {
            **admin.site.each_context(request),
            "title": "The book, live",
            **_told(request, asked, followed, now),
            **offered,
            "asked": asked,
            "following": urlencode(asked),
        },
    )


@never_cache
@require_GET
def live_rows(request: HttpRequest) -> HttpResponse:
    """Return what came since: rows, and the state to ask with next time. 409 where the state is somebody else's."""
    require(request, AUDIT)
    try:
        state = signing.loads(request.GET.get("state", ""), salt=_SALT)
    except signing.BadSignature:
        return HttpResponse(status=_BAD)
    if [state["environment"], state["account"]] != _whose(request):
        return HttpResponse(status=_GONE)
    recorded_at = datetime.fromisoformat(state["recorded_at"])
    followed = _followed(request, state["asked"], state["next"], recorded_at)
    return render(request, "governance/live_rows.html", _told(request, state["asked"], followed, timezone.now()))


def _followed(request: HttpRequest, asked: dict[str, str], first: int, recorded_at: datetime | None) -> Followed:
    caller = operator_caller(request)
    return follow_entries(
        actor=caller.actor,
        environment_id=caller.environment_id,
        filters=filters_of(asked),
        first=first,
        recorded_at=recorded_at,
        now=timezone.now(),
    )


def _told(request: HttpRequest, asked: dict[str, str], followed: Followed, now: datetime) -> dict[str, Any]:
    environment, account = _whose(request)
    state = {
        "environment": environment,
        "account": account,
        "asked": asked,
        "next": followed.next,
        "recorded_at": followed.recorded_at.isoformat(),
    }
    with in_environment(environment_of(request)):
        names = names_of_actors(entry.actor for _, entry in followed.entries)
    return {
        "rows": [{"index": index, **line_of(entry, names)} for index, entry in reversed(followed.entries)],
        "state": signing.dumps(state, salt=_SALT, compress=True),
        "has_next": followed.has_next,
        "size": followed.size,
        "sealing": sealing().code(now),
    }


def _whose(request: HttpRequest) -> list[str]:
    return [str(environment_of(request)), str(operator_caller(request).id)]
