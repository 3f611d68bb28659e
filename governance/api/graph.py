"""Objects and edges of the graph in the wire contract."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.graph import create_edge, create_object, delete_edge, delete_edges_of, delete_object, edges_of
from governance.actions.graph_reading import object_named, reading_graph
from governance.api.graph_types import LIFE, owned_by
from governance.errors import NotFound
from governance.graph.aliases import blinds_to_look_for
from governance.identities import Caller
from governance.models import GraphEdge, GraphObject
from governance.wire.definitions import caller_in, wrapped_in
from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER
from governance.wire.moments import life_of
from governance.wire.paging import asked_page, page_of
from governance.wire.shapes import ERROR, ID, TEXT, page_shape, shape
from keyring.walls import in_environment

_OBJECT = shape(id=ID, type_id=ID, alias=TEXT, organization_id=ID, **LIFE)
_EDGE = shape(id=ID, edge_type_id=ID, source_object_id=ID, target_object_id=ID, **LIFE)
DECISION = OpenApiParameter(
    DECISION_HEADER, OpenApiTypes.UUID, OpenApiParameter.HEADER, response=True, description="Names the decision."
)
ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR}
_CONFLICTS = {**ERRORS, 409: ERROR}
_PAGE = [
    OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 1500; without it up to 1500 are listed."),
    OpenApiParameter("starting_after", str, description="The `next` of the page before."),
    OpenApiParameter("ending_before", str, description="The `prev` of the page behind; `end` for the last page."),
    OpenApiParameter("sort_order", str, enum=["ascending", "descending"]),
    DECISION,
]


def ids(*names: str) -> list[OpenApiParameter]:
    """Parameters that are ids."""
    return [OpenApiParameter(name, OpenApiTypes.UUID) for name in names]


def _wrapped(name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {**shape(**{name: body}), "required": [name]}}


class Objects(APIView):
    """List objects, all or those of a type, alias or organization; create one."""

    @extend_schema(
        operation_id="list_objects",
        tags=["graph"],
        parameters=[
            *ids("type_id", "organization_id"),
            OpenApiParameter("alias", str, description="The whole alias; `name` says the same."),
            OpenApiParameter("name", str),
            *_PAGE,
        ],
        responses={200: page_shape(_OBJECT), **ERRORS},
    )
    def get(self, request: Request) -> Response:
        caller, parameters = caller_in(request), request.query_params.dict()
        asked, fields = asked_page(parameters), Fields(parameters)
        with reading_graph(caller, what="objects") as reading:
            page = page_of(_wanted_objects(caller, fields), asked, rendered_object)
            reading.returned = len(page["data"])
        return _decided(page, reading.decision_id)

    @extend_schema(
        operation_id="create_object",
        tags=["graph"],
        parameters=[DECISION],
        request=_wrapped("object", shape(id=ID, type_id=ID, alias=TEXT, organization_id=ID)),
        responses={201: _OBJECT, **_CONFLICTS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), wrapped_in(request, "object")
        made = create_object(
            caller,
            type_id=fields.id("type_id"),
            alias=fields.text("alias", ""),
            organization_id=fields.optional_id("organization_id"),
            public_id=fields.optional_id("id"),
        )
        with in_environment(caller.environment_id):
            shown = rendered_object(object_named(made.public_id))
        return _decided(shown, made.decision_id, status=201)


class SingleObject(APIView):
    """One object."""

    @extend_schema(operation_id="get_object", tags=["graph"], parameters=[DECISION],
                   responses={200: _OBJECT, **ERRORS})  # fmt: skip
    def get(self, request: Request, object_id: UUID) -> Response:
        with reading_graph(caller_in(request), what="object") as reading:
            shown = rendered_object(object_named(object_id))
        return _decided(shown, reading.decision_id)

    @extend_schema(operation_id="delete_object", tags=["graph"], parameters=[DECISION],
                   responses={204: OpenApiResponse(description="Deleted with its edges."), **ERRORS})  # fmt: skip
    def delete(self, request: Request, object_id: UUID) -> Response:
        return _deleted(delete_object(caller_in(request), public_id=object_id))


class EdgesOfObject(APIView):
    """The edges that lead from and to one object."""

    @extend_schema(operation_id="list_edges_of_object", tags=["graph"], parameters=_PAGE,
                   responses={200: page_shape(_EDGE), **ERRORS})  # fmt: skip
    def get(self, request: Request, object_id: UUID) -> Response:
        asked = asked_page(request.query_params.dict())
        with reading_graph(caller_in(request), what="edges of an object") as reading:
            page = page_of(_named(edges_of(object_named(object_id))), asked, rendered_edge)
            reading.returned = len(page["data"])
        return _decided(page, reading.decision_id)

    @extend_schema(operation_id="delete_edges_of_object", tags=["graph"], parameters=[DECISION],
                   responses={204: OpenApiResponse(description="All of them are deleted."), **ERRORS})  # fmt: skip
    def delete(self, request: Request, object_id: UUID) -> Response:
        return _deleted(delete_edges_of(caller_in(request), object_id=object_id))


class Edges(APIView):
    """List edges, all or those of a type or between objects; create one."""

    @extend_schema(
        operation_id="list_edges",
        tags=["graph"],
        parameters=[*ids("edge_type_id", "source_object_id", "target_object_id"), *_PAGE],
        responses={200: page_shape(_EDGE), **ERRORS},
    )
    def get(self, request: Request) -> Response:
        caller, parameters = caller_in(request), request.query_params.dict()
        asked, fields = asked_page(parameters), Fields(parameters)
        with reading_graph(caller, what="edges") as reading:
            page = page_of(_named(_wanted_edges(fields)), asked, rendered_edge)
            reading.returned = len(page["data"])
        return _decided(page, reading.decision_id)

    @extend_schema(
        operation_id="create_edge",
        tags=["graph"],
        parameters=[DECISION],
        request=_wrapped("edge", shape(id=ID, edge_type_id=ID, source_object_id=ID, target_object_id=ID)),
        responses={201: _EDGE, **_CONFLICTS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), wrapped_in(request, "edge")
        made = create_edge(
            caller,
            edge_type_id=fields.id("edge_type_id"),
            source_id=fields.id("source_object_id"),
            target_id=fields.id("target_object_id"),
            public_id=fields.optional_id("id"),
        )
        with in_environment(caller.environment_id):
            shown = rendered_edge(_edge(made.public_id))
        return _decided(shown, made.decision_id, status=201)


class SingleEdge(APIView):
    """One edge."""

    @extend_schema(operation_id="get_edge", tags=["graph"], parameters=[DECISION],
                   responses={200: _EDGE, **ERRORS})  # fmt: skip
    def get(self, request: Request, edge_id: UUID) -> Response:
        with reading_graph(caller_in(request), what="edge") as reading:
            shown = rendered_edge(_edge(edge_id))
        return _decided(shown, reading.decision_id)

    @extend_schema(operation_id="delete_edge", tags=["graph"], parameters=[DECISION],
                   responses={204: OpenApiResponse(description="Deleted."), **ERRORS})  # fmt: skip
    def delete(self, request: Request, edge_id: UUID) -> Response:
        return _deleted(delete_edge(caller_in(request), public_id=edge_id))


def rendered_object(row: GraphObject) -> dict[str, Any]:
    """Write an object; without an alias the key is absent."""
    alias = row.alias
    return {
        "id": str(row.public_id),
        "type_id": str(row.type.public_id),
        **({"alias": alias.reveal()} if alias is not None else {}),
        **owned_by(row),
        **life_of(row),
    }


def rendered_edge(row: GraphEdge) -> dict[str, Any]:
    """Write an edge."""
    return {
        "id": str(row.public_id),
        "edge_type_id": str(row.edge_type.public_id),
        "source_object_id": str(row.source.public_id),
        "target_object_id": str(row.target.public_id),
        **life_of(row),
    }


def _wanted_objects(caller: Caller, fields: Fields) -> Any:
    rows: Any = GraphObject.objects.select_related("type", "organization")
    alias = fields.text("alias", "") or fields.text("name", "")
    if alias:
        rows = rows.filter(alias_blind__in=blinds_to_look_for(caller.environment_id, alias))
    return _narrowed(rows, fields, type_id="type__public_id", organization_id="organization__public_id")


def _wanted_edges(fields: Fields) -> Any:
    return _narrowed(
        GraphEdge.objects.all(),
        fields,
        edge_type_id="edge_type__public_id",
        source_object_id="source__public_id",
        target_object_id="target__public_id",
    )


def _narrowed(rows: Any, fields: Fields, **columns: str) -> Any:
    wanted = {column: fields.optional_id(name) for name, column in columns.items()}
    return rows.filter(**{column: each for column, each in wanted.items() if each is not None})


def _named(rows: Any) -> Any:
    return rows.select_related("edge_type", "source", "target")


def _edge(public_id: UUID) -> GraphEdge:
    found: GraphEdge | None = _named(GraphEdge.objects.filter(public_id=public_id)).first()
    if found is None:
        raise NotFound("There is no such edge.", field="id")
    return found


def _decided(data: Any, decision_id: UUID, *, status: int = 200) -> Response:
    return Response(data, status=status, headers={DECISION_HEADER: str(decision_id)})


def _deleted(decision_id: UUID) -> Response:
    return Response(status=204, headers={DECISION_HEADER: str(decision_id)})
