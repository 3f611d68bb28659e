"""Proofs at sinks: what has what may not leave is kept whole, is a dead letter, and is found by the analysis."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from audit import queries
from audit.analysis.accesses import access_of
from audit.analysis.detections import leaking
from audit.analysis.facts import Facts
from audit.analysis.memory import Memory
from audit.analysis.rule import Context, Seen
from dataflow.actions.proofs import note_failed_proof
from dataflow.engines.protocol import Done, Message
from dataflow.functions.protocol import ParametersRefused
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.inline.running import Runner
from dataflow.packages.library import find_folders
from dataflow.planning.drawing import described
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.running.program import Program
from dataflow.store.functions import functions_for
from dataflow.store.protocol import StoreAway
from dataflow.store.server import ServerStore
from governance import counting
from governance.errors import Invalid, LimitUnknown, Refused
from governance.identities import Caller
from tests.beginnings import beginning
from tests.userstore.test_tokens import NUMBER, OTHER, TokenBook
from userstore.actions.erasing import erase_subject
from userstore.actions.known_values import known_values

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)

FLOW = """\
apiVersion: 0.6.0
meta: {name: FLOW, version: 0.1.0, namespace: tests}
config: {converter: raw, consumer: {default_starting_offset: {position: beginning}}}
topics:
  in: {schema: {value: {type: string}}}
  masked: {schema: {value: {type: string}}}
  all: {schema: {value: {type: string}}}
services:
  s:
    sources: [{type: topic, id: in}]
    sinks:
      - {type: topic, id: all}
      - {type: topic, id: masked, proof: PROOF}
