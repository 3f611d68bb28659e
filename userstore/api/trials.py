"""Trying transformers out on a text; nothing is stored, and the book says that it was done."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_configure
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER
from governance.wire.references import referred
from governance.wire.shapes import ERROR, REFERENCE, TEXT, array, shape
from keyring.walls import in_environment
from userstore.actions.transformer_trials import Transformed, try_published_transformer, try_transformer
from userstore.api.transformers import Transformers, spec_in
from userstore.models import Transformer

_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 503: ERROR}
_VALUE = shape(value=TEXT, debug=shape(console=array(TEXT)))


class _Trial(APIView):
    """Only who configures the environment gets past it; refusals are on record."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        must_configure(caller_in(request))


class TryTransformer(_Trial):
    """Transform a text by a transformer that is not published."""

    @extend_schema(
        operation_id="test_transformer",
        tags=["definitions"],
        request={"application/json": shape(transformer=Transformers.shape, data=TEXT)},
        responses={200: _VALUE, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            spec = spec_in(fields.nested("transformer"), Transformer(name="Tried", transform_type="transform"))
        return _told(try_transformer(caller, spec=spec, data=fields.text("data")))


class ExecuteTransformer(_Trial):
    """Transform a text by the transformer that holds; a token is made up and not kept."""

    @extend_schema(
        operation_id="execute_transformer",
        tags=["definitions"],
        request={"application/json": shape(transformer_rid=REFERENCE, data=TEXT)},
        responses={200: _VALUE, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            public_id = referred(fields, "transformer_rid", Transformer)
        return _told(try_published_transformer(caller, public_id=public_id, data=fields.text("data")))


def _told(made: Transformed) -> Response:
    shown = {"value": made.value, "debug": {"console": list(made.lines)}}
    return Response(shown, headers={DECISION_HEADER: str(made.decision_id)})
