"""The keyring file: root keys on a local disk, best wrapped under a passphrase.

    {"format": "sealbook-keyring/1",
     "passphrase": null | {"kdf": "scrypt", "n": 32768, "r": 8, "p": 1, "salt": base64},
     "root_keys": [{"id": hex, "created_at": RFC 3339, "key" | "wrapped": base64}, ...]}      the last one wraps

With a passphrase every root key is AES-256-GCM under scrypt (RFC 7914; n=2**15, r=8, p=1: 32 MiB, about 0.1 s).
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from keyring.errors import KeyringLocked, KmsUnavailable

FORMAT = "sealbook-keyring/1"
_SCRYPT = {"kdf": "scrypt", "n": 2**15, "r": 8, "p": 1}
_LABEL = b"sealbook root key 1|"


@dataclass(frozen=True, slots=True, repr=False)
class RootKeys:
    """The opened root keys of one file."""

    by_id: Mapping[UUID, bytes]
    newest: UUID
    passphrase_protected: bool


def create_keyring_file(path: Path | str, passphrase: str = "") -> None:
    """Create a keyring with one random root key, readable by its owner only; raise `FileExistsError`."""
    path = Path(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document: dict[str, Any] = {"format": FORMAT, "passphrase": None, "root_keys": []}
    if passphrase:
        document["passphrase"] = _SCRYPT | {"salt": _text(os.urandom(16))}
    _append_root_key(document, passphrase)
    with _draft(path, document) as draft:
        os.link(draft, path)  # unlike a rename, this never replaces a keyring somebody else made


def add_root_key(path: Path | str, passphrase: str = "") -> UUID:
    """Add a root key that wraps from now on and return its id. Older ones stay, to unwrap."""
    path = Path(path)
    _read(path)  # a missing file is named before its folder is
    with _locked(path.parent):
        document = _read(path)
        _opened(document, passphrase)  # a wrong passphrase must not produce a file with two
        added = _append_root_key(document, passphrase)
        with _draft(path, document) as draft:
            draft.replace(path)
    return added


def read_root_keys(path: Path | str, passphrase: str = "") -> RootKeys:
    """Return the root keys; raise `KmsUnavailable` or `KeyringLocked`, saying what to do."""
    return _opened(_read(Path(path)), passphrase)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            _refuse_if_others_may_read(path, os.fstat(file.fileno()))
            content = file.read()
    except FileNotFoundError:
        raise KmsUnavailable(
            f"There is no keyring file at {path}: restore it from its backup, or, for a new installation, "
            "create it with `manage.py create_keyring`."
        ) from None
    except OSError as error:
        raise KmsUnavailable(f"The keyring file {path} cannot be read: {error.strerror}.") from None
    try:
        document = json.loads(content)
    except ValueError:
        document = None  # refused below: the parser's error would quote the file
    if not isinstance(document, dict) or document.get("format") != FORMAT or not document.get("root_keys"):
        raise KmsUnavailable(f"{path} is not a keyring file of the format {FORMAT}: restore it from its backup.")
    return document


def _refuse_if_others_may_read(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KmsUnavailable(f"The keyring file {path} is not a regular file.")
    if status.st_mode & 0o077:
        raise KmsUnavailable(f"The keyring file {path} is open to other accounts: run `chmod 600 {path}`.")
    if status.st_uid not in (0, os.geteuid()):
        raise KmsUnavailable(f"The keyring file {path} belongs to another account: change its owner.")


def _opened(document: Mapping[str, Any], passphrase: str) -> RootKeys:
    protection = document.get("passphrase")
    cipher = _passphrase_cipher(protection, passphrase) if protection else None
    by_id: dict[UUID, bytes] = {}
    try:
        for entry in document["root_keys"]:
            key_id = UUID(hex=entry["id"])
            by_id[key_id] = _unlocked(entry, key_id, cipher) if cipher else b64decode(entry["key"], validate=True)
    except (KeyError, TypeError, ValueError):
        by_id = {}
    if not by_id or any(len(key) != 32 for key in by_id.values()):
        raise KmsUnavailable("The keyring file is damaged: restore it from its backup.")
    return RootKeys(by_id=by_id, newest=list(by_id)[-1], passphrase_protected=bool(protection))


def _passphrase_cipher(protection: Mapping[str, Any], passphrase: str) -> AESGCM:
    if not passphrase:
        raise KeyringLocked("The keyring file is locked: set SEALBOOK_KEYRING_PASSPHRASE.")
    if {name: protection.get(name) for name in _SCRYPT} != _SCRYPT:
        raise KmsUnavailable("The keyring file asks for another key derivation than this version knows.")
    derivation = Scrypt(
        salt=b64decode(protection["salt"]), length=32, n=protection["n"], r=protection["r"], p=protection["p"]
    )
    return AESGCM(derivation.derive(passphrase.encode()))


def _unlocked(entry: Mapping[str, str], key_id: UUID, cipher: AESGCM) -> bytes:
    blob = b64decode(entry["wrapped"], validate=True)
    try:
        return cipher.decrypt(blob[:12], blob[12:], _LABEL + key_id.bytes)
    except InvalidTag:
        pass  # raised below, without context
    raise KeyringLocked("The passphrase does not open the keyring file: check SEALBOOK_KEYRING_PASSPHRASE.")


def _append_root_key(document: dict[str, Any], passphrase: str) -> UUID:
    key_id, key = uuid4(), os.urandom(32)
    entry = {"id": key_id.hex, "created_at": datetime.now(UTC).isoformat(timespec="seconds")}
    if document["passphrase"]:
        nonce = os.urandom(12)
        cipher = _passphrase_cipher(document["passphrase"], passphrase)
        entry["wrapped"] = _text(nonce + cipher.encrypt(nonce, key, _LABEL + key_id.bytes))
    else:
        entry["key"] = _text(key)
    document["root_keys"].append(entry)
    return key_id


@contextmanager
def _draft(path: Path, document: Mapping[str, Any]) -> Iterator[Path]:
    """Give the finished, synced file under a temporary name; what the caller does with it is synced as well."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(document, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    with _directory(path.parent) as directory:
        os.fsync(directory)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second `add_root_key` out, so that no root key is lost between reading and writing."""
    with _directory(folder) as directory:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield


@contextmanager
def _directory(folder: Path) -> Iterator[int]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise KmsUnavailable(f"The folder {folder} cannot be opened: {error.strerror}.") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _text(value: bytes) -> str:
    return b64encode(value).decode("ascii")
