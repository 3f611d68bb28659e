"""The frame of the endpoints of temporary access: for whoever holds any right here, or was granted something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_take_part
from governance.breakglass.showing import Names
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys
from governance.wire.paging import asked_page, page_of
from keyring.walls import in_environment

TAGS = ["temporary access"]


class TakingPartView(APIView):
    """A view for callers with a part in temporary access; what they see of it, the queries decide."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        must_take_part(caller_in(request))

    def paged(self, request: Request, rows: Callable[[], QuerySet[Any]], keys: Keys, render: Any) -> Response:
        """Answer one page of rows, each rendered with the names of its environment."""
        asked = asked_page(request.query_params.dict(), keys)
        with in_environment(caller_in(request).environment_id):
            names = Names()
            return Response(page_of(rows(), asked, lambda row: render(row, names)))


def whose(*choices: str) -> OpenApiParameter:
    """Describe the parameter that says whose rows are listed."""
    return OpenApiParameter("whose", str, enum=choices, description="Without it, everything that the caller may see.")


def chosen(request: Request, choices: dict[str, Callable[[], QuerySet[Any]]]) -> Callable[[], QuerySet[Any]]:
    """Return which rows were asked for; the first choice is the one without the parameter."""
    wanted = request.query_params.get("whose") or next(iter(choices))
    if wanted not in choices:
        raise Invalid("There is no such list.", field="whose", remedy=f"Known: {', '.join(choices)}.")
    return choices[wanted]


def ids_in(fields: Fields, name: str) -> list[UUID]:
    """Read an array of ids; `Invalid` names the position of what is none."""
    found = []
    for position, each in enumerate(fields.array(name)):
        try:
            found.append(UUID(each if isinstance(each, str) else ""))
        except ValueError:
            raise Invalid("This has to be an array of ids.", field=fields.path(name), position=position) from None
    return found


def shown_names(names: Mapping[UUID, str]) -> list[dict[str, str]]:
    """Write down ids with their names."""
    return [{"id": str(public_id), "name": name} for public_id, name in names.items()]
