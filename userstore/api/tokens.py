"""Tokens in the wire contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.change import clearance_for
from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.identities import Caller
from governance.models import AccessPolicy
from governance.observation import address_of
from governance.queries import version_at
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER, answer_json
from governance.wire.policies import rendered_policy
from governance.wire.references import referred, required_by
from governance.wire.shapes import ANY, ERROR, ID, MOMENT, REFERENCE, TEXT, array, shape
from keyring.walls import in_environment
from userstore import events
from userstore.actions.idempotency import Answer
from userstore.actions.token_batches import create_tokens
from userstore.actions.tokens import (
    MOST_TOKENS,
    create_token,
    delete_token,
    find_or_create_tokens,
    inspect_token,
    look_up_tokens,
    resolve_tokens,
)
from userstore.actions.transformers import KIND as TRANSFORMER
from userstore.api.calls import CallView, context_of, repeatable
from userstore.api.terms import DECISION, IDEMPOTENCY_HEADER
from userstore.api.transformers import rendered_former_transformer, rendered_transformer
from userstore.models import Token, Transformer
from userstore.reading.calls import CallContext

_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 409: ERROR, 413: ERROR, 415: ERROR, 503: ERROR}
_REQUEST = {"application/json": shape(data=TEXT, transformer_rid=REFERENCE, access_policy_rid=REFERENCE)}
_TEXTS = shape(tokens=array(TEXT))


@extend_schema_view(
    post=extend_schema(
        operation_id="create_token",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request=_REQUEST,
        responses={201: shape(data=TEXT), **_ERRORS},
    )
)
class Tokens(CallView):
    """Create a token from raw data, or delete one under its policy."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        transformer_id, policy_id = _pair(caller, fields)
        data = fields.text("data")

        def create() -> Answer:
            text, decision_id = create_token(
                caller, data=data, transformer_id=transformer_id, policy_id=policy_id, now=timezone.now()
            )
            return Answer(201, orjson.dumps({"data": text}), decision_id)

        def clear() -> object:
            return clearance_for(caller, "tokenize", events.TOKENS_CREATED, now=timezone.now())

        return repeatable(request, caller, body, create, clear=clear)

    @extend_schema(operation_id="delete_token", tags=["tokens"], parameters=[OpenApiParameter("token", str), DECISION],
                   responses={204: OpenApiResponse(description="Deleted."), **_ERRORS})  # fmt: skip
    def delete(self, request: Request) -> Response:
        caller = caller_in(request)
        token = request.query_params.get("token", "")
        if not token:
            raise Invalid("Name the token.", field="token")
        decision_id = delete_token(caller, token=token, context=CallContext(address=address_of(request._request)))
        return Response(status=204, headers={DECISION_HEADER: str(decision_id)})


