"""Asking witnesses to cosign what the log signed last."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import psycopg

from audit.errors import WitnessMisnamed
from audit.integrity.nodes import stored_nodes
from audit.verify.notes import WITNESS, NoteRefused, Verifier, read_checkpoint, read_note, read_verifier
from audit.verify.tree import consistency_proof
from audit.verify.witness import PATH, SIZE_TYPE, Request

PATIENCE = 3.0
"""Seconds for one answer: entries get their place meanwhile, in another thread."""
LONGEST_ANSWER = 4_096

UNREACHABLE = "unreachable"
INCONSISTENT = "inconsistent"


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness: what it is checked by, and where it listens."""

    verifier: Verifier
    url: str


def read_witnesses(texts: Iterable[str]) -> list[WitnessAddress]:
    """Read `name+hash+key address` each. Raises `WitnessMisnamed`; beyond this machine only https will do."""
    found = []
    for text in texts:
        key, _, url = text.strip().partition(" ")
        try:
            verifier = read_verifier(key)
        except NoteRefused as error:
            raise WitnessMisnamed(f"a witness is a key and an address: {error}") from None
        parts = urlsplit(url.strip())
        is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if verifier.kind != WITNESS or not parts.hostname or parts.scheme not in (("https", "http")[: 1 + is_here]):
            raise WitnessMisnamed(f"{verifier.name}: not a witness's key, or no https address")
        found.append(WitnessAddress(verifier, url.strip().rstrip("/")))
    return found


def ask(connection: psycopg.Connection, witness: WitnessAddress, *, now: datetime) -> str:
    """Have the last checkpoint cosigned and keep the line; return what stands against it, "" where nothing does.

    A witness that has seen another book than this one says so for good: `INCONSISTENT`, with what it said.
    """
    row = connection.execute("select size, note from audit_signedcheckpoint order by size desc limit 1").fetchone()
    if row is None:
        return ""
    size, note = row
    known = _known(connection, witness)
    if known is None or known > size:
        return f"{INCONSISTENT}: what was kept of {witness.verifier.name} is not what it cosigned"
    if known == size:
        return ""
    answer = _sent(connection, witness, known, size, note)
    told = answer.size
    if told is not None and known < told <= size:  # it knows more than was kept of it: its answer was lost
        known, answer = told, _sent(connection, witness, told, size, note)
    if answer.status == HTTPStatus.OK:
        return _kept(connection, witness, size, note, answer.told, now)
    return _against(witness, answer, known=known, size=size)


def _against(witness: WitnessAddress, answer: _Answer, *, known: int, size: int) -> str:
    name = witness.verifier.name
    if answer.size is not None and answer.size > size:
        return f"{INCONSISTENT}: {name} has seen {answer.size} entries, and there are {size}"
    if answer.status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
        return f"{INCONSISTENT}: {name} has seen another book of {known} entries"
    return f"{UNREACHABLE}: {name} ({answer.status or answer.told})"


def _known(connection: psycopg.Connection, witness: WitnessAddress) -> int | None:
    """Return the size that a witness cosigned last, None where the line that says so is not its own."""
    last = (
        "select c.size, c.line, s.note from audit_cosignature c left join audit_signedcheckpoint s on s.size = c.size "
        "where c.witness = %s order by c.size desc limit 1"
    )
    row = connection.execute(last, [witness.verifier.name]).fetchone()
    if row is None:
        return 0
    size, line, note = row
    try:
        read_note(f"{read_note(note or '').text}\n{line}\n").signed_by(witness.verifier)
    except NoteRefused:
        return None
    return int(size)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    """0 where there was none."""
    told: str

    @property
    def size(self) -> int | None:
        """The size that a witness says it has seen, where that is what it says."""
        is_size = self.status == HTTPStatus.CONFLICT and self.told.isascii() and self.told.isdigit()
        return int(self.told) if is_size and len(self.told) < 20 else None


def _sent(connection: psycopg.Connection, witness: WitnessAddress, known: int, size: int, note: str) -> _Answer:
    proof = consistency_proof(known, size, stored_nodes(connection))
    connection.commit()  # the answer is waited for outside of any transaction
    parts = urlsplit(witness.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(str(parts.hostname), parts.port, timeout=PATIENCE)
    try:
        body = str(Request(known, tuple(proof), read_note(note))).encode()
        line.request("POST", parts.path + PATH, body, {"Content-Type": "text/plain; charset=utf-8"})
        reply = line.getresponse()
        told = reply.read(LONGEST_ANSWER).decode(errors="replace").strip()
        is_size = reply.headers.get_content_type() == SIZE_TYPE
        return _Answer(reply.status, told if reply.status == HTTPStatus.OK or is_size else "")
    except (OSError, http.client.HTTPException) as error:
        return _Answer(0, type(error).__name__)
    finally:
        line.close()


def _kept(
    connection: psycopg.Connection, witness: WitnessAddress, size: int, note: str, line: str, now: datetime
) -> str:
    signed = read_note(note)
    try:
        cosigned = read_note(f"{signed.text}\n{line}\n")
        cosigned.signed_by(witness.verifier)
    except NoteRefused as error:
        return f"{UNREACHABLE}: what {witness.verifier.name} answered is no cosignature of its own ({error})"
    statement = "insert into audit_cosignature (size, witness, line) values (%s, %s, %s) on conflict do nothing"
    connection.execute(statement, [size, witness.verifier.name, line])
    connection.execute(
        "update audit_integration set witnessed_size = greatest(witnessed_size, %s), witnessed_at = %s",
        [read_checkpoint(signed).size, now],
    )
    return ""
