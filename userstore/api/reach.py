"""Who can reach personal data of a category."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_configure
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, TEXT, array, choice, or_null, shape
from userstore.reach import categories, identities_reaching
from userstore.reach_paths import Identity

LONGEST_CATEGORY = 64
_COLUMN = shape(name=TEXT, transformer=or_null(TEXT))
_PATH = shape(
    right={**TEXT, "description": "The right, or `grant-` and the id of the temporary grant."},
    given_on={
        **choice("environment", "accessor", "grant", "delegation", "code"),
        "description": "`code`: only with the code that the person reads back on the phone; the right is `request`.",
    },
    group=or_null(TEXT),
    until=or_null(MOMENT),
    accessor=shape(id=ID, name=TEXT),
    columns=array(_COLUMN),
    via={
        **array(shape(id=ID, name=TEXT)),
        "description": "The clients that are invoked one after the other; the right is the last one's. Empty: a right "
        "of one's own.",
    },
)
_IDENTITY = shape(id=ID, kind=choice("operator", "service", "job"), name=TEXT, paths=array(_PATH))


class Reach(APIView):
    """The group of identities that can read personal data of a category here and now, with every path to it."""

    @extend_schema(
        operation_id="list_identities_reaching",
        tags=["governance"],
        parameters=[
            OpenApiParameter(
                "category",
                {**TEXT, "minLength": 1, "maxLength": LONGEST_CATEGORY},
                required=True,
                description="The PII category of columns, such as `contact`.",
            )
        ],
        responses={200: shape(category=TEXT, known=array(TEXT), data=array(_IDENTITY)), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        caller, category = caller_in(request), request.query_params.get("category", "")
        must_configure(caller)
        if not 0 < len(category) <= LONGEST_CATEGORY or "\x00" in category:
            raise Invalid(f"A category is a text of 1 to {LONGEST_CATEGORY} characters.", field="category")
        found = identities_reaching(environment_id=caller.environment_id, category=category, now=timezone.now())
        known = categories(caller.environment_id)
        return Response({"category": category, "known": known, "data": [_rendered(each) for each in found]})


def _rendered(identity: Identity) -> dict[str, Any]:
    return {
        "id": str(identity.id),
        "kind": identity.kind,
        "name": identity.name,
        "paths": [
            {
                "right": path.right,
                "given_on": path.given_on,
                "group": path.group,
                "until": path.until,
                "accessor": {"id": str(path.accessor_id), "name": path.accessor},
                "columns": [{"name": each.name, "transformer": each.transformer} for each in path.columns],
                "via": [{"id": str(each.public_id), "name": each.name} for each in path.via],
            }
            for path in identity.paths
        ],
    }
