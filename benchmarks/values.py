"""One stored value: opened by its key, against Fernet; and the native policy, against one bare decrypt."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import cycle
from os import urandom
from uuid import uuid4

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.bars import Report, interleaved, medians, ratio, seconds_each
from benchmarks.seeding import Store
from governance.policies.facts import CallFacts
from governance.standing import standing_of
from keyring.places import cell_place
from keyring.sealing import OpenKey
from userstore.reading.plan import accessor_plan

VALUE = b"person1234567@example.com, Berlin"
_TIMES = 20_000


def measure_values(store: Store, report: Report) -> None:
    """Values: the key is open already, as it is for whoever was read before."""
    place = cell_place(store.caller.environment_id, uuid4(), uuid4(), uuid4())
    key = OpenKey(key_id=uuid4(), version=1, key=urandom(32))
    fernet, sealed = Fernet(Fernet.generate_key()), key.seal(VALUE, place)
    token = fernet.encrypt(VALUE)
    cases = {
        "fernet": seconds_each(lambda: fernet.decrypt(token), times=_TIMES // 4),
        "unseal": seconds_each(lambda: key.unseal(sealed, place), times=_TIMES),
    }
    found = interleaved(cases)
    each = medians(found)
    report.bar(
        "decrypt of a stored value, faster than Fernet",
        ratio(found, "fernet", "unseal"),
        ">=",
        8,
        "x",
        f"{each['unseal'] * 1e6:.2f} µs, Fernet {each['fernet'] * 1e6:.2f} µs",
    )


def measure_policies(store: Store, report: Report) -> None:
    """Policies: the seed's ApplicationInternalOnly, asked about calls from sixteen hosts, each call's facts fresh."""
    plan = accessor_plan(standing_of(store.caller.environment_id), store.by_id)
    aead, nonce, place = AESGCM(urandom(32)), urandom(12), urandom(96)
    sealed = aead.encrypt(nonce, VALUE, place)
    hosts = cycle(f"10.0.0.{number}" for number in range(1, 17))
    now = datetime.now(UTC)

    def policy_case() -> float:
        facts = [
            CallFacts("Execute", store.caller, now, next(hosts), "benchmark", ("benchmarking",)) for _ in range(_TIMES)
        ]
        waiting = iter(facts)
        allows = plan.policy.allows_caller
        return seconds_each(lambda: allows(next(waiting)), times=_TIMES)()

    found = interleaved(
        {"policy": policy_case, "decrypt": seconds_each(lambda: aead.decrypt(nonce, sealed, place), times=_TIMES)}
    )
    each = medians(found)
    report.bar(
        "native policy, of one AES-GCM decrypt",
        ratio(found, "policy", "decrypt"),
        "<=",
        1.5,
        "x",
        f"{each['policy'] * 1e6:.2f} µs, decrypt {each['decrypt'] * 1e6:.2f} µs",
    )
