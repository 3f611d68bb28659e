"""How what a person proved ends before its time: closed lists, so that nothing that was typed has to be kept."""

from __future__ import annotations

HUNG_UP, REPLACED, WRONG_CODES, UNTOLD = "hung_up", "replaced", "wrong_codes", "untold"
BY_ITSELF = {
    HUNG_UP: "The operator ended it",
    REPLACED: "A new code was sent",
    WRONG_CODES: "Too many wrong codes",
    UNTOLD: "The person could not be told",
}
"""Codes and what they are called."""
REASONS = {
    "not_needed": "It is not needed any more",
    "mistake": "It was begun by mistake",
    "wrong_person": "It may not be this person who calls",
    "suspicion": "The operator looks at what they should not",
    "incident": "An incident is dealt with",
}
"""Why an officer ends a call: codes and what they are called."""
