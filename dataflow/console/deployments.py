"""Deployed flows in the console: which there are and how they do, one with its drawing, and decisions about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dataflow.actions.deployments import (
    deploy_flow,
    rescale_flow,
    start_flow,
    stop_flow,
    undeploy_flow,
    upgrade_flow,
)
from dataflow.actions.repeating import read_again, replay_dead_letters
from dataflow.deployments.figures import Figures, Looking
from dataflow.deployments.seeing import figured_deployment, figured_deployments
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.steps import written
from dataflow.hub.content import FLOW
from dataflow.models import Deployment
from dataflow.models.deployments import FAILING, MOST_WORKERS, REFUSED, RUNNING, STOPPED
from dataflow.planning.drawing import described, drawn
from dataflow.queries import find_published, hub_items
from dataflow.running.deployable import runs_as
from dataflow.running.deployed import plan_of
from governance.errors import GovernanceError, Invalid, NotFound, Refused
from governance.identities import Caller
from governance.models import Client
from governance.operators.choice import operator_caller
from governance.operators.faults import said
from governance.operators.permission import CONFIGURE, environment_of, require, standing_for
from keyring.walls import in_environment

_BAD = frozenset({FAILING, REFUSED})


@dataclass(frozen=True, slots=True)
class Shown:
    """A deployment as a page shows it: its row, its figures, and how it does in a word."""

    row: Deployment
    figures: Figures | None

    @property
    def word(self) -> str:
        if self.row.wanted == RUNNING and self.row.state == STOPPED:
            return "starting"
        if self.row.wanted == STOPPED and self.row.state in (RUNNING, FAILING):
            return "stopping"
        return self.row.state

    @property
    def look(self) -> str:
        """Return which outcome of the book it looks like."""
        return "failed" if self.word in _BAD else "done" if self.word == RUNNING else "other"

    @property
    def is_wanted(self) -> bool:
        return self.row.wanted == RUNNING

    @property
    def is_alone(self) -> bool:
        """Whether it is to run and nobody keeps flows up."""
        return self.is_wanted and self.figures is not None and not self.figures.is_supervised


@never_cache
@require_http_methods(["GET", "POST"])
def deployments(request: HttpRequest) -> HttpResponse:
    """List what is deployed, with the form that deploys; on POST deploy."""
    require(request, CONFIGURE)
    caller, fault = operator_caller(request), ""
    if request.method == "POST":
        try:
            item, client, workers = (_id(request, "item"), _id(request, "client"), _workers(request))
            made = deploy_flow(caller, item=item, client=client, workers=workers)
            return HttpResponseRedirect(reverse("deployment-page", args=[made.public_id]))
        except Refused:
            raise
        except GovernanceError as error:
            fault = said(error)
    with in_environment(caller.environment_id):
        flows = [(each.public_id, str(each)) for each in hub_items(caller).filter(kind=FLOW)]
        clients = list(Client.objects.filter(disabled_at=None).values_list("public_id", "name"))
    context = {**_listed(request), "flows": flows, "clients": clients, "asked": request.POST, "fault": fault}
    return _page(request, "dataflow/deployments.html", title="Deployed flows", most=MOST_WORKERS, **context)


@never_cache
@require_GET
def deployments_live(request: HttpRequest) -> HttpResponse:
    """Show how all of them do now."""
    require(request, CONFIGURE)
    return render(request, "dataflow/deployments_live.html", _listed(request))


@never_cache
@require_GET
def single_deployment(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Show one: how it does, what it is, and what can be decided."""
    require(request, CONFIGURE)
    caller, one = operator_caller(request), _one(request, deployment_id)
    with in_environment(caller.environment_id):
        item = one.row.item
        versions = hub_items(caller).filter(kind=FLOW, namespace=item.namespace, name=item.name).exclude(pk=item.pk)
        others = [(each.public_id, each.version) for each in versions]
    return _page(
        request,
        "dataflow/deployment.html",
        title=f"Flow {one.row.name}",
        one=one,
        others=others,
        most=MOST_WORKERS,
        protected=standing_for(request).is_protected,
        **_planned(one.row),
    )