@extend_schema_view(
    post=extend_schema(
        operation_id="resolve_tokens",
        tags=["tokens"],
        parameters=[DECISION],
        request={"application/json": shape(tokens=array(TEXT), context=ANY, purposes=array(REFERENCE))},
        responses={200: array(shape(token=TEXT, data=TEXT)), 404: ERROR, **_ERRORS},
    )
)
class ResolveTokens(CallView):
    """Resolve tokens: one entry each, in order, "" where unknown, refused or no longer permitted."""

    takes_external_tokens = True

    unknown_is_invalid = False

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        resolved, decision_id = resolve_tokens(
            caller,
            tokens=fields.array("tokens"),
            purposes=fields.array("purposes"),
            context=context_of(request, fields),
            now=timezone.now(),
        )
        return answer_json([{"token": each.token, "data": each.data} for each in resolved], decision_id=decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="inspect_token",
        tags=["tokens"],
        parameters=[DECISION],
        request={"application/json": shape(token=TEXT, context=ANY)},
        responses={
            200: shape(id=ID, token=TEXT, created=MOMENT, updated=MOMENT, transformer=ANY, access_policy=ANY),
            **_ERRORS,
        },
    )
)
class InspectToken(CallView):
    """What is known of a token, its data apart."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        text = fields.text("token")
        token, decision_id = inspect_token(caller, token=text, context=context_of(request, fields), now=timezone.now())
        with in_environment(caller.environment_id):
            shown = {
                "id": str(token.public_id),
                "token": text,
                "created": _moment(token.created_at),
                "updated": _moment(token.updated_at),
                "transformer": _at_creation(token),
                "access_policy": rendered_policy(token.access_policy),
            }
        return answer_json(shown, decision_id=decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="look_up_tokens",
        tags=["tokens"],
        parameters=[DECISION],
        request=_REQUEST,
        responses={200: _TEXTS, **_ERRORS},
    )
)
class LookUpTokens(CallView):
    """Every token that stands for some data under a transformer and policy."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        transformer_id, policy_id = _pair(caller, fields)
        texts, decision_id = look_up_tokens(
            caller,
            data=fields.text("data"),
            transformer_id=transformer_id,
            policy_id=policy_id,
            context=CallContext(address=address_of(request)),
            now=timezone.now(),
        )
        return answer_json({"tokens": texts}, decision_id=decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="create_tokens",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": shape(
                data={**array(TEXT), "maxItems": MOST_TOKENS}, transformer_rid=REFERENCE, access_policy_rid=REFERENCE
            )
        },
        responses={201: _TEXTS, **_ERRORS},
    )
)
class CreateTokens(CallView):
    """A token for each of many data, in order, equal ones for equal data; all of them or none."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        transformer_id, policy_id = _pair(caller, fields)
        data = fields.array("data")
        if not all(isinstance(text, str) for text in data):
            raise Invalid("Data are texts.", field="data")

        def create() -> Answer:
            texts, decision_id = create_tokens(caller, data=data, transformer_id=transformer_id, policy_id=policy_id)
            return Answer(201, orjson.dumps({"tokens": texts}), decision_id)

        def clear() -> object:
            return clearance_for(caller, "tokenize", events.TOKENS_CREATED, now=timezone.now())

        return repeatable(request, caller, body, create, clear=clear)


@extend_schema_view(
    post=extend_schema(
        operation_id="look_up_or_create_tokens",
        tags=["tokens"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": shape(
                data=array(TEXT), transformer_rids=array(REFERENCE), access_policy_rids=array(REFERENCE)
            )
        },
        responses={200: _TEXTS, **_ERRORS},
    )
)
class FindOrCreateTokens(CallView):
    """One token per item of data: a known one, or a new one; all of them or none."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        wanted = _triples(caller, fields)

        def create() -> Answer:
            context = CallContext(address=address_of(request))
            texts, decision_id = find_or_create_tokens(caller, wanted=wanted, context=context, now=timezone.now())
            return Answer(200, orjson.dumps({"tokens": texts}), decision_id)

        def clear() -> object:
            return clearance_for(caller, "tokenize", events.TOKENS_CREATED, now=timezone.now())

        return repeatable(request, caller, body, create, clear=clear)


def _at_creation(token: Token) -> dict[str, Any]:
    """Write the transformer as it was when it made the token."""
    row = token.transformer
    if token.transformer_version == row.version:
        return rendered_transformer(row)
    made_by = version_at(TRANSFORMER, row.public_id, token.transformer_version, token.created_at)
    return rendered_transformer(row) if made_by is None else rendered_former_transformer(row, made_by)


def _pair(caller: Caller, fields: Fields) -> tuple[UUID, UUID]:
    """Whoever has no right at all does not learn which names exist."""
    must_see_definitions(caller)
    with in_environment(caller.environment_id):
        return (
            referred(fields, "transformer_rid", Transformer),
            referred(fields, "access_policy_rid", AccessPolicy),
        )


def _triples(caller: Caller, fields: Fields) -> list[tuple[str, UUID, UUID]]:
    data = fields.array("data")
    transformers, policies = fields.nested_list("transformer_rids"), fields.nested_list("access_policy_rids")
    if not 1 <= len(data) <= MOST_TOKENS or not len(data) == len(transformers) == len(policies):
        raise Invalid(
            f"Give 1 to {MOST_TOKENS} texts, and a transformer and a policy for each.",
            field="data",
        )
    if not all(isinstance(text, str) for text in data):
        raise Invalid("Data are texts.", field="data")
    must_see_definitions(caller)
    with in_environment(caller.environment_id):
        return [
            (text, required_by(transformer, Transformer), required_by(policy, AccessPolicy))
            for text, transformer, policy in zip(data, transformers, policies, strict=True)
        ]


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
