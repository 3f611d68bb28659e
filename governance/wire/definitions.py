"""The views of definitions: create, read, list, update, retire, the same for every family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.urls import URLPattern, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.wire.fields import Fields
from governance.wire.paging import asked_page, page_of
from governance.wire.shapes import ERROR, page_shape
from keyring.walls import in_environment

M = TypeVar("M", bound=Model)


class Family(ABC, Generic[M]):
    """One kind of definition behind the wire contract: how its bodies are read and written, and its actions.

    `read` runs inside the environment and turns a body into what the action takes; the action runs outside, so that
    the record of a refusal is never rolled back with it.
    """

    name: ClassVar[str]
    wrapper: ClassVar[str]
    shape: ClassVar[Mapping[str, Any]]
    model: type[M]
    name_parameter: ClassVar[str | None] = None
    version_parameter: ClassVar[str | None] = None

    @abstractmethod
    def render(self, row: M) -> dict[str, Any]:
        """Write one definition; runs inside the environment."""

    @abstractmethod
    def read(self, fields: Fields, stored: M | None) -> Any:
        """Turn a body into what `create` and `update` take; keys that are absent keep what is stored."""

    @abstractmethod
    def create(self, caller: Caller, asked: Any, public_id: UUID | None) -> M:
        """Make the definition asked for."""

    @abstractmethod
    def update(self, caller: Caller, asked: Any, public_id: UUID) -> M:
        """Change a definition to what is asked for."""

    @abstractmethod
    def retire(self, caller: Caller, public_id: UUID) -> None:
        """Retire a definition."""

    def rows(self) -> QuerySet[M]:
        """Every definition of this kind in the environment."""
        return self.model._default_manager.all()


def definition_routes(family: Family[Any], address: str) -> list[URLPattern]:
    """Give the two addresses of a family: the collection and one definition."""
    shape, plural = dict(family.shape), f"{family.name}s"
    body = {"application/json": {"type": "object", "properties": {family.wrapper: shape}, "required": [family.wrapper]}}
    errors = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 409: ERROR}
    tags = ["definitions"]

    @extend_schema_view(
        get=extend_schema(
            operation_id=f"list_{plural}",
            tags=tags,
            parameters=_list_parameters(family),
            responses={200: page_shape(shape), **errors},
        ),
        post=extend_schema(
            operation_id=f"create_{family.name}", tags=tags, request=body, responses={201: shape, **errors}
        ),
    )
    class Collection(_Collection):
        pass

    @extend_schema_view(
        get=extend_schema(
            operation_id=f"get_{family.name}",
            tags=tags,
            parameters=_version_parameters(family),
            responses={200: shape, **errors},
        ),
        put=extend_schema(
            operation_id=f"update_{family.name}", tags=tags, request=body, responses={200: shape, **errors}
        ),
        delete=extend_schema(
            operation_id=f"retire_{family.name}",
            tags=tags,
            parameters=_version_parameters(family),
            responses={204: OpenApiResponse(description="Retired."), **errors},
        ),
    )
    class Single(_Single):
        pass

    return [
        path(address, Collection.as_view(family=family), name=plural),
        path(f"{address}/<uuid:public_id>", Single.as_view(family=family), name=family.name),
    ]


class _Definitions(APIView):
    family: Family[Any] | None = None

    @property
    def kind(self) -> Family[Any]:
        if self.family is None:
            raise TypeError("a definition view is made by definition_routes")
        return self.family

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody without any right in the environment learns what is defined there."""
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))


class _Collection(_Definitions):
    def get(self, request: Request) -> Response:
        caller, parameters = caller_in(request), request.query_params.dict()
        asked = asked_page(parameters)
        with in_environment(caller.environment_id):
            rows = self.kind.rows()
            wanted = parameters.get(self.kind.name_parameter) if self.kind.name_parameter else None
            if wanted:
                rows = rows.filter(name__iexact=wanted.replace("\0", ""))
                _must_be_current(self.kind, rows.first(), parameters)
            return Response(page_of(rows, asked, self.kind.render))

    def post(self, request: Request) -> Response:
        caller, kind = caller_in(request), self.kind
        with in_environment(caller.environment_id):
            fields = wrapped_in(request, kind.wrapper)
            public_id, asked = fields.optional_id("id"), kind.read(fields, None)
        row = kind.create(caller, asked, public_id)
        return _shown(caller, kind, row.public_id, status=201)


class _Single(_Definitions):
    def get(self, request: Request, public_id: UUID) -> Response:
        caller = caller_in(request)
        with in_environment(caller.environment_id):
            row = _found(self.kind, public_id)
            _must_be_current(self.kind, row, request.query_params.dict())
            return Response(self.kind.render(row))

    def put(self, request: Request, public_id: UUID) -> Response:
        caller, kind = caller_in(request), self.kind
        with in_environment(caller.environment_id):
            fields = wrapped_in(request, kind.wrapper)
            asked = kind.read(fields, _found(kind, public_id))
        kind.update(caller, asked, public_id)
        return _shown(caller, kind, public_id)

    def delete(self, request: Request, public_id: UUID) -> Response:
        caller, kind = caller_in(request), self.kind
        with in_environment(caller.environment_id):
            row = _found(kind, public_id)
            parameters = request.query_params.dict()
            if kind.version_parameter and not parameters.get(kind.version_parameter):
                raise Invalid("Say which version is retired.", field=kind.version_parameter)
            _must_be_current(kind, row, parameters)
        kind.retire(caller, public_id)
        return Response(status=204)


def caller_in(request: Request) -> Caller:
    """Return who calls a view behind the API's permission."""
    caller = request.user
    if not isinstance(caller, Caller):
        raise TypeError("the API's permission lets nobody else through")
    return caller


def wrapped_in(request: Request, wrapper: str) -> Fields:
    """Return the object that the contract wraps under the family's name."""
    fields = Fields(request.data)
    if not fields.has(wrapper):
        raise Invalid(f"The body has to be an object with the key {wrapper!r}.", field=wrapper)
    return fields.nested(wrapper)


def _shown(caller: Caller, kind: Family[Any], public_id: UUID, *, status: int = 200) -> Response:
    with in_environment(caller.environment_id):
        return Response(kind.render(_found(kind, public_id)), status=status)


def _found(kind: Family[M], public_id: UUID) -> M:
    row = kind.rows().filter(public_id=public_id).first()
    if row is None:
        raise NotFound("There is no such definition in this environment.", field="id")
    return row


def _must_be_current(kind: Family[Any], row: Any | None, parameters: Mapping[str, str]) -> None:
    """Only the current version of a definition answers; former ones are kept for the record and decide nothing."""
    wanted = parameters.get(kind.version_parameter) if kind.version_parameter else None
    if row is None:
        raise NotFound("There is no such definition in this environment.", field="name")
    if wanted and wanted != str(row.version):
        raise NotFound("That version is not the current one.", field=kind.version_parameter)


def _list_parameters(family: Family[Any]) -> list[OpenApiParameter]:
    named = [OpenApiParameter(family.name_parameter, str)] if family.name_parameter else []
    return [
        *named,
        *_version_parameters(family),
        OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 1500; without it up to 1500 are listed."),
        OpenApiParameter("starting_after", str, description="The `next` of the page before."),
        OpenApiParameter("ending_before", str, description="The `prev` of the page behind; `end` for the last page."),
        OpenApiParameter("sort_order", str, enum=["ascending", "descending"]),
    ]


def _version_parameters(family: Family[Any]) -> list[OpenApiParameter]:
    return [OpenApiParameter(family.version_parameter, OpenApiTypes.INT)] if family.version_parameter else []
