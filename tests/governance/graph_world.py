"""A graph to ask questions of: who is in which group, which group sees which folder, which folder holds what."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from governance.actions.graph import create_edge, create_object
from governance.actions.graph_types import Carried, define_edge_type, define_object_type
from governance.models import Environment
from tests import cast

VIEW = "view"


@dataclass
class GraphWorld:
    """One environment with a client that configures, writes and reads, and the types of the vendor's sample."""

    environment: Environment
    player: cast.Player
    types: dict[str, UUID] = field(default_factory=dict)

    def object(self, kind: str, alias: str = "") -> UUID:
        return create_object(self.player.caller, type_id=self.types[kind], alias=alias).public_id

    def edge(self, kind: str, source: UUID, target: UUID) -> UUID:
        made = create_edge(self.player.caller, edge_type_id=self.types[kind], source_id=source, target_id=target)
        return made.public_id


def new_graph_world() -> GraphWorld:
    environment = cast.new_environment()
    player = cast.new_player(environment, "service", configure=True, read=True, write=True, erase=True)
    world = GraphWorld(environment, player)
    for name in ("person", "group", "folder"):
        made = define_object_type(player.caller, name=f"{name}-{uuid4().hex[:6]}")
        world.types[name] = made.public_id
    for name, source, target, flow in (
        ("member", "person", "group", "inherit"),
        ("within", "group", "group", "inherit"),
        ("sees", "group", "folder", "direct"),
        ("owns", "person", "folder", "direct"),
        ("holds", "folder", "folder", "propagate"),
    ):
        world.types[name] = define_edge_type(
            player.caller,
            name=name,
            source_type=world.types[source],
            target_type=world.types[target],
            attributes=[Carried(VIEW, flow)],
        ).public_id
    return world
