"""Sealing for services that keep ciphertext in databases of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.errors import Invalid
from governance.identities import Caller
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import HotView, answer_json
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, NUMBER, REFERENCE, TEXT, array, shape
from userstore.actions.sealing import Batch, Outcome, reseal_values, seal_values, unseal_values
from userstore.actions.sealing_keys import destroy_sealing_key, list_sealing_keys, renew_sealing_key
from userstore.api.terms import DECISION
from userstore.sealing.binding import canonical_context

_UNSEALABLE = "This cannot be unsealed here."
_CONTEXT = {
    "type": "object",
    "additionalProperties": TEXT,
    "description": "Where the value lies: table, column and key, say. It opens under an equal context only.",
}
_ANSWER: dict[Any, Any] = {
    200: shape(items=array(shape(value=TEXT, sealed=TEXT, error=TEXT))),
    **PROBLEMS,
}
_KEY = shape(id=ID, version=NUMBER, is_newest=FLAG)


def _request(**items: Any) -> dict[str, Any]:
    item = shape(context=_CONTEXT, **items)
    return {"application/json": shape(purpose=REFERENCE, context=_CONTEXT, client_id=ID, items=array(item))}


class SealingView(HotView):
    """A batch of texts, each under its own context or that of the batch."""

    unknown_is_invalid = False
    given: ClassVar[str]
    answered: ClassVar[str]
    work: ClassVar[Callable[..., Outcome]]

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        batch = _batch(Fields(body), caller, given=self.given)
        outcome = type(self).work(batch, now=timezone.now())
        items = [{"error": _UNSEALABLE} if text is None else {self.answered: text} for text in outcome.texts]
        return answer_json({"items": items}, decision_id=outcome.decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="seal_values", tags=["sealing"], parameters=[DECISION], request=_request(value=TEXT),
        responses=_ANSWER,
    )
)  # fmt: skip
class SealValues(SealingView):
    """Seal up to 1000 texts, which the service keeps itself."""

    given, answered, work = "value", "sealed", staticmethod(seal_values)


@extend_schema_view(
    post=extend_schema(
        operation_id="unseal_values", tags=["sealing"], parameters=[DECISION], request=_request(sealed=TEXT),
        responses=_ANSWER,
    )
)  # fmt: skip
class UnsealValues(SealingView):
    """Unseal up to 1000 texts; one that does not open says so and no more."""

    given, answered, work = "sealed", "value", staticmethod(unseal_values)


@extend_schema_view(
    post=extend_schema(
        operation_id="reseal_values", tags=["sealing"], parameters=[DECISION], request=_request(sealed=TEXT),
        responses=_ANSWER,
    )
)  # fmt: skip
class ResealValues(SealingView):
    """Seal up to 1000 sealed texts again under the newest key, without showing them."""

    given, answered, work = "sealed", "sealed", staticmethod(reseal_values)


class SealingKeys(APIView):
    """The sealing keys of a client: which there are, and a further one."""

    @extend_schema(operation_id="list_sealing_keys", tags=["sealing"], parameters=[OpenApiParameter("client_id", UUID)],
                   responses={200: shape(data=array(_KEY)), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        client_id = Fields(request.query_params.dict()).id("client_id")
        keys = list_sealing_keys(caller_in(request), client_id=client_id)
        shown = [{"id": str(k.id), "version": k.version, "is_newest": k is keys[0]} for k in keys]
        return Response({"data": shown})

    @extend_schema(operation_id="renew_sealing_key", tags=["sealing"],
                   request={"application/json": shape(client_id=ID)}, responses={201: _KEY, **PROBLEMS})  # fmt: skip
    def post(self, request: Request) -> Response:
        key = renew_sealing_key(caller_in(request), client_id=Fields(request.data).id("client_id"))
        return Response({"id": str(key.id), "version": key.version, "is_newest": True}, status=201)


class SingleSealingKey(APIView):
    """A former sealing key."""

    @extend_schema(operation_id="destroy_sealing_key", tags=["sealing"],
                   responses={204: OpenApiResponse(description="Destroyed."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, client_id: UUID, key_id: UUID) -> Response:
        destroy_sealing_key(caller_in(request), client_id=client_id, key_id=key_id)
        return Response(status=204)


def _batch(body: Fields, caller: Caller, *, given: str) -> Batch:
    if body.raw("purpose") is None:
        raise Invalid("Name the purpose.", field="purpose", remedy="An object with id or name.")
    common = canonical_context(body.mapping("context"), field=body.path("context"))
    batch = Batch(caller, body.raw("purpose"), [], [], body.optional_id("client_id"))
    for place, item in enumerate(body.array("items")):
        text, context = _item(item, given, f"items[{place}]")
        batch.texts.append(text)
        batch.contexts.append(common if context is None else context)
    return batch


def _item(item: object, given: str, path: str) -> tuple[str, bytes | None]:
    """Read a text and its context, None where it has none of its own. Most items need none of what `Fields` knows."""
    if type(item) is dict and type(text := item.get(given)) is str and type(context := item.get("context")) is dict:
        return text, canonical_context(context, field=f"{path}.context")
    fields = Fields(item, path)
    text = fields.raw(given)
    if not isinstance(text, str):
        raise Invalid("This has to be a text.", field=fields.path(given))
    if fields.raw("context") is None:
        return text, None
    return text, canonical_context(fields.mapping("context"), field=fields.path("context"))
