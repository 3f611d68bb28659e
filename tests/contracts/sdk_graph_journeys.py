"""The graph and the files of the vendor's SDK: every public method is called with something that works."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

from usercloudssdk.models import (
    Attribute,
    Column,
    ColumnInputConfig,
    Edge,
    EdgeType,
    Mutator,
    Object,
    ObjectType,
    Organization,
    ResourceID,
)
from usercloudssdk.policies import AccessPolicyOpen, NormalizerOpen

from tests.contracts.sdk_journeys import BY_ID, Call, column
from userstore.actions.importing.running import run_every_import


def graph(call: Call) -> None:
    kind = call("CreateObjectType", ObjectType(id=uuid4(), type_name="Shelf"))
    assert call("GetObjectType", kind.id).type_name == "Shelf"
    assert kind.id in {each.id for each in call("ListObjectTypes")}
    holds = Attribute(name="holds", direct=True, inherit=False, propagate=False)
    edges = call(
        "CreateEdgeType",
        EdgeType(
            id=uuid4(), type_name="StandsOn", source_object_type_id=kind.id, target_object_type_id=kind.id,
            attributes=[holds],
        ),
    )  # fmt: skip
    assert call("GetEdgeType", edges.id).attributes == [holds]
    assert edges.id in {each.id for each in call("ListEdgeTypes")}
    upper, lower = (call("CreateObject", Object(id=uuid4(), type_id=kind.id, alias=name)) for name in ("up", "down"))
    assert call("GetObject", upper.id).alias == "up"
    assert {upper.id, lower.id} <= {each.id for each in call("ListObjects")}
    edge = call(
        "CreateEdge",
        Edge(id=uuid4(), edge_type_id=edges.id, source_object_id=upper.id, target_object_id=lower.id),
    )
    assert call("GetEdge", edge.id).target_object_id == lower.id
    assert edge.id in {each.id for each in call("ListEdges")}
    assert call("CheckAttribute", upper.id, lower.id, "holds") is True
    assert call("CheckAttribute", lower.id, upper.id, "holds") is False
    assert call("DeleteEdge", edge.id) is True
    assert call("DeleteObject", upper.id) is True
    assert call("DeleteEdgeType", edges.id) is True
    assert call("DeleteObjectType", kind.id) is True


def organizations(call: Call) -> None:
    made = call("CreateOrganization", Organization(id=uuid4(), name="Example Ltd", region="aws-us-west-2"))
    assert call("GetOrganization", made.id).name == "Example Ltd"
    assert made.id in {each.id for each in call("ListOrganizations")}
    assert call("DeleteOrganization", made.id) is True


def data_import(call: Call, folder: Path) -> None:
    """The file's form is the vendor's: a mutator, a context, then one record per person."""
    motto: Column = call("CreateColumn", column("Motto"))
    mutator: Mutator = call(
        "CreateMutator",
        Mutator(
            id=uuid4(), name="SetMotto", description="", selector_config=BY_ID,
            columns=[ColumnInputConfig(ResourceID(id=motto.id), ResourceID(id=NormalizerOpen.id))],
            access_policy=ResourceID(id=AccessPolicyOpen.id),
        ),
    )  # fmt: skip
    user = UUID(call("CreateUser"))
    written = {"Motto": {"value": "onwards", "purpose_additions": [{"name": "operational"}]}}
    record = "\x01".join([json.dumps([str(user)]), json.dumps(written)])
    file = folder / "import"
    file.write_text("\x02".join([str(mutator.id), "{}", record]))
    import_id = call("UploadDataImportFile", file)
    assert call("CheckDataImportStatus", import_id)["status"] == "in_progress"
    assert run_every_import(seconds=30) == 1  # there is no worker here
    told = call("CheckDataImportStatus", import_id)
    assert (told["status"], told["import"]["effective"], told["import"]["failed"]) == ("completed", 1, 0), told
    assert call("GetUser", user).profile["Motto"] == "onwards"
