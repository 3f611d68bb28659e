"""How long opened keys serve without their key management: as long as an environment's lease holds, no longer.

Opening an environment key through the KMS begins a lease. It is renewed well before its end, by asking the KMS to open
the environment's newest key again; an outage is bridged until the lease ends, and then nothing opens any more
(`KmsUnavailable`). So whoever takes the root keys away stops every process within that time, however warm it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from uuid import UUID

from django.conf import settings

from keyring.errors import KmsUnavailable, Unsealable

RETRY_SECONDS = 5.0
"""How long after a failure the KMS is left alone, so that an outage does not slow every call down."""


@dataclass(slots=True)
class _Lease:
    ends_at: float
    ask_at: float


_leases: dict[int, _Lease] = {}
_lock = Lock()


def begin(environment_id: UUID) -> None:
    """The KMS has just opened a key of this environment."""
    now, seconds = monotonic(), float(settings.KEYRING_LEASE_SECONDS)
    with _lock:
        _leases[environment_id.int] = _Lease(now + seconds, now + seconds / 2)


def hold(environment_id: UUID, ask: Callable[[], object]) -> None:
    """Let opened keys of an environment serve: nothing is asked in the first half of a lease.

    Args:
        ask: opens an environment key through the KMS and calls `begin`; raises `KmsUnavailable`.

    Raises:
        KmsUnavailable: the lease is over and the KMS cannot be asked.
    """
    lease = _leases.get(environment_id.int)
    now = monotonic()
    if lease is not None and now < lease.ask_at:
        if now < lease.ends_at:
            return
        raise KmsUnavailable("The key management could not be asked a moment ago, and opened keys serve no longer.")
    if lease is not None:
        lease.ask_at = now + RETRY_SECONDS  # one thread asks, the others go on
    try:
        ask()
    except KmsUnavailable:
        if lease is None or now >= lease.ends_at:
            raise
    except Unsealable:
        end(environment_id)  # the root key is there no more: that is no outage
        raise


def end(environment_id: UUID) -> None:
    """End the lease of an environment: the next use of its keys asks the KMS."""
    with _lock:
        _leases.pop(environment_id.int, None)


def end_all() -> None:
    """Forget every lease: the next use of a key asks the KMS."""
    with _lock:
        _leases.clear()
