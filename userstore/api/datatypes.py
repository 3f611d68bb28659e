"""Data types in the wire contract: the native ones, under the ids it fixes."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid, NotFound
from governance.wire.definitions import caller_in, wrapped_in
from governance.wire.fields import Fields
from governance.wire.paging import asked_page
from governance.wire.shapes import ANY, ERROR, FLAG, ID, TEXT, page_shape, shape
from userstore.datatypes import DATA_TYPES, DataType

DATA_TYPE = shape(
    id=ID, name=TEXT, description=TEXT, is_composite_field_type=FLAG, is_native=FLAG, composite_attributes=ANY
)
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR}
_BODY = {"application/json": shape(data_type=DATA_TYPE)}


def referred_data_type(fields: Fields, name: str) -> str | None:
    """Return the name of the data type that a reference means; None where the key is absent or null.

    Raises:
        Invalid: nothing is named, or nothing that exists here, or id and name mean two types.
    """
    if fields.raw(name) is None:
        return None
    reference = fields.nested(name)
    public_id, wanted = reference.optional_id("id"), reference.text("name", "")
    matching = (each for each in DATA_TYPES.values() if (each.id == public_id if public_id else each.name == wanted))
    found = next(matching, None)
    if found is None or (wanted and found.name != wanted):
        raise Invalid("There is no such data type.", field=fields.path(name), remedy=f"Known: {', '.join(DATA_TYPES)}.")
    return found.name


def reference_to_data_type(name: str) -> dict[str, str]:
    """Write a reference to a data type."""
    return {"id": str(DATA_TYPES[name].id), "name": name}


class _DataTypes(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))


class DataTypes(_DataTypes):
    """The native data types; composite ones cannot be defined."""

    @extend_schema(operation_id="list_data_types", tags=["definitions"],
                   responses={200: page_shape(DATA_TYPE), **_ERRORS})  # fmt: skip
    def get(self, request: Request) -> Response:
        asked_page(request.query_params.dict())
        rows = [_rendered(data_type) for data_type in sorted(DATA_TYPES.values(), key=lambda t: t.id)]
        return Response({"data": rows, "has_next": False, "next": "end", "has_prev": False, "prev": ""})

    @extend_schema(operation_id="create_data_type", tags=["definitions"], request=_BODY,
                   responses={201: DATA_TYPE, **_ERRORS})  # fmt: skip
    def post(self, request: Request) -> Response:
        wrapped_in(request, "data_type")
        _refuse_composites()


class SingleDataType(_DataTypes):
    """One data type."""

    @extend_schema(operation_id="get_data_type", tags=["definitions"], responses={200: DATA_TYPE, **_ERRORS})
    def get(self, request: Request, public_id: UUID) -> Response:
        return Response(_rendered(_found(public_id)))

    @extend_schema(operation_id="update_data_type", tags=["definitions"], request=_BODY,
                   responses={200: DATA_TYPE, **_ERRORS})  # fmt: skip
    def put(self, request: Request, public_id: UUID) -> Response:
        _found(public_id)
        raise Invalid("A native data type cannot be changed.", field="id")

    @extend_schema(operation_id="retire_data_type", tags=["definitions"], responses={204: None, **_ERRORS})
    def delete(self, request: Request, public_id: UUID) -> Response:
        _found(public_id)
        raise Invalid("A native data type cannot be retired.", field="id")


def _found(public_id: UUID) -> DataType:
    found = next((t for t in DATA_TYPES.values() if t.id == public_id), None)
    if found is None:
        raise NotFound("There is no such data type.", field="id")
    return found


def _refuse_composites() -> NoReturn:
    raise Invalid(
        "This server has no composite data types.",
        field="data_type.composite_attributes",
        remedy=f"Use one column per part, of a native type: {', '.join(DATA_TYPES)}.",
    )


def _rendered(data_type: DataType) -> dict[str, Any]:
    return {
        "id": str(data_type.id),
        "name": data_type.name,
        "description": data_type.description,
        "is_composite_field_type": False,
        "is_native": True,
        "composite_attributes": {"include_id": False, "fields": []},
    }
