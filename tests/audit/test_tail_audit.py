from __future__ import annotations

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from audit import queries
from audit.recorder import append
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, HAPPENED, OTHER, SERVICE

pytestmark = pytest.mark.django_db(transaction=True)


def happened(count: int, environment_id: Any = ENVIRONMENT) -> None:
    append(HAPPENED, environment_id=environment_id, actor=SERVICE, facts={"count": count})


def counts(out: StringIO) -> list[int]:
    return [json.loads(line)["facts"]["count"] for line in out.getvalue().splitlines()]


def tail(*options: str) -> StringIO:
    out = StringIO()
    call_command("tail_audit", f"--environment={ENVIRONMENT}", *options, stdout=out, stderr=StringIO())
    return out


def test_the_newest_entries_are_printed_in_order_and_the_reading_is_recorded() -> None:
    for count in (1, 2, 3):
        happened(count)
    happened(9, ELSEWHERE)
    assert counts(tail("--limit=2")) == [2, 3]
    (read,) = queries.entries(environment_id=ENVIRONMENT, kinds=["audit.read"])
    assert read.actor.kind == "system"
    assert read.facts == {"filters": [], "returned": 2, "door": "command"}


def test_only_the_kinds_asked_for_are_printed() -> None:
    happened(1)
    append(OTHER, environment_id=ENVIRONMENT, actor=SERVICE, facts={"count": 2})
    assert counts(tail("--kind=example.other")) == [2]


def test_following_prints_each_new_entry_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([(2,), (), (3, 4)])

    def instead_of_sleeping(seconds: float) -> None:
        arriving = next(looks, None)
        if arriving is None:
            raise KeyboardInterrupt
        for count in arriving:
            happened(count)

    monkeypatch.setattr("time.sleep", instead_of_sleeping)
    happened(1)
    assert counts(tail("--follow", "--kind=example.happened")) == [1, 2, 3, 4]


@pytest.mark.parametrize("options", [("--limit=0",), ("--limit=many",), ("--environment=prod",)])
def test_bad_options_are_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        tail(*options)


def test_without_the_auditors_connection_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "AUDITOR", str(uuid4()))
    with pytest.raises(CommandError, match="DATABASE_AUDITOR_URL"):
        tail()
