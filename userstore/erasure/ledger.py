"""The ledger of erasures: a file outside the database that says who must not come back with a restored backup.

One line of JSON per erasure, appended and fsynced before the erasure commits. Lines name no person: an environment, the
number of a row, and a keyed image of the random handle that the row carried, so that another person under the same
number is never taken for the one who was erased. Every line carries a MAC over itself and its predecessor's, under a
key that the key management wrapped, in the first line: a line that was changed, moved or taken out of the middle is
found, and so is another key. Lines missing at the end are found by the number that the database keeps of the last
erasure.
"""

from __future__ import annotations

import errno
import fcntl
import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import UUID

from keyring.kms import provider, providers
from userstore.erasure.errors import LedgerUnusable

FORMAT = "sealbook erasures 2"
ERASED, ABANDONED = "erased", "abandoned"
_CONTEXT = FORMAT.encode()
_FIRST = ""
"""What the first erasure is chained to: not the line of the key, which changes when the key is wrapped again."""
_TAIL = 4096


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure; `subject` is the number of the row, `mark` the image of its handle."""

    number: int
    erasure_id: UUID
    environment_id: UUID
    subject: int
    mark: str


class Ledger:
    """A ledger in one file. Several processes may append; each append holds the file's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mark_of(self, environment_id: UUID, handle: bytes) -> str:
        """Return the image of a handle, as lines have it."""
        with self._locked() as file:
            key, _, _ = _end_of(file)
        return _image(key, environment_id, handle)

    def record(self, *, erasure_id: UUID, environment_id: UUID, subject: int, handle: bytes, at: datetime) -> int:
        """Append an erasure, on disk when this returns; returns its number.

        Raises:
            LedgerUnusable: the file is damaged or cannot be written.
            KmsUnavailable: its key cannot be unwrapped.
        """
        with self._locked() as file:
            key, number, mac = _end_of(file)
            body = {
                "number": number + 1,
                "kind": ERASED,
                "erasure": str(erasure_id),
                "environment": str(environment_id),
                "subject": subject,
                "mark": _image(key, environment_id, handle),
                "at": at.isoformat(),
            }
            _append(file, body, key=key, before=mac)
        return number + 1

    def abandon(self, *, erasure_id: UUID, at: datetime) -> None:
        """Append that an erasure did not take place after all."""
        with self._locked() as file:
            key, number, mac = _end_of(file)
            body = {"number": number + 1, "kind": ABANDONED, "erasure": str(erasure_id), "at": at.isoformat()}
            _append(file, body, key=key, before=mac)

    def read(self) -> tuple[list[Tombstone], int]:
        """Verify every line and return the erasures that took place, and the number of the last line.

        Raises:
            LedgerUnusable: a line is damaged; names its position.
        """
        if not self.path.exists():
            return [], 0
        with self._locked() as file:
            lines = _lines(file)
        key, before = _key_in(lines[0]), _FIRST
        found: dict[UUID, Tombstone] = {}
        for position, line in enumerate(lines[1:], start=2):
            body, before = _verified(line, key=key, before=before, position=position)
            erasure_id = UUID(body["erasure"])
            if body["kind"] == ABANDONED:
                found.pop(erasure_id, None)
            else:
                found[erasure_id] = Tombstone(
                    body["number"], erasure_id, UUID(body["environment"]), body["subject"], body["mark"]
                )
        return list(found.values()), len(lines) - 1

    def rewrap(self) -> bool:
        """Wrap the key again by the first KMS provider under its newest root key; False where there is no ledger yet.

        The new file takes the old one's place in one step: whoever dies before leaves the ledger as it was.

        Raises:
            LedgerUnusable: the file is damaged or cannot be written.
            KmsUnavailable: a provider cannot be asked; nothing has changed.
        """
        if not self.path.exists():
            return False
        beside = self.path.with_name(f"{self.path.name}.new")
        with self._locked() as file:
            head, *lines = _lines(file)
            with _opened(beside, os.O_TRUNC) as new:
                _write_head(new, _key_in(head))
                _write(new, b"".join(line + b"\n" for line in lines))
            beside.replace(self.path)
            _keep_name(self.path)
        return True

    @contextmanager
    def _locked(self) -> Iterator[FileIO]:
        with ExitStack() as stack:
            file = stack.enter_context(_opened(self.path))
            fcntl.flock(file, fcntl.LOCK_EX)
            while not _is_at(file, self.path):  # another took its place while this one waited
                stack.close()
                file = stack.enter_context(_opened(self.path))
                fcntl.flock(file, fcntl.LOCK_EX)
            if file.seek(0, os.SEEK_END) == 0:
                _write_head(file, os.urandom(32))
                _keep_name(self.path)
            _drop_torn_line(file)
            yield file


