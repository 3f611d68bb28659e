"""Dataflow and package files are read whole, and what is wrong is told with its place and what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.grammar.packagefile import read_package
from dataflow.grammar.spec import Inline, ListType, NamedType, Uses
from tests.dataflow.samples import CARS, PACKAGE, SEED


def faults(text: str) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        read_flow(text, "dataflow.yaml")
    return [str(each) for each in refused.value.faults]


def test_the_file_of_the_seed_is_read_as_it_stands() -> None:
    flow = read_flow(SEED, "dataflow.yaml")
    assert str(flow.meta) == "example/mask-user-info@0.1.0"
    assert [str(each.package) for each in flow.imports] == ["example/mask-ssn-pkg@0.1.0"]
    assert flow.imports[0].functions[0].name == "mask-ssn"
    assert (flow.config.converter, list(flow.topics)) == ("raw", ["user-info", "masked"])
    service = flow.services["mask-ssn-service"]
    assert [port.id for port in (*service.sources, *service.sinks)] == ["user-info", "masked"]
    assert isinstance(service.transforms[0].code, Uses)
    assert flow.dev.imports[0].path == "../_packages/mask-ssn-pkg"


def test_every_part_of_the_grammar_is_read() -> None:
    flow = read_flow(CARS, "dataflow.yaml")
    assert isinstance(flow.types["cars"], ListType)
    assert set(flow.types) == {"car", "cars", "speed", "owner", "load"}
    assert (flow.topics["seen"].holds, flow.topics["seen"].expires) == (("plate", "name"), 7 * 86_400)
    assert flow.topics["fast"].wire_name == "fast.cars"
    assert flow.config.consumer.position == "beginning"
    code = flow.services["find-fast"].transforms[0].code
    assert isinstance(code, Inline)
    assert code.language == "python"


@pytest.mark.parametrize("version", ["0.4.0", "0.5.0", "0.6.0"])
def test_three_versions_are_read_and_others_are_not(version: str) -> None:
    assert read_flow(SEED.replace("0.4.0", version), "f").api_version == version
    assert faults(SEED.replace("0.4.0", "0.7.0")) == [
        "dataflow.yaml:1:13: apiVersion: `0.7.0` is none of 0.4.0, 0.5.0, 0.6.0. Did you mean `0.6.0`?"
    ]


def test_windows_states_schedules_and_rust_are_read() -> None:
    text = (
        SEED
        + """
schedule:
  nightly: {cron: "0 2 * * *"}
