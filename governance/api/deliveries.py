"""What notices are sent, were sent, and were given up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.deliveries import retry_delivery
from governance.api.configuring import ConfiguringView
from governance.models import Delivery
from governance.wire.definitions import caller_in
from governance.wire.keys import Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_TAGS = ["notices"]
_DELIVERY = shape(
    id={**ID, "description": "Of the message; whoever gets it twice can tell by it."},
    kind=TEXT,
    about={**ID, "description": "The request, grant or review that it is about."},
    account=or_null({**ID, "description": "The operator whom an e-mail goes to."}),
    webhook=or_null(ID),
    state=choice(Delivery.PENDING, Delivery.SENT, Delivery.GIVEN_UP),
    attempts=NUMBER,
    fault={**TEXT, "description": "Why the last try failed."},
    created_at=MOMENT,
    next_at=or_null({**MOMENT, "description": "When it is tried next; null once it has ended."}),
    ended_at=or_null(MOMENT),
)
_KEYS: Keys = {
    "id": id_key("id"),
    "created": moment_key("created_at"),
    "kind": text_key("kind"),
    "state": text_key("state"),
}


class Deliveries(ConfiguringView):
    """List the messages that leave; `filter=('state',EQ,'given_up')` finds those that did not."""

    @extend_schema(operation_id="list_notice_deliveries", tags=_TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_DELIVERY), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Delivery.objects.select_related("notice", "webhook"), _KEYS, _rendered)


class DeliveryRetry(ConfiguringView):
    """Send once more, under the same id, what was given up."""

    @extend_schema(
        operation_id="retry_notice_delivery", tags=_TAGS, request=None, responses={200: _DELIVERY, **PROBLEMS}
    )
    def post(self, request: Request, delivery_id: UUID) -> Response:
        caller = caller_in(request)
        retry_delivery(caller, delivery_id=delivery_id, now=timezone.now())
        with in_environment(caller.environment_id):
            return Response(_rendered(Delivery.objects.select_related("notice", "webhook").get(pk=delivery_id)))


def _rendered(row: Delivery) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "about": str(row.about),
        "account": str(row.notice.account_id) if row.notice is not None else None,
        "webhook": str(row.webhook.public_id) if row.webhook is not None else None,
        "state": row.state,
        "attempts": row.attempts,
        "fault": row.fault,
        "created_at": row.created_at,
        "next_at": row.next_at if row.state == Delivery.PENDING else None,
        "ended_at": row.ended_at,
    }
