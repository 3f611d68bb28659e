"""`sealbook produce --server` and `consume --server`: records of topics on a server, as one of its clients."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import sleep
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from uuid import uuid4

from config.embedded.errors import LaunchError
from config.flows.hub_server import HubServer, NoAnswer
from config.flows.terminal import Progress, say

AT_ONCE = 1_000
MOST_BYTES = 900_000
"""Of a batch as JSON: the server takes a little more."""
FIRST = "0-0"
MOST_READ = 500
_SECONDS = 1.0
_PAUSES = (1.0, 2.0, 4.0)


class Line(NamedTuple):
    """A record as it was given. `at`: which one it was, from 1."""

    at: int
    key: str | None
    value: str

    @property
    def told(self) -> Mapping[str, Any]:
        """What the server is told."""
        return {"key": self.key, "value": self.value}


class TopicServer(HubServer):
    """Calls about records of topics. Every method raises `LaunchError` with what the server says."""

    def write(self, topic: str, records: Sequence[Line]) -> int:
        """Append records, all or none, once: where nobody answers they are sent again. Return how many."""
        once, body = uuid4().hex, {"records": [each.told for each in records]}
        for pause in _PAUSES:
            try:
                return int(self._ask("POST", _address(topic), body, once=once)["records"])
            except NoAnswer:
                sleep(pause)
        return int(self._ask("POST", _address(topic), body, once=once)["records"])

    def read(self, topic: str, after: str, most: int = MOST_READ) -> Mapping[str, Any]:
        """Return a page of records behind a cursor; the last ones where it is empty."""
        return self._ask("GET", f"{_address(topic)}?{urlencode({'starting_after': after, 'limit': most})}")


def produce_there(topic: str, records: Iterable[Line], *, is_typed: bool) -> int:
    """Write records to a topic of the server, batch by batch up to the first that it does not take."""
    server, done, progress = TopicServer.named(), 0, Progress()
    try:
        for some in _batches(records, 1 if is_typed else AT_ONCE):
            done += _written(server, topic, some)
            progress.add(len(some))
            if is_typed:
                say("Ok!")
            else:
                progress.show()
    except LaunchError as problem:
        raise LaunchError(f"{done} written. {problem}") from None
    finally:
        progress.end()
    if not is_typed:
        say("Ok!" if done == 1 else f"Ok! {done} records")
    return 0


def _written(server: TopicServer, topic: str, some: Sequence[Line]) -> int:
    try:
        return server.write(topic, some)
    except LaunchError as problem:
        how = "none or all" if isinstance(problem, NoAnswer) else "none"
        raise LaunchError(f"Of records {some[0].at} to {some[-1].at}, {how}. {problem}") from None


def consume_there(topic: str, *, beginning: bool, is_ending: bool, most: int | None, keys: bool) -> int:
    """Print records of a topic of the server: from its beginning or its end on, until told otherwise."""
    server, shown = TopicServer.named(), 0
    after = FIRST if beginning else str(server.read(topic, "", most=1)["next"])
    while most is None or shown < most:
        page = server.read(topic, after)
        after = str(page["next"])
        for each in page["data"][: None if most is None else most - shown]:
            say((f"[{'null' if each['key'] is None else each['key']}] " if keys else "") + each["value"])
            shown += 1
        if page["closed"]:
            sys.stderr.write(f"{page['closed']} records cannot be opened.\n")
        if not page["data"] and not page["closed"]:
            if is_ending:
                break
            sleep(_SECONDS)
    return 0


def _batches(records: Iterable[Line], most: int) -> Iterator[list[Line]]:
    some, size = list[Line](), 0
    try:
        for each in records:
            length = len(json.dumps(each.told))
            if length > MOST_BYTES:
                raise LaunchError(f"Record {each.at} is longer than the server takes.")
            if size + length > MOST_BYTES:
                yield some
                some, size = [], 0
            some.append(each)
            size += length
            if len(some) == most:
                yield some
                some, size = [], 0
    except LaunchError:
        if some:  # what stands before the one that is bad is written
            yield some
        raise
    if some:
        yield some


def _address(topic: str) -> str:
    return f"/dataflow/topics/{quote(topic, safe='')}/records"
