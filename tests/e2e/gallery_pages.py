"""Addresses that show every page in every state. The tests put them in the place of the server's own addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path

from tests.e2e import gallery


class Officer:
    """Enough of an account to draw the masthead; the pages under test read nothing else of it."""

    is_authenticated = True
    is_staff = True

    def get_username(self) -> str:
        return "officer@example.com"


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    environment = {"id": 1, **context["board"]["environment"]}
    surroundings = {"environment": environment, "environments": [environment, {"id": 2, "name": "staging"}]}
    return render(request, template, {"user": Officer(), **surroundings, **context}, status=status)


def board(request: HttpRequest, state: str = "demo") -> HttpResponse:
    boards = {"demo": gallery.demo_board, "frozen": gallery.frozen_board, "empty": gallery.empty_board}
    return _page(request, "userstore/board.html", {"board": boards[state]()})


def flip(request: HttpRequest, value: str, purpose: str) -> HttpResponse:
    if value == "04":
        return HttpResponse(status=503)  # the book cannot be written
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect("/")
    changed = gallery.flipped_board(request.path, purpose, permitted=request.POST["permitted"] == "true")
    return render(request, "userstore/board_live.html", {"board": changed})


def error(request: HttpRequest, status: int) -> HttpResponse:
    context = {"request_id": "7f1d3a6e-52a9-4a55-9c6c-1d6a8f0b2c11", "status": status, "detail": ""}
    return HttpResponse(render_to_string(f"errors/{status}.html", context))


def login(request: HttpRequest, state: str = "new") -> HttpResponse:
    form = AuthenticationForm(request)
    if state == "refused":
        form = AuthenticationForm(request, data={"username": "somebody", "password": ""})
        form.full_clean()
        form.add_error(None, "Please enter a correct account and password.")
    return render(request, "registration/login.html", {"form": form, "demo": True})


def locked(request: HttpRequest) -> HttpResponse:
    return render(request, "registration/locked.html", {"cooloff_timedelta": timedelta(minutes=15)})


def nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing")


urlpatterns = [
    path("", board, name="board"),
    path("states/<str:state>/", board),
    path("board/<str:value>/<str:purpose>/", flip),
    path("errors/<int:status>/", error),
    path("login/", login, name="login"),
    path("login/<str:state>/", login),
    path("locked/", locked),
    path("logout/", nothing, name="logout"),
    path("environment/", nothing, name="environment"),
    path("docs", nothing, name="docs"),
]
