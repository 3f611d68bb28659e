"""The parameters of the vendor's two transformers that keep characters by position."""

from __future__ import annotations

from dataclasses import dataclass

from userstore.transforming.errors import ParameterRefused
from userstore.transforming.parameters import option

MOST_PRESERVED = 9  # the vendor's bound on both ends together; an SSN has no more digits


@dataclass(frozen=True, slots=True)
class PositionsKept:
    """What stays of a number; the names are the wire contract's."""

    PreserveValue: bool = option(False, "Must be false: to keep the value whole there is the pass-through transformer.")
    DecimalOnly: bool = option(True, "Random places hold digits only, else letters too.")
    PreserveCharsTrailing: int = option(0, "Digits kept at the end.", least=0, most=MOST_PRESERVED)
    PreserveCharsStart: int = option(0, "Digits kept at the start.", least=0, most=MOST_PRESERVED)

    def __post_init__(self) -> None:
        if self.PreserveValue:
            raise ParameterRefused("PreserveValue", "must be false", remedy="Use PassthroughUnchangedData instead.")
        if self.PreserveCharsStart + self.PreserveCharsTrailing > MOST_PRESERVED:
            raise ParameterRefused("PreserveCharsStart", f"and PreserveCharsTrailing exceed {MOST_PRESERVED} together")


def kept_ends(digits: str, kept: PositionsKept) -> tuple[str, int, str]:
    """Return the digits kept at the start, how many places are free, and the digits kept at the end."""
    trailing = digits[len(digits) - kept.PreserveCharsTrailing :]
    start = digits[: kept.PreserveCharsStart]
    return start, len(digits) - len(start) - len(trailing), trailing
