"""`seal` and `open`: texts are sealed for their people, open on record for who may, and are noise after an erasure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import queries
from dataflow.actions.opening import open_texts
from dataflow.deadletters.concealing import KeyFile
from dataflow.engines.protocol import Done, Message
from dataflow.functions.protocol import NoSecrets, ParametersRefused
from dataflow.functions.registry import BUILTINS
from dataflow.functions.sealing import sealed_in, written
from dataflow.grammar.faults import FileRefused
from dataflow.grammar.flowfile import read_flow
from dataflow.inline.running import Runner
from dataflow.packages.library import find_folders
from dataflow.planning.planner import plan_flow
from dataflow.running.program import Program
from dataflow.schemas.shapes import TEXT
from dataflow.store.concealing import EnvironmentKey
from dataflow.store.functions import asks_store, functions_for
from dataflow.store.server import ServerStore
from governance.errors import Invalid, NotFound, Refused
from tests.beginnings import beginning
from tests.plaintext import Marks, in_bytes
from tests.userstore.test_tokens import NUMBER, TokenBook
from userstore.actions.consents import change_consent
from userstore.actions.erasing import erase_subject
from userstore.detecting.finding import find
from userstore.detecting.registry import DETECTORS

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)

FLOW = """\
apiVersion: 0.6.0
meta: {name: sealing, version: 0.1.0, namespace: tests}
config: {converter: CONVERTER}
privacy: {subject: $.person}
types:
  call: {type: object, properties: {person: {type: string}, phone: {type: string, pii: phone}, n: {type: u32}}}
  safe: {type: object, properties: {person: {type: string}, phone: {type: string}, n: {type: u32}}}
topics:
  in: {schema: {value: {type: IN}}PRIVACY}
  out: {schema: {value: {type: OUT}}ALLOWED}
services:
  s:
    sources: [{type: topic, id: in}]
    transforms: [STEPS]
    sinks: [{type: topic, id: out}]
