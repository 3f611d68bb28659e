"""What is left of a request: approvals only ever narrow it, in whatever order they come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from governance.models import AccessRequest
from keyring.fingerprints import fingerprint
from keyring.plain import Plain
from keyring.sealed_text import SealedText


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Columns, minutes and people that every approval so far has left."""

    columns: tuple[UUID, ...]
    minutes: int
    subjects: tuple[UUID, ...]

    def is_within(self, other: Narrowed) -> bool:
        """Whether this is no more than another, in nothing."""
        return (
            set(self.columns) <= set(other.columns)
            and self.minutes <= other.minutes
            and set(self.subjects) <= set(other.subjects)
        )


def narrowed(request: AccessRequest) -> Narrowed:
    """Return what is left of a request now."""
    columns, minutes = list(request.columns), request.minutes
    for left, most in request.approvals.values_list("columns", "minutes"):
        columns = [column for column in columns if column in left]
        minutes = min(minutes, most)
    subjects = request.subjects.filter(is_excluded=False).order_by("subject_id").values_list("subject_id", flat=True)
    return Narrowed(tuple(columns), minutes, tuple(subjects))


def shown_of(request: AccessRequest, present: Narrowed) -> str:
    """Return a keyed fingerprint of what somebody is shown to decide on; any change of it gives another."""
    parts = [
        request.id, request.requester_id, request.grantee_id, request.accessor_id, request.purpose_id,
        request.reason, request.ticket, request.not_before.isoformat(), request.extends_id, present.minutes,
        _opened(request.question), _opened(request.answer),
    ]  # fmt: skip
    people = [sorted(map(str, present.columns)), sorted(map(str, present.subjects))]
    content = json.dumps([*map(str, parts), *people])
    return fingerprint(request.environment_id, "access-request", content.encode())


def _opened(text: SealedText | Plain[str] | None) -> str:
    return "" if text is None else text.reveal()
