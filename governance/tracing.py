"""Which reviewed code read a column: told from the book, whose entries name the build that made the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.actors import Build
from audit.builds import builds_that_touched
from governance.catalogue import names_of
from governance.errors import NotFound
from governance.models import TrustedBuild
from governance.queries import names_of_actors
from keyring.walls import in_environment

READING = frozenset({"accessor.executed", "accessor.unmasked"})
"""Events of calls that show values of columns or decide by them, by name: floors above record them."""
_FACTS = ("columns", "looked_at")


@dataclass(frozen=True, slots=True)
class ReadByCode:
    """How often one caller read a column with one build, and where that build came from.

    `artifact`, `repository` and `ref` are empty where nobody registered the build, and for jobs of the CI itself.
    """

    build: Build
    artifact: str
    repository: str
    ref: str
    caller: str
    calls: int
    first_at: datetime
    last_at: datetime


def code_that_read(*, environment_id: UUID, column_id: UUID, since: datetime) -> list[ReadByCode]:
    """Return which builds read a column, or decided by it, since a moment; latest first.

    Raises:
        NotFound: there is no such column.
        AuditorNotConfigured: the book cannot be read here.
    """
    with in_environment(environment_id):
        column = names_of("column").get(column_id)
    if column is None:
        raise NotFound("There is no such column.", field="column_id")
    uses = builds_that_touched(environment_id=environment_id, kinds=READING, since=since, fact=column, named=_FACTS)
    with in_environment(environment_id):
        callers = names_of_actors(use.actor for use in uses)
        ids = {use.build.id for use in uses if use.build.id is not None}
        known = {row.public_id: row for row in TrustedBuild.objects.defer("envelope").filter(public_id__in=ids)}
    found = []
    for use in uses:
        row = known.get(use.build.id) if use.build.id else None
        found.append(
            ReadByCode(
                build=use.build,
                artifact=row.name if row else "",
                repository=row.repository if row else "",
                ref=row.ref if row else "",
                caller=callers.get(use.actor.id, str(use.actor.id)) if use.actor.id else use.actor.kind,
                calls=use.calls,
                first_at=use.first_at,
                last_at=use.last_at,
            )
        )
    return found
