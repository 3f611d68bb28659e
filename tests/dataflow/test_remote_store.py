"""A flow of a folder that asks the store of a server: one line of the file is another, and the same command runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from config.commandline import main
from config.embedded.ports import free_port
from dataflow.store.calls import Server
from dataflow.store.protocol import StoreAway, StoreRefuses
from dataflow.store.remote import RemoteStore
from governance.actions.signing import ensure_signing_key
from tests import cast
from tests.beginnings import beginning
from tests.cast import Player
from tests.dataflow.test_store_functions import CONSENT, RESOLVE, TOKENIZE, policy_name, written
from tests.userstore.test_tokens import NUMBER, OTHER, TokenBook
from userstore.actions.consents import change_consent

pytestmark = pytest.mark.django_db(transaction=True)
begun, book = beginning(TokenBook)
RUN = ["run", "--input", "calls=in.jsonl", "--output", "safe=out.jsonl"]


@pytest.fixture
def job(book: TokenBook, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Player:
    """A client with the rights of a job; the terminal is set up for it."""
    ensure_signing_key()
    job = cast.new_player(book.environment, "fraud-job", tokenize=True, resolve=True, consent=True)
    monkeypatch.setenv("SEALBOOK_URL", live_server.url)
    be(job, monkeypatch)
    return job


def be(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERCLOUDS_CLIENT_ID", str(player.client.public_id))
    monkeypatch.setenv("USERCLOUDS_CLIENT_SECRET", player.secret)


@pytest.fixture
def flow(
    book: TokenBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[Any]]:
    monkeypatch.chdir(tmp_path)

    def run(*steps: str, records: list[Any], status: int = 0) -> list[Any]:
        written(book, tmp_path, *steps)
        (tmp_path / "in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
        assert main(RUN) == status
        out = tmp_path / "out.jsonl"
        found = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
        run.said = capsys.readouterr().err  # type: ignore[attr-defined]  # what the terminal showed
        return found

    return run


def call(person: UUID, phone: str) -> dict[str, str]:
    return {"person": str(person), "phone": phone}


def store_of(server: Any, player: Player) -> RemoteStore:
    return RemoteStore(Server(server.url, str(player.client.public_id), player.secret))


def test_a_text_that_the_transformer_refuses_fails_alone(
    book: TokenBook, job: Player, flow: Callable[..., list[Any]]
) -> None:
    found = flow(TOKENIZE, records=[call(book.ada, each) for each in (NUMBER, "no number", OTHER)])
    assert len({each["phone"] for each in found}) == 2


def test_texts_become_tokens_that_join_and_only_of_people_who_permit_it(
    book: TokenBook, job: Player, flow: Callable[..., list[Any]]
) -> None:
    ben = book.subject()
    records = [call(book.ada, NUMBER), call(ben, OTHER), call(book.ada, OTHER), call(book.ada, NUMBER)]
    found = flow(CONSENT, TOKENIZE, records=records)
    assert [each["person"] for each in found] == [str(book.ada)] * 3
    tokens = [each["phone"] for each in found]
    assert tokens[0] == tokens[2] != tokens[1]
    assert not {NUMBER, OTHER} & set(tokens)
    assert book.resolved(*tokens) == [NUMBER, OTHER, NUMBER]


def test_tokens_become_texts_again_where_they_may(
    book: TokenBook, job: Player, flow: Callable[..., list[Any]], live_server: Any
) -> None:
    token = book.token()
    found = flow(RESOLVE, records=[call(book.ada, token), call(book.ada, "a token of nobody")])
    assert found == [call(book.ada, NUMBER)]
    change_consent(book.service, subject_id=book.ada, purpose="integrity", permitted=False)
    assert store_of(live_server, job).resolve([token], purpose="integrity") == [""]


def test_whoever_has_no_right_gets_nothing_out(
    book: TokenBook, job: Player, flow: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    be(cast.new_player(book.environment, "nobody-here"), monkeypatch)
    assert flow(TOKENIZE, records=[call(book.ada, NUMBER)]) == []
    assert "1 failed" in flow.said  # type: ignore[attr-defined]  # set by it
    assert NUMBER not in flow.said  # type: ignore[attr-defined]  # set by it


def test_a_flow_that_asks_the_store_says_at_once_what_is_missing(
    book: TokenBook, job: Player, flow: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [call(book.ada, NUMBER)]
    monkeypatch.setenv("USERCLOUDS_CLIENT_SECRET", "wrong")
    assert flow(TOKENIZE, records=records, status=1) == []
    assert "The server refuses the client" in flow.said  # type: ignore[attr-defined]  # set by it
    monkeypatch.delenv("USERCLOUDS_CLIENT_SECRET")
    assert flow(TOKENIZE, records=records, status=1) == []
    assert "set USERCLOUDS_CLIENT_SECRET" in flow.said  # type: ignore[attr-defined]  # set by it
    monkeypatch.delenv("SEALBOOK_URL")
    assert flow(TOKENIZE, records=records, status=1) == []
    assert "asks the store of a server" in flow.said  # type: ignore[attr-defined]  # set by it
    monkeypatch.setenv("USERCLOUDS_CLIENT_SECRET", "wrong")
    monkeypatch.setenv("SEALBOOK_URL", f"http://127.0.0.1:{free_port()}")
    assert flow(TOKENIZE, records=records, status=1) == []
    assert "does not answer" in flow.said  # type: ignore[attr-defined]  # set by it


def test_an_answer_no_is_told_from_no_answer_and_more_than_one_call_holds_comes_whole(
    book: TokenBook, job: Player, live_server: Any
) -> None:
    store, policy = store_of(live_server, job), policy_name(book)
    texts = [f"text {number}" for number in range(1_700)]
    made = store.tokenize(texts, transformer="UUID", policy=policy)
    assert len(set(made)) == len(texts)
    assert store.resolve(made, purpose="") == texts
    assert store.permitted({book.ada, *(uuid4() for _ in range(1_200))}, purpose="integrity") == {book.ada}
    with pytest.raises(StoreRefuses, match="400"):
        store.tokenize(["x"], transformer="nonsense", policy=policy)
    with pytest.raises(StoreRefuses, match="403"):
        store_of(live_server, cast.new_player(book.environment, "nobody-here")).permitted(
            {book.ada}, purpose="integrity"
        )
    away = RemoteStore(Server(f"http://127.0.0.1:{free_port()}", "x", "x"))
    with pytest.raises(StoreAway):
        away.resolve(["a token"], purpose="")


def test_a_token_of_access_that_ended_is_asked_for_anew(book: TokenBook, job: Player, live_server: Any) -> None:
    store = store_of(live_server, job)
    assert store.permitted({book.ada}, purpose="integrity") == {book.ada}
    store._server._token = "Bearer of-yesterday"
    assert store.permitted({book.ada}, purpose="integrity") == {book.ada}


def test_a_server_of_another_machine_is_asked_over_tls_alone() -> None:
    with pytest.raises(ValueError, match="https"):
        Server("http://sealbook.example", "x", "x")
