"""The keys with which clients' own values are sealed: which there are, who used them, renewing and destroying."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actors import Actor
from audit.errors import AuditorNotConfigured
from governance.errors import GovernanceError, NotFound, Refused
from governance.identities import CLIENT
from governance.operators.choice import operator_caller
from governance.operators.faults import said
from governance.operators.permission import CONFIGURE, environment_of, may, require, standing_for
from governance.queries import names_of_actors
from userstore.actions.sealing_keys import destroy_sealing_key, renew_sealing_key
from userstore.sealing.overview import KeysOfClient, openings_of, sealing_keys_of, used_lately

AUDIT = "audit"


@require_GET
def sealing_keys(request: HttpRequest) -> HttpResponse:
    """List every client's keys, and what was done with them within a day for who may read the book."""
    require(request, CONFIGURE)
    clients = sealing_keys_of(environment_of(request))
    return _page(
        request,
        "userstore/sealing_keys.html",
        title="Sealing keys",
        clients=clients,
        uses=_uses(request, clients),
        protected=standing_for(request).is_protected,
    )


@require_POST
def renew(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Give a client a further key."""
    require(request, CONFIGURE)
    renew_sealing_key(operator_caller(request), client_id=client_id)
    messages.success(request, "New values are sealed with a new key from the next call on, and the book says so.")
    return HttpResponseRedirect(reverse("sealing-keys"))


@require_http_methods(["GET", "POST"])
def destroy(request: HttpRequest, client_id: UUID, key_id: UUID) -> HttpResponse:
    """Say what destroying a former key means and was it used lately; on POST, with the name typed, destroy it."""
    require(request, CONFIGURE)
    of = next((each for each in sealing_keys_of(environment_of(request)) if each.client_id == client_id), None)
    key = next((each for each in of.keys if each.key_id == key_id), None) if of else None
    if of is None or key is None:
        raise NotFound("The client has no such sealing key.", field="key_id")
    mistyped = request.method == "POST" and request.POST.get("typed", "").strip() != of.name
    if request.method == "POST" and not mistyped:
        try:
            destroy_sealing_key(operator_caller(request), client_id=client_id, key_id=key_id)
        except Refused:
            raise
        except GovernanceError as fault:
            messages.error(request, said(fault))
        else:
            messages.success(request, "The key is destroyed, and the book says so.")
        return HttpResponseRedirect(reverse("sealing-keys"))
    return _page(
        request,
        "userstore/sealing_key_destroy.html",
        title="Destroy a sealing key",
        client=of,
        key=key,
        openings=_openings(request, key_id),
        mistyped=mistyped,
    )


def _uses(request: HttpRequest, clients: list[KeysOfClient]) -> list[dict[str, Any]] | None:
    """What was done within a day, by names; None where the book is not this operator's to read."""
    if not may(request, AUDIT):
        return None
    try:
        used = used_lately(environment_of(request), now=timezone.now())
    except AuditorNotConfigured:
        return None
    keys_of = {str(each.client_id): each.name for each in clients}
    names = names_of_actors(Actor(CLIENT, each.caller_id) for each in used)
    return [
        {
            "keys_of": keys_of.get(each.client_id, each.client_id),
            "caller": names.get(each.caller_id, str(each.caller_id)) if each.caller_id else "system",
            "use": each,
        }
        for each in used
    ]


def _openings(request: HttpRequest, key_id: UUID) -> int | None:
    if not may(request, AUDIT):
        return None
    try:
        return openings_of(environment_of(request), key_id, now=timezone.now())
    except AuditorNotConfigured:
        return None


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
