"""Bodies of old months go and their leaves stay; what is held, or has no place in the tree yet, stays whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg.errors import InsufficientPrivilege

from audit.actions.exporting import compared, snapshot
from audit.actions.months import Dropped, drop_old_months, hold_month, release_month
from audit.errors import MonthRefused
from audit.integrity.nodes import stored_nodes
from audit.tasks import drop_months
from audit.verify.checkpoints import Keys
from audit.verify.notes import read_checkpoint, read_note
from audit.verify.reports import Verdict
from audit.verify.tree import check_inclusion, inclusion_proof, leaf_hash
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing, turned_until, wrote
from tests.audit.vocabulary import ENVIRONMENT, OFFICER

pytestmark = pytest.mark.django_db(transaction=True)

OLD = date(2020, 3, 1)
MONTH = (
    "create table public.audit_entry_202003 (like public.audit_entry including defaults including constraints); "
    "select public.audit_guard('public.audit_entry_202003'); "
    "alter table public.audit_entry attach partition public.audit_entry_202003 for values from "
    "('2020-03-01 00:00+00') to ('2020-04-01 00:00+00')"
)
ENTRY = (
    "insert into audit_entry (recorded_at, id, environment_id, kind, outcome, actor_kind, body) "
    "values ('2020-03-05 10:00+00', %s, %s, 'a.b', 'done', 'system', '{\"old\":1}')"
)
PARTS = "select count(*) from pg_class where relname = 'audit_entry_202003'"


@pytest.fixture
def old_entry(role_url: AddressOf) -> Any:
    """An entry of long ago in a month of its own."""
    entry = uuid4()
    run(role_url("owner"), MONTH)
    run(role_url("superuser"), ENTRY, [entry, ENVIRONMENT])
    yield entry
    run(role_url("superuser"), "drop table if exists audit_entry_202003")


def dropped(role_url: AddressOf) -> list[Dropped]:
    with psycopg.connect(role_url("sealer")) as connection:
        return drop_old_months(connection, keep_months=12, now=datetime.now(UTC))


def told(role_url: AddressOf) -> list[tuple[str]]:
    kinds = "select outcome from audit_entry where kind = 'audit.month_dropped' order by recorded_at, id"
    return run(role_url("auditor"), kinds)


def test_bodies_go_and_every_proof_still_holds(old_entry: UUID, role_url: AddressOf) -> None:
    wrote(2)
    with sealing(role_url) as sealer:
        note = turned_until(sealer, 3).note
        assert dropped(role_url) == [Dropped(OLD, "")]
        assert run(role_url("superuser"), PARTS) == [(0,)]
        index, hash_ = run(role_url("auditor"), "select index, hash from audit_leaf where entry_id = %s", [old_entry])[
            0
        ]
        told_ = read_checkpoint(read_note(note or ""))
        with psycopg.connect(role_url("auditor")) as connection:
            proof = inclusion_proof(index, told_.size, stored_nodes(connection))
        assert hash_ == leaf_hash(b'{"old":1}')
        check_inclusion(leaf=hash_, index=index, size=told_.size, root=told_.root, proof=proof)
        turned_until(sealer, 4)
    assert told(role_url) == [("done",)]
    assert dropped(role_url) == []
    with snapshot() as connection:
        report = compared(connection, keys=Keys(LOG_KEY.verifier))
    assert (report.verdict, report.dropped) == (Verdict.WHOLE, ["2020-03: 1 entries"]), report.as_text()


def test_what_has_no_place_in_the_tree_stays(old_entry: UUID, role_url: AddressOf) -> None:
    (kept,) = dropped(role_url)
    assert "no place in the tree" in kept.why
    assert run(role_url("superuser"), PARTS) == [(1,)]
    assert told(role_url) == [("done",), ("failed",)]


class Severed(psycopg.Connection):
    """A connection that is lost when the month was dropped, before it is said."""

    commits = 0

    def commit(self) -> None:
        super().commit()
        self.commits += 1
        if self.commits == 3:
            raise psycopg.OperationalError("the server closed the connection")


def test_a_month_that_went_unheard_is_not_said_to_have_stayed(old_entry: UUID, role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        turned_until(sealer, 1)
    with Severed.connect(role_url("sealer")) as connection:
        assert drop_old_months(connection, keep_months=24, now=datetime.now(UTC)) == [Dropped(OLD, "")]
    assert run(role_url("superuser"), PARTS) == [(0,)]
    assert told(role_url) == [("done",)]


def test_what_is_held_stays_until_the_last_hold_is_released(old_entry: UUID, role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        turned_until(sealer, 1)
    holds = [hold_month(OFFICER, month=OLD, matter=matter) for matter in ("court/12", "court/13")]
    for hold in holds:
        assert dropped(role_url)[0].why == "a legal hold keeps this month"
        release_month(OFFICER, hold_id=hold.pk, reference="closed/1")
    assert dropped(role_url)[0].why == ""
    with pytest.raises(MonthRefused, match="no such hold"):
        release_month(OFFICER, hold_id=holds[0].pk, reference="closed/1")
    kinds = "select kind, count(*) from audit_entry where kind like 'audit.month_%%' and kind <> 'audit.month_dropped' group by 1 order by 1"  # noqa: E501  one statement
    assert run(role_url("auditor"), kinds) == [("audit.month_held", 2), ("audit.month_released", 2)]


def test_what_is_no_month_or_matter_is_refused() -> None:
    hold_month(OFFICER, month=OLD, matter="A")
    for month, matter in ((date(2020, 3, 2), "B"), (OLD, ""), (OLD, "Ada Lovelace"), (OLD, "x" * 65), (OLD, "A")):
        with pytest.raises(MonthRefused):
            hold_month(OFFICER, month=month, matter=matter)


@pytest.mark.parametrize("month", ["2020-03-02", "date_trunc('month', now())::date", "date '2999-01-01'"])
def test_a_month_that_is_not_over_cannot_go(role_url: AddressOf, month: str) -> None:
    asked = month if "date" in month else f"date '{month}'"
    with pytest.raises(psycopg.errors.CheckViolation):
        run(role_url("sealer"), f"select audit_drop_month({asked})")


@pytest.mark.parametrize("role", ["app", "auditor"])
def test_nobody_but_the_sealer_drops_and_nobody_deletes_a_hold(role_url: AddressOf, role: str) -> None:
    for statement in ("select audit_drop_month('2020-03-01')", "delete from audit_monthhold"):
        with pytest.raises(InsufficientPrivilege):
            run(role_url(role), statement)


def test_the_task_keeps_everything_unless_it_is_told_otherwise(
    old_entry: UUID, role_url: AddressOf, settings: Any
) -> None:
    settings.AUDIT_SEALER_URL = role_url("sealer")
    assert drop_months() == {}
    settings.AUDIT_KEEP_MONTHS = 24
    assert "no place" in drop_months()["2020-03-01"]


def test_the_command_holds_lists_and_releases(capsys: Any) -> None:
    call_command("hold_book", "--month", "2020-03", "--matter", "court/12")
    held = capsys.readouterr().out
    call_command("hold_book")
    assert capsys.readouterr().out == held
    with pytest.raises(CommandError, match="a reference is"):
        call_command("hold_book", "--release", held.split()[0])
    call_command("hold_book", "--release", held.split()[0], "--matter", "court/12-closed")
    capsys.readouterr()
    call_command("hold_book")
    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError, match="month and a matter"):
        call_command("hold_book", "--month", "2020-03")
