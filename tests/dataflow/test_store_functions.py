"""Flows that ask the store: tokens for texts, texts for tokens, and only people who permit it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from audit import queries
from dataflow.deadletters.concealing import Unreadable
from dataflow.engines.protocol import Done, Message
from dataflow.functions.protocol import ParametersRefused
from dataflow.inline.running import Runner
from dataflow.running.deployed import engine_for, plan_for
from dataflow.running.program import Program
from dataflow.store import server
from dataflow.store.concealing import EnvironmentKey
from dataflow.store.exchanging import MOST_CALLS
from dataflow.store.protocol import StoreAway
from governance.errors import Invalid, Refused
from governance.identities import Caller
from tests.beginnings import beginning
from tests.dataflow.running_here import counted, running
from tests.userstore.phonebook import HERE
from tests.userstore.test_tokens import NUMBER, TokenBook
from userstore.actions.consents import change_consent
from userstore.actions.tokens import delete_token, resolve_tokens

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)

FLOW = """\
apiVersion: 0.6.0
meta: {name: fraud, version: 0.1.0, namespace: tests}
config: {converter: json, consumer: {default_starting_offset: {position: beginning}}}
privacy: {purpose: integrity, subject: $.person}
types:
  call: {type: object, properties: {person: {type: string}, phone: {type: string, pii: phone}}}
  tokens: {type: object, properties: {person: {type: string}, phone: {type: string}}}
topics:
  calls: {schema: {value: {type: call}}, privacy: {pii: [phone], expires: 1d}}
  safe: {schema: {value: {type: tokens}}, privacy: {pii: [phone], expires: 1d}}
services:
  to-tokens:
    sources: [{type: topic, id: calls}]
    transforms: [STEPS]
    sinks: [{type: topic, id: safe}]
