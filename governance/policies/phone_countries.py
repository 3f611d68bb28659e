"""The function `getCountryNameForPhoneNumber(number)` that scripts find."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import phonenumbers
from babel import Locale

from governance.errors import Invalid
from governance.policies.asking import Asking

_LONGEST = 64


def country_of_phone_number(asking: Asking, arguments: Sequence[Any]) -> str:  # noqa: ARG001  every function is asked alike
    """Return the English name (Unicode CLDR) of the country of a number in international form, "" where it has none.

    Raises:
        Invalid: anything but one short text was given.
    """
    if len(arguments) != 1 or not isinstance(arguments[0], str) or len(arguments[0]) > _LONGEST:
        raise Invalid("getCountryNameForPhoneNumber takes one phone number.")
    try:
        number = phonenumbers.parse(arguments[0], None)
    except phonenumbers.NumberParseException:
        return ""
    return _territories().get(phonenumbers.region_code_for_number(number) or "", "")


@lru_cache(maxsize=1)
def _territories() -> dict[str, str]:
    return dict(Locale("en").territories)
