"""How the one opaque failure must look."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from keyring.errors import Unsealable


def refuses_opaquely(attempt: Callable[[], object]) -> None:
    """Assert that the attempt fails with the one text, and drags no cause along."""
    with pytest.raises(Unsealable) as caught:
        attempt()
    assert str(caught.value) == "cannot be unsealed"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
