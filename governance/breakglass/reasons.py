"""Why somebody needs access: a closed list, so that the same reasons can be compared over time."""

from __future__ import annotations

REASONS = {
    "customer_support_case": "A customer's support case",
    "data_subject_right": "A person exercises a right to their data",
    "data_quality_fix": "Data has to be put right",
    "fraud_case": "A case of fraud",
    "incident_response": "An incident is dealt with",
    "legal_order": "A court or an authority orders it",
    "security_investigation": "Security investigates",
    "emergency_safety": "Somebody's safety is at stake",
}
"""Codes and what they are called."""

EMERGENCY_REASONS = frozenset({"incident_response", "security_investigation", "emergency_safety"})
"""Those that an emergency can be declared for."""

SHORTEST_TEXT, LONGEST_TEXT = 20, 1000
"""Characters of a justification."""
REMEMBERED_TEXTS = 10
"""A justification that repeats one of somebody's last ten justifies nothing."""


def says_something(text: str) -> bool:
    """Whether a justification is long enough, short enough, and more than one letter over and over."""
    stripped = " ".join(text.split())
    return SHORTEST_TEXT <= len(stripped) <= LONGEST_TEXT and len(set(stripped.lower())) > 5


def repeats(text: str, earlier: str) -> bool:
    """Whether a justification is an earlier one again."""
    return " ".join(text.lower().split()) == " ".join(earlier.lower().split())
