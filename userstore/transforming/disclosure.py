"""The one law of masks: never show more of a value than the declared share, however short the value is.

A mask says which characters it would like to show, the most important first; `disclose` shows as many of them as the
share allows and fills the rest. Shares count *substantive* characters: separators carry shape, not content.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from userstore.transforming.parameters import option

SEPARATORS = frozenset(" -.()/+,:")

FILLS = ("*", "X", "x", "•", "#", "_")  # never a digit or a likely letter: a masked value must not read as a real one

SHARES = {"none": (0, 1), "1/4": (1, 4), "1/3": (1, 3), "1/2": (1, 2), "all": (1, 1)}

HIDDEN_LENGTH = 8  # characters of a mask that hides how long the value was
HIDDEN_STRETCH = 3  # characters in place of a stretch whose length is hidden


def fill_option() -> Any:
    """Declare the parameter that every mask has: what a hidden character becomes."""
    return option("*", "The character in place of a hidden one.", choices=FILLS)


def share_option() -> Any:
    """Declare the parameter that bounds what a mask shows."""
    return option("1/3", "The largest share of the characters that may be seen.", choices=tuple(SHARES))


def lengths_option() -> Any:
    """Declare the parameter that says whether a mask shows how much it hides."""
    return option("kept", "Whether hidden stretches keep their lengths, separators included.", choices=tuple(LENGTHS))


def filled(value: str, visible: Collection[int], fill: str) -> str:
    """Put the fill in place of every character that is not visible."""
    return "".join(character if place in visible else fill for place, character in enumerate(value))


def contracted(value: str, visible: Collection[int], fill: str) -> str:
    """Put three fills in place of every stretch between visible characters that hides something, whatever its length.

    Separators in such a stretch go with it, since they would tell how many parts it has.
    """
    text, between, hides = [], "", False
    for place, character in enumerate(value):
        if place in visible and character not in SEPARATORS:
            text += [fill * HIDDEN_STRETCH if hides else between, character]
            between, hides = "", False
        elif place in visible:
            between += character
        else:
            hides = True
    return "".join([*text, fill * HIDDEN_STRETCH if hides else between])


LENGTHS: Mapping[str, Callable[[str, Collection[int], str], str]] = {"kept": filled, "hidden": contracted}


def allowance(substantive: int, share: str) -> int:
    """Return how many of that many substantive characters the share ("1/3", ...) allows to be seen."""
    numerator, denominator = SHARES[share]
    return substantive * numerator // denominator


def substantive_positions(value: str) -> list[int]:
    """Return the positions of the characters that are not separators."""
    return [position for position, character in enumerate(value) if character not in SEPARATORS]


def last_of(positions: list[int], count: int) -> list[int]:
    """Return the last positions, the very last one first."""
    return positions[::-1][:count]


def disclose(value: str, wanted: Iterable[int], *, share: str, fill: str, lengths: str) -> str:
    """Return the value with separators and, in order of `wanted`, at most the share of other characters visible."""
    substantive = substantive_positions(value)
    visible = set(list(wanted)[: allowance(len(substantive), share)])
    hidden = set(substantive) - visible
    return LENGTHS[lengths](value, set(range(len(value))) - hidden, fill)


def hide(fill: str) -> str:
    """Return the mask of a value that a format's mask does not recognise: it says nothing, not even a length."""
    return fill * HIDDEN_LENGTH
