"""`auditLog` of scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from governance.actions.script_notes import leave_note
from governance.errors import Invalid
from governance.policies.asking import Asking

LONGEST_NOTE = 4 * 1024
"""Characters."""


def audit_log(asking: Asking, given: Sequence[Any]) -> None:
    """Take `auditLog(text)`: the text is sealed apart, the book says that a script left it.

    What a refused write left goes with the write, whose refusal is on record by itself.

    Raises:
        Invalid: it is no text, or too long a one.
    """
    text = given[0] if len(given) == 1 and isinstance(given[0], str) else ""
    if not 1 <= len(text) <= LONGEST_NOTE:
        raise Invalid(f"auditLog takes a text of 1 to {LONGEST_NOTE} characters.")
    readable = text.encode(errors="replace").decode()
    leave_note(asking.caller, environment_id=asking.environment_id, text=readable, now=timezone.now())