def _opened(path: Path, flags: int = 0) -> FileIO:
    """Open unbuffered: what a full disk did not take must not be tried again when the file is closed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600), "r+b", buffering=0)
    except OSError as problem:
        raise LedgerUnusable(f"the ledger of erasures cannot be opened ({problem.strerror})") from None


def _is_at(file: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _write_head(file: FileIO, key: bytes) -> None:
    first = providers()[0]
    wrapped = b64encode(first.wrap(key, context=_CONTEXT)).decode()
    _write(file, _canonical({"format": FORMAT, "provider": first.name, "key": wrapped}) + b"\n")


def _keep_name(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the file's name has to survive as well
    finally:
        os.close(folder)


def _drop_torn_line(file: FileIO) -> None:
    """A line without an end is of a process that died while appending: its erasure never committed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _TAIL, 0))
    tail = file.read()
    if not tail.endswith(b"\n"):
        kept = size - len(tail) + tail.rfind(b"\n") + 1
        if b"\n" not in tail:
            raise LedgerUnusable("the last line of the ledger of erasures is damaged")
        file.truncate(kept)


def _lines(file: FileIO) -> list[bytes]:
    file.seek(0)
    return file.read().splitlines()


def _end_of(file: FileIO) -> tuple[bytes, int, str]:
    """Return the key, the number of the last line and its MAC."""
    file.seek(0)
    head = file.read(_TAIL).partition(b"\n")[0]
    key = _key_in(head)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _TAIL, 0))
    last = file.read().splitlines()[-1]
    if last == head:
        return key, 0, _FIRST
    try:
        body = json.loads(last)
        return key, int(body["number"]), str(body["mac"])
    except (ValueError, KeyError, TypeError):
        raise LedgerUnusable("the last line of the ledger of erasures is damaged") from None


def _key_in(head: bytes) -> bytes:
    try:
        body = json.loads(head)
        if body["format"] != FORMAT:
            raise ValueError
        name, wrapped = str(body["provider"]), b64decode(body["key"], validate=True)
    except (ValueError, KeyError, TypeError):
        raise LedgerUnusable("line 1 of the ledger of erasures is damaged") from None
    return provider(name).unwrap(wrapped, context=_CONTEXT)


def _image(key: bytes, environment_id: UUID, handle: bytes) -> str:
    return hmac.digest(key, b"handle|" + environment_id.bytes + handle, "sha256").hex()[:32]


def _append(file: FileIO, body: dict[str, Any], *, key: bytes, before: str) -> None:
    _write(file, _canonical(body | {"mac": _mac(body, key=key, before=before)}) + b"\n")


def _mac(body: dict[str, Any], *, key: bytes, before: str) -> str:
    return hmac.digest(key, before.encode() + _canonical(body), "sha256").hex()


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _write(file: FileIO, lines: bytes) -> None:
    """Append lines and wait for the disk; what did not fit is not left there in part."""
    size = file.seek(0, os.SEEK_END)
    try:
        if file.write(lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())
    except OSError as problem:
        with suppress(OSError):
            file.truncate(size)
        raise LedgerUnusable(f"the ledger of erasures cannot be written ({problem.strerror})") from None


def _verified(line: bytes, *, key: bytes, before: str, position: int) -> tuple[dict[str, Any], str]:
    try:
        body = json.loads(line)
        told = str(body.pop("mac"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LedgerUnusable(f"line {position} of the ledger of erasures is damaged") from None
    if body.get("number") != position - 1 or not hmac.compare_digest(told, _mac(body, key=key, before=before)):
        raise LedgerUnusable(f"line {position} of the ledger of erasures is damaged")
    return body, told
