"""What is stored today must open for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from keyring.blinding import IndexKey
from keyring.keys import KeyKind
from keyring.places import cell_place
from keyring.sealing import AESGCM, OpenKey
from keyring.wrapping import EnvironmentCipher, KeyLabel
from tests.keyring import ghash

VECTORS = Path(__file__).parent.parent / "vectors"


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((VECTORS / name).read_text())
    return document


def test_the_cipher_agrees_with_nists_vector_and_with_two_other_implementations() -> None:
    for vector in read("aes_256_gcm.json")["vectors"]:
        key, iv, aad, plain, ciphertext, tag = (
            bytes.fromhex(vector[part]) for part in ("key", "iv", "aad", "plaintext", "ciphertext", "tag")
        )
        assert AESGCM(key).encrypt(iv, plain, aad) == ciphertext + tag
        assert AESGCM(key).decrypt(iv, ciphertext + tag, aad) == plain
        assert ghash.keystream_xor(key, iv, plain) == ciphertext
        assert ghash.tag(key, iv, aad, ciphertext) == tag
        streaming = Cipher(algorithms.AES(key), modes.GCM(iv, tag)).decryptor()
        streaming.authenticate_additional_data(aad)
        assert streaming.update(ciphertext) + streaming.finalize() == plain


def test_a_value_sealed_under_format_one_opens() -> None:
    vector = read("keyring_formats.json")["sealed_value"]
    place = cell_place(*(UUID(vector[part]) for part in ("environment", "subject", "column", "value")))
    key = OpenKey(key_id=UUID(vector["key_id"]), version=1, key=bytes.fromhex(vector["key"]))
    assert key.unseal(bytes.fromhex(vector["sealed"]), place).decode() == vector["plain"]


def test_a_key_wrapped_under_format_one_opens() -> None:
    vector = read("keyring_formats.json")["wrapped_key"]
    cipher = EnvironmentCipher(number=vector["number"], key=bytes.fromhex(vector["environment_key"]))
    label = KeyLabel(
        UUID(vector["environment"]), UUID(vector["key_id"]), KeyKind(vector["kind"]), vector["scope"], vector["version"]
    )
    assert cipher.unwrap(bytes.fromhex(vector["wrapped"]), label).hex() == vector["key"]


def test_a_blind_index_stays_what_it_was() -> None:
    vector = read("keyring_formats.json")["blind_index"]
    key = IndexKey(key_id=UUID(int=1), version=1, key=bytes.fromhex(vector["key"]))
    assert key.blind(vector["value"].encode()).hex() == vector["blind"]
