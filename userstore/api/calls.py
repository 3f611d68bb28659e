"""What the views of calls have in common: context, idempotency, selector errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.errors import Invalid
from governance.identities import Caller
from governance.observation import address_of
from governance.wire.fields import Fields
from governance.wire.hot import HotView, answer_bytes
from userstore.actions.idempotency import Answer, Repeatable, answered_once
from userstore.reading.calls import CallContext
from userstore.selectors import SelectorError


class CallView(HotView):
    """A call of the store; a selector that cannot be used is a fault of the request, with its position."""

    def _as_told(self, error: Exception) -> Exception:
        if isinstance(error, SelectorError):
            return Invalid(error.message, field="selector_values", position=error.position, remedy=error.remedy)
        return super()._as_told(error)


def context_of(request: HttpRequest, body: Fields) -> CallContext:
    """What the server observed about a call, and what the caller claims."""
    return CallContext(address=address_of(request), claimed=body.mapping("context"))


def repeatable(
    request: HttpRequest, caller: Caller, body: Any, do: Callable[[], Answer], *, clear: Callable[[], object]
) -> HttpResponse:
    """Do a write; with an `Idempotency-Key` header once, however often it is sent.

    `clear` decides for a repeated one whether the caller may still do it.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        answer = do()
    else:
        asked = Repeatable(caller, key, f"{request.method} {request.path_info}", body)
        answer = answered_once(asked, do, clear=clear, now=timezone.now())
    return answer_bytes(answer.body, status=answer.status, decision_id=answer.decision_id)
