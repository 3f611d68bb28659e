"""What can be wrong with a transformer's parameters or with the value it is given.

No message ever holds the value: the texts name formats, parameters and remedies only.
"""

from __future__ import annotations

LONGEST_ECHOED_NAME = 64


class ParameterRefused(ValueError):
    """A parameter is unknown, of the wrong type or out of bounds; `field` names it."""

    kind = "invalid"

    def __init__(self, field: str, reason: str, *, remedy: str = "") -> None:
        self.field = _printable(field)
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"transformer parameter '{self.field}' {reason}")


class ValueUnfit(ValueError):
    """The value does not have the format that this transformer works on."""

    kind = "invalid"

    def __init__(self, format_name: str) -> None:
        self.format_name = format_name
        self.remedy = "Choose a transformer for this column's format, or a mask, which takes any value."
        super().__init__(f"the value is not in the {format_name} format")


class TokenSpaceExhausted(RuntimeError):
    """No further token of this format exists for the value under these parameters."""

    kind = "conflict"

    def __init__(self, format_name: str) -> None:
        self.format_name = format_name
        self.remedy = "Keep fewer characters of the value, or use the UUID transformer."
        super().__init__(f"the {format_name} format has no token left for this value")


def _printable(name: str) -> str:
    """Shorten a name that a caller chose, so that an error cannot be used to carry text into a log."""
    return "".join(character for character in name if character.isprintable())[:LONGEST_ECHOED_NAME]
