"""What is published is tested, never changes, and is seen by whom it is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction

from audit.queries import entries
from dataflow.actions.hub import publish_to_hub, withdraw_from_hub
from dataflow.grammar.faults import FileRefused
from dataflow.hub.content import digest_of, read_content
from dataflow.models import HubItem
from dataflow.queries import hub_items
from dataflow.running.deployed import plan_for
from governance.actions.environments import change_environment
from governance.drafts.arguments import decoded, encoded
from governance.drafts.draftable import draftable_actions
from governance.drafts.trying import drafted
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.identities import Caller, system_caller
from governance.models import Environment
from keyring.walls import in_environment
from tests import cast
from tests.dataflow.published import FILES
from tests.dataflow.samples import MASK, PACKAGE, SEED

pytestmark = pytest.mark.django_db
STORE_STEP = "uses: tokenize\n        with: {field: $.ssn, transformer: SSNToID, policy: AllowAll, category: ssn}"


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


@pytest.fixture
def engineer(environment: Environment) -> Caller:
    return cast.new_caller(environment, "engineer", configure=True)


def seen(caller: Caller) -> list[str]:
    with in_environment(caller.environment_id):
        return [str(each) for each in hub_items(caller)]


def recorded(environment: Environment, name: str) -> list[Mapping[str, Any]]:
    return [each.facts for each in entries(environment_id=environment.id, kinds=[name])]


def test_a_package_is_published_without_what_was_the_developers(environment: Environment, engineer: Caller) -> None:
    item = publish_to_hub(engineer, files=FILES)
    assert (str(item), item.kind, item.is_public) == ("example/mask-ssn-pkg@0.1.0", "package", False)
    assert "dev:" in PACKAGE
    assert "dev:" not in item.files["sdf-package.yaml"]
    assert item.files["functions/mask_ssn.py"] == MASK
    assert item.digest == digest_of(item.files)


def test_a_flow_is_published_with_the_packages_that_the_hub_has(environment: Environment, engineer: Caller) -> None:
    with pytest.raises(Invalid, match=r"the package example/mask-ssn-pkg@0\.1\.0 is not in the hub"):
        publish_to_hub(engineer, files={"dataflow.yaml": SEED})
    publish_to_hub(engineer, files=FILES)
    item = publish_to_hub(engineer, files={"dataflow.yaml": SEED, "README.md": "Masks."})
    assert (item.kind, str(item)) == ("flow", "example/mask-user-info@0.1.0")
    assert "_packages" not in item.files["dataflow.yaml"]
    file = read_content(item.files).file
    assert [str(each.package) for each in file.imports] == ["example/mask-ssn-pkg@0.1.0"]


def test_a_version_never_changes(environment: Environment, engineer: Caller) -> None:
    item = publish_to_hub(engineer, files=FILES)
    with pytest.raises(Conflict) as caught:
        publish_to_hub(engineer, files=FILES)
    assert (caught.value.identical, caught.value.existing_id) == (True, item.public_id)
    with pytest.raises(Conflict) as caught:
        publish_to_hub(engineer, files={**FILES, "README.md": "Another."})
    assert not caught.value.identical
    for change in ({"files": {}}, {"is_public": True}, {"version": "0.2.0"}):
        with pytest.raises(ProgrammingError), transaction.atomic(), in_environment(environment.id):
            HubItem.objects.filter(pk=item.pk).update(**change)
    with pytest.raises(ProgrammingError), transaction.atomic(), in_environment(environment.id):
        HubItem.objects.filter(pk=item.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_what_is_withdrawn_is_seen_no_more_and_its_version_stays_taken(
    environment: Environment, engineer: Caller
) -> None:
    item = publish_to_hub(engineer, files=FILES, is_public=True)
    withdraw_from_hub(engineer, public_id=item.public_id)
    assert seen(engineer) == []
    with pytest.raises(Conflict) as caught:
        publish_to_hub(engineer, files=FILES)
    assert not caught.value.identical
    with pytest.raises(NotFound):
        withdraw_from_hub(engineer, public_id=item.public_id)
    (published,), (withdrawn,) = recorded(environment, "hub.published"), recorded(environment, "hub.withdrawn")
    assert published["name"] == withdrawn["name"] == "example/mask-ssn-pkg@0.1.0"
    assert (published["digest"], published["files"], published["is_public"]) == (item.digest, 3, True)


def test_private_is_for_who_published_it_and_who_configures(environment: Environment, engineer: Caller) -> None:
    reader, other = cast.new_caller(environment, "reader", read=True), cast.new_caller(environment, "o", configure=True)
    publish_to_hub(engineer, files=FILES)
    assert (seen(engineer), seen(other), seen(reader)) == (["example/mask-ssn-pkg@0.1.0"],) * 2 + ([],)
    public = {**FILES, "sdf-package.yaml": PACKAGE.replace("0.1.0", "0.2.0")}
    publish_to_hub(engineer, files=public, is_public=True)
    assert seen(reader) == ["example/mask-ssn-pkg@0.2.0"]
    abroad = cast.new_caller(cast.new_environment(), "engineer", configure=True)
    assert seen(abroad) == []


def test_only_who_configures_publishes_and_withdraws(environment: Environment, engineer: Caller) -> None:
    reader = cast.new_caller(environment, "reader", read=True)
    item = publish_to_hub(engineer, files=FILES, is_public=True)
    with pytest.raises(Refused):
        publish_to_hub(reader, files={**FILES, "sdf-package.yaml": PACKAGE.replace("0.1.0", "0.2.0")})
    with pytest.raises(Refused):
        withdraw_from_hub(reader, public_id=item.public_id)
    assert seen(engineer) == ["example/mask-ssn-pkg@0.1.0"]


def test_a_protected_environment_waits_for_a_second_person(environment: Environment, engineer: Caller) -> None:
    change_environment(system_caller(environment.id), description="", is_protected=True)
    with pytest.raises(Refused) as caught:
        publish_to_hub(engineer, files=FILES)
    assert "publish_to_hub" in str(caught.value.remedy)
    assert seen(engineer) == []
    action = draftable_actions()["publish_to_hub"]
    given = decoded(action, encoded(action, {"files": FILES, "is_public": True}), environment_id=environment.id)
    assert drafted(engineer, "publish_to_hub", action, given).differences
    assert seen(engineer) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"functions/mask_ssn.cases.yaml": "cases: [{given: a, gives: b}]"},
            "Tests of the package fail, those of mask-ssn",
        ),
        ({"functions/mask_ssn.cases.yaml": None}, "Tests of the package fail, those of mask-ssn"),
        ({"functions/mask_ssn.py": "def mask_ssn(text): return text\n"}, "Tests of the package fail"),
        ({"functions/mask_ssn.py": None}, "Tests of the package fail"),
        ({"functions/other.py": ""}, "1 files belong to no function, the first is 'functions/other.py'"),
        ({"../outside": ""}, "1 files belong to no function"),
        ({"sdf-package.yaml": None}, "here are 0"),
        ({"dataflow.yaml": SEED}, "here are 2"),
        ({"sdf-package.yaml": PACKAGE.replace("operator", "oprator")}, "sdf-package.yaml:5:5: functions.mask-ssn"),
        ({"README.md": "x" * 600_000}, "at most 524,288 are published"),
    ],
)
def test_what_is_not_whole_is_not_published(
    environment: Environment, engineer: Caller, change: dict[str, str | None], says: str
) -> None:
    files = {name: text for name, text in {**FILES, **change}.items() if text is not None}
    with pytest.raises(Invalid, match=says):
        publish_to_hub(engineer, files=files)
    assert seen(engineer) == []


def test_tests_that_never_end_are_ended(
    environment: Environment, engineer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflow.hub.examining.LONGEST_TESTS", 1.5)
    monkeypatch.setattr("dataflow.inline.running.BATCH_SECONDS", 1.0)
    endless = "def mask_ssn(text):\n    while True: pass\n"
    cases = "cases: [" + ", ".join("{given: a, gives: a}" for _ in range(1_000)) + "]"
    files = {**FILES, "functions/mask_ssn.py": endless, "functions/mask_ssn.cases.yaml": cases}
    with pytest.raises(Invalid, match="Tests of the package fail"):
        publish_to_hub(engineer, files=files)


@pytest.mark.parametrize(
    "written",
    [
        "dev: {converter: raw}\n",
        "dev:\n  imports:\n    - {pkg: example/a@0.1.0, path: ../a}\n# behind\n",
        "dev:\n  converter: json\nx-more: 1\n",
    ],
)
def test_the_section_dev_is_cut_out_wherever_it_stands(written: str) -> None:
    head, functions = PACKAGE.replace("dev: {converter: raw}\n", "").split("functions:")
    for text in (f"{head}{written}functions:{functions}", f"{head}functions:{functions}{written}"):
        kept = read_content({"sdf-package.yaml": text}).files["sdf-package.yaml"]
        assert "dev:" not in kept
        assert read_content({"sdf-package.yaml": kept}).files["sdf-package.yaml"] == kept


def test_the_digest_is_of_the_files_in_any_order() -> None:
    assert digest_of({"b": "2", "a": "1"}) == digest_of({"a": "1", "b": "2"})
    assert digest_of({"a": "12"}) != digest_of({"a1": "2"})
    # sha256 of {"a":"1","b":"2"}, by sha256sum
    assert digest_of({"a": "1", "b": "2"}) == "21f76dfbfe6dfe21f762080ef484112cf2952974cef30741fd1931e1c6d92112"


def test_nobody_publishes_elsewhere(environment: Environment, engineer: Caller) -> None:
    item = publish_to_hub(engineer, files=FILES, is_public=True)
    abroad = cast.new_caller(cast.new_environment(), "engineer", configure=True)
    for public_id in (item.public_id, uuid4()):
        with pytest.raises(NotFound):
            withdraw_from_hub(abroad, public_id=public_id)
    with in_environment(environment.id):
        assert HubItem.objects.get().withdrawn_at is None


def test_a_flow_that_runs_in_an_environment_finds_its_packages_in_the_hub(engineer: Caller, tmp_path: Path) -> None:
    flow = tmp_path / "dataflow.yaml"
    flow.write_text(publishable := SEED.replace("path: ../_packages/mask-ssn-pkg", "path: ''"))
    assert publishable != SEED
    with pytest.raises(FileRefused, match="Publish it first"):
        plan_for(engineer, flow)
    publish_to_hub(engineer, files=FILES)
    assert [step.name for service in plan_for(engineer, flow).services for step in service.steps] == ["mask-ssn"]
    with pytest.raises(FileRefused, match="Publish it first"):
        plan_for(cast.new_caller(cast.new_environment(), "engineer", configure=True), flow)


def test_a_flow_that_asks_the_store_is_published_as_well(engineer: Caller) -> None:
    head, _, tail = SEED.partition("imports:")
    text = head + tail[tail.index("config:") : tail.index("# Development")].replace("uses: mask-ssn", STORE_STEP)
    assert publish_to_hub(engineer, files={"dataflow.yaml": text}).kind == "flow"
