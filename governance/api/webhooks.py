"""Webhooks: other systems that are told what happens to access; a secret is shown in the one answer that makes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.webhooks import (
    change_webhook,
    define_webhook,
    issue_webhook_secret,
    retire_webhook,
    try_webhook,
)
from governance.api.configuring import ConfiguringView
from governance.api.renewing import asked_overlap, overlap_in, shape_of_secret, shown_once
from governance.errors import Invalid, NotFound
from governance.models import Webhook
from governance.notices.wording import FOR_WEBHOOKS
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEM, PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_TAGS = ["notices"]
_KINDS = {**array(choice(*FOR_WEBHOOKS)), "description": "Which notices go there; empty: all of them."}
_SECRET = shape(created_at=MOMENT, expires_at=or_null(MOMENT))
_WEBHOOK = shape(id=ID, name=TEXT, url=TEXT, kinds=_KINDS, description=TEXT, created_at=MOMENT, secrets=array(_SECRET))
_ASKED = {
    "name": {**TEXT, "maxLength": 128},
    "url": {**TEXT, "maxLength": 2048, "description": "An https address without a user."},
    "kinds": _KINDS,
    "description": TEXT,
}


class Webhooks(ConfiguringView):
    """List webhooks, or define one. It is told nothing before it has a secret."""

    @extend_schema(operation_id="list_webhooks", tags=_TAGS, parameters=list_parameters(BY_NAME),
                   responses={200: page_shape(_WEBHOOK), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Webhook.objects.prefetch_related("secrets"), BY_NAME, _rendered)

    @extend_schema(
        operation_id="define_webhook",
        tags=_TAGS,
        request={"application/json": {**shape(id=ID, **_ASKED), "required": ["name", "url"]}},
        responses={201: _WEBHOOK, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        webhook = define_webhook(
            caller,
            name=fields.text("name"),
            url=fields.text("url"),
            kinds=_kinds(fields),
            description=fields.text("description", ""),
            public_id=fields.optional_id("id"),
        )
        with in_environment(caller.environment_id):
            return Response(_rendered(webhook), status=201)


class SingleWebhook(ConfiguringView):
    """Read, change or retire a webhook."""

    @extend_schema(operation_id="get_webhook", tags=_TAGS, responses={200: _WEBHOOK, **PROBLEMS})
    def get(self, request: Request, webhook_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_rendered(_found(webhook_id)))

    @extend_schema(
        operation_id="change_webhook",
        tags=_TAGS,
        request={"application/json": shape(**_ASKED)},
        responses={200: _WEBHOOK, **PROBLEMS},
    )
    def put(self, request: Request, webhook_id: UUID) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            stored = _found(webhook_id)
        changed = change_webhook(
            caller,
            public_id=webhook_id,
            name=fields.kept_text("name", stored.name),
            url=fields.kept_text("url", stored.url),
            kinds=_kinds(fields) if fields.has("kinds") else stored.kinds,
            description=fields.kept_text("description", stored.description),
        )
        with in_environment(caller.environment_id):
            return Response(_rendered(changed))

    @extend_schema(operation_id="retire_webhook", tags=_TAGS,
                   responses={204: OpenApiResponse(description="Retired."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        retire_webhook(caller_in(request), public_id=webhook_id)
        return Response(status=204)


class WebhookSecrets(ConfiguringView):
    """Make a secret; a former one signs beside it for the overlap."""

    @extend_schema(
        operation_id="issue_webhook_secret",
        tags=_TAGS,
        request=asked_overlap("How long a former one signs as well"),
        responses={201: shape_of_secret("webhook_id"), **PROBLEMS},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        secret = issue_webhook_secret(caller_in(request), public_id=webhook_id, overlap=overlap_in(request))
        return shown_once(secret, webhook_id=str(webhook_id))


class WebhookTrial(ConfiguringView):
    """Post a message of the type `webhook.test`, now."""

    @extend_schema(
        operation_id="try_webhook",
        tags=_TAGS,
        request=None,
        responses={
            200: shape(
                status={**NUMBER, "description": "Of the answer; 0: there was none."},
                fault={**TEXT, "description": "Why the message was not taken; empty: it was."},
                remedy=TEXT,
            ),
            **PROBLEMS,
            (429, "application/problem+json"): OpenApiResponse(PROBLEM, description="Tried too often; wait a minute."),
        },
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        tried = try_webhook(caller_in(request), public_id=webhook_id, now=timezone.now())
        return Response({"status": tried.status, "fault": tried.fault, "remedy": tried.remedy})


def _kinds(fields: Fields) -> list[str]:
    kinds = fields.array("kinds")
    if not all(isinstance(kind, str) for kind in kinds):
        raise Invalid("Kinds of notices are texts.", field="kinds")
    return list(kinds)


def _found(webhook_id: UUID) -> Webhook:
    webhook = Webhook.objects.filter(public_id=webhook_id).first()
    if webhook is None:
        raise NotFound("There is no such webhook.", field="id")
    return webhook


def _rendered(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": str(webhook.public_id),
        "name": webhook.name,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "description": webhook.description,
        "created_at": webhook.created_at,
        "secrets": [
            {"created_at": secret.created_at, "expires_at": secret.expires_at} for secret in webhook.secrets.all()
        ],
    }
