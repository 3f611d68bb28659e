"""Events to a webhook: one signed message for a batch, which has the same id however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from governance.feeds.sinks import FedEvent
from governance.notices.posting import must_be_taken, post

KIND = "audit.events"


class PostedSink:
    """Posts as notices are posted (Standard Webhooks); the id of a message names the feed and the places in it."""

    def __init__(self, feed_id: UUID, url: str, keys: Sequence[bytes], *, at: datetime) -> None:
        self._feed_id, self._url, self._keys, self._at = feed_id, url, keys, at

    def __call__(self, events: Sequence[FedEvent]) -> None:
        message_id = f"msg_{self._feed_id.hex}_{events[0].index}_{events[-1].index}"
        data = {"events": [each.event for each in events]}
        message = {"type": KIND, "timestamp": self._at, "data": data}
        must_be_taken(post(self._url, message_id, message, keys=self._keys, at=self._at), at=self._at)
