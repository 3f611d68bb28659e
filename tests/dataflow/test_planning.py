"""A plan is made only of what fits: names, types, and where personal data may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflow.functions.registry import BUILTINS
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.packages.library import find_folders
from dataflow.planning.drawing import described, drawn
from dataflow.planning.plan import Coded, Plan
from dataflow.planning.planner import plan_flow
from tests.dataflow.samples import CARS, PACKAGE, PLATES, SEED, seed_folder, write_package
from tests.dataflow.test_grammar import WINDOW

BARE = 'def bare(car):\n    return {"mph": car["mph"]}\n'


def planned(text: str, folder: Path) -> Plan:
    file = read_flow(text, "dataflow.yaml")
    return plan_flow(file, find=find_folders(folder, dev=file.dev), builtins=BUILTINS)


def refused(text: str, folder: Path) -> str:
    with pytest.raises(FileRefused) as caught:
        planned(text, folder)
    return str(caught.value)


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    return seed_folder(tmp_path)


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    write_package(tmp_path / "plates", PLATES, bare=BARE)
    return tmp_path


def test_the_flow_of_the_seed_is_planned_and_drawn(seed: Path) -> None:
    plan = planned(SEED, seed)
    (service,) = plan.services
    (step,) = service.steps
    assert (step.name, str(step.takes), str(step.gives)) == ("mask-ssn", "string", "string")
    assert isinstance(step.body, Coded)
    assert step.body.function == "mask_ssn"
    assert "[user-info]--->|     mask-ssn     |---> [masked]" in drawn(plan)
    assert "to masked: exactly once" in described(plan)


def test_what_goes_in_and_what_comes_out_is_known_behind_every_operator(cars: Path) -> None:
    (cars / "plates" / "sdf-package.yaml").write_text(
        PLATES.replace("operator: map,", "operator: map, removes: [plate, name],")
    )
    steps = planned(CARS, cars).services[0].steps
    assert [(step.name, str(step.gives)) for step in steps] == [
        ("each", "anything"),
        ("is-fast", "anything"),
        ("drop-owner", "speed"),
    ]


def test_personal_data_does_not_reach_a_topic_that_may_not_hold_it(cars: Path) -> None:
    package = cars / "plates" / "sdf-package.yaml"
    message = refused(CARS, cars)
    assert "personal data (name, plate) can reach the topic `fast`, which may not hold it" in message
    assert "`privacy: {pii: [name, plate], expires: 7d}`" in message
    package.write_text(PLATES.replace("operator: map,", "operator: map, removes: [plate, name],"))
    assert planned(CARS, cars).services[0].sinks[0].tainted == frozenset()
    package.write_text(PLATES)
    allowed = CARS.replace("fast: {name: fast.cars,", "fast: {privacy: {pii: [any], expires: 1d}, name: fast.cars,")
    assert planned(allowed, cars).services[0].sinks[0].tainted == {"plate", "name"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("uses: mask-ssn", "uses: mask-sssn", "there is no function `mask-sssn`. Did you mean `mask-ssn`?"),
        ("operator: map", "operator: filter", "`mask-ssn` is for `map`, not for `filter`"),
        ("id: masked", "id: maskd", "there is no topic `maskd`. Known are user-info, masked."),
        ("mask-ssn-pkg@0.1.0", "mask-ssn-pkg@0.2.0", "what is found there is example/mask-ssn-pkg@0.1.0"),
        ("path: ../_packages", "path: ../packages", "there is no package in"),
        ("name: mask-ssn\n", "name: mask-ssn2\n", "example/mask-ssn-pkg@0.1.0 has no function `mask-ssn2`"),
        (
            "  masked:\n    schema:\n      value:\n        type: string",
            "  masked:\n    schema:\n      value:\n        type: u32",
            "`masked` holds u32, and what comes here is string",
        ),
        (
            "        uses: mask-ssn",
            "        run: 'fn mask(t: String) -> Result<String> { Ok(t) }'",
            "the function `mask` is written in Rust, which is not run here",
        ),
        ("        uses: mask-ssn", "        run: 'def f(:'", "this is no Python: invalid syntax in its line 1"),
        ("        uses: mask-ssn", "        run: 'def f(a, b, c): return a'", "`f` takes 3 arguments"),
        ("        uses: mask-ssn", "        run: 'x = 1'", "this python code defines no function"),
    ],
)
def test_what_does_not_fit_is_refused(seed: Path, old: str, new: str, says: str) -> None:
    assert says in refused(SEED.replace(old, new), seed)


def test_packages_do_not_import_each_other_in_a_circle(seed: Path) -> None:
    other = seed.parent / "_packages" / "other"
    imports = "imports: [{{pkg: example/{0}@0.1.0, path: ../{0}}}]\n"
    write_package(other, PACKAGE.replace("name: mask-ssn-pkg", "name: other") + imports.format("mask-ssn-pkg"))
    mine = seed.parent / "_packages" / "mask-ssn-pkg" / "sdf-package.yaml"
    mine.write_text(PACKAGE + imports.format("other"))
    chain = "example/mask-ssn-pkg@0.1.0 -> example/other@0.1.0 -> example/mask-ssn-pkg@0.1.0"
    assert f"packages import each other in a circle: {chain}" in refused(SEED, seed)


def test_a_function_without_code_that_runs_here_says_where_to_write_it(seed: Path) -> None:
    package = seed.parent / "_packages" / "mask-ssn-pkg"
    (package / "functions" / "mask_ssn.py").unlink()
    (package / "rust").mkdir()
    told = refused(SEED, seed)
    assert "the function `mask-ssn` has no code that runs here" in told
    assert "What it has in rust/ is not run. Write it as `def mask_ssn(...)`" in told


def test_rust_in_a_window_is_refused_by_each_functions_name(seed: Path) -> None:
    text = SEED.replace(
        "    transforms:\n", WINDOW.replace("others: {from: other.counts}", "") + "\n    transforms:\n", 1
    )
    told = refused(text, seed)
    assert all(f"the function `{name}` is written in Rust" in told for name in ("at", "key", "count", "out"))


def test_a_type_does_not_contain_itself_and_is_defined_somewhere(seed: Path) -> None:
    types = "types: {{tree: {{type: object, properties: {{left: {{type: {0}}}}}}}}}\n"
    assert "the type `tree` contains itself" in refused(SEED + types.format("tree"), seed)
    assert "the type `leaf` is defined nowhere" in refused(SEED + types.format("leaf"), seed)


def test_a_path_for_developing_holds_for_whatever_version_is_imported(seed: Path) -> None:
    text = SEED.replace(
        "dev:\n  imports:\n    - pkg: example/mask-ssn-pkg@0.1.0",
        "dev:\n  imports:\n    - pkg: example/mask-ssn-pkg@0.0.9",
    )
    assert planned(text.replace("    path: ../_packages/mask-ssn-pkg\n    functions", "    functions"), seed).services
