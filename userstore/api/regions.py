"""The regions a user can be noted in."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.wire.definitions import caller_in
from governance.wire.shapes import ERROR, TEXT, array
from userstore.regions import known_regions


class Regions(APIView):
    """What `region` may say when a user is created."""

    @extend_schema(operation_id="list_regions", tags=["users"], responses={200: array(TEXT), 401: ERROR, 403: ERROR})
    def get(self, request: Request) -> Response:
        must_see_definitions(caller_in(request))
        return Response(known_regions())
