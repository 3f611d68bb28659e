"""The body of an entry: canonical JSON whose exact bytes are what sealing hashes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

import orjson

from audit.actors import Actor
from audit.errors import FactRefused
from audit.events import EventKind
from keyring.fingerprints import Fingerprint
from keyring.plain import Plain

Outcome = Literal["done", "refused", "failed"]

OUTCOMES = frozenset({"done", "refused", "failed"})
LONGEST_TEXT = 512
"""Characters. Names, codes and handles fit; documents and messages, which may hold values, do not."""
LONGEST_KEY = 128
DEEPEST = 6
"""Levels of nesting below a fact."""
LARGEST_INTEGER = 2**53 - 1
"""RFC 7493 (I-JSON), section 2.2: every verifier reads integers up to here exactly."""

HANDLE_LENGTH = 32

_FINGERPRINTS, _HANDLE_LENGTHS = frozenset({Fingerprint}), frozenset({HANDLE_LENGTH})
_hexadecimal = re.compile(r"[0-9a-f]*").fullmatch


@dataclass(frozen=True, slots=True)
class CheckedFacts:
    """Facts that may stand in entries of one event: looked at once, written into as many as one likes."""

    event: EventKind
    facts: Mapping[str, Any]


def checked(event: EventKind, facts: Mapping[str, Any]) -> CheckedFacts:
    """Look at facts that many entries will have alike, never the subjects; raises `FactRefused` like `compose`."""
    if "subjects" in facts:
        raise FactRefused("subjects: every entry has its own")
    return CheckedFacts(event, MappingProxyType(_clean_facts(event, facts)))


def compose(
    event: EventKind,
    *,
    entry_id: UUID,
    at: datetime,
    environment_id: UUID,
    actor: Actor,
    facts: Mapping[str, Any],
    outcome: Outcome,
    decision_id: UUID | None,
    request_id: str | None,
    alike: CheckedFacts | None = None,
) -> str:
    """Return the canonical body: sorted keys, no white space, UTF-8, times in RFC 3339 UTC with microseconds.

    Raises `FactRefused` for a fact that the event did not declare, for a `Plain` wherever it hides, and for anything
    else that has no business in the book: floats, naive times, long text, foreign types. `alike` are further facts,
    which `checked` has looked at for this event; where both name a fact, `facts` counts.
    """
    if outcome not in OUTCOMES:
        raise FactRefused("an outcome is done, refused or failed")
    if request_id is not None and len(request_id) > LONGEST_KEY:
        raise FactRefused("the request id is too long")
    clean = _clean_facts(event, facts)
    if alike is not None:
        if alike.event is not event:
            raise FactRefused(f"{event.name}: these facts were looked at for {alike.event.name}")
        clean = {**alike.facts, **clean}
    body = {
        "v": 1,
        "id": entry_id,
        "at": rfc3339(at),
        "environment": environment_id,
        "kind": event.name,
        "outcome": outcome,
        "actor": actor.told,
        "request_id": request_id,
        "decision": decision_id,
        "facts": clean,
    }
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        raise FactRefused(f"{event.name}: a fact holds text that UTF-8 cannot") from None


def rfc3339(moment: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC, always with six digits of a second. Naive times raise `FactRefused`."""
    if moment.tzinfo is None:
        raise FactRefused("a time in the book needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def time_ordered_id(at: datetime) -> UUID:
    """Return a random UUID whose order is the order of time, so that the index grows at its end (RFC 9562, 5.7)."""
    milliseconds = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    random = int.from_bytes(os.urandom(10), "big")
    number = milliseconds << 80 | 0x7 << 76 | (random >> 64 & 0xFFF) << 64 | 0b10 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=number)


def _clean_facts(event: EventKind, facts: Mapping[str, Any]) -> dict[str, Any]:
    if not facts.keys() <= event.fields:
        raise FactRefused(f"{event.name} does not declare: {', '.join(sorted(facts.keys() - event.fields))}")
    return {name: _handles(value) if name == "subjects" else _clean(value, name, 0) for name, value in facts.items()}


def _clean(value: Any, name: str, depth: int) -> Any:
    """Return the value as JSON knows it; `name` is the fact that a refusal names."""
    kind = type(value)
    if kind is bool or kind is UUID or value is None:
        return value
    if isinstance(value, str):  # fingerprints and enumerations are text, too
        if len(value) > LONGEST_TEXT:
            raise FactRefused(f"{name}: text of more than {LONGEST_TEXT} characters is no fact")
        if "\0" in value:
            raise FactRefused(f"{name}: PostgreSQL cannot hold the character NUL")
        return str.__str__(value)
    if kind is int:
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            raise FactRefused(f"{name}: the integer is too large")
        return value
    if depth >= DEEPEST:
        raise FactRefused(f"{name}: nested too deep")
    if kind is list or kind is tuple:
        return [*value] if _are_fingerprints(value) else [_clean(item, name, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {_key(key, name): _clean(item, name, depth + 1) for key, item in value.items()}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Plain):
        raise FactRefused(f"{name}: a plain value never enters the book")
    raise FactRefused(f"{name}: {kind.__name__} is no type for a fact")


def _are_fingerprints(values: Any) -> bool:
    """Say so quickly: an entry may have a thousand, which need no look at each."""
    return (
        _FINGERPRINTS.issuperset(map(type, values))
        and _HANDLE_LENGTHS.issuperset(map(len, values))
        and _hexadecimal("".join(values)) is not None
    )


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str) or len(key) > LONGEST_KEY or "\0" in key:
        raise FactRefused(f"{name}: the keys inside a fact are short text")
    return str.__str__(key)


def _handles(subjects: Any) -> list[str]:
    """Return the fingerprint handles; anything else is refused, so that a subject's own id cannot slip in."""
    if (
        type(subjects) in (list, tuple)
        and all(isinstance(one, str) and len(one) == HANDLE_LENGTH for one in subjects)
        and _hexadecimal("".join(subjects))
    ):
        return list(subjects)
    raise FactRefused("subjects: a list of fingerprint handles is expected")