"""
    )
    text = text.replace("    transforms:\n", WINDOW + "\n    transforms:\n", 1)
    flow = read_flow(text, "f")
    window = flow.services["mask-ssn-service"].window
    assert window is not None
    assert (window.duration, window.grace, flow.schedules["nightly"].cron) == (30_000, 500, "0 2 * * *")
    assert window.partition is not None
    assert window.partition.update_state is not None
    assert isinstance(window.partition.update_state.code, Inline)
    assert window.partition.update_state.code.language == "rust"
    assert flow.services["mask-ssn-service"].states[0].ttl == 60


WINDOW = """
    states:
      counts:
        type: keyed-state
        ttl: 60s
        properties: {key: {type: string}, value: {type: arrow-row, properties: {n: {type: u32}}}}
      others: {from: other.counts}
    window:
      tumbling: {duration: 30s}
      watermark: {grace-period: 500ms, idleness: 1m}
      assign-timestamp: {run: "fn at(_t: String, e: i64) -> Result<i64> { Ok(e) }"}
      partition:
        assign-key: {run: "fn key(t: String) -> Result<String> { Ok(t) }"}
        update-state: {run: "fn count(t: String) -> Result<()> { Ok(()) }"}
      flush: {run: "fn out() -> Result<String> { Ok(1) }"}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "    transforms:",
            "    transform:",
            "dataflow.yaml:33:5: services.mask-ssn-service.transform: `transform` is unknown here. "
            "Did you mean `transforms`?",
        ),
        (
            "operator: map",
            "operator: mapp",
            "dataflow.yaml:34:19: services.mask-ssn-service.transforms[0].operator: `mapp` is none of filter, "
            "filter-map, flat-map, map. Did you mean `map`?",
        ),
        (
            "  converter: raw",
            "  converter: raw\n  converter: json",
            "dataflow.yaml:16:3: config: `converter` stands here twice. Keep one of them.",
        ),
        (
            "        uses: mask-ssn",
            "        uses: mask-ssn\n        run: x",
            "dataflow.yaml:34:9: services.mask-ssn-service.transforms[0]: a step has either `run:` with code or "
            "`uses:` with the name of a function",
        ),
        (
            "@0.1.0\n    path: ../_packages/mask-ssn-pkg\n    functions",
            "\n    functions",
            "dataflow.yaml:9:10: imports[0].pkg: a package is named namespace/name@version. "
            "As in example/mask-ssn-pkg@0.1.0.",
        ),
        ("  name: mask-user-info\n", "", "dataflow.yaml:4:3: meta: `name` is missing"),
        ("services:", "x-services:", "dataflow.yaml:1:1: `services` is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_to_do(old: str, new: str, fault: str) -> None:
    assert old in SEED
    assert fault in faults(SEED.replace(old, new, 1))


@pytest.mark.parametrize(("told", "is_fine"), [("10980d", True), ("10981d", False), ("999999999d", False)])
def test_nothing_lasts_longer_than_clocks_can_count(told: str, is_fine: bool) -> None:
    text = SEED.replace("topics:\n", f"topics:\n  kept: {{name: kept, privacy: {{pii: [ssn], expires: {told}}}}}\n", 1)
    says = f"topics.kept.privacy.expires: `{told}` is longer than 30 years. Leave it out where it has no end."
    assert any(says in each for each in faults(text)) != is_fine


def test_all_that_is_wrong_is_told_at_once() -> None:
    bad = SEED.replace("operator: map", "operator: mapp").replace("0.4.0", "9").replace("type: string", "type: a b")
    assert len(faults(bad)) == 4


@pytest.mark.parametrize("text", ["a: [", "", "- a", "a: &a [*a]", "\t", "a: !!python/object:os.system {}", "{"])
def test_what_is_no_such_file_is_refused(text: str) -> None:
    assert faults(text)


def test_aliases_cannot_multiply() -> None:
    lines = ["x0: &x0 [1,1,1,1,1,1,1,1,1]"]
    lines += [f"x{n}: &x{n} [{','.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "there are more than 50,000 values" in faults("\n".join(lines))[0]


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    for read in (read_flow, read_package):
        with pytest.raises(FileRefused):
            read(text, "f")


@given(st.data())
def test_no_damage_to_a_file_breaks_the_reader(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([SEED, CARS]))
    at = data.draw(st.integers(0, len(sample) - 1))
    cut = data.draw(st.integers(0, 40))
    damaged = sample[:at] + data.draw(st.text(max_size=10)) + sample[at + cut :]
    try:
        read_flow(damaged, "f")
    except FileRefused as refused:
        assert refused.faults
        assert all(1 <= each.place.line <= damaged.count("\n") + 2 for each in refused.faults)


def test_a_package_is_read_with_what_its_functions_take_and_give() -> None:
    package = read_package(PACKAGE, "sdf-package.yaml")
    function = package.functions["mask-ssn"]
    assert (function.operator, function.removes, function.inputs[0].name) == ("map", ("ssn",), "text")
    assert isinstance(function.output, NamedType)
    assert function.output.name == "string"
    with pytest.raises(FileRefused, match=r"`input` is unknown here\. Did you mean `inputs`"):
        read_package(PACKAGE.replace("inputs", "input"), "sdf-package.yaml")
