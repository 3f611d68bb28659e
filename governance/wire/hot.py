"""The calls that services make all the time: a view without the parts of the framework they do not need.

Authentication, parsing and the call itself run by hand; whatever goes wrong takes the framework's own way to an
answer, so errors look the same everywhere.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import IO, Any, ClassVar, cast
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.views import APIView

from governance.delegation.proofs import Presented, address_of_proof
from governance.delegation.tokens import delegated_caller_of
from governance.errors import Invalid, NotFound, Unauthenticated
from governance.identities import Caller
from governance.tokens.access import caller_of
from governance.tokens.external import external_caller_of, is_external

_SCHEME, _BOUND_SCHEME = "Bearer ", "DPoP "
DECISION_HEADER = "X-Sealbook-Decision"


class HotView(APIView):
    """Answers POST with `call(request, caller, body)`, which subclasses define; other methods go the usual way.

    `unknown_is_invalid`: what the body names and does not exist is a fault of the body (400), as the contract has it.
    `takes_external_tokens`: whether tokens of listed external issuers are accepted besides Sealbook's own.
    `takes_delegations`: whether a client calls here for somebody who handed on temporary access to it.
    """

    unknown_is_invalid: ClassVar[bool] = True
    takes_external_tokens: ClassVar[bool] = False
    takes_delegations: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        try:
            caller = self.bearer(request)
            request.user = caller  # type: ignore[assignment]  # the request's log line names the environment
            return self.call(request, caller, read_json(request))
        except Exception as error:
            return self._fail(request, self._as_told(error), *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one call; what the schema documents. `dispatch` comes here without the framework's detours."""
        return self.call(request, self.bearer(request), read_json(request))

    def bearer(self, request: HttpRequest) -> Caller:
        """Return who calls; `Unauthenticated` without a token that this call takes."""
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if self.takes_delegations and header.startswith(_BOUND_SCHEME):
            return delegated_caller_of(header[len(_BOUND_SCHEME) :], presented_with(request), now=timezone.now())
        if not header.startswith(_SCHEME):
            raise Unauthenticated("An access token is needed.", remedy="Ask POST /oidc/token for one.")
        token = header[len(_SCHEME) :]
        try:
            return caller_of(token)
        except Unauthenticated:
            if self.takes_external_tokens and is_external(token):
                return external_caller_of(token)
            raise

    @abstractmethod
    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponseBase:
        """Answer one call."""

    def _as_told(self, error: Exception) -> Exception:
        if self.unknown_is_invalid and isinstance(error, NotFound):
            return Invalid(str(error), field=error.field, position=error.position, remedy=error.remedy)
        return error

    def _fail(self, request: HttpRequest, error: Exception, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request = wrapped
        self.headers = self.default_response_headers
        renderer = self.renderer_classes[0]()
        wrapped.accepted_renderer, wrapped.accepted_media_type = renderer, renderer.media_type
        return self.finalize_response(wrapped, self.handle_exception(error), *args, **kwargs)


def presented_with(request: HttpRequest) -> Presented:
    """Return the proof that came with a request, and what it has to be for."""
    return Presented(request.META.get("HTTP_DPOP"), request.method or "", address_of_proof(request.path))


@lru_cache(maxsize=1)
def _parser() -> BaseParser:
    parsers: Sequence[type[BaseParser]] = HotView.parser_classes
    return parsers[0]()


def read_json(request: HttpRequest) -> Any:
    """Parse the body by the API's first parser, which knows the size limit.

    Raises:
        UnsupportedMediaType: the body is declared to be something else than JSON.
    """
    if request.content_type != "application/json":
        raise UnsupportedMediaType(request.content_type or "")
    return _parser().parse(cast(IO[Any], request))


def answer_json(data: object, *, status: int = 200, decision_id: UUID | None = None) -> HttpResponse:
    """Write an answer, with the id of the decision it rests on."""
    return answer_bytes(orjson.dumps(data), status=status, decision_id=decision_id)


def answer_bytes(body: bytes, *, status: int = 200, decision_id: UUID | None = None) -> HttpResponse:
    """Write an answer that is JSON already. Wire clients compare the whole content type: it names no charset."""
    answer = HttpResponse(body, status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    if decision_id is not None:
        answer.headers[DECISION_HEADER] = str(decision_id)
    return answer
