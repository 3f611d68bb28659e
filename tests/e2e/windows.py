"""The windows that every page is looked at in: a desk in the light and a phone in the dark, the rest at night."""

from __future__ import annotations

import pytest

WINDOWS = [
    pytest.param(1440, "light"),
    pytest.param(390, "dark"),
    pytest.param(1440, "dark", marks=pytest.mark.nightly),
    pytest.param(390, "light", marks=pytest.mark.nightly),
]
SHARES = [
    pytest.param(1440, "light", slice(0, None, 2), id="1440-light-every other"),
    pytest.param(390, "dark", slice(1, None, 2), id="390-dark-the others"),
    *(
        pytest.param(width, scheme, slice(None), id=f"{width}-{scheme}-all", marks=pytest.mark.nightly)
        for width in (1440, 390)
        for scheme in ("light", "dark")
    ),
]
"""Where there are many pages: each of them in one of the two windows, and in all four at night."""
