"""Signed notes (C2SP signed-note), checkpoints (C2SP tlog-checkpoint) and cosignatures (C2SP tlog-cosignature).

A note is text that ends with a line feed, an empty line, and signature lines: an em dash, the name of the key, and in
base64 four bytes that tell the key and the signature.
"""

from __future__ import annotations

import binascii
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, WITNESS = 0x01, 0x04
"""Kinds of signatures: Ed25519 over the note, and timestamped Ed25519 cosignatures."""

LONGEST_NOTE, MOST_SIGNATURES = 16_384, 64
_COSIGNED = "cosignature/v1\ntime {}\n{}"


class NoteRefused(ValueError):
    """A note, a key or a signature is not what it should be."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name, written `name+hash+key` as in Go's note package."""

    name: str
    kind: int
    key: bytes

    @property
    def hint(self) -> bytes:
        """Four bytes by which a signature line names its key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.hint.hex()}+{b64encode(bytes([self.kind]) + self.key).decode()}"

    def check(self, text: str, signature: bytes) -> int | None:
        """Return the time of a cosignature (seconds), None for the log's own; raises `NoteRefused` for a wrong one."""
        signed, seconds = text, None
        if self.kind == WITNESS:
            if len(signature) != 72:
                raise NoteRefused("a cosignature is a time and a signature")
            (seconds,) = struct.unpack(">Q", signature[:8])
            signed, signature = _COSIGNED.format(seconds, text), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, signed.encode())
        except (InvalidSignature, ValueError):
            raise NoteRefused(f"the signature of {self.name} is not its own") from None
        return seconds


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A private key with its name, written `PRIVATE+KEY+name+hash+key`."""

    name: str
    kind: int
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        """What others check it by."""
        return Verifier(self.name, self.kind, self._key().public_key().public_bytes_raw())

    def written(self) -> str:
        """Return it as its file holds it: a secret."""
        return (
            f"PRIVATE+KEY+{self.name}+{self.verifier.hint.hex()}+{b64encode(bytes([self.kind]) + self.seed).decode()}"
        )

    def sign(self, text: str) -> str:
        """Return the signature line of the log for a note's text."""
        return _line(self.verifier, self._key().sign(text.encode()))

    def cosign(self, text: str, *, seconds: int) -> str:
        """Return the signature line of a witness who saw the text at a time (seconds since 1970)."""
        signed = self._key().sign(_COSIGNED.format(seconds, text).encode())
        return _line(self.verifier, struct.pack(">Q", seconds) + signed)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large the book was and what its root was, as somebody signed it."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return what is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the lines that sign it."""

    text: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(line + "\n" for line in self.lines)

    @property
    def signers(self) -> tuple[tuple[str, bytes], ...]:
        """Name and hint of every key that a line is said to be by."""
        return tuple((name, blob[:4]) for name, blob in map(_parts, self.lines))

    def signed_by(self, verifier: Verifier) -> int | None:
        """Check that a key has signed; return the time of a cosignature. Raises `NoteRefused`."""
        mine = [
            blob[4:] for name, blob in map(_parts, self.lines) if (name, blob[:4]) == (verifier.name, verifier.hint)
        ]
        if not mine:
            raise NoteRefused(f"{verifier.name} has not signed")
        return [verifier.check(self.text, signature) for signature in mine][-1]


def new_signer(name: str, kind: int, seed: bytes) -> Signer:
    """Return a signer of 32 random bytes; raises `NoteRefused` for a name that a note cannot hold."""
    _must_be_name(name)
    if len(seed) != 32:
        raise NoteRefused("a seed has 32 bytes")
    return Signer(name, kind, seed)


def read_signer(text: str) -> Signer:
    """Read a private key as its file holds it. Raises `NoteRefused`, which never shows it."""
    parts = text.strip().split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise NoteRefused("this is no private key: PRIVATE+KEY+name+hash+key")
    blob = _decoded(parts[4])
    if len(blob) != 33 or blob[0] not in (LOG, WITNESS):
        raise NoteRefused("this key is of no known kind")
    signer = new_signer(parts[2], blob[0], blob[1:])
    if signer.verifier.hint.hex() != parts[3]:
        raise NoteRefused("the hash does not belong to the key")
    return signer


def read_verifier(text: str) -> Verifier:
    """Read a public key `name+hash+key`. Raises `NoteRefused`."""
    parts = text.strip().split("+", 2)
    blob = _decoded(parts[2]) if len(parts) == 3 else b""
    if len(blob) != 33 or blob[0] not in (LOG, WITNESS):
        raise NoteRefused("this is no public key: name+hash+key")
    _must_be_name(parts[0])
    verifier = Verifier(parts[0], blob[0], blob[1:])
    if verifier.hint.hex() != parts[1]:
        raise NoteRefused("the hash does not belong to the key")
    return verifier


def read_note(text: str) -> Note:
    """Take a signed note apart. Raises `NoteRefused`."""
    if len(text) > LONGEST_NOTE:
        raise NoteRefused("a note is not this long")
    body, found, signatures = text.rpartition("\n\n")
    lines = signatures.split("\n")[:-1]  # splitlines() would take other characters for ends of lines, too
    if not found or not signatures.endswith("\n") or not 1 <= len(lines) <= MOST_SIGNATURES:
        raise NoteRefused("a note is text, an empty line and signatures")
    for line in lines:
        _parts(line)
    return Note(body + "\n", tuple(lines))


def read_checkpoint(note: Note) -> Checkpoint:
    """Read the checkpoint in a note; whether it is signed is another question. Raises `NoteRefused`."""
    lines = note.text.split("\n")
    if len(lines) < 4 or not lines[0]:
        raise NoteRefused("a checkpoint has an origin, a size and a root")
    origin, size, root = lines[:3]
    if not (size.isascii() and size.isdigit()) or str(int(size)) != size or int(size) >= 1 << 63:
        raise NoteRefused("the size is no number")
    decoded = _decoded(root)
    if len(decoded) != 32:
        raise NoteRefused("the root is no hash")
    return Checkpoint(origin, int(size), decoded)


def joined(text: str, lines: Iterable[str]) -> Note:
    """Put a note together."""
    return Note(text, tuple(lines))


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"\N{EM DASH} {verifier.name} {b64encode(verifier.hint + signature).decode()}"


def _parts(line: str) -> tuple[str, bytes]:
    words = line.split(" ")
    if len(words) != 3 or words[0] != "\N{EM DASH}" or not words[1]:
        raise NoteRefused("a signature is a dash, a name and base64")
    blob = _decoded(words[2])
    if len(blob) < 5:
        raise NoteRefused("a signature is longer than this")
    return words[1], blob


def _decoded(text: str) -> bytes:
    """Return what canonical base64 holds: one text for one content, so that no bit of a note can be turned unseen."""
    try:
        decoded = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused("this is no base64") from None
    if b64encode(decoded).decode() != text:
        raise NoteRefused("this is no canonical base64")
    return decoded


def _must_be_name(name: str) -> None:
    if not name or "+" in name or any(each.isspace() for each in name):
        raise NoteRefused("a name of a key is not empty and has neither spaces nor +")
