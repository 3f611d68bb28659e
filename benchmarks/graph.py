"""One question to the graph against one indexed point query, over 100 000 edges and paths of six."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections

from benchmarks.bars import Report, interleaved, medians, ratio
from benchmarks.seeding import Store
from governance.actions.graph_types import Carried, define_edge_type, define_object_type
from governance.graph.checking import check_attribute
from governance.identities import system_caller
from governance.models import EdgeType, GraphEdge, GraphObject, ObjectType
from keyring.walls import in_environment
from keyring.walls.prepared import Prepared, run_prepared

USERS, TEAMS, UNITS, DIVISIONS, ROOTS, FOLDERS, DOCUMENTS = 20_000, 1_000, 100, 10, 200, 2_000, 55_000
_TIMES = 300
_POINT = "select id from governance_graphobject where environment_id = %s and public_id = %s"
_PREPARED_POINT = Prepared("benchmark_point", _POINT.replace("%s", "$1", 1).replace("%s", "$2"), (2950, 2950))


@dataclass(frozen=True, slots=True)
class Graph:
    """Who asks, what is asked about, and how many edges lie between."""

    users: Sequence[UUID]
    documents: Sequence[UUID]
    edges: int


def measure_graph(store: Store, report: Report) -> None:
    """Users in teams in units in divisions, which see folders, which hold folders, which hold documents."""
    environment_id = store.caller.environment_id
    graph = _planted(environment_id)
    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze governance_graphedge, governance_graphobject, governance_edgeattribute")
    connections["owner"].close()
    random = Random(6)
    pairs = [(random.choice(graph.users), random.choice(graph.documents)) for _ in range(_TIMES)]
    held = [check_attribute(environment_id, source=a, target=b, attribute="view") for a, b in pairs]
    longest = max(len(found.path) - 1 for found in held)
    report.note(
        "graph", f"{graph.edges} edges, {sum(f.has_attribute for f in held)} of {_TIMES} hold, paths to {longest}"
    )
    with in_environment(environment_id):
        found = interleaved(
            {
                "check": _typical(
                    lambda pair: check_attribute(environment_id, source=pair[0], target=pair[1], attribute="view"),
                    cycle(pairs),
                ),
                "held": _typical(
                    lambda pair: check_attribute(environment_id, source=pair[0], target=pair[1], attribute="view"),
                    cycle([pair for pair, one in zip(pairs, held, strict=True) if one.has_attribute]),
                ),
                "point": _typical(lambda pair: _point(environment_id, pair[0]), cycle(pairs)),
                "prepared": _typical(lambda pair: _prepared_point(environment_id, pair[0]), cycle(pairs)),
            }
        )
    middle = medians(found)
    detail = f"{middle['check'] * 1e6:.0f} µs against {middle['point'] * 1e6:.0f} µs"
    report.bar("check attribute, p50 against one point query", ratio(found, "check", "point"), "<=", 5, "x", detail)
    report.note("the same where it holds, with the path", f"{ratio(found, 'held', 'point'):8.2f} x")
    report.note("the same against a prepared point query", f"{ratio(found, 'check', 'prepared'):8.2f} x")


def _typical(work: Callable[[Any], object], pairs: Iterator[Any]) -> Callable[[], float]:
    """The median of single questions: the bar is about p50."""

    def case() -> float:
        seconds = []
        for _ in range(_TIMES):
            pair = next(pairs)
            started = perf_counter()
            work(pair)
            seconds.append(perf_counter() - started)
        return median(seconds)

    return case


def _point(environment_id: UUID, public_id: UUID) -> object:
    """Look one row up as an application does, bound by the server and not prepared: Django prepares nothing."""
    raw: psycopg.Connection[Any] = connection.connection
    with psycopg.Cursor(raw) as cursor:
        cursor.execute(_POINT, [environment_id, public_id], prepare=False, binary=True)
        return cursor.fetchone()


def _prepared_point(environment_id: UUID, public_id: UUID) -> object:
    """Look one row up as a check is sent."""
    return run_prepared(_PREPARED_POINT, [environment_id.bytes, public_id.bytes])


def _planted(environment_id: UUID) -> Graph:
    random, system = Random(7), system_caller(environment_id)
    kind = define_object_type(system, name="bench").public_id
    for flow in ("inherit", "direct", "propagate"):
        define_edge_type(
            system, name=f"bench-{flow}", source_type=kind, target_type=kind, attributes=[Carried("view", flow)]
        )
    with in_environment(environment_id):
        object_type = ObjectType.objects.get(public_id=kind)
        types = {each.name.removeprefix("bench-"): each for each in EdgeType.objects.filter(name__startswith="bench-")}

        def layer(count: int) -> list[GraphObject]:
            rows = (
                GraphObject(environment_id=environment_id, public_id=uuid4(), type=object_type) for _ in range(count)
            )
            return GraphObject.objects.bulk_create(rows, batch_size=5_000)

        users, teams, units, divisions = layer(USERS), layer(TEAMS), layer(UNITS), layer(DIVISIONS)
        roots, folders, documents = layer(ROOTS), layer(FOLDERS), layer(DOCUMENTS)
        links = [
            *(("inherit", user, team) for user in users for team in random.sample(teams, 2)),
            *(("inherit", team, unit) for team in teams for unit in random.sample(units, 2)),
            *(("inherit", unit, random.choice(divisions)) for unit in units),
            *(("direct", division, root) for division in divisions for root in random.sample(roots, 40)),
            *(("direct", team, folder) for team in teams for folder in random.sample(folders, 3)),
            *(("propagate", random.choice(roots), folder) for folder in folders),
            *(("propagate", random.choice(folders), document) for document in documents),
        ]
        rows = (
            GraphEdge(environment_id=environment_id, edge_type=types[flow], source=source, target=target)
            for flow, source, target in links
        )
        GraphEdge.objects.bulk_create(rows, batch_size=5_000)
    return Graph([each.public_id for each in users], [each.public_id for each in documents], len(links))
