"""Topics: what flows have said that they may hold, and dropping them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dataflow.actions.topics import drop_topic
from dataflow.models import FlowTopic
from dataflow.queries import flow_topics
from governance.actions.seeing import must_see_definitions
from governance.wire.definitions import caller_in
from governance.wire.keys import BY_ID, Keys, text_key
from governance.wire.paging import asked_page, page_of
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, array, page_shape, shape
from keyring.walls import in_environment

_KEYS: Keys = {**BY_ID, "name": text_key("name")}
_TOPIC = shape(
    id=ID, name=TEXT, pii=array(TEXT), expires_seconds=NUMBER, digest=TEXT, declared_by=TEXT, declared_at=MOMENT,
    flows=array(TEXT),
)  # fmt: skip


class FlowTopics(APIView):
    """List the topics of the environment."""

    @extend_schema(
        operation_id="list_flow_topics",
        tags=["dataflow"],
        parameters=list_parameters(_KEYS),
        responses={200: page_shape(_TOPIC), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        asked, caller = asked_page(request.query_params.dict(), _KEYS), caller_in(request)
        must_see_definitions(caller)
        with in_environment(caller.environment_id):
            return Response(page_of(flow_topics(caller), asked, _rendered))


class SingleFlowTopic(APIView):
    """Drop a topic with everything in it."""

    @extend_schema(
        operation_id="drop_flow_topic",
        tags=["dataflow"],
        responses={204: OpenApiResponse(description="It is empty, and may hold what the next flow says."), **PROBLEMS},
    )
    def delete(self, request: Request, topic_id: UUID) -> Response:
        drop_topic(caller_in(request), public_id=topic_id)
        return Response(status=204)


def _rendered(topic: FlowTopic) -> dict[str, Any]:
    return {
        "id": str(topic.public_id),
        "name": topic.name,
        "pii": topic.holds,
        "expires_seconds": topic.expires,
        "digest": topic.digest,
        "declared_by": topic.declared_by,
        "declared_at": topic.declared_at,
        "flows": topic.flows,
    }
