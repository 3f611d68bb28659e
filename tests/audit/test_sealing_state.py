"""What must wait while the book is not sealed, or a witness knows another one, and what goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.integrity import state
from audit.integrity.state import Sealing, against, contradiction, forget_sealing

NOW = timezone.now()
WELL = Sealing(
    size=9,
    signed_at=NOW,
    turned_at=NOW,
    behind_since=None,
    trouble="",
    witnessed_size=9,
    witnessed_at=NOW,
    witness_trouble="",
)
YESTERDAY = {"witnessed_size": 8, "witnessed_at": NOW - timedelta(hours=25)}
READ, EXPORT, WRITE = {"read"}, {"read", "export"}, {"write"}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def told(**changed: Any) -> Sealing:
    return Sealing(**{**{name: getattr(WELL, name) for name in WELL.__slots__}, **changed})


@pytest.fixture(autouse=True)
def limits(settings: Any) -> Iterator[None]:
    settings.AUDIT_UNSEALED_EXPORT_MINUTES, settings.AUDIT_UNSEALED_READ_MINUTES = 10, 60
    forget_sealing()
    yield
    forget_sealing()


@pytest.mark.parametrize(
    ("found", "code", "exports", "reads"),
    [
        (WELL, "ok", True, True),
        (told(turned_at=None), "never", False, False),
        (told(turned_at=NOW - minutes(0.4)), "ok", True, True),
        (told(turned_at=NOW - minutes(0.6)), "behind", True, True),
        (told(turned_at=NOW - minutes(11)), "behind", False, True),
        (told(turned_at=NOW - minutes(61)), "behind", False, False),
        (told(behind_since=NOW - minutes(11)), "behind", False, True),
        (told(behind_since=NOW - minutes(61)), "behind", False, False),
        (told(trouble="another root"), "broken", True, True),
        (told(trouble="another root", turned_at=NOW - minutes(61)), "broken", False, False),
        (told(witness_trouble="unreachable: w"), "unwitnessed", True, True),
        (told(witness_trouble="unreachable: w", **YESTERDAY), "unwitnessed", False, True),
        (told(**YESTERDAY), "ok", False, True),
        (told(**{**YESTERDAY, "witnessed_size": 9}), "ok", True, True),
        (told(witness_trouble="unreachable: w", witnessed_at=None), "unwitnessed", False, True),
        (told(witness_trouble="inconsistent: w"), "contradicted", True, True),
        (None, "", True, True),
    ],
)
def test_what_waits_and_what_goes_on(
    monkeypatch: pytest.MonkeyPatch, found: Sealing | None, code: str, exports: bool, reads: bool
) -> None:
    monkeypatch.setattr(state, "_asked", lambda: found)
    assert not found or found.code(NOW) == code
    assert (against(EXPORT, now=NOW) == "", against(READ, now=NOW) == "") == (exports, reads)
    assert {against({operation}, now=NOW) == "" for operation in ("resolve", "unseal")} == {reads}
    assert against(WRITE, now=NOW) == against({"erase"}, now=NOW) == against({"audit"}, now=NOW) == ""
    assert bool(contradiction()) == (code == "contradicted")


def test_a_rule_that_is_switched_off_stops_nothing(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(state, "_asked", lambda: told(turned_at=None))
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = settings.AUDIT_UNSEALED_READ_MINUTES = 0
    assert against(EXPORT, now=NOW) == ""
    settings.AUDIT_UNSEALED_EXPORT_MINUTES = 10
    assert (against(EXPORT, now=NOW) == "", against(READ, now=NOW) == "") == (False, True)


def test_a_state_is_asked_for_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[None] = []
    monkeypatch.setattr(state, "_asked", lambda: asked.append(None) or WELL)
    for _ in range(5):
        assert against(READ, now=NOW) == ""
    assert len(asked) == 1


@pytest.mark.django_db
def test_the_database_tells_the_clock_and_where_nobody_has_sealed() -> None:
    assert state.sealing() == Sealing(0, None, None, None, "", 0, None, "")
    assert abs(state.clock_ahead()) < timedelta(seconds=2)
