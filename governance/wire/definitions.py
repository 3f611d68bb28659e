"""The views of definitions: create, read, list, update, retire, the same for every family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import Revision
from governance.queries import former_version
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME, Keys
from governance.wire.paging import PageAsked, asked_page, page_of
from governance.wire.parameters import listing, reading, retiring
from governance.wire.shapes import ERROR, page_shape
from governance.wire.versions import LONGEST_NUMBER, bodies_of, cut_versions
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
    keys: ClassVar[Keys] = BY_NAME
    name_parameter: ClassVar[str | None] = None
    version_parameter: ClassVar[str | None] = None
    revisions: ClassVar[str | None] = None
    """The kind of its revisions, None where it has no versions."""
    retires_by_version: ClassVar[bool] = False
    """Whether one version can be retired alone."""
    names_retired_version: ClassVar[bool] = False
    """Whether retiring has to say which version, or `all`."""

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

    def render_former(self, row: M, revision: Revision) -> dict[str, Any]:  # noqa: ARG002  for families with versions
        """Write a version that holds no longer, as the names in it are called now; runs inside the environment."""
        raise NotFound("Definitions of this kind have no versions.", field="version")

    def retire_version(self, caller: Caller, public_id: UUID, version: int) -> None:  # noqa: ARG002  for such families
        """Retire one version."""
        raise Invalid("Definitions of this kind are retired as a whole.", field="version")

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
            parameters=listing(family.keys, named=family.name_parameter, version=family.version_parameter),
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
            parameters=reading(family.version_parameter),
            responses={200: shape, **errors},
        ),
        put=extend_schema(
            operation_id=f"update_{family.name}", tags=tags, request=body, responses={200: shape, **errors}
        ),
        delete=extend_schema(
            operation_id=f"retire_{family.name}",
            tags=tags,
            parameters=retiring(family.version_parameter, must_be_named=family.names_retired_version)
            if family.retires_by_version
            else [],
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
        caller, kind, parameters = caller_in(request), self.kind, request.query_params.dict()
        asked = asked_page(parameters, kind.keys)
        with in_environment(caller.environment_id):
            rows = kind.rows()
            wanted = parameters.get(kind.name_parameter) if kind.name_parameter else None
            if wanted:
                rows = rows.filter(name__iexact=wanted.replace("\0", ""))
                if not rows.exists():
                    raise NotFound("There is no such definition in this environment.", field=kind.name_parameter)
            if kind.revisions and parameters.get("versioned") == "true":
                return Response(_page_of_versions(kind, rows, asked))
            version = _version_in(kind, parameters) if wanted else None
            return Response(page_of(rows, asked, lambda row: _rendered_at(kind, row, version)))

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
            version = _version_in(self.kind, request.query_params.dict())
            return Response(_rendered_at(self.kind, row, version))

    def put(self, request: Request, public_id: UUID) -> Response:
        caller, kind = caller_in(request), self.kind
        with in_environment(caller.environment_id):
            fields = wrapped_in(request, kind.wrapper)
            asked = kind.read(fields, _found(kind, public_id))
        kind.update(caller, asked, public_id)
        return _shown(caller, kind, public_id)

    def delete(self, request: Request, public_id: UUID) -> Response:
        caller, kind, parameters = caller_in(request), self.kind, request.query_params.dict()
        with in_environment(caller.environment_id):
            _found(kind, public_id)
        version = None if _means_all(kind, parameters) else _version_in(kind, parameters)
        if version is None:
            kind.retire(caller, public_id)
        else:
            kind.retire_version(caller, public_id, version)
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


def _rendered_at(kind: Family[Any], row: Any, version: int | None) -> dict[str, Any]:
    """Write a definition as of a version; None is the one that holds."""
    if version is None or version == row.version:
        return kind.render(row)
    return kind.render_former(row, former_version(kind.revisions or "", row.public_id, version))


def _page_of_versions(kind: Family[Any], rows: QuerySet[Any], asked: PageAsked) -> dict[str, Any]:
    entries, cursors = cut_versions(rows, asked, kind.revisions or "")
    bodies = bodies_of(entries, kind.revisions or "")
    data = [
        kind.render(entry.row)
        if entry.is_current
        else kind.render_former(entry.row, bodies[entry.row.public_id, entry.version])
        for entry in entries
    ]
    return {"data": data, **cursors}


def _version_in(kind: Family[Any], parameters: Mapping[str, str]) -> int | None:
    text = parameters.get(kind.version_parameter) if kind.version_parameter else None
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise Invalid("A version is a whole number from 0 on.", field=kind.version_parameter)
    return int(text)


def _means_all(kind: Family[Any], parameters: Mapping[str, str]) -> bool:
    """Whether all versions are to be retired: asked for, or the only way of the family."""
    given = parameters.get(kind.version_parameter) if kind.version_parameter else None
    if kind.names_retired_version and not given:
        raise Invalid("Say which version is retired, or all.", field=kind.version_parameter)
    return given == "all" or not kind.retires_by_version
