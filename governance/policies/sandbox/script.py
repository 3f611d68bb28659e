"""A script, what one candidate can get back instead of an answer, and the limits of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Protocol
from uuid import UUID

from django.conf import settings

from .helper import frames

Function = Literal["policy", "transform", "tokenize"]
"""What a script is for. `tokenize` is a transform that makes tokens, the one kind that finds `Math.random`."""
FaultKind = Literal["error", "result", "value"]

NETWORK_CALL = "networkRequest"


@dataclass(frozen=True, slots=True)
class Script:
    """One published version of a script in one environment.

    `key` is unique per version; `host_calls` are the functions of the other process that it may call. No two scripts
    share a context, and the same text in two environments is two scripts.
    """

    environment_id: UUID
    key: str
    source: str = field(repr=False)
    function: Function
    host_calls: frozenset[str] = frozenset()
    digest: bytes = field(init=False, repr=False, compare=False)
    packed: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = tuple(sorted(self.host_calls))
        if not all(name.isidentifier() and name.isascii() for name in names):
            raise ValueError("a host call's name must be an ASCII identifier")
        packed = frames.pack_script(
            function=frames.FUNCTIONS[self.function], names=names, source=self.source.encode("utf-8", "replace")
        )
        identity = self.environment_id.bytes + len(self.key).to_bytes(4, "big") + self.key.encode() + packed
        object.__setattr__(self, "packed", packed)
        object.__setattr__(self, "digest", blake2b(identity, digest_size=16).digest())

    @property
    def reaches_out(self) -> bool:
        """Whether it waits for other hosts, which takes longer than any computation may."""
        return NETWORK_CALL in self.host_calls


@dataclass(frozen=True, slots=True)
class ScriptFault:
    """Stands where one candidate's answer would be: refuse it and record the kind.

    `error`: the script threw at `line` of its text. `result`: it answered with the wrong type. `value`: the candidate
    cannot be given to a script (too large, or no JSON).
    """

    kind: FaultKind
    line: int | None = None


class HostCalls(Protocol):
    """What a script may ask this process. Every call is on the clock of the message that caused it."""

    def call(self, name: str, arguments: list[Any]) -> Any:
        """Answer with something JSON can carry. What this raises ends the call and reaches whoever runs the script."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message to a helper may use. The wall stands behind the engine's own limit and includes the queue."""

    cpu_milliseconds: int
    wall_milliseconds: int
    memory_bytes: int
    network_milliseconds: int = 0
    """Added to the wall for a script that sends requests."""

    @classmethod
    def of_settings(cls) -> Limits:
        """Read the limits this deployment chose."""
        return cls(
            cpu_milliseconds=settings.GOVERNANCE_SCRIPT_CPU_MILLISECONDS,
            wall_milliseconds=settings.GOVERNANCE_SCRIPT_WALL_MILLISECONDS,
            memory_bytes=settings.GOVERNANCE_SCRIPT_MEMORY_BYTES,
            network_milliseconds=settings.GOVERNANCE_SCRIPT_NETWORK_MILLISECONDS,
        )


Parameters = Mapping[str, Any]
