"""Freezes: set, lifted, and what one would stop."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.freezes import freeze, unfreeze
from governance.api.configuring import ConfiguringView
from governance.catalogue import FREEZABLE_KINDS
from governance.freezing import calls_that_would_stop
from governance.models import Freeze
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape

_KIND = choice(*FREEZABLE_KINDS)
_FREEZE = shape(id=ID, kind=_KIND, target_id=ID, frozen_at=MOMENT, frozen_by=or_null(ID))
_KEYS: Keys = {
    **BY_ID, "kind": text_key("kind"), "target_id": id_key("target_id"), "frozen_at": moment_key("frozen_at"),
}  # fmt: skip
_STOPPED = shape(kind=TEXT, called=TEXT, caller=TEXT, calls=NUMBER, last_at=MOMENT)


class Freezes(ConfiguringView):
    """List the freezes in force, or set one."""

    @extend_schema(operation_id="list_freezes", tags=["governance"], parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_FREEZE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Freeze.objects.filter(lifted_at=None), _KEYS, _rendered)

    @extend_schema(
        operation_id="freeze",
        tags=["governance"],
        request={"application/json": shape(kind=_KIND, target_id=ID, reason=TEXT)},
        responses={201: _FREEZE, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        frozen = freeze(
            caller_in(request),
            kind=fields.text("kind"),
            target_id=fields.id("target_id"),
            reason=fields.text("reason", ""),
        )
        return Response(_rendered(frozen), status=201)


class FreezePreview(ConfiguringView):
    """Which calls of the last hour a freeze would have stopped; nothing is stopped yet."""

    @extend_schema(
        operation_id="preview_freeze",
        tags=["governance"],
        request={"application/json": shape(kind=_KIND, target_id=ID)},
        responses={200: shape(data=array(_STOPPED)), **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        stopped = calls_that_would_stop(
            environment_id=caller_in(request).environment_id,
            kind=fields.text("kind"),
            target_id=fields.id("target_id"),
            now=timezone.now(),
        )
        shown = [
            {"kind": s.kind, "called": s.called, "caller": s.caller, "calls": s.calls, "last_at": s.last_at}
            for s in stopped
        ]
        return Response({"data": shown})


class SingleFreeze(ConfiguringView):
    """Lift a freeze."""

    @extend_schema(operation_id="lift_freeze", tags=["governance"],
                   responses={204: OpenApiResponse(description="Lifted."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, freeze_id: UUID) -> Response:
        unfreeze(caller_in(request), freeze_id=freeze_id)
        return Response(status=204)


def _rendered(row: Freeze) -> dict[str, Any]:
    return {
        "id": str(row.public_id),
        "kind": row.kind,
        "target_id": str(row.target_id),
        "frozen_at": row.frozen_at,
        "frozen_by": str(row.frozen_by) if row.frozen_by else None,
    }
