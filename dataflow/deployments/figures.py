"""What is seen of a deployment: who works on it, what was done, what waits. Redis is asked when it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from dataflow.deployments.roster import Alive, Roster, is_supervised
from dataflow.engines.redis_streams import RedisStreams
from dataflow.grammar.flowfile import read_flow
from dataflow.hub.content import FLOW_FILE, Files
from dataflow.planning.plan import State
from dataflow.store.concealing import EnvironmentKey

PATIENCE = 2.0
"""Seconds that Redis may take to answer a page."""


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """One service. `waiting`: entries of its topics that are not done; None where the server does not count them."""

    name: str
    succeeded: int
    failed: int
    per_second: float
    waiting: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A deployment at one moment.

    Args:
        alive: how many workers say that they live.
        is_supervised: whether somebody keeps deployments up at all.
        dead_letters: how many wait.
    """

    alive: int
    is_supervised: bool
    dead_letters: int
    services: tuple[ServiceFigures, ...]

    @property
    def succeeded(self) -> int:
        return sum(each.succeeded for each in self.services)

    @property
    def failed(self) -> int:
        return sum(each.failed for each in self.services)

    @property
    def per_second(self) -> float:
        return sum(each.per_second for each in self.services)

    @property
    def waiting(self) -> int | None:
        counts = [each.waiting for each in self.services]
        return None if None in counts else sum(each for each in counts if each is not None)


class Looking:
    """Looks at the deployments of one environment over one connection."""

    def __init__(self, environment_id: UUID) -> None:
        self._environment_id = environment_id
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        conceal = EnvironmentKey(environment_id)
        self._engine = RedisStreams(self._client, environment=str(environment_id), conceal=conceal)

    def __enter__(self) -> Looking:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def at(self, flow: str, files: Files) -> Figures | None:
        """Return the figures of a deployment; None where Redis does not answer."""
        try:
            alive = Roster(self._client, environment_id=self._environment_id, flow=flow).alive()
            counted = self._engine.counters(flow)
            services = tuple(
                self._service(flow, name, topics, alive, counted.get(name, {}))
                for name, topics in sources_of(files).items()
            )
            waiting = self._engine.letters(flow).waiting()
            return Figures(len(alive), is_supervised(self._client), waiting, services)
        except redis.RedisError:
            return None

    def rows(self, flow: str, states: Sequence[State]) -> list[int | None]:
        """Return how many rows each state of a flow has; None where Redis does not answer."""
        try:
            return [self._engine.row_count(flow, each.table) for each in states]
        except redis.RedisError:
            return [None] * len(states)

    def _service(
        self, flow: str, name: str, topics: Sequence[str], alive: Sequence[Alive], counted: Mapping[str, int]
    ) -> ServiceFigures:
        group = self._engine.group(flow, name).encode()
        lags = [self._lag(topic, group) for topic in topics]
        return ServiceFigures(
            name=name,
            succeeded=counted.get("succeeded", 0),
            failed=counted.get("failed", 0),
            per_second=sum(each.rates.get(name, 0.0) for each in alive),
            waiting=None if None in lags else sum(each for each in lags if each is not None),
        )

    def _lag(self, topic: str, group: bytes) -> int | None:
        """Return how many entries of a topic a service has not done; None where the server does not know."""
        try:
            groups: list[dict[str, Any]] = self._client.xinfo_groups(self._engine.stream(topic))
        except redis.ResponseError:  # nobody has written or read it yet
            return 0
        for each in groups:
            if each["name"] == group:
                return None if each.get("lag") is None else int(each["lag"]) + int(each["pending"])
        return int(self._client.xlen(self._engine.stream(topic)))


def sources_of(files: Files) -> dict[str, list[str]]:
    """Return the topics, by their names on the wire, that each service of a published flow reads."""
    flow = read_flow(files[FLOW_FILE], FLOW_FILE)
    return {
        service.name: [flow.topics[port.id].wire_name for port in service.sources if port.kind == "topic"]
        for service in flow.services.values()
    }
