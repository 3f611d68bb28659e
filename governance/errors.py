"""What governance says when it cannot go on. Doors translate `kind` into a status code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID


class GovernanceError(Exception):
    """Something of governance failed; the message is safe to show."""

    kind: ClassVar[str] = "invalid"

    def __init__(
        self, message: str, *, field: str | None = None, position: int | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.field = field
        self.position = position
        self.remedy = remedy


class Invalid(GovernanceError):
    """The input does not make sense: the field and the remedy say why."""


class NotFound(GovernanceError):
    """Nothing of that name or id lives in this environment."""

    kind = "not_found"


class Conflict(GovernanceError):
    """Another object stands in the way.

    Args:
        existing_id: public id of what is in the way.
        identical: whether that object equals the one asked for, so that the caller may take it instead.
    """

    kind = "conflict"

    def __init__(self, message: str, *, existing_id: UUID | None = None, identical: bool = False, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.existing_id = existing_id
        self.identical = identical

    @property
    def body(self) -> Mapping[str, Any]:
        """The object form that wire clients read."""
        found: dict[str, Any] = {"error": str(self), "identical": self.identical}
        if self.existing_id is not None:
            found["id"] = str(self.existing_id)
        return found


class Refused(GovernanceError):
    """The caller may not do this. The decision id names the record that says why."""

    kind = "refused"

    def __init__(self, message: str, *, decision_id: UUID, reasons: tuple[str, ...] = (), **rest: Any) -> None:
        super().__init__(message, **rest)
        self.decision_id = decision_id
        self.reasons = reasons


class FactorNeeded(Refused):
    """The caller may, once a second factor has just proved that it is they. Pages lead them to where it is proved."""


class Unauthenticated(GovernanceError):
    """Nobody that Sealbook knows is calling."""

    kind = "unauthenticated"


class Throttled(GovernanceError):
    """Too many tries; wait."""

    kind = "throttled"


class Unavailable(GovernanceError):
    """A part that decisions need does not answer; nothing was released."""

    kind = "unavailable"


class LimitUnknown(Unavailable, Refused):
    """A limit that holds for the call cannot be checked now, so the call is refused; the record says so."""


class TooOften(Refused):
    """The policy's limit of executions is reached, and its author wants the caller to know.

    Args:
        wait: seconds after which the limit lets calls through again.
    """

    kind = "throttled"

    def __init__(self, message: str, *, wait: int, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.wait = wait


class TooMuch(Refused):
    """The call would give or change more than its policy lets one execution do, and the caller shall know."""

    kind = "invalid"


class EpochMoved(Exception):
    """The environment changed while a call was being decided; it is decided again. Never leaves `at_current_epoch`."""

    def __init__(self, epoch: int | None) -> None:
        super().__init__("the environment changed while the call was being decided")
        self.epoch = epoch


class KeyMoved(EpochMoved):
    """The key of somebody whom a call is about was renewed under it; the call is made again."""

    def __init__(self) -> None:
        super().__init__(-1)
