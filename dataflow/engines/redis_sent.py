"""Commands that are sent before anybody waits for their answers: the server works while this process does as well.

A thread that waits for each answer would do the same, and was measured to cost more than it saves: whoever computes
holds the interpreter's lock for milliseconds while the answer is there.
"""

from __future__ import annotations

from typing import Any

import redis


def undressed(client: redis.Redis) -> Any:
    """Return a client on the same connections that gives answers as they come: one record is worth a microsecond."""
    bare = redis.Redis(connection_pool=client.connection_pool)
    bare.response_callbacks.clear()
    return bare


class Sent:
    """One command under way, on a connection of its own until `answer` is called, once."""

    def __init__(self, client: Any, *command: bytes | str | int) -> None:
        self._pool = client.connection_pool
        self._problem: redis.ConnectionError | None = None
        self._connection = self._pool.get_connection()
        try:
            self._connection.send_command(*command)
        except redis.ConnectionError as problem:
            self._problem = problem
        except BaseException:
            self._give_back(is_clean=False)
            raise

    def answer(self) -> Any:
        """Wait for what the server says to it. Raises `redis.RedisError`; the command may be done all the same."""
        is_clean = False
        try:
            if self._problem is not None:
                raise self._problem
            told = self._connection.read_response()
            is_clean = True
        except redis.ResponseError:
            is_clean = True
            raise
        finally:
            self._give_back(is_clean=is_clean)
        return told

    def _give_back(self, *, is_clean: bool) -> None:
        if not is_clean:
            self._connection.disconnect()
        self._pool.release(self._connection)
