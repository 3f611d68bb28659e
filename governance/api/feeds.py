"""Feeds of the book: other systems that get it as it is sealed. What signs for a webhook is the webhook's secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.feeds import change_feed, define_feed, pause_feed, resume_feed, retire_feed
from governance.api.configuring import ConfiguringView
from governance.errors import NotFound
from governance.models import Feed
from governance.models.feeds import WAYS
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME, Keys, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_TAGS = ["audit"]
_KEYS: Keys = {**BY_NAME, "way": text_key("way")}
_ASKED: dict[str, Any] = {
    "name": {**TEXT, "maxLength": 128},
    "way": choice(*WAYS),
    "address": {**TEXT, "description": "Of a syslog server, `host:port`; none else has one."},
    "webhook_id": or_null({**ID, "description": "The webhook that signs and takes it; none else has one."}),
    "description": TEXT,
}
_FEED = shape(
    id=ID,
    **_ASKED,
    created_at=MOMENT,
    with_installation={**FLAG, "description": "Whether it gets what belongs to no environment; a superuser says so."},
    paused_at=or_null({**MOMENT, "description": "Since when nothing is sent there."}),
    index={**NUMBER, "description": "The first place of the book that it has not got."},
    sent_at=or_null(MOMENT),
    attempts={**NUMBER, "description": "That failed since the last success."},
    next_at=or_null(MOMENT),
    fault={**TEXT, "description": "Why the last one failed."},
)


class Feeds(ConfiguringView):
    """List feeds with how far each is, or define one."""

    @extend_schema(operation_id="list_feeds", tags=_TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_FEED), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, Feed.objects.select_related("webhook"), _KEYS, _rendered)

    @extend_schema(
        operation_id="define_feed",
        tags=_TAGS,
        request={"application/json": {**shape(id=ID, **_ASKED), "required": ["name", "way"]}},
        responses={201: _FEED, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        feed = define_feed(
            caller,
            name=fields.text("name"),
            way=fields.text("way"),
            address=fields.text("address", ""),
            webhook=fields.optional_id("webhook_id"),
            description=fields.text("description", ""),
            public_id=fields.optional_id("id"),
        )
        return Response(_rendered(feed), status=201)


class SingleFeed(ConfiguringView):
    """Read, change or retire a feed."""

    @extend_schema(operation_id="get_feed", tags=_TAGS, responses={200: _FEED, **PROBLEMS})
    def get(self, request: Request, feed_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_rendered(_found(feed_id)))

    @extend_schema(
        operation_id="change_feed",
        tags=_TAGS,
        description="What is absent stays as it is; it goes on where it is.",
        request={"application/json": shape(**_ASKED)},
        responses={200: _FEED, **PROBLEMS},
    )
    def put(self, request: Request, feed_id: UUID) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            stored = _found(feed_id)
        known = stored.webhook.public_id if stored.webhook else None
        changed = change_feed(
            caller,
            public_id=feed_id,
            name=fields.kept_text("name", stored.name),
            way=fields.kept_text("way", stored.way),
            address=fields.kept_text("address", stored.address),
            webhook=fields.optional_id("webhook_id") if fields.has("webhook_id") else known,
            description=fields.kept_text("description", stored.description),
        )
        return Response(_rendered(changed))

    @extend_schema(operation_id="retire_feed", tags=_TAGS,
                   responses={204: OpenApiResponse(description="Retired."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, feed_id: UUID) -> Response:
        retire_feed(caller_in(request), public_id=feed_id)
        return Response(status=204)


class FeedPause(ConfiguringView):
    """Send nothing there until it is resumed."""

    @extend_schema(operation_id="pause_feed", tags=_TAGS, request=None, responses={200: _FEED, **PROBLEMS})
    def post(self, request: Request, feed_id: UUID) -> Response:
        return Response(_rendered(pause_feed(caller_in(request), public_id=feed_id)))


class FeedResumption(ConfiguringView):
    """Let a paused feed go on with the first entry that it lacks."""

    @extend_schema(operation_id="resume_feed", tags=_TAGS, request=None, responses={200: _FEED, **PROBLEMS})
    def post(self, request: Request, feed_id: UUID) -> Response:
        return Response(_rendered(resume_feed(caller_in(request), public_id=feed_id)))


def _found(feed_id: UUID) -> Feed:
    feed = Feed.objects.select_related("webhook").filter(public_id=feed_id).first()
    if feed is None:
        raise NotFound("There is no such feed.", field="id")
    return feed


def _rendered(feed: Feed) -> dict[str, Any]:
    return {
        "id": str(feed.public_id),
        "name": feed.name,
        "way": feed.way,
        "address": feed.address,
        "webhook_id": str(feed.webhook.public_id) if feed.webhook else None,
        "description": feed.description,
        "created_at": feed.created_at,
        "with_installation": feed.with_installation,
        "paused_at": feed.paused_at,
        "index": feed.index,
        "sent_at": feed.sent_at,
        "attempts": feed.attempts,
        "next_at": feed.next_at,
        "fault": feed.fault,
    }
