"""A witness cosigns a book that has grown from the one it knows, and no other, whoever signed it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit.errors import WitnessMisnamed
from audit.integrity.witnessing import UNREACHABLE, ask, read_witnesses
from audit.tasks import ask_witnesses
from audit.verify.notes import LOG, WITNESS, Checkpoint, NoteRefused, Signer, joined, new_signer, read_note
from audit.verify.tree import consistency_proof, leaf_hash, root_of
from audit.verify.witness import Request, Witness, serve
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, NOW, ORIGIN, sealing, tampered, turned_until, wrote
from tests.audit.test_tree import leaves_of, nodes

WITNESS_KEY = new_signer("witness.test", WITNESS, b"the witness's seed, 32 bytes it.")
SECONDS = 1_790_000_000


def witness(folder: Path, *, log: Signer = LOG_KEY) -> Witness:
    return Witness(signer=WITNESS_KEY, log=log.verifier, kept=folder / "seen.json", clock=lambda: SECONDS)


def request(old: int, leaves: list[bytes], *, signer: Signer = LOG_KEY, origin: str = ORIGIN) -> str:
    text = Checkpoint(origin, len(leaves), root_of(leaves)).text()
    proof = consistency_proof(old, len(leaves), nodes(leaves)) if old <= len(leaves) else []
    return str(Request(old, tuple(proof), joined(text, [signer.sign(text)])))


def test_it_cosigns_what_grows_and_says_when(tmp_path: Path) -> None:
    seen = witness(tmp_path)
    for old, new in ((0, 3), (3, 3), (3, 10)):
        asked = request(old, leaves_of(new))
        answer = seen.answer(asked)
        assert answer.status == HTTPStatus.OK
        note = read_note(asked.partition("\n\n")[2].partition("\n\n")[0] + "\n\n" + answer.text)
        assert note.signed_by(WITNESS_KEY.verifier) == SECONDS
        with pytest.raises(NoteRefused):
            read_note(str(note).replace(f"\n{new}\n", f"\n{new + 1}\n")).signed_by(WITNESS_KEY.verifier)


def test_it_remembers_over_a_restart_and_never_goes_back(tmp_path: Path) -> None:
    witness(tmp_path).answer(request(0, leaves_of(5)))
    again = witness(tmp_path)
    assert again.size == 5
    for old, new in ((0, 4), (0, 7), (4, 7)):
        told = again.answer(request(old, leaves_of(new)))
        assert (told.status, told.text) == (HTTPStatus.CONFLICT, "5\n")
    assert again.answer(request(5, leaves_of(7))).status == HTTPStatus.OK


def test_another_book_is_refused_even_with_the_real_key(tmp_path: Path) -> None:
    seen = witness(tmp_path)
    seen.answer(request(0, leaves_of(5)))
    forged = [leaf_hash(b"forged"), *leaves_of(8)[1:]]
    assert seen.answer(request(5, forged)).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert seen.answer(request(5, forged[:5])).status == HTTPStatus.CONFLICT
    assert seen.size == 5


def test_whoever_is_not_the_log_is_sent_away(tmp_path: Path) -> None:
    seen, other = witness(tmp_path), new_signer(ORIGIN, LOG, b"somebody else's seed, 32 bytes..")
    assert seen.answer(request(0, leaves_of(2), signer=other)).status == HTTPStatus.FORBIDDEN
    assert seen.answer(request(0, leaves_of(2), origin="another.test")).status == HTTPStatus.NOT_FOUND
    for text in ("", "old 1", "old x\n\n" + "a\n1\nAAAA\n\n", "new 1\n\n", request(0, leaves_of(2))[:-9]):
        assert seen.answer(text).status == HTTPStatus.BAD_REQUEST
    assert seen.size == 0


def test_a_file_that_cannot_be_read_stops_it(tmp_path: Path) -> None:
    witness(tmp_path).answer(request(0, leaves_of(2)))
    with pytest.raises(NoteRefused, match="another log"):
        witness(tmp_path, log=new_signer("other.test", LOG, bytes(32)))
    (tmp_path / "seen.json").write_text("{")
    with pytest.raises(NoteRefused, match="not known"):
        witness(tmp_path)


STATE = "select witnessed_size, witness_trouble from audit_integration_state()"


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    server = serve(witness(tmp_path), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def asked(
    listening: ThreadingHTTPServer, role_url: AddressOf, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    settings.AUDIT_WITNESSES = [f"{WITNESS_KEY.verifier} http://127.0.0.1:{listening.server_address[1]}"]
    settings.AUDIT_SEALER_URL = role_url("sealer")
    monkeypatch.setattr("audit.tasks.INTEGRATING_SECONDS", 0.0)
    return ask_witnesses


@pytest.mark.django_db(transaction=True)
def test_the_log_has_its_checkpoints_cosigned(asked: Callable[[], None], role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        wrote(1)
        turned_until(sealer, 1)
        asked()
        wrote(3)
        turn = turned_until(sealer, 4)
        asked()
        asked()
    rows = run(role_url("auditor"), "select size, witness, line from audit_cosignature order by size")
    assert [(size, name) for size, name, _ in rows] == [(1, "witness.test"), (4, "witness.test")]
    note = read_note((turn.note or "") + rows[-1][2] + "\n")
    assert note.signed_by(WITNESS_KEY.verifier) == SECONDS
    assert run(role_url("app"), STATE) == [(4, "")]


@pytest.mark.django_db(transaction=True)
def test_a_witness_that_is_away_is_told_of_and_holds_nothing_up(role_url: AddressOf) -> None:
    (away,) = read_witnesses([f"{WITNESS_KEY.verifier} http://127.0.0.1:1"])
    with sealing(role_url) as sealer, psycopg.connect(role_url("sealer")) as connection:
        wrote(1)
        turned_until(sealer, 1)
        assert ask(connection, away, now=NOW).startswith(UNREACHABLE)
        connection.commit()
        wrote(1)
        turned_until(sealer, 2)


@pytest.mark.django_db(transaction=True)
def test_a_book_that_was_written_anew_is_seen_though_the_log_signed_it(
    asked: Callable[[], None], listening: ThreadingHTTPServer, role_url: AddressOf
) -> None:
    with sealing(role_url) as sealer:
        wrote(3)
        turned_until(sealer, 3)
        asked()
    for table in ("audit_cosignature", "audit_signedcheckpoint", "audit_leaf", "audit_entry"):
        chosen = " where body like '%\"count\":0%'" if table == "audit_entry" else ""
        tampered(role_url, table, f"delete from {table}{chosen}")  # noqa: S608  names from above
    run(role_url("superuser"), "update audit_integration set cluster = ''")
    with sealing(role_url) as sealer:
        turned_until(sealer, 2)
        asked()
        (_, shorter) = run(role_url("app"), STATE)[0]
        turned_until(sealer, 3)
        wrote(1)
        turned_until(sealer, 4)
        asked()
    (witnessed, other) = run(role_url("app"), STATE)[0]
    assert shorter == "inconsistent: witness.test has seen 3 entries, and there are 2"
    assert other == "inconsistent: witness.test has seen another book of 3 entries"
    assert witnessed == 3
    told = run(role_url("auditor"), "select outcome from audit_entry where kind = 'audit.integrity_doubted'")
    assert told == [("failed",)], "on record, once"
    listening.shutdown()
    listening.server_close()
    asked()
    assert run(role_url("app"), STATE) == [(3, other)], "a witness that falls silent takes nothing back"


@pytest.mark.django_db(transaction=True)
def test_a_cosignature_that_no_witness_made_is_seen(asked: Callable[[], None], role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        wrote(1)
        turned_until(sealer, 1)
    forged = "insert into audit_cosignature (size, witness, line) values (%s, 'witness.test', %s)"
    run(role_url("sealer"), forged, [1, WITNESS_KEY.cosign("another text\n", seconds=1)])
    asked()
    assert run(role_url("app"), STATE)[0][1].startswith("inconsistent: what was kept")


@pytest.mark.parametrize(
    "text", ["", "a+b http://127.0.0.1", f"{WITNESS_KEY.verifier} http://example.com", f"{LOG_KEY.verifier} https://a.test"]
)  # fmt: skip
def test_what_is_no_witness_is_refused(text: str) -> None:
    with pytest.raises(WitnessMisnamed):
        read_witnesses([text])
