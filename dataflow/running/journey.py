"""What is under way through a service: values, and what happened to the messages that they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from dataflow.engines.protocol import Output

SUCCEEDED, FAILED = "succeeded", "failed"


@dataclass(slots=True)
class Item:
    """A value on its way, and from which message of the batch it comes."""

    owner: int
    key: Any
    value: Any


@dataclass(slots=True)
class Journey:
    """What happened to one message so far."""

    outputs: list[Output]
    counts: list[tuple[str, str]]
    given: bytes
    """The record as it came where that was raw."""
    failure: str = ""


Stage: TypeAlias = Callable[[list[Item], list[Journey]], list[Item]]
Sink: TypeAlias = Callable[[list[Item], list[Journey]], None]
