"""Environment keys, opened through the KMS and remembered by this process."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from keyring import lease, rows
from keyring.errors import UnknownKey, Unsealable
from keyring.kms import provider
from keyring.memory import BoundedMemory
from keyring.models import EnvironmentKey
from keyring.wrapping import EnvironmentCipher, KeyLabel, environment_key_number

_LABEL = b"sealbook environment key 1|"

_opened: BoundedMemory[tuple[int, int], tuple[bytes, EnvironmentCipher]] = BoundedMemory(
    capacity=lambda: int(settings.KEYRING_CACHE_SIZE)
)


def kms_context(environment_id: UUID, number: int) -> bytes:
    """Return what the KMS binds an environment key to."""
    return _LABEL + environment_id.bytes + number.to_bytes(4, "big")


def newest_cipher(environment_id: UUID) -> EnvironmentCipher:
    """Return the cipher that wraps new keys; raise `UnknownKey` where the environment has none yet.

    The row is always fetched: a key wrapped under an environment key whose creation was rolled back would be lost.
    """
    row = rows.newest_environment_key(environment_id)
    if row is None:
        raise UnknownKey("the environment has no key yet: call create_environment_key")
    hold_lease(environment_id)
    return _cipher(row)


def unwrap(wrapped: bytes, label: KeyLabel) -> bytes:
    """Return a data key's bytes, verified against its commitment; raise `Unsealable`."""
    number = environment_key_number(wrapped)
    hold_lease(label.environment_id)
    remembered = _opened.get((label.environment_id.int, number))
    if remembered is not None:
        try:
            return remembered[1].unwrap(wrapped, label)
        except Unsealable:
            pass  # remembered, perhaps, from a transaction that was rolled back: ask the database once
    row = rows.environment_key(label.environment_id, number)
    if row is None:
        raise Unsealable
    return _cipher(row).unwrap(wrapped, label)


def hold_lease(environment_id: UUID) -> None:
    """Let opened keys of an environment serve; raise `KmsUnavailable` where the KMS was last asked too long ago."""
    lease.hold(environment_id, lambda: _ask_again(environment_id))


def _ask_again(environment_id: UUID) -> None:
    row = rows.newest_environment_key(environment_id)
    if row is not None:
        _opened_by_kms(row)


def forget() -> None:
    """Forget every opened environment key; the KMS is asked for the next one."""
    _opened.clear()
    lease.end_all()


def _cipher(row: EnvironmentKey) -> EnvironmentCipher:
    name, wrapped = (row.environment_id.int, row.number), bytes(row.wrapped)
    remembered = _opened.get(name)
    if remembered is not None and remembered[0] == wrapped:
        return remembered[1]
    cipher = EnvironmentCipher(number=row.number, key=_opened_by_kms(row))
    _opened.put(name, (wrapped, cipher))
    return cipher


def _opened_by_kms(row: EnvironmentKey) -> bytes:
    context = kms_context(row.environment_id, row.number)
    key = provider(row.provider).unwrap(bytes(row.wrapped), context=context)
    lease.begin(row.environment_id)
    return key
