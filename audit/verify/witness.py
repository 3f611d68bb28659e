"""A witness: it cosigns a checkpoint only if the book has grown from the one that it saw last (C2SP tlog-witness).

It runs under another account or on another machine, with a key and a file of its own. What it has answered it has
written down before.
"""

from __future__ import annotations

import json
import os
import threading
import time
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .notes import Checkpoint, Note, NoteRefused, Signer, Verifier, read_checkpoint, read_note
from .tree import HASH_LENGTH, ProofRefused, check_consistency

PATH = "/add-checkpoint"
LONGEST_REQUEST, LONGEST_PROOF = 65_536, 63
SIZE_TYPE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness says: a status of HTTP, a text, and of which type it is."""

    status: HTTPStatus
    text: str = ""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks: the size that it believes the witness knows, the proof from there, and the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        lines = [f"old {self.old}", *(b64encode(each).decode() for each in self.proof)]
        return "\n".join(lines) + "\n\n" + str(self.note)


def read_request(text: str) -> Request:
    """Read what a log asks. Raises `NoteRefused`."""
    head, found, note = text.partition("\n\n")
    first, *proof = head.split("\n")
    word, _, size = first.partition(" ")
    if not found or word != "old" or not (size.isascii() and size.isdigit()) or len(size) > 19:
        raise NoteRefused("a request begins with the old size and the proof")
    if len(proof) > LONGEST_PROOF:
        raise NoteRefused("a proof is not this long")
    return Request(int(size), tuple(map(_hash, proof)), read_note(note))


class Witness:
    """Knows one log by its key, and the last checkpoint of it that it cosigned."""

    def __init__(self, *, signer: Signer, log: Verifier, kept: Path, clock: Callable[[], float] = time.time) -> None:
        self._signer, self._log, self._kept, self._clock = signer, log, kept, clock
        self._lock = threading.Lock()
        self._last = self._remembered()

    @property
    def size(self) -> int:
        """How large the book was when this witness saw it last."""
        return self._last.size if self._last else 0

    def answer(self, text: str) -> Answer:
        """Cosign, or say why not."""
        try:
            asked = read_request(text)
            told = read_checkpoint(asked.note)
        except NoteRefused as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        if told.origin != self._log.name:
            return Answer(HTTPStatus.NOT_FOUND, "this witness knows another log\n")
        try:
            asked.note.signed_by(self._log)
        except NoteRefused as error:
            return Answer(HTTPStatus.FORBIDDEN, f"{error}\n")
        if asked.old > told.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is the larger one\n")
        with self._lock:
            return self._compared(asked, told)

    def _compared(self, asked: Request, told: Checkpoint) -> Answer:
        last = self._last
        if asked.old != self.size:
            return Answer(HTTPStatus.CONFLICT, f"{self.size}\n", SIZE_TYPE)
        if last is not None and told.size == last.size and told.root != last.root:
            return Answer(HTTPStatus.CONFLICT, f"{self.size}\n", SIZE_TYPE)
        try:
            if last is not None:
                check_consistency(
                    old=last.size, new=told.size, old_root=last.root, new_root=told.root, proof=asked.proof
                )
        except ProofRefused as error:
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n")
        self._remember(asked.note)
        self._last = told
        return Answer(HTTPStatus.OK, self._signer.cosign(asked.note.text, seconds=int(self._clock())) + "\n")

    def _remember(self, note: Note) -> None:
        """Write down what is about to be cosigned; after a crash nothing else can be, whatever was answered."""
        beside = self._kept.with_name(f"{self._kept.name}.new")
        with beside.open("w") as file:
            json.dump({"log": str(self._log), "note": str(note)}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._kept)
        folder = os.open(self._kept.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _remembered(self) -> Checkpoint | None:
        """Return the last checkpoint. Raises `NoteRefused` where the file is of another log, or is no longer whole."""
        if not self._kept.exists():
            return None
        try:
            kept = json.loads(self._kept.read_text())
            note = read_note(kept["note"])
            is_ours = kept["log"] == str(self._log)
        except (ValueError, KeyError, TypeError):
            raise NoteRefused(f"{self._kept} cannot be read: what this witness has seen is not known") from None
        if not is_ours:
            raise NoteRefused(f"{self._kept} belongs to another log")
        note.signed_by(self._log)
        return read_checkpoint(note)


def serve(witness: Witness, *, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server that listens; `serve_forever` answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            self._send(self._answer())

        def _answer(self) -> Answer:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                return Answer(HTTPStatus.NOT_FOUND)
            if not length.isdigit() or int(length) > LONGEST_REQUEST:
                self.close_connection = True
                return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            try:
                return witness.answer(self.rfile.read(int(length)).decode())
            except UnicodeDecodeError:
                return Answer(HTTPStatus.BAD_REQUEST, "this is no UTF-8\n")

        def _send(self, answer: Answer) -> None:
            body = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: who asks is the log, again and again."""

    return ThreadingHTTPServer((host, port), Handler)


def _hash(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise NoteRefused("a proof is base64") from None
    if len(decoded) != HASH_LENGTH:
        raise NoteRefused("a proof is made of hashes")
    return decoded
