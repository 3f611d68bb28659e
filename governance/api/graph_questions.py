"""Questions to the graph in the wire contract: who has an attribute on what."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.graph_reading import check, list_attributes, list_reachable
from governance.api.graph import DECISION, ERRORS
from governance.graph.checking import Step
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER
from governance.wire.shapes import FLAG, ID, TEXT, array, shape

_STEP = shape(object_id=ID, edge_id=ID)
_NO_EDGE = str(UUID(int=0))


def _id(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.UUID, required=True)


_ATTRIBUTE = OpenApiParameter("attribute", str, required=True)


class CheckAttribute(APIView):
    """Say whether an object has an attribute on another, and along which path."""

    @extend_schema(
        operation_id="check_attribute",
        tags=["graph"],
        parameters=[_id("source_object_id"), _id("target_object_id"), _ATTRIBUTE, DECISION],
        responses={200: shape(has_attribute=FLAG, path=array(_STEP)), **ERRORS},
    )
    def get(self, request: Request) -> Response:
        fields = Fields(request.query_params.dict())
        found, decision_id = check(
            caller_in(request),
            source=fields.id("source_object_id"),
            target=fields.id("target_object_id"),
            attribute=fields.text("attribute"),
        )
        shown = {"has_attribute": found.has_attribute, "path": [_written(step) for step in found.path]}
        return Response(shown, headers={DECISION_HEADER: str(decision_id)})


class ListAttributes(APIView):
    """Name every attribute that an object has on another."""

    @extend_schema(
        operation_id="list_attributes",
        tags=["graph"],
        parameters=[_id("source_object_id"), _id("target_object_id"), DECISION],
        responses={200: array(TEXT), **ERRORS},
    )
    def get(self, request: Request) -> Response:
        fields = Fields(request.query_params.dict())
        found, decision_id = list_attributes(
            caller_in(request), source=fields.id("source_object_id"), target=fields.id("target_object_id")
        )
        return Response(found, headers={DECISION_HEADER: str(decision_id)})


class ReachableObjects(APIView):
    """Give all objects of a type on which an object has an attribute."""

    @extend_schema(
        operation_id="list_objects_reachable_with_attribute",
        tags=["graph"],
        parameters=[_id("source_object_id"), _id("target_object_type_id"), _ATTRIBUTE, DECISION],
        responses={200: shape(data=array(ID)), **ERRORS},
    )
    def get(self, request: Request) -> Response:
        fields = Fields(request.query_params.dict())
        found, decision_id = list_reachable(
            caller_in(request),
            source=fields.id("source_object_id"),
            attribute=fields.text("attribute"),
            object_type=fields.id("target_object_type_id"),
        )
        return Response({"data": [str(each) for each in found]}, headers={DECISION_HEADER: str(decision_id)})


def _written(step: Step) -> dict[str, str]:
    return {"object_id": str(step.object_id), "edge_id": str(step.edge_id) if step.edge_id else _NO_EDGE}
