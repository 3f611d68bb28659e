"""Which clients a client can act as, through which others: what the rights to invoke make of one identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.identities import CLIENT, Caller
from governance.rights import Resource, effective_rights, in_force
from governance.standing import Standing, StandingClient
from governance.tokens.access import LONGEST_CHAIN


@dataclass(frozen=True, slots=True)
class Chain:
    """The clients that are invoked one after the other; the last one is whom the first caller acts as.

    `until`: when the first of the rights in between ends, None where none does.
    """

    links: tuple[StandingClient, ...] = ()
    until: datetime | None = None

    def then(self, client: StandingClient, until: datetime | None) -> Chain:
        """The chain with one more link."""
        return Chain((*self.links, client), earlier(self.until, until))


def chains_of(standing: Standing, client: StandingClient, now: datetime) -> list[Chain]:
    """Return the shortest chain to every client that a client can act as at this moment, the nearest ones first."""
    found, seen, ends = [], {client.public_id}, [Chain((client,))]
    for _ in range(LONGEST_CHAIN):
        further = []
        for chain in ends:
            for invoked, until in _invocable(standing, chain.links[-1], now):
                if invoked.public_id not in seen:
                    seen.add(invoked.public_id)
                    further.append(chain.then(invoked, until))
        found += further
        ends = further
    return [Chain(chain.links[1:], chain.until) for chain in found]


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two ends; None is none at all."""
    ends = [end for end in (one, other) if end is not None]
    return min(ends, default=None)


def _invocable(
    standing: Standing, client: StandingClient, now: datetime
) -> list[tuple[StandingClient, datetime | None]]:
    if client.disabled_at is not None:
        return []
    held: dict[str, list[datetime | None]] = {}
    for right in standing.account_rights.get(client.account_id, ()):
        if right.operation == "invoke" and right.resource_kind == CLIENT and in_force(right, now):
            held.setdefault(right.object_pk, []).append(right.not_after)
    caller = Caller(CLIENT, client.public_id, client.account_id, standing.environment_id, client.name)
    found = []
    for other in sorted(standing.clients.values(), key=lambda each: each.name):
        ends = held.get(str(other.pk))
        if ends is None or other.disabled_at is not None:
            continue
        resource = Resource(CLIENT, other.pk, other.public_id, other.name)
        if effective_rights(standing=standing, caller=caller, operation="invoke", resource=resource, now=now).allowed:
            found.append((other, None if None in ends else max(end for end in ends if end is not None)))
    return found
