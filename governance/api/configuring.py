"""The frame of the endpoints about who may do what: only who configures an environment gets past it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_configure
from governance.wire.definitions import caller_in
from governance.wire.keys import Keys
from governance.wire.paging import asked_page, page_of
from keyring.walls import in_environment


class ConfiguringView(APIView):
    """A view for callers that may configure their environment; refusals are on record."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        must_configure(caller_in(request))

    def paged(self, request: Request, rows: QuerySet[Any], keys: Keys, render: Any) -> Response:
        """Answer one page of rows."""
        asked = asked_page(request.query_params.dict(), keys)
        with in_environment(caller_in(request).environment_id):
            return Response(page_of(rows, asked, render))
