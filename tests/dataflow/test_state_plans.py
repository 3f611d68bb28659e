"""Which states are planned, and what is refused of them before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflow.grammar.faults import FileRefused
from dataflow.planning.drawing import described, drawn
from tests.dataflow.counting import WORDS, plan
from tests.dataflow.samples import write_package
from tests.dataflow.test_planning import planned, refused

READER = """\
  look-up:
    sources: [{type: topic, id: counted}]
    states: {count-per-word: {from: count-words.count-per-word, lookup: $}}
    transforms:
      - operator: map
        run: |
          def look_up(word):
              return str(count_per_word() is None)
    sinks: [{type: topic, id: found}]
"""
FOUND = WORDS.replace("services:", "  found: {schema: {value: {type: string}}}\nservices:") + READER
COUNT = "def count(word):"
ROW = "value: {type: arrow-row, properties: {n: {type: u32}, last-of: {type: string}}}"


def says(text: str) -> str:
    with pytest.raises(FileRefused) as caught:
        plan(text)
    return str(caught.value)


def test_states_are_planned_and_drawn() -> None:
    counting, looking = plan(FOUND).services
    assert counting.update is not None
    assert [state.name for state in counting.update.changes] == ["count-per-word"]
    assert [step.operator for step in counting.steps] == ["flat-map", "assign-key"]
    (reading,) = looking.steps[0].reads
    assert (reading.called, reading.lookup, reading.state) == ("count_per_word", (), counting.states[0])
    assert "update-state count (python): anything -> anything, changes count-per-word" in described(plan(FOUND))
    assert "look-up (python): string -> anything, reads count-words.count-per-word" in described(plan(FOUND))
    assert "state count-per-word: object{n: u32, last-of: string} by key" in described(plan(FOUND))
    assert "| split | by-word | count |" in drawn(plan(FOUND))
    assert not plan(FOUND).not_yet


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("key: {type: string}", "key: {type: bool}", "the key of a state is a string or a number, not bool"),
        (ROW, "value: {type: bytes}", "the value of a state is plain or an arrow-row, not bytes"),
        ("n: {type: u32}", "n: {type: list, items: {type: u32}}", "the column `n` is list of u32: columns are plain"),
        ("n: {type: u32}", "update: {type: u32}", "a column cannot be called `update`"),
        ("n: {type: u32}", "class: {type: u32}", "a column cannot be called `class`"),
        ("n: {type: u32}", "last_of: {type: u32}", "two columns are called `last_of` by functions"),
        ("type: keyed-state", "type: string", "unknown here"),
        ("row = count_per_word()", "row = None", "`count` changes no state of its service. Its rows are `count_per_"),
        (COUNT, "def count_per_word(word):", "this code calls something of its own `count_per_word`"),
        ("return sentence.split()", "return count_per_word()", "Only `update-state` sees and changes it"),
        ("def by_word(word):", "def by_word(word) -> tuple:", "assigns a key and returns (anything, anything)"),
        (
            "from: count-words.count",
            "from: count-words.cont",
            "there is no state `count-words.cont-per-word`. There are",
        ),
        ("lookup: $}", "lookup: word}", "`word` is no path into a record"),
        ("lookup: $}", "ttl: 5s}", "`ttl` is for a state that is its service's own"),
        (
            "type: keyed-state",
            "type: keyed-state\n        lookup: $.a",
            "`lookup` is for a state that is read with `from`",
        ),
        ("type: keyed-state", "type: keyed-state\n        privacy: {pii: [ssn]}", "says for how long. Add `ttl: 30d`"),
    ],
)
def test_what_makes_no_sense_is_refused(old: str, new: str, fault: str) -> None:
    assert old in FOUND
    assert fault in says(FOUND.replace(old, new))


TAGGED = """\
apiVersion: 0.6.0
meta: {name: calls, version: 0.1.0, namespace: tests}
config: {converter: json, consumer: {default_starting_offset: {position: beginning}}}
types:
  call: {type: object, properties: {phone: {type: string, pii: phone}, cost: {type: u32}}}
topics:
  calls: {schema: {value: {type: call}}, privacy: {pii: [phone], expires: 1d}}
  asked: {schema: {value: {type: string, converter: raw}}}
  told: {schema: {value: {type: string, converter: raw}}}
