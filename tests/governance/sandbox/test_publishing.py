"""What a publisher is told of a script that cannot be published, or not now."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from governance.actions.publishing import must_be_script
from governance.errors import Invalid, Unavailable
from governance.policies.sandbox import lending

GOOD = "function policy(context, params) { return true }"


def test_a_script_passes_and_another_is_refused_with_its_line(own_pool: Any) -> None:
    must_be_script(GOOD, function="policy")
    for text, function in ((f"\n{GOOD} +", "policy"), (GOOD, "transform")):
        with pytest.raises(Invalid) as refused:
            must_be_script(text, function=function)  # type: ignore[arg-type]  # one of the two words
        assert (refused.value.field, refused.value.kind) == ("function", "invalid")


def test_where_no_sandbox_is_free_nobody_is_told_that_the_script_is_wrong(
    own_pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    must_be_script(GOOD, function="policy")
    monkeypatch.setattr(lending, "CHECK_SECONDS", 0.2)
    lent = lending.pool()._borrow(monotonic() + 5)
    with pytest.raises(Unavailable) as busy:
        must_be_script(GOOD, function="policy")
    assert busy.value.kind == "unavailable"
    lending.pool()._return(lent)
    must_be_script(GOOD, function="policy")
