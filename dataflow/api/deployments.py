"""Deployed flows: listed with what became of them, deployed, started, stopped, rescaled, changed, deleted, repeated."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dataflow.actions.deployments import (
    deploy_flow,
    rescale_flow,
    start_flow,
    stop_flow,
    undeploy_flow,
    upgrade_flow,
)
from dataflow.actions.repeating import read_again, replay_dead_letters
from dataflow.deployments.figures import Figures
from dataflow.deployments.seeing import figured_deployment, seen_deployments
from dataflow.models import Deployment
from dataflow.models.deployments import MOST_WORKERS, RUNNING, STOPPED
from governance.actions.seeing import must_configure
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, text_key
from governance.wire.paging import asked_page, page_of
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_KEYS: Keys = {**BY_ID, **{name: text_key(name) for name in ("name", "wanted", "state")}}
_WANTED = choice(RUNNING, STOPPED)
_WORKERS: dict[str, Any] = {**NUMBER, "minimum": 1, "maximum": MOST_WORKERS}
_DEPLOYMENT = shape(
    id=ID, name=TEXT, item_id=ID, version=TEXT, digest=TEXT, client_id=ID, workers=NUMBER, wanted=_WANTED,
    state={**TEXT, "description": "running, stopped, failing, refused or turning back."},
    trouble={**TEXT, "description": "What is the matter, in words without values."},
    seen_at=or_null(MOMENT), decided_at=MOMENT, reads_from=or_null(MOMENT), replays_until=or_null(MOMENT),
)  # fmt: skip
_SERVICE = shape(
    name=TEXT, succeeded=NUMBER, failed=NUMBER, per_second={"type": "number"},
    waiting=or_null({**NUMBER, "description": "Entries of its topics that are not done; null: the server cannot say."}),
)  # fmt: skip
_FIGURES = or_null(
    {
        **shape(alive=NUMBER, is_supervised=FLAG, dead_letters=NUMBER, services=array(_SERVICE)),
        "description": "As it is now; null while Redis does not answer.",
    }
)
_SHOWN = shape(**_DEPLOYMENT["properties"], figures=_FIGURES)
_CHANGES = ("wanted", "workers", "item_id")


class _Deployments(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """What runs, as whom, and why it does not, is seen by who configures the environment."""
        super().initial(request, *args, **kwargs)
        must_configure(caller_in(request))


class Deployments(_Deployments):
    """List what is deployed, or deploy a flow of the hub."""

    @extend_schema(
        operation_id="list_deployments",
        tags=["dataflow"],
        parameters=list_parameters(_KEYS),
        responses={200: page_shape(_DEPLOYMENT), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        asked, caller = asked_page(request.query_params.dict(), _KEYS), caller_in(request)
        with in_environment(caller.environment_id):
            return Response(page_of(seen_deployments(), asked, _rendered))

    @extend_schema(
        operation_id="deploy_flow",
        tags=["dataflow"],
        request={
            "application/json": {
                **shape(item_id=ID, client_id=ID, workers=_WORKERS),
                "required": ["item_id", "client_id"],
            }
        },
        responses={201: _DEPLOYMENT, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        deployment = deploy_flow(
            caller_in(request),
            item=fields.id("item_id"),
            client=fields.id("client_id"),
            workers=fields.number("workers", 1),
        )
        return Response(_rendered(deployment), status=201)


class SingleDeployment(_Deployments):
    """Show a deployment with its figures, decide about it, or delete it."""

    @extend_schema(operation_id="show_deployment", tags=["dataflow"], responses={200: _SHOWN, **PROBLEMS})
    def get(self, request: Request, deployment_id: UUID) -> Response:
        deployment, figures = figured_deployment(caller_in(request).environment_id, deployment_id)
        return Response({**_rendered(deployment), "figures": figures and _figured(figures)})

    @extend_schema(
        operation_id="change_deployment",
        tags=["dataflow"],
        description="One of `wanted`, `workers` and `item_id` (another version of the flow) at a time.",
        request={"application/json": shape(wanted=_WANTED, workers=_WORKERS, item_id=ID)},
        responses={200: _DEPLOYMENT, **PROBLEMS},
    )
    def put(self, request: Request, deployment_id: UUID) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        given = [name for name in _CHANGES if fields.has(name)]
        if len(given) != 1:
            raise Invalid(f"There is one of {', '.join(_CHANGES)} at a time.", field=given[-1] if given else "wanted")
        if given == ["workers"]:
            return Response(_rendered(rescale_flow(caller, public_id=deployment_id, workers=fields.number("workers"))))
        if given == ["item_id"]:
            return Response(_rendered(upgrade_flow(caller, public_id=deployment_id, item=fields.id("item_id"))))
        decide = {RUNNING: start_flow, STOPPED: stop_flow}.get(fields.text("wanted"))
        if decide is None:
            raise Invalid(f"This is {RUNNING} or {STOPPED}.", field="wanted")
        return Response(_rendered(decide(caller, public_id=deployment_id)))

    @extend_schema(
        operation_id="undeploy_flow",
        tags=["dataflow"],
        responses={204: OpenApiResponse(description="Deleted; topics, counters and dead letters stay."), **PROBLEMS},
    )
    def delete(self, request: Request, deployment_id: UUID) -> Response:
        undeploy_flow(caller_in(request), public_id=deployment_id)
        return Response(status=204)


class DeploymentReplay(_Deployments):
    """Have everything put back that failed until now."""

    @extend_schema(
        operation_id="replay_deployment", tags=["dataflow"], request=None, responses={202: _DEPLOYMENT, **PROBLEMS}
    )
    def post(self, request: Request, deployment_id: UUID) -> Response:
        row = replay_dead_letters(caller_in(request), public_id=deployment_id, now=timezone.now())
        return Response(_rendered(row), status=202)


class DeploymentBackfill(_Deployments):
    """Have all sources read again."""

    @extend_schema(
        operation_id="backfill_deployment",
        tags=["dataflow"],
        request={
            "application/json": {
                **shape(confirmed={**TEXT, "description": "The flow's name."}, reads_from=or_null(MOMENT)),
                "required": ["confirmed"],
            }
        },
        responses={202: _DEPLOYMENT, **PROBLEMS},
    )
    def post(self, request: Request, deployment_id: UUID) -> Response:
        fields = Fields(request.data)
        row = read_again(
            caller_in(request),
            public_id=deployment_id,
            confirmed=fields.text("confirmed", ""),
            reads_from=fields.moment("reads_from"),
        )
        return Response(_rendered(row), status=202)


def _rendered(deployment: Deployment) -> dict[str, Any]:
    return {
        "id": str(deployment.public_id),
        "name": deployment.name,
        "item_id": str(deployment.item.public_id),
        "version": deployment.item.version,
        "digest": deployment.digest,
        "client_id": str(deployment.client.public_id),
        "workers": deployment.workers,
        "wanted": deployment.wanted,
        "state": deployment.state,
        "trouble": deployment.trouble,
        "seen_at": deployment.seen_at,
        "decided_at": deployment.decided_at,
        "reads_from": deployment.reads_from,
        "replays_until": deployment.replays_until,
    }


def _figured(figures: Figures) -> dict[str, Any]:
    services = [
        {
            "name": each.name,
            "succeeded": each.succeeded,
            "failed": each.failed,
            "per_second": round(each.per_second, 1),
            "waiting": each.waiting,
        }
        for each in figures.services
    ]
    return {
        "alive": figures.alive,
        "is_supervised": figures.is_supervised,
        "dead_letters": figures.dead_letters,
        "services": services,
    }
