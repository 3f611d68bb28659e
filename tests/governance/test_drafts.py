"""What can be drafted: arguments as JSON and back, and a picture that leaves nothing of the configuration out."""

from __future__ import annotations

import ast
import json
from importlib import import_module
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.actions.policies import Branch
from governance.drafts.arguments import decoded, encoded, shape_of_arguments
from governance.drafts.draftable import draftable_actions
from governance.drafts.drawings import drawings
from governance.drafts.trying import drafted
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.governance.office import Office, new_office
from userstore.actions.accessors import AccessorSpec, OutputSpec
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.visibility import VisibilitySpec
from userstore.levels import Shown

pytestmark = pytest.mark.django_db
begun, office = beginning(new_office)

NO_CONFIGURATION = {
    "governance.Freeze": "stops access at once, for which nobody waits",
    "governance.ProtectedChange": "is a change itself",
    **dict.fromkeys(
        (
            f"governance.{name}"
            for name in ("AccessRequest", "RequestedSubject", "Approval", "Grant", "Delegation", "Review")
        ),
        "temporary access, which has approvers of its own",
    ),
    "governance.RightsReview": "follows from its plan, by the clock",
    "governance.ReviewedRight": "what owners said, for which nobody waits",
    "governance.RightUse": "when a right was used last",
    "governance.Ticket": "data of the desk",
    "governance.StaffMember": "is drawn as the directory, by its digest and how many it adds, changes and ends",
    "governance.Notice": "what people are told",
    "governance.Delivery": "what people are told, on its way",
    "governance.GraphObject": "data of applications",
    "governance.GraphEdge": "data of applications",
    "governance.TrustedBuild": "is believed for its signature, whoever brings it",
    "governance.SpentProof": "proofs that were used",
    "governance.ScriptNote": "what scripts said",
    "dataflow.LetterLook": "why somebody looked at what a flow failed on",
    "dataflow.PartedPerson": "people who are gone, by keyed hashes",
    "userstore.Subject": "people",
    "userstore.SubjectProof": "codes that people read back",
    "userstore.Value": "values of people",
    "userstore.ConsentRecord": "what people permitted",
    "userstore.Credential": "how people sign in",
    "userstore.Token": "tokens of values",
    "userstore.Erasure": "what was destroyed",
    "userstore.LegalHold": "keeps values at once, for which nobody waits",
    "userstore.IdempotencyKey": "answers given before",
    "userstore.Import": "files of values",
    "userstore.ImportPiece": "files of values",
    "userstore.ImportFault": "bad records of files",
    "userstore.RetentionChange": "follows from a change of retention",
}
"""Model of an environment that no picture shows -> why."""


def test_the_picture_shows_everything_that_is_configured() -> None:
    walled = {m._meta.label for m in apps.get_models() if any(f.name == "environment" for f in m._meta.fields)}
    drawn = {drawing.model._meta.label for drawing in drawings()}
    unknown = walled - drawn - NO_CONFIGURATION.keys()
    assert not unknown, "draw what is configured (governance.drafts.drawings), or list it here with its reason"
    assert not NO_CONFIGURATION.keys() & drawn


NOT_DRAFTED: dict[str, str] = {}
"""Action that changes configuration and cannot wait for a second person -> why."""


def test_every_action_that_changes_configuration_can_be_drafted() -> None:
    root = Path(__file__).parents[2]
    paths = [
        path
        for package in ("governance", "userstore", "dataflow")
        for path in (root / package / "actions").rglob("*.py")
    ]
    for path in paths:
        import_module(".".join(path.relative_to(root).with_suffix("").parts))
    named = {
        node.name
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and _configures(node)
    }
    assert named - {"configuration_change"} == draftable_actions().keys() | NOT_DRAFTED.keys()


def _configures(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "configuration_change"
        for node in ast.walk(function)
    )


@pytest.mark.parametrize("name", sorted(draftable_actions()))
def test_every_action_says_what_it_takes(name: str) -> None:
    action = draftable_actions()[name]
    shape = shape_of_arguments(action)
    assert shape["properties"] and set(shape["required"]) <= set(shape["properties"])
    assert json.dumps(shape)


def test_arguments_come_back_as_they_were(office: Office) -> None:
    group = Group.objects.create(name=f"group-{uuid4().hex[:6]}")
    action = draftable_actions()["give_rights"]
    given = {"holder": group, "operations": ["read"], "on": office.environment}
    with in_environment(office.environment.id):
        read = decoded(action, json.loads(json.dumps(encoded(action, given))), environment_id=office.environment.id)
    assert read == given


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
SPECS = st.builds(
    AccessorSpec,
    name=TEXTS,
    selector=TEXTS,
    columns=st.lists(
        st.builds(
            OutputSpec,
            column=st.uuids(),
            transformer=st.none() | st.uuids(),
            visibility=st.none()
            | st.builds(
                VisibilitySpec,
                default=st.none() | st.just(Shown("plain", "plain")),
                groups=st.dictionaries(TEXTS, st.just(Shown("none", "none")), max_size=2),
                clients=st.dictionaries(st.uuids(), st.just(Shown("masked", "masked")), max_size=2),
            ),
        ),
        max_size=2,
    ).map(tuple),
    purposes=st.lists(st.uuids(), max_size=2).map(tuple),
    access_policy=st.uuids(),
    consent_mode=st.none() | TEXTS,
    use_search_index=st.none() | st.booleans(),
)


@settings(max_examples=50)
@given(spec=SPECS, public_id=st.none() | st.uuids())
def test_specifications_come_back_as_they_were(spec: AccessorSpec, public_id: UUID | None) -> None:
    action = draftable_actions()["publish_accessor"]
    asked = {"spec": spec, "public_id": public_id}
    written = json.loads(json.dumps(encoded(action, asked)))
    assert decoded(action, written, environment_id=uuid4()) == asked


def test_what_an_accessor_shows_to_whom_is_drawn(office: Office) -> None:
    group = Group.objects.create(name=f"desk-{uuid4().hex[:6]}")
    column = define_column(office.system, spec=ColumnSpec("phone", "string", pii_category="contact")).public_id
    arguments = {"name": "AllowAll2", "policy_type": "composite_and", "components": [Branch(policy=ALLOW_ALL)]}
    actions = draftable_actions()
    policy = drafted(office.author, "publish_policy", actions["publish_policy"], arguments)
    assert [line.field for line in policy.differences[0].lines][:2] == ["name", "policy component 1"]
    spec = AccessorSpec(
        "PhoneForDesk",
        "{id} = ?",
        (OutputSpec(column, visibility=VisibilitySpec(groups={group.name: Shown("plain")})),),
        (office.purpose.public_id,),
        ALLOW_ALL,
    )
    draft = drafted(office.author, "publish_accessor", actions["publish_accessor"], {"spec": spec})
    shown = {line.field: line.after for line in draft.differences[0].lines}
    assert shown["access policy"] == "AllowAll" and shown["accessor purpose fraud"] == "yes"
    assert shown[f"visibility rule of phone for group {group.name}"] == "level plain, on demand plain"
    assert "default visibility none" in shown["accessor column phone"]


ALLOW_ALL = UUID("3f380e42-0b21-4570-a312-91e1b80386fa")
