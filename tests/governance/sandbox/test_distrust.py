"""A helper is believed nothing: neither that it is locked in, nor what it answers or asks."""

from __future__ import annotations

from typing import Any

import pytest

from governance.policies.sandbox import (
    ScriptKilled,
    ScriptUnavailable,
    check_script,
    lock_report,
    process,
    run_policy,
)
from governance.policies.sandbox.checks import check_sandbox

from .conftest import Host, judged, policy


def test_where_no_helper_can_be_locked_in_nothing_runs(own_pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "BOOT", "raise SystemExit(1)")
    own_pool.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 50
    monkeypatch.setattr("governance.policies.sandbox.lending.CHECK_SECONDS", 0.5)
    with pytest.raises(ScriptUnavailable):
        judged("return true")
    with pytest.raises(ScriptUnavailable):
        check_script("function policy() { return true }", function="policy")
    assert [message.id for message in check_sandbox(None)] == ["governance.E301"]


def test_a_helper_that_announces_no_filter_is_not_used(own_pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hello = "import os, time; os.write(0, b'\\x01\\0\\0\\0\\x01\\x06'); time.sleep(60)"
    monkeypatch.setattr(process, "BOOT", hello)
    monkeypatch.setattr("governance.policies.sandbox.lending.CHECK_SECONDS", 0.5)
    with pytest.raises(ScriptUnavailable):
        lock_report()


@pytest.mark.parametrize(
    "answer",
    [
        "b'\\xff\\xff\\xff\\xff\\x02'",
        "b'\\x02\\0\\0\\0\\x02[]'",
        "b'\\x03\\0\\0\\0\\x02[5]'",
        "b'\\x06\\0\\0\\0\\x02[true]'",
        "b'\\x07\\0\\0\\0\\x02[[3,1]]'",
        "b'\\x01\\0\\0\\0\\x02{'",
        "b'\\0\\0\\0\\0\\x63'",
        "b'\\x03\\0\\0\\0\\x02[1]extra'",
        "b'\\x05\\0\\0\\0\\x04which'",
        "b''",
    ],
)
def test_an_answer_no_honest_helper_gives_admits_nobody(
    own_pool: Any, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(
        process,
        "BOOT",
        f"""
import os
os.write(0, b'\\x01\\0\\0\\0\\x01\\x07')
while os.read(0, 65536):
    os.write(0, {answer}) if {answer} else os._exit(0)
""",
    )
    with pytest.raises(ScriptKilled) as ended:
        judged("return false")
    assert ended.value.cause in ("crash", "timeout")


def test_a_helper_that_asks_for_what_the_script_may_not_gets_nothing(
    own_pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        process,
        "BOOT",
        """
import os
os.write(0, b'\\x01\\0\\0\\0\\x01\\x07')
os.read(0, 65536)
os.write(0, b'\\x0a\\0\\0\\0\\x05getKey\\n[1]')
os.write(0, b'\\x03\\0\\0\\0\\x02[1]' if os.read(0, 65536).endswith(b'0') else b'')
os.read(0, 65536)
""",
    )
    keys = Host(lambda *_: "the key")
    with pytest.raises(ScriptUnavailable):
        run_policy(policy("return true", host_calls=frozenset({"ask"})), [{}], {}, host=keys)
    assert keys.asked == []


def test_the_report_tells_the_layers_and_the_check_agrees() -> None:
    report = lock_report()
    assert report.seccomp
    assert report.rlimits
    expected = [] if report.user_namespace else ["governance.I303"]
    assert [message.id for message in check_sandbox(None)] == expected
