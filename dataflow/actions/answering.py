"""Saying that Redis, or the keys, do not answer now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from dataflow.store.protocol import StoreAway
from governance.errors import Unavailable


@contextmanager
def topics_answering(*, remedy: str | None = None) -> Iterator[None]:
    """Raise `Unavailable`, with what the caller can do, where what is inside gets no answer."""
    try:
        yield
    except redis.RedisError as error:
        says = f"The server of the topics does not answer: {type(error).__name__}."
        raise Unavailable(says, remedy=remedy) from None
    except StoreAway as error:
        raise Unavailable(f"The keys do not answer: {error}.", remedy=remedy) from None