"""
CONSENT = "{operator: filter, uses: require-consent}"
TOKENIZE = (
    "{operator: map, uses: tokenize, with: {field: $.phone, transformer: PhoneToID, policy: POLICY, category: phone}}"
)
RESOLVE = "{operator: map, uses: resolve, with: {field: $.phone, purpose: integrity, category: phone}}"


@pytest.fixture
def run(book: TokenBook, tmp_path: Path) -> Iterator[Callable[..., list[Done]]]:
    runner = Runner()

    def run(*steps: str, records: list[Any], caller: Caller | None = None) -> list[Done]:
        plan = plan_for(caller or book.service, written(book, tmp_path, *steps))
        given = [Message(str(n), None, json.dumps(each).encode()) for n, each in enumerate(records)]
        return Program(plan.services[0], runner).run("calls", given)

    yield run
    runner.close()


def written(book: TokenBook, folder: Path, *steps: str) -> Path:
    file = folder / "dataflow.yaml"
    file.write_text(FLOW.replace("STEPS", ", ".join(steps)).replace("POLICY", policy_name(book)))
    return file


def policy_name(book: TokenBook) -> str:
    from governance.models import AccessPolicy
    from keyring.walls import in_environment

    with in_environment(book.environment.id):
        return str(AccessPolicy.objects.get(public_id=book.policy).name)


def call(person: UUID | str, phone: str = NUMBER) -> dict[str, str]:
    return {"person": str(person), "phone": phone}


def outs(done: list[Done]) -> list[list[dict[str, str]]]:
    return [[json.loads(each.value) for each in one.outputs] for one in done]


def test_texts_become_tokens_which_resolve_again(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    done = run(TOKENIZE, records=[call(book.ada), call(uuid4(), "+49 151 5550007"), call(book.ada)])
    ((first,), (second,), (third,)) = outs(done)
    assert first["phone"] == third["phone"] != second["phone"]
    assert NUMBER not in str(outs(done))
    found, _ = resolve_tokens(book.service, tokens=[first["phone"]], context=HERE)
    assert found[0].data == NUMBER


def test_what_is_known_is_not_asked_again_until_something_changes(
    book: TokenBook, run: Callable[..., list[Done]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = server.ServerStore(book.service)
    ask = {"transformer": "PhoneToID", "policy": policy_name(book)}
    first = store.tokenize([NUMBER, NUMBER], **ask)
    assert store.tokenize([NUMBER], **ask) == first[:1]
    made = queries.entries(environment_id=book.environment.id, kinds=["token.created"])
    assert len(made) == 1
    book.setter(book.phone)  # a new definition raises the environment's epoch
    store.tokenize([NUMBER], **ask)
    assert len(queries.entries(environment_id=book.environment.id, kinds=["token.created"])) == 2


def test_a_token_that_was_deleted_is_handed_out_no_more(book: TokenBook) -> None:
    store, ask = server.ServerStore(book.service), {"transformer": "PhoneToID", "policy": policy_name(book)}
    first, other = store.tokenize([NUMBER, "+49 151 5550007"], **ask)
    delete_token(book.service, token=first, context=HERE)
    anew, same = store.tokenize([NUMBER, "+49 151 5550007"], **ask)
    assert (anew != first, same) == (True, other)
    found, _ = resolve_tokens(book.service, tokens=[anew, first], context=HERE)
    assert [each.data for each in found] == [NUMBER, ""]


def test_only_records_of_people_who_permit_it_go_on_and_a_withdrawal_acts_on_the_next_batch(
    book: TokenBook, run: Callable[..., list[Done]]
) -> None:
    records = [call(book.ada), call(uuid4()), call("nobody")]
    done = run(CONSENT, records=records)
    assert [len(each) for each in outs(done)] == [1, 0, 0]
    assert [each.failure for each in done] == ["", "", "require-consent: it names nobody"]
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    assert [len(each) for each in outs(run(CONSENT, records=records[:1]))] == [0]
    strict = CONSENT.replace("require-consent", "require-consent, with: {otherwise: dead-letter}")
    assert run(strict, records=records[:1])[0].failure == "require-consent: integrity is not permitted"


def test_who_may_not_gets_nothing_and_nothing_leaves_in_the_clear(
    book: TokenBook, run: Callable[..., list[Done]]
) -> None:
    for step in (TOKENIZE, CONSENT):
        (done,) = run(step, records=[call(book.ada)], caller=book.outsider)
        assert (done.outputs, done.failure.endswith("the store refuses: Refused")) == ((), True), done.failure


def test_a_text_that_the_transformer_refuses_fails_alone(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    phones = [NUMBER, "no number", *(f"+49 151 55501{number:02}" for number in range(20)), "nor this", ""]
    done = run(TOKENIZE, records=[call(book.ada, each) for each in phones])
    refused = "tokenize: the store refuses: TransformationFailed"
    assert {each: one.failure for each, one in zip(phones, done, strict=True) if one.failure} == {
        "no number": refused,
        "nor this": refused,
    }
    assert len({told["phone"] for each in outs(done) for told in each}) == 22


def test_a_store_that_refuses_is_not_asked_for_every_text(
    book: TokenBook, run: Callable[..., list[Done]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refusing(error: Exception) -> Callable[..., Any]:
        def create(_: Caller, *, data: list[str], **__: Any) -> Any:
            asked.append(len(data))
            raise error

        return create

    records = [call(book.ada, f"+49 151 55501{number:02}") for number in range(99)]
    for error, calls in ((Invalid("no"), MOST_CALLS - 1), (Refused("no", decision_id=uuid4()), 1)):
        asked.clear()
        monkeypatch.setattr(server, "create_tokens", refusing(error))
        done = run(TOKENIZE, records=records)
        assert {each.failure for each in done} == {f"tokenize: the store refuses: {type(error).__name__}"}
        assert len(asked) == calls


def test_while_the_store_is_away_a_batch_waits(
    book: TokenBook, run: Callable[..., list[Done]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(server, "create_tokens", away)
    with pytest.raises(StoreAway):
        run(TOKENIZE, records=[call(book.ada)])


def test_a_token_that_stands_for_nothing_fails_alone(book: TokenBook, run: Callable[..., list[Done]]) -> None:
    done = run(RESOLVE, records=[call(book.ada, "no token"), call(book.ada, "")])
    assert [each.failure for each in done] == ["resolve: a token stands for nothing here", ""]
    asked = queries.entries(environment_id=book.environment.id, kinds=["token.resolved"])
    assert [each.facts["purposes"] for each in asked] == [["integrity"]]


def test_a_flow_runs_in_its_environment_as_a_client(
    book: TokenBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = partial(plan_for, book.service, written(book, tmp_path, CONSENT, TOKENIZE))
    with running(book.service, planned) as engine:
        engine.produce("calls", [(None, json.dumps(call(book.ada)).encode()), (None, b"poison 123")])
        assert counted(engine, "tests/fraud", "to-tokens", 2) == {"succeeded": 1, "failed": 1}
    (safe,) = engine.consume("safe", beginning=True, wait=None)
    assert json.loads(safe.value)["person"] == str(book.ada)
    assert NUMBER not in safe.value.decode()


def test_what_failed_is_sealed_with_the_environments_key(book: TokenBook) -> None:
    conceal = engine_for(book.service).conceal
    sealed = conceal.seal(b"record", place=b"here")
    assert b"record" not in sealed
    assert conceal.unseal(sealed, place=b"here") == b"record"
    for place, text in ((b"there", sealed), (b"here", sealed[:-1] + bytes([sealed[-1] ^ 1])), (b"here", b"")):
        with pytest.raises(Unreadable):
            conceal.unseal(text, place=place)


@pytest.mark.parametrize(
    ("environment", "client", "file", "says"),
    [
        ("nowhere", "service", "dataflow.yaml", "There is no environment 'nowhere'"),
        ("", "nobody", "dataflow.yaml", "There is no client 'nobody' in"),
        ("", "service", "other.yaml", "other.yaml cannot be read: FileNotFoundError"),
        ("", "service", "wrong.yaml", "wrong.yaml:14:18: with: `require-consent`: purposes unknown; known are"),
    ],
)
def test_the_command_says_what_is_missing(
    book: TokenBook, tmp_path: Path, environment: str, client: str, file: str, says: str
) -> None:
    written(book, tmp_path, CONSENT.replace("consent", "consent, with: {purposes: x}")).rename(tmp_path / "wrong.yaml")
    written(book, tmp_path, CONSENT)
    named = {"environment": environment or book.environment.name, "client": client}
    with pytest.raises(CommandError, match=re.escape(says)):
        call_command("run_flow", str(tmp_path / file), **named)


def test_hashes_have_a_key_of_the_environment_which_no_other_has(book: TokenBook) -> None:
    keys, others = EnvironmentKey(book.service.environment_id), EnvironmentKey(uuid4())
    assert len(keys.key_for("hash")) == 32
    assert keys.key_for("hash") == EnvironmentKey(book.service.environment_id).key_for("hash")
    assert keys.key_for("hash") != keys.key_for("fpe")
    with pytest.raises(ParametersRefused, match="has no key for hash"):
        others.key_for("hash")
