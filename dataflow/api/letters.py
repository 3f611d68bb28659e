"""Dead letters: listed, opened one by one with a reason, put back, dropped."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dataflow.actions.dead_letters import (
    MOST_LISTED,
    drop_letters,
    flows_with_letters,
    list_letters,
    open_letter,
    replay_letters,
)
from dataflow.actions.listed_letters import Listed
from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, MOMENT, NUMBER, TEXT, array, or_null, shape

_LETTER = shape(
    id=TEXT, topic=TEXT, service=TEXT, record=TEXT, failed_at=MOMENT, why=TEXT, of_person=FLAG, readable=FLAG
)
_FLOW = OpenApiParameter("flow", str, required=True, description="Namespace and name, as in example/mask-user-info.")
_AFTER = OpenApiParameter("starting_after", str, description="The `next` of the page before; empty for the first.")
_LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {MOST_LISTED}, which is also what none means.")
_CHOSEN = {
    **shape(flow=TEXT, letters={**array(TEXT), "description": "Ids."}, all=FLAG),
    "required": ["flow"],
    "description": "Either `letters` or `all`.",
}
_DONE = shape(letters={**NUMBER, "description": "How many that was."})


class _Letters(APIView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody without any right in the environment learns what runs there."""
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))


class LetterFlows(_Letters):
    """List the flows that have run, each with how many dead letters wait."""

    @extend_schema(
        operation_id="list_flows_with_dead_letters",
        tags=["dataflow"],
        responses={200: shape(data=array(shape(flow=TEXT, waiting=NUMBER))), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        found = flows_with_letters(caller_in(request))
        return Response({"data": [{"flow": flow, "waiting": waiting} for flow, waiting in found.items()]})


class DeadLetters(_Letters):
    """List a flow's dead letters, never their records."""

    @extend_schema(
        operation_id="list_dead_letters",
        tags=["dataflow"],
        parameters=[_FLOW, _AFTER, _LIMIT],
        responses={200: shape(data=array(_LETTER), next=TEXT), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.dict()
        page = list_letters(
            caller_in(request),
            flow=asked.get("flow", ""),
            after=asked.get("starting_after", ""),
            most=_limit(asked.get("limit", "")),
        )
        return Response({"data": [_rendered(each) for each in page.letters], "next": page.next})


class OpenedLetter(_Letters):
    """Open one: its record leaves after who looked at it, and why, is on record."""

    @extend_schema(
        operation_id="open_dead_letter",
        tags=["dataflow"],
        request={
            "application/json": {
                **shape(flow=TEXT, letter=TEXT, reason=TEXT),
                "required": ["flow", "letter", "reason"],
            }
        },
        responses={200: shape(**_LETTER["properties"], key=or_null(TEXT), value=TEXT), **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        opened = open_letter(
            caller_in(request), flow=fields.text("flow"), letter=fields.text("letter"), reason=fields.text("reason")
        )
        told = {
            **_rendered(opened.listed),
            "key": None if opened.key is None else opened.key.decode(errors="replace"),
            "value": opened.value.decode(errors="replace"),
        }
        return Response(told, headers={"Cache-Control": "no-store"})


class ReplayedLetters(_Letters):
    """Put letters back onto their topics, each once, for the service alone that failed on them."""

    @extend_schema(
        operation_id="replay_dead_letters",
        tags=["dataflow"],
        request={"application/json": _CHOSEN},
        responses={200: _DONE, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        return Response(
            {"letters": replay_letters(caller_in(request), flow=fields.text("flow"), letters=_chosen(fields))}
        )


class DroppedLetters(_Letters):
    """Drop letters for good."""

    @extend_schema(
        operation_id="drop_dead_letters",
        tags=["dataflow"],
        request={"application/json": _CHOSEN},
        responses={200: _DONE, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        return Response(
            {"letters": drop_letters(caller_in(request), flow=fields.text("flow"), letters=_chosen(fields))}
        )


def _limit(told: str) -> int:
    if told and not (told.isascii() and told.isdigit() and len(told) < 9 and 1 <= int(told) <= MOST_LISTED):
        raise Invalid(f"The limit is a number from 1 to {MOST_LISTED}.", field="limit")
    return int(told) if told else MOST_LISTED


def _chosen(fields: Fields) -> list[str] | None:
    """Return the ids that are named; None where all are meant."""
    letters = list(fields.array("letters"))
    if not all(isinstance(each, str) for each in letters):
        raise Invalid("These have to be texts.", field="letters")
    if bool(letters) == fields.flag("all", default=False):
        raise Invalid("Say which: `letters`, or `all`.", field="letters")
    return letters or None


def _rendered(listed: Listed) -> dict[str, Any]:
    letter = listed.letter
    return {
        "id": letter.id,
        "topic": letter.topic,
        "service": letter.service,
        "record": letter.record,
        "failed_at": letter.at,
        "why": letter.why,
        "of_person": listed.is_of_person,
        "readable": listed.is_readable,
    }
