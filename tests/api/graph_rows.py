"""The rows of the graph in the isolation matrix, and what they are asked of."""

from __future__ import annotations

from uuid import uuid4

from governance.actions.builtin import CAN_LOGIN, LOGIN_APP_TYPE, USER_TYPE
from governance.actions.graph import create_edge, create_object
from governance.actions.organizations import define_organization
from tests.api.calling import Scene
from tests.api.rows import Row, built_in


def graph_rows() -> list[Row]:
    """Types are built in, objects and edges planted; questions are asked about objects that nobody has."""
    ends = dict.fromkeys(("edge_type_id", "source_object_id", "target_object_id"), str(uuid4()))
    between = "&".join(f"{name}={uuid4()}" for name in (*ends, "target_object_type_id"))
    return [
        *built_in("authz/objecttypes", "object_type"),
        *built_in("authz/edgetypes", "edge_type"),
        Row("GET", "authz/organizations", abroad=200),
        Row("POST", "authz/organizations", {"organization": {"name": ""}}, service=400, abroad=400),
        Row("GET", "authz/organizations/<uuid:public_id>"),
        Row("PUT", "authz/organizations/<uuid:public_id>", {"organization": {"name": " "}}, service=400),
        Row("DELETE", "authz/organizations/<uuid:public_id>", service=204),
        Row("GET", "authz/objects", query="?alias=Acme", abroad=200),
        Row("POST", "authz/objects", {"object": {"type_id": str(uuid4())}}, service=400, abroad=400),
        Row("GET", "authz/objects/<uuid:object_id>"),
        Row("GET", "authz/objects/<uuid:object_id>/edges"),
        Row("DELETE", "authz/objects/<uuid:object_id>/edges", service=204),
        Row("DELETE", "authz/objects/<uuid:object_id>", service=204),
        Row("GET", "authz/edges", abroad=200),
        Row("POST", "authz/edges", {"edge": ends}, service=400, abroad=400),
        Row("GET", "authz/edges/<uuid:edge_id>"),
        Row("DELETE", "authz/edges/<uuid:edge_id>", service=204),
        Row("GET", "authz/checkattribute", query=f"?{between}&attribute=view", abroad=200),
        Row("GET", "authz/listattributes", query=f"?{between}", abroad=200),
        Row("GET", "authz/listobjectsreachablewithattribute", query=f"?{between}&attribute=view", abroad=200),
    ]


def planted_graph(scene: Scene) -> dict[str, str]:
    """One organization, one object, and an edge between two others."""
    caller, apps = scene.service.caller, LOGIN_APP_TYPE
    alone, app = (create_object(caller, type_id=apps, alias=alias).public_id for alias in ("alone", "app"))
    user = create_object(caller, type_id=USER_TYPE).public_id
    edge = create_edge(caller, edge_type_id=CAN_LOGIN, source_id=user, target_id=app)
    return {
        "<organization>": str(define_organization(caller, name="Example Works").public_id),
        "<uuid:object_id>": str(alone),
        "<uuid:edge_id>": str(edge.public_id),
    }
