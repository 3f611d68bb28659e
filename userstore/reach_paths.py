"""What is said of whoever can reach personal data of a category: who they are, and every path that leads them there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from governance.chains import Chain, earlier
from governance.standing import StandingClient


@dataclass(frozen=True, slots=True)
class ReachPath:
    """One way to values of the category.

    `given_on`: environment, accessor, grant or delegation; code where the person has to read one back, and the right is
    the one to ask for it. `until`: None without end.
    `via`: the clients that are invoked one after the other; the right is the last one's.
    """

    right: str
    given_on: str
    group: str | None
    until: datetime | None
    accessor_id: UUID
    accessor: str
    columns: tuple[ReachedColumn, ...]
    via: tuple[StandingClient, ...] = ()

    def through(self, chain: Chain) -> ReachPath:
        """The path of somebody who acts as its holder."""
        return replace(self, via=chain.links, until=earlier(self.until, chain.until))


@dataclass(frozen=True, slots=True)
class ReachedColumn:
    """A column of the category, and the transformer that it is shown through; None where it is shown as it is."""

    name: str
    transformer: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """An operator or client that can reach the category, with every path."""

    id: UUID
    kind: str
    """operator, service or job."""
    name: str
    paths: list[ReachPath] = field(default_factory=list)

    @property
    def is_client(self) -> bool:
        return self.kind != "operator"
