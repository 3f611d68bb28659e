"""AES-GCM written out from NIST SP 800-38D, slow and readable: an independent check and a tool for attacks."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

R = 0xE1 << 120


def encrypt_block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  one block: the raw permutation
    return encryptor.update(block)


def multiply(x: int, y: int) -> int:
    """Multiply in GF(2**128) in GCM's bit order (SP 800-38D, algorithm 1)."""
    z = 0
    for position in range(127, -1, -1):
        if x >> position & 1:
            z ^= y
        y = y >> 1 ^ R if y & 1 else y >> 1
    return z


def invert(x: int) -> int:
    """Return x**(2**128 - 2), the inverse."""
    result, power = 1 << 127, x
    for _ in range(127):
        power = multiply(power, power)
        result = multiply(result, power)
    return result


def blocks(data: bytes) -> list[int]:
    padded = data + bytes(-len(data) % 16)
    return [int.from_bytes(padded[at : at + 16], "big") for at in range(0, len(padded), 16)]


def lengths(aad: bytes, ciphertext: bytes) -> int:
    return len(aad) * 8 << 64 | len(ciphertext) * 8


def hash_key(key: bytes) -> int:
    return int.from_bytes(encrypt_block(key, bytes(16)), "big")


def ghash(h: int, parts: list[int]) -> int:
    y = 0
    for part in parts:
        y = multiply(y ^ part, h)
    return y


def tag_mask(key: bytes, nonce: bytes) -> int:
    return int.from_bytes(encrypt_block(key, nonce + b"\0\0\0\1"), "big")


def tag(key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    parts = [*blocks(aad), *blocks(ciphertext), lengths(aad, ciphertext)]
    return (ghash(hash_key(key), parts) ^ tag_mask(key, nonce)).to_bytes(16, "big")


def keystream_xor(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = b"".join(
        encrypt_block(key, nonce + counter.to_bytes(4, "big")) for counter in range(2, 2 + -(-len(data) // 16))
    )
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def ciphertext_under_two_keys(first: bytes, second: bytes, nonce: bytes, aad: bytes) -> bytes:
    """Return 32 bytes and a tag that AES-GCM accepts under both keys (the known attack on committing).

    The tag is linear in the second block c: c * H**2 + rest. Setting both tags equal gives c.
    """
    chosen = bytes(range(16))
    rests, squares = [], []
    for key in (first, second):
        h = hash_key(key)
        parts = [*blocks(aad), *blocks(chosen), 0, lengths(aad, bytes(32))]
        rests.append(ghash(h, parts) ^ tag_mask(key, nonce))
        squares.append(multiply(h, h))
    c = multiply(rests[0] ^ rests[1], invert(squares[0] ^ squares[1]))
    body = chosen + c.to_bytes(16, "big")
    return body + tag(first, nonce, aad, body)
