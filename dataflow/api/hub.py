"""The hub: listed, shown, published, downloaded, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dataflow.actions.hub import publish_to_hub, withdraw_from_hub
from dataflow.hub.showing import described
from dataflow.models import HubItem
from dataflow.queries import hub_item, hub_items
from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, text_key
from governance.wire.paging import asked_page, page_of
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, page_shape, shape
from keyring.walls import in_environment

_KEYS: Keys = {**BY_ID, **{name: text_key(name) for name in ("kind", "namespace", "name", "version")}}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}, "description": "Path within it to text."}
_ITEM = shape(
    id=ID, kind=choice("flow", "package"), namespace=TEXT, name=TEXT, version=TEXT, digest=TEXT, is_public=FLAG,
    published_at=MOMENT,
)  # fmt: skip
_FUNCTION = shape(
    name=TEXT, operator=TEXT, inputs=array(shape(name=TEXT, type=TEXT)), output=TEXT, removes=array(TEXT),
    language=TEXT, cases=NUMBER,
)  # fmt: skip
_SHOWN = shape(
    **_ITEM["properties"], imports=array(TEXT), types=array(TEXT), functions=array(_FUNCTION), topics=array(TEXT),
    services=array(TEXT),
)  # fmt: skip
_CONTENT = shape(digest=TEXT, files=_TEXTS)


class _Hub(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody without any right in the environment learns what is published there."""
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))


class HubItems(_Hub):
    """List what the caller sees of the hub, or publish a flow or a package."""

    @extend_schema(
        operation_id="list_hub_items",
        tags=["dataflow"],
        parameters=list_parameters(_KEYS),
        responses={200: page_shape(_ITEM), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        asked, caller = asked_page(request.query_params.dict(), _KEYS), caller_in(request)
        with in_environment(caller.environment_id):
            return Response(page_of(hub_items(caller), asked, _rendered))

    @extend_schema(
        operation_id="publish_hub_item",
        tags=["dataflow"],
        request={"application/json": {**shape(files=_TEXTS, is_public=FLAG), "required": ["files"]}},
        responses={201: _ITEM, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        item = publish_to_hub(
            caller_in(request), files=_files(fields), is_public=fields.flag("is_public", default=False)
        )
        return Response(_rendered(item), status=201)


class SingleHubItem(_Hub):
    """Show what an item offers, or withdraw it."""

    @extend_schema(operation_id="show_hub_item", tags=["dataflow"], responses={200: _SHOWN, **PROBLEMS})
    def get(self, request: Request, item_id: UUID) -> Response:
        caller = caller_in(request)
        with in_environment(caller.environment_id):
            item = hub_item(caller, item_id)
            return Response({**_rendered(item), **described(item.files)})

    @extend_schema(
        operation_id="withdraw_hub_item",
        tags=["dataflow"],
        responses={204: OpenApiResponse(description="Withdrawn; its version stays taken."), **PROBLEMS},
    )
    def delete(self, request: Request, item_id: UUID) -> Response:
        withdraw_from_hub(caller_in(request), public_id=item_id)
        return Response(status=204)


class HubContent(_Hub):
    """Download the files of an item."""

    @extend_schema(operation_id="download_hub_item", tags=["dataflow"], responses={200: _CONTENT, **PROBLEMS})
    def get(self, request: Request, item_id: UUID) -> Response:
        caller = caller_in(request)
        with in_environment(caller.environment_id):
            item = hub_item(caller, item_id)
            return Response({"digest": item.digest, "files": item.files})


def _files(fields: Fields) -> dict[str, str]:
    files = fields.mapping("files")
    if not files:
        raise Invalid("files is required.", field="files")
    found = Fields(files, "files")
    if len({name.lower() for name in files}) != len(files):
        raise Invalid("Two files have names that differ in case alone.", field="files")
    for name in files:
        if "\0" in name or not name.isprintable():
            raise Invalid("A file has a name that cannot be printed.", field="files")
    return {name: found.text(name.lower(), "") for name in files}


def _rendered(item: HubItem) -> dict[str, Any]:
    return {
        "id": str(item.public_id),
        "kind": item.kind,
        "namespace": item.namespace,
        "name": item.name,
        "version": item.version,
        "digest": item.digest,
        "is_public": item.is_public,
        "published_at": item.published_at,
    }
