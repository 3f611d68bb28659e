"""The windows that every page is looked at in: a desk in the light and a phone in the dark, the rest at night."""

from __future__ import annotations

import pytest

WINDOWS = [
    pytest.param(1440, "light"),
    pytest.param(390, "dark"),
    pytest.param(1440, "dark", marks=pytest.mark.nightly),
    pytest.param(390, "light", marks=pytest.mark.nightly),
]
