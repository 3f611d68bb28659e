"""The index key under which objects of the graph are found by their alias."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from governance.graph.aliases import INDEX_SCOPE, blind
from governance.models import GraphObject
from keyring.actions import Batch, create_next_index_key, retire_versions
from keyring.keys import KeyKind, newest_index_key, settling
from keyring.models import KeyRotation
from keyring.walls import in_environment

BATCH = 200


class AliasKeys:
    """The index key of aliases in the graph."""

    name = "aliases"
    title = "Aliases of the graph"
    keeps = timedelta()

    def waits(self) -> timedelta:
        """Until every process looks up under the new version."""
        return settling()

    def begin(self, environment_id: UUID) -> None:
        """Make a new version; look-ups try both from now on."""
        create_next_index_key(environment_id=environment_id, scope=INDEX_SCOPE)

    def expected(self, rotation: KeyRotation) -> int:
        """Count the objects under a former version."""
        with in_environment(rotation.environment_id):
            return _due(rotation.environment_id).count()

    def turn(self, rotation: KeyRotation) -> Batch:
        """Blind the next aliases anew."""
        with in_environment(rotation.environment_id):
            due = _due(rotation.environment_id).select_for_update(skip_locked=True, of=("self",))
            if rotation.place:
                due = due.filter(pk__gt=UUID(rotation.place))
            objects = list(due.order_by("pk")[:BATCH])
            index = newest_index_key(rotation.environment_id, INDEX_SCOPE)
            for each in objects:
                if each.alias is not None:  # as the table's constraint has it
                    each.alias_blind, each.alias_version = blind(index, each.alias.reveal()), index.version
            GraphObject.objects.bulk_update(objects, ["alias_blind", "alias_version"])
        return Batch(len(objects), str(objects[-1].pk) if len(objects) == BATCH else "")

    def is_due(self, rotation: KeyRotation) -> bool:
        """Say whether an alias is still under a former version."""
        with in_environment(rotation.environment_id):
            return _due(rotation.environment_id).exists()

    def end(self, environment_id: UUID) -> int:
        """Destroy the former versions; return how many."""
        return retire_versions(environment_id=environment_id, kind=KeyKind.INDEX, scope=INDEX_SCOPE)


def _due(environment_id: UUID) -> QuerySet[GraphObject]:
    newest = newest_index_key(environment_id, INDEX_SCOPE)
    return GraphObject.objects.exclude(alias_blind=None).exclude(alias_version=newest.version)
