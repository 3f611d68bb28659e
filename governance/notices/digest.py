"""The digest of a day's findings in words: numbers, and nothing of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from audit.models import FindingDigest

DIGEST = "findings.digest"
"""The kind of its notice."""


def digest_text(about: UUID) -> str:
    """Return the lines of a digest, "" where it is gone; must run inside its environment."""
    row = FindingDigest.objects.filter(pk=about).first()
    return lines_of(row.numbers) if row is not None else ""


def lines_of(numbers: Mapping[str, int]) -> str:
    """Return numbers as lines, with an empty one behind them."""
    told = [
        f"New since yesterday: {numbers['new']}",
        f"Open: {numbers['open']}, of which worth a look by themselves: {numbers['urgent']}",
        f"The oldest open one waits for {numbers['oldest_days']} days.",
    ]
    if numbers["dossiers"]:
        left = numbers["hours_left"]
        due = f"the first is due in {left} hours" if left >= 0 else f"the first is late by {-left} hours"
        told.append(f"Breach dossiers that are open: {numbers['dossiers']}; {due}.")
    return "\n".join(told) + "\n\n"
