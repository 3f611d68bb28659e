"""The consent board: what every accessor gives for every invented person, and the switches that change it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from governance.observation import address_of
from governance.operators.choice import operator_caller
from userstore.actions.consents import change_consent
from userstore.board.grid import Board, build_board

VIA = "consent board"


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """Show the board of the chosen environment."""
    return render(request, "userstore/board.html", {"board": _board(request)})


@method_decorator(login_required, name="dispatch")
class ConsentSwitch(View):
    """Permits or withdraws one purpose of one value, and answers with the board as it is then."""

    def post(self, request: HttpRequest, subject_id: UUID, value_id: UUID, purpose: str) -> HttpResponse:
        permitted = request.POST.get("permitted") == "true"
        recorded = change_consent(
            operator_caller(request),
            subject_id=subject_id,
            value_id=value_id,
            purpose=purpose,
            permitted=permitted,
            via=VIA,
        )
        if not getattr(request, "htmx", False):
            return HttpResponseRedirect(reverse("board"))
        shown = _board(request, entry_id=recorded.entry_id, flipped=(subject_id, value_id, purpose, permitted))
        return render(request, "userstore/board_live.html", {"board": shown})


def _board(
    request: HttpRequest, *, entry_id: UUID | None = None, flipped: tuple[UUID, UUID, str, bool] | None = None
) -> Board:
    return build_board(
        operator_caller(request),
        address=address_of(request),
        via=VIA,
        switch_url=lambda subject, value, purpose: reverse("board-switch", args=[subject, value, purpose]),
        entry_id=entry_id,
        flipped=flipped,
    )
