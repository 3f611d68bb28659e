"""Public keys of the CI and of launchers, and whether one of them signed something."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from governance.errors import Invalid

LONGEST_KEY = 4_096
_HASHES = {SECP256R1.name: hashes.SHA256, SECP384R1.name: hashes.SHA384}

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


def read_public_key(pem: str) -> PublicKey:
    """Return an Ed25519 key, or one of ECDSA over P-256 or P-384.

    Raises:
        Invalid: it is no such key; a private key above all.
    """
    if len(pem) > LONGEST_KEY:
        raise _no_key()
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except ValueError:
        raise _no_key() from None
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in _HASHES:
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise _no_key()


def written(key: PublicKey) -> str:
    """Return the one way in which a key is kept: PEM, SubjectPublicKeyInfo."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def key_id_of(key: PublicKey) -> str:
    """Return the SHA-256 of the key's SubjectPublicKeyInfo, in hexadecimal."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def has_signed(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether this key made this signature. ECDSA signatures are DER or, as in JWS, the two numbers side by side."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(_as_der(key, signature), message, ECDSA(_HASHES[key.curve.name]()))
    except InvalidSignature:
        return False
    return True


def _as_der(key: EllipticCurvePublicKey, signature: bytes) -> bytes:
    """Return a signature as DER; one of exactly two numbers' length is the two side by side (RFC 7518, 3.4).

    A DER signature of that length is one in some thousands, and does not begin with the length it would have to have.
    """
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size or signature[:2] == bytes((0x30, 2 * size - 2)):
        return signature
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))


def _no_key() -> Invalid:
    return Invalid(
        "This is no public key that is taken here.",
        field="public_key",
        remedy="Give PEM (-----BEGIN PUBLIC KEY-----) of Ed25519, or of ECDSA over P-256 or P-384.",
    )