"""


def planned(proof: str, store: Any = None, *, name: str = "proved") -> Plan:
    file = read_flow(FLOW.replace("PROOF", proof).replace("FLOW", name), "dataflow.yaml")
    return plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins=functions_for(store))


@pytest.fixture
def run() -> Iterator[Callable[..., list[Done]]]:
    runner = Runner()

    def run(proof: str, *records: str | tuple[str, str], store: Any = None, name: str = "proved") -> list[Done]:
        pairs = [(None, each) if isinstance(each, str) else each for each in records]
        given = [Message(str(n), k.encode() if k else None, v.encode()) for n, (k, v) in enumerate(pairs)]
        return Program(planned(proof, store, name=name).services[0], runner).run("in", given)

    yield run
    runner.close()


def failures(done: list[Done]) -> list[str]:
    assert all(bool(each.failure) != bool(each.outputs) for each in done), "all outputs of a record leave, or none"
    return [each.failure for each in done]


def told(book: TokenBook, kind: str) -> list[Mapping[str, Any]]:
    return [each.facts for each in queries.entries(environment_id=book.environment.id, kinds=[kind])]


@pytest.mark.parametrize(
    ("record", "category"),
    [
        ("nothing of anybody", ""),
        ("a 123-45-6789", "ssn"),
        ('{"a":["123-45-6789"]}', "ssn"),
        ('{"123-45-6789":1}', "ssn"),
        ('{"a":"\\u0031\\u0032\\u0033-45-6789"}', "ssn"),
        ("4111 1111 1111 1111", "card"),
        ("123456789", "ssn"),
        ("mail ada@example.com", ""),  # nobody has asked for e-mail
        ("two\nlines 123-45-6789", "ssn"),
    ],
)
def test_what_detectors_find_is_kept_with_all_outputs_of_its_record(
    run: Callable[..., list[Done]], record: str, category: str
) -> None:
    done = run("{detect: [ssn, card]}", "fine", record, "fine")
    assert failures(done) == ["", category and f"masked: proof failed: {category}", ""]
    assert record not in done[1].failure
    assert done[1].counts[-1] == ("s", "failed" if category else "succeeded")


def test_a_key_leaves_as_well_and_is_looked_at(run: Callable[..., list[Done]]) -> None:
    assert failures(run("{detect: [ssn]}", ("k", "v"), ("123-45-6789", "v"))) == ["", "masked: proof failed: ssn"]


def test_without_a_proof_it_leaves_and_the_plan_says_what_is_proved(run: Callable[..., list[Done]]) -> None:
    lines = described(planned("{detect: [ssn], columns: [phone]}"))
    assert "  to masked: exactly once, proved to have no ssn and no value of phone in the store" in lines
    assert "  to all: exactly once\n" in lines


def test_what_the_store_knows_is_kept_however_it_is_written(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    store, text = ServerStore(book.service), NUMBER.replace(" ", "")
    records = [NUMBER, f"call {text}, please", json.dumps({"a": [{"b": NUMBER}]}), OTHER, "no number", f"x={text}"]
    records.append(f'{{"n":{json.dumps(NUMBER)},"n":"x"}}')
    done = run("{columns: [phone]}", *records, (text, "v"), store=store)
    kept = "masked: proof failed: phone"
    assert failures(done) == [kept, kept, kept, "", "", kept, kept, kept]
    (sought,) = told(book, "values.sought")
    assert (sought["columns"], sought["found"] > 0) == (["phone"], True)
    assert NUMBER not in str(sought)
    erase_subject(book.service, subject_id=book.ada)
    assert failures(run("{columns: [phone]}", NUMBER, store=store)) == [""]


def test_a_failed_proof_is_on_record_and_becomes_a_finding(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    name, store = f"flow-{uuid4().hex[:8]}", ServerStore(book.service)
    run("{detect: [ssn], columns: [phone]}", "123-45-6789", "123-45-6789", NUMBER, store=store, name=name)
    kept = queries.entries(environment_id=book.environment.id, kinds=["flow.proof_failed"])
    named = {"flow": f"tests/{name}", "service": "s", "sink": "masked"}
    assert {each.facts["category"]: dict(each.facts) for each in kept} == {
        "ssn": {**named, "category": "ssn", "records": 2},
        "phone": {**named, "category": "phone", "records": 1},
    }
    access = access_of(kept[0].body, 7)
    (signal,) = leaking.rule(Seen(access), Context(Facts(), Memory()))
    assert signal.why == {**named, "category": kept[0].facts["category"]}
    assert access.operation in leaking.DETECTION.operations


def test_it_is_noted_once_a_minute_and_then_with_all_since(
    book: TokenBook, run: Callable[..., list[Done]], monkeypatch: pytest.MonkeyPatch
) -> None:
    minute = datetime(2026, 3, 2, 9, tzinfo=UTC)
    place = ("tests/flow", "s", "masked", "ssn")
    later = [minute + timedelta(seconds=seconds) for seconds in (0, 59, 60)]
    assert [note_failed_proof(book.service, *place, records=1, now=now) for now in later] == [True, False, True]
    assert note_failed_proof(book.service, "tests/flow", "s", "masked", "card", records=1, now=minute)
    answers = iter([False, True])
    monkeypatch.setattr(counting, "spend", lambda *_, **__: next(answers))
    store = ServerStore(book.service)
    for _ in range(2):
        run("{detect: [ssn]}", "123-45-6789", "123-45-6789", store=store)
    assert told(book, "flow.proof_failed")[0]["records"] == 4


def test_where_the_counter_is_away_the_batch_waits(
    book: TokenBook, run: Callable[..., list[Done]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> bool:
        raise LimitUnknown("away", decision_id=uuid4())

    monkeypatch.setattr(counting, "spend", away)
    with pytest.raises(StoreAway):
        run("{detect: [ssn]}", "123-45-6789", store=ServerStore(book.service))


def test_who_may_not_resolve_learns_nothing_of_what_the_store_knows(
    book: TokenBook, run: Callable[..., list[Done]]
) -> None:
    done = run("{columns: [phone]}", NUMBER, OTHER, store=ServerStore(book.outsider))
    assert failures(done) == ["masked: the store refuses: Refused"] * 2
    with pytest.raises(Refused):
        known_values(book.outsider, columns=["phone"], texts=[NUMBER])
    with pytest.raises(Refused):
        known_values(book.officer, columns=["phone"], texts=[NUMBER])
    abroad = TokenBook()
    assert known_values(abroad.service, columns=["phone"], texts=[NUMBER, OTHER])[0] == {NUMBER: "phone"}
    erase_subject(abroad.service, subject_id=abroad.ada)
    assert known_values(abroad.service, columns=["phone"], texts=[NUMBER])[0] == {}


def test_columns_that_cannot_be_looked_up_let_nothing_out(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    book.column("unindexed")
    for column in ("unindexed", "nobody", "id"):
        with pytest.raises(Invalid, match=f"looked up by a column {column}"):
            known_values(book.service, columns=[column], texts=["x"])
        (done,) = run(f"{{columns: [{column}]}}", "x", store=ServerStore(book.service))
        assert (done.outputs, "the store refuses" in done.failure) == ((), True)
    with pytest.raises(Invalid, match="Give up to 10000 texts"):
        known_values(book.service, columns=["phone"], texts=["x"] * 10_001)
    with pytest.raises(Invalid, match="Name 1 to 16 columns"):
        known_values(book.service, columns=[], texts=["x"])


def test_a_record_of_too_many_words_is_kept(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    many = " ".join(f"w{number}" for number in range(4_097))
    done = run("{columns: [phone]}", many, "few words", store=ServerStore(book.service))
    assert failures(done) == ["masked: it has more than 4,096 words, and each would be looked up", ""]


def test_without_a_server_nothing_is_looked_up_and_detectors_work(run: Callable[..., list[Done]]) -> None:
    with pytest.raises(ParametersRefused, match="so the flow runs on the server"):
        run("{columns: [phone]}", "x")
    assert failures(run("{detect: [ssn]}", "123-45-6789")) == ["masked: proof failed: ssn"]


@pytest.mark.parametrize(
    ("proof", "says"),
    [
        ("{}", "a proof names categories under `detect`, or columns of the store under `columns`"),
        ("{detect: [shoe]}", "nothing detects shoe; there are detectors of email, card"),
        ("{detect: ssn}", "detect"),
        ("{detect: [ssn], column: [phone]}", "column"),
    ],
)
def test_a_proof_that_makes_no_sense_is_named(proof: str, says: str) -> None:
    with pytest.raises(FileRefused, match=re.escape(says)):
        planned(proof)


def test_a_source_has_no_proof() -> None:
    text = FLOW.replace("{type: topic, id: in}", "{type: topic, id: in, proof: {detect: [ssn]}}")
    with pytest.raises(FileRefused, match="proof"):
        read_flow(text.replace("PROOF", "{detect: [ssn]}"), "dataflow.yaml")


def test_the_caller_is_on_record(book: TokenBook) -> None:
    caller: Caller = book.service
    known_values(caller, columns=["phone"], texts=[NUMBER])
    (entry,) = queries.entries(environment_id=book.environment.id, kinds=["values.sought"])
    assert entry.body["actor"]["id"] == str(caller.actor.id)
