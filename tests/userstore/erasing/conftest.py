from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from userstore.erasure.ledger import Ledger


@pytest.fixture(autouse=True)
def book(settings: Any, tmp_path: Path) -> Ledger:
    from userstore.actions.erasing import ledger

    settings.USERSTORE_TOMBSTONES = tmp_path / "erasures.ledger"
    return ledger()