"""
SEAL = "{operator: map, uses: seal, with: {fields: [$.phone]}}"
OPEN = "{operator: map, uses: open, with: {field: $.phone, purpose: integrity, category: phone}}"


@pytest.fixture
def run(book: TokenBook) -> Iterator[Callable[..., list[Done]]]:
    runner = Runner()

    def run(*records: Any, steps: str = SEAL, raw: bool = False, allowed: bool = True, **rest: Any) -> Any:
        told = {"CONVERTER": "raw" if raw else "json", "IN": "string" if raw else "call", "STEPS": steps}
        holds, opens = ", privacy: {pii: [phone], expires: 1d}", "open" in steps
        told |= {"OUT": "string" if raw else "safe", "PRIVACY": "" if raw and not opens else holds}
        text = FLOW
        told["ALLOWED"] = holds if opens and allowed else ""
        for name, value in told.items():
            text = text.replace(name, value)
        file = read_flow(text, "dataflow.yaml")
        builtins = functions_for(rest.get("store"), subject=file.subject)
        plan = plan_flow(file, find=find_folders(Path("/nowhere"), dev=file.dev), builtins=builtins)
        keys = rest.get("secrets") or EnvironmentKey(book.environment.id, subject=plan.subject)
        given = [Message(str(n), None, json.dumps(each).encode()) for n, each in enumerate(records)]
        return Program(plan.services[0], runner, keys).run("in", given)

    yield run
    runner.close()


def call(person: object, phone: str = NUMBER) -> dict[str, Any]:
    return {"person": str(person), "phone": phone, "n": 1}


def outs(done: list[Done]) -> list[Any]:
    assert not [each.failure for each in done if each.failure]
    return [json.loads(each.outputs[0].value) for each in done]


def opened(book: TokenBook, *texts: str, **asked: Any) -> list[str]:
    return open_texts(asked.pop("caller", book.service), texts=texts, purpose="integrity", **asked)


def told(book: TokenBook) -> list[Mapping[str, Any]]:
    return [each.facts for each in queries.entries(environment_id=book.environment.id, kinds=["text.opened"])]


def test_a_field_is_sealed_for_its_person_and_opens_for_the_purpose_on_record(
    book: TokenBook, run: Callable[..., list[Done]]
) -> None:
    marks, stranger = Marks(), uuid4()
    done = run(call(book.ada, marks.free_text), call(stranger, "of nobody"), call(book.ada, marks.free_text))
    first, second, third = (each["phone"] for each in outs(done))
    assert first.startswith("sealed:v1:")
    assert first != third, "two texts that say the same cannot be told to"
    assert (sealed_in(first) or b"")[1:17] == (sealed_in(third) or b"")[1:17] != (sealed_in(second) or b"")[1:17]
    assert in_bytes(done[0].outputs[0].value + done[2].outputs[0].value, marks.forms) == set()
    assert outs(done)[0]["n"] == 1
    damaged = f"{first[:-2]}{'b' if first[-2] == 'a' else 'a'}:"
    assert opened(book, first, second, "none", damaged) == [marks.free_text, "of nobody", "", ""]
    assert opened(book, first, use="other") == [""]
    (other, entry) = told(book)
    assert (entry["texts"], entry["opened"], entry["purposes"], len(entry["subjects"])) == (4, 2, ["integrity"], 1)
    assert other["opened"] == 0


def test_without_permission_or_after_an_erasure_it_says_nothing(
    book: TokenBook, run: Callable[..., list[Done]]
) -> None:
    (text,) = (each["phone"] for each in outs(run(call(book.ada))))
    value = book.values(book.ada)[0].pk
    assert opened(book, text) == [NUMBER]
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    assert opened(book, text) == [""]
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=True, value_id=value)
    assert opened(book, text) == [NUMBER]
    erase_subject(book.service, subject_id=book.ada)
    assert opened(book, text) == [""]
    late, stranger = run(call(book.ada), call(uuid4()))  # nothing of who is gone goes on under another key
    assert (late.outputs, late.failure) == ((), "seal: its person is gone")
    assert len(stranger.outputs) == 1


def test_who_may_not_resolve_opens_nothing(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    (text,) = (each["phone"] for each in outs(run(call(book.ada))))
    for caller in (book.outsider, book.officer):
        with pytest.raises(Refused):
            opened(book, text, caller=caller)
    assert opened(book, text, caller=TokenBook().service) == [""]
    with pytest.raises(NotFound):
        open_texts(book.service, texts=[text], purpose="no such purpose")
    with pytest.raises(Invalid, match="Give up to 1000 texts"):
        opened(book, *[text] * 1001)


def test_a_flow_opens_as_its_client(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    both = f"{SEAL}, {OPEN}"
    assert outs(run(call(book.ada), steps=both, store=ServerStore(book.service))) == [call(book.ada)]
    (done,) = run(call(book.ada), steps=both, store=ServerStore(book.outsider))
    assert (done.outputs, done.failure) == ((), "open: the store refuses: Refused")
    (done,) = run(call(book.ada, "not sealed"), steps=OPEN, store=ServerStore(book.service))
    assert done.failure == "open: a token stands for nothing here"


def test_raw_records_are_sealed_by_fields_and_by_looks(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    given = {"person": str(book.ada), "phone": "x", "text": "my number is 123-45-6789, yes"}
    step = "{operator: map, uses: seal, with: {fields: [$.phone], categories: [ssn]}}"
    (told,) = outs(run(given, steps=step, raw=True))
    begins, ends = told["text"].split("sealed:v1:")
    assert (begins, ends.split(":")[1]) == ("my number is ", ", yes")
    assert opened(book, told["phone"], f"sealed:v1:{ends.split(':')[0]}:") == ["x", "123-45-6789"]


def test_a_folders_key_seals_and_opens_without_a_server(
    book: TokenBook, run: Callable[..., list[Done]], tmp_path: Path
) -> None:
    keys, other = KeyFile(tmp_path / "flow.key"), KeyFile(tmp_path / "other.key")
    (told,) = outs(run(call(book.ada), secrets=keys))
    assert keys.opened([told["phone"], "none"], use="") == [NUMBER, ""]
    assert keys.opened([told["phone"]], use="other") == other.opened([told["phone"]], use="") == [""]
    assert outs(run(call(book.ada), steps=f"{SEAL}, {OPEN}", secrets=keys)) == [call(book.ada)]
    assert not asks_store(functions_for(None)["open"])


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (f"{SEAL}, {OPEN}", r"personal data \(phone\) can reach the topic `out`"),
        (OPEN.replace("$.phone", "$.other"), "has no such field"),
        (OPEN.replace(", category: phone", ""), "category missing"),
        (SEAL.replace("$.phone", "$.other"), "has no such field"),
    ],
)
def test_what_is_opened_is_personal_data_again(run: Callable[..., list[Done]], steps: str, says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        run(call("x"), steps=steps, allowed=False)


def test_fields_of_raw_json_are_sealed_and_opened_again(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    store, steps = ServerStore(book.service), f"{SEAL}, {OPEN}"
    assert outs(run(call(book.ada), steps=steps, raw=True, store=store)) == [call(book.ada)]


def test_without_keys_it_is_refused() -> None:
    with pytest.raises(ParametersRefused, match="no key to seal with"):
        BUILTINS["seal"].prepare(TEXT, {}, NoSecrets())
    with pytest.raises(ParametersRefused, match="no key to open with"):
        functions_for(None)["open"].prepare(
            TEXT, {"purpose": "integrity", "field": "$.phone", "category": "phone"}, NoSecrets()
        )


@given(st.binary(min_size=45, max_size=400))
def test_what_is_sealed_looks_like_nothing_and_reads_back(sealed: bytes) -> None:
    text = written(sealed)
    assert sealed_in(text) == sealed
    assert find(f"1{text}2", DETECTORS.values()) == []
    assert sealed_in(text + "a") is None