@never_cache
@require_GET
def deployment_live(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Show how one does now."""
    require(request, CONFIGURE)
    return render(request, "dataflow/deployment_live.html", {"one": _one(request, deployment_id)})


@require_POST
def act_on_deployment(request: HttpRequest, deployment_id: UUID) -> HttpResponse:
    """Decide what the page's button says."""
    require(request, CONFIGURE)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise NotFound("There is no such thing to do.", field="act")
    try:
        text = act(operator_caller(request), deployment_id, request)
    except Refused:
        raise
    except GovernanceError as error:
        messages.error(request, said(error))
    else:
        messages.success(request, text)
    return HttpResponseRedirect(_where_it_is(request, deployment_id))


def _where_it_is(request: HttpRequest, deployment_id: UUID) -> str:
    with in_environment(environment_of(request)):
        is_there = Deployment.objects.filter(public_id=deployment_id).exists()
    return reverse("deployment-page", args=[deployment_id]) if is_there else reverse("deployments-page")


def _start(caller: Caller, public_id: UUID, _request: HttpRequest) -> str:
    start_flow(caller, public_id=public_id)
    return "It starts, and the book says so."


def _stop(caller: Caller, public_id: UUID, _request: HttpRequest) -> str:
    stop_flow(caller, public_id=public_id)
    return "It stops once the batches that its workers are at are done. Records wait meanwhile."


def _rescale(caller: Caller, public_id: UUID, request: HttpRequest) -> str:
    rescale_flow(caller, public_id=public_id, workers=_workers(request))
    return "Another number of workers is wanted, and the book says so."


def _upgrade(caller: Caller, public_id: UUID, request: HttpRequest) -> str:
    upgrade_flow(caller, public_id=public_id, item=_id(request, "item"))
    return "The other version goes on where this one stood."


def _replay(caller: Caller, public_id: UUID, _request: HttpRequest) -> str:
    replay_dead_letters(caller, public_id=public_id, now=timezone.now())
    return "What failed until now is put back."


def _read_again(caller: Caller, public_id: UUID, request: HttpRequest) -> str:
    confirmed = request.POST.get("confirmed", "").strip()
    read_again(caller, public_id=public_id, confirmed=confirmed, reads_from=_moment(request))
    return "Its workers end, and it reads its topics again."


def _undeploy(caller: Caller, public_id: UUID, _request: HttpRequest) -> str:
    undeploy_flow(caller, public_id=public_id)
    return "It is deleted. Its topics, counters and dead letters stay."


_ACTS: dict[str, Callable[[Caller, UUID, HttpRequest], str]] = {
    "start": _start,
    "stop": _stop,
    "rescale": _rescale,
    "upgrade": _upgrade,
    "replay": _replay,
    "read-again": _read_again,
    "delete": _undeploy,
}


def _listed(request: HttpRequest) -> dict[str, Any]:
    return {"all": [Shown(*each) for each in figured_deployments(environment_of(request))]}


def _one(request: HttpRequest, deployment_id: UUID) -> Shown:
    return Shown(*figured_deployment(environment_of(request), deployment_id))


def _planned(row: Deployment) -> dict[str, Any]:
    """Return the plan in words and as a drawing, and its states; nothing where it is refused: the page says why."""
    try:
        plan = plan_of(runs_as(row.client), row.item.files, find=find_published(row.environment_id))
    except FileRefused:
        return {}
    states = [state for service in plan.services for state in service.states]
    with Looking(row.environment_id) as looking:
        counts = looking.rows(row.name, states)
    return {
        "drawing": drawn(plan),
        "plan": described(plan),
        "states": [
            {
                "name": f"{each.service}/{each.name}",
                "rows": count,
                "kept": written(each.ttl) if each.ttl else "",
                "holds": sorted(each.holds),
            }
            for each, count in zip(states, counts, strict=True)
        ],
    }


def _id(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Invalid(f"Choose a {name}.", field=name) from None


def _workers(request: HttpRequest) -> int:
    text = request.POST.get("workers", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


def _moment(request: HttpRequest) -> Any:
    text = request.POST.get("reads_from", "").strip()
    if not text:
        return None
    try:
        found = parse_datetime(f"{text}Z")
    except ValueError:
        found = None
    if found is None:
        raise Invalid("This is a time such as 2026-01-31T12:00, in UTC.", field="reads_from")
    return found


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