services:
  add-up:
    sources: [{type: topic, id: calls}]
    states:
      cost: {type: keyed-state, PRIVACYproperties: {key: {type: string}, value: {type: u32}}}
    transforms: [STEPS]
    partition:
      assign-key:
        run: |
          def by_phone(call):
              return call["phone"]
      update-state:
        run: |
          def add_up(call):
              cost().increment(call["cost"])
  tell:
    sources: [{type: topic, id: asked}]
    states: {cost: {from: add-up.cost, lookup: $}}
    transforms:
      - operator: map
        run: |
          def tell(phone):
              return str(cost().value if cost() else None)
    sinks: [{type: topic, id: told}]
"""
ALLOWED = "ttl: 1d, privacy: {pii: [phone]}, "


def tagged(privacy: str, *steps: str) -> str:
    return TAGGED.replace("PRIVACY", privacy).replace("STEPS", ", ".join(steps))


def test_personal_data_does_not_get_into_rows_that_may_not_hold_it(tmp_path: Path) -> None:
    told = refused(tagged("ttl: 1d, "), tmp_path)
    assert "personal data (phone) can reach the state `cost`, which may not hold it" in told
    assert "allow it under the state: `privacy: {pii: [phone]}` with a `ttl`" in told
    masked = "{operator: map, uses: mask-phone, with: {fields: [$.phone]}}"
    assert planned(tagged("", masked), tmp_path).services[0].states[0].holds == frozenset()


def test_who_reads_rows_is_taken_to_hold_what_they_may(tmp_path: Path) -> None:
    assert "personal data (phone) can reach the topic `told`" in refused(tagged(ALLOWED), tmp_path)
    allowed = tagged(ALLOWED).replace("  told: {", "  told: {privacy: {pii: [phone], expires: 1d}, ")
    adding, telling = planned(allowed, tmp_path).services
    assert (adding.states[0].holds, telling.sinks[0].tainted) == (frozenset({"phone"}), frozenset({"phone"}))


PACKAGE = """\
apiVersion: 0.5.0
meta: {name: counting, version: 0.1.0, namespace: tests}
states:
  count-per-word:
    type: keyed-state
    properties: {key: {type: string}, value: {type: arrow-row, properties: {n: {type: u32}, last-of: {type: string}}}}
functions:
  count:
    operator: update-state
    states: [{name: count-per-word}]
    inputs: [{name: word, type: string}]
    output: {type: string}
"""


def test_functions_of_packages_change_states(tmp_path: Path) -> None:
    body = "def count(word):\n    row = count_per_word()\n    row.update(n=row.n + 1)\n    return word\n"
    write_package(tmp_path / "counting", PACKAGE, count=body)
    imports = "imports: [{pkg: tests/counting@0.1.0, path: counting, functions: [{name: count}]}]\n"
    begins, ends = WORDS.index("      update-state:"), WORDS.index("    sinks:")
    text = imports + WORDS[:begins] + "      update-state: {uses: count}\n" + WORDS[ends:]
    (service,) = planned(text, tmp_path).services
    assert service.update is not None
    assert (service.update.name, str(service.update.gives), service.update.changes) == (
        "count",
        "string",
        service.states,
    )
    other = text.replace("last-of: {type: string}", "last-of: {type: bool}")
    assert "`count` works with rows of object{n: u32, last-of: string} in `count-per-word`" in refused(other, tmp_path)
    nowhere = text.replace("      count-per-word:\n", "      others:\n")
    assert "the state `count-per-word`, which this service does not have" in refused(nowhere, tmp_path)


@pytest.mark.parametrize("removes", ["", ", removes: [phone]"])
def test_what_a_function_removes_it_does_not_remove_from_rows(tmp_path: Path, removes: str) -> None:
    cost = "  cost: {type: keyed-state, properties: {key: {type: string}, value: {type: u32}}}"
    tell = "  tell: {operator: map, states: [{name: cost}], inputs: [{name: t, type: string}], output: {type: string}"
    head = "apiVersion: 0.6.0\nmeta: {name: telling, version: 0.1.0, namespace: tests}"
    package = f"{head}\nstates:\n{cost}\nfunctions:\n{tell}{removes}}}\n"
    write_package(tmp_path / "telling", package, tell="def tell(t):\n    return t\n")

    def using(text: str) -> str:
        begins, ends = text.rindex("      - operator: map"), text.rindex("    sinks:")
        imports = "imports: [{pkg: tests/telling@0.1.0, path: telling, functions: [{name: tell}]}]\n"
        return f"{imports}{text[:begins]}      - {{operator: map, uses: tell}}\n{text[ends:]}"

    assert "personal data (phone) can reach the topic `told`" in refused(using(tagged(ALLOWED)), tmp_path)
    masked = using(tagged("", "{operator: map, uses: mask-phone, with: {fields: [$.phone]}}"))
    assert planned(masked, tmp_path).services[1].sinks[0].tainted == frozenset()
