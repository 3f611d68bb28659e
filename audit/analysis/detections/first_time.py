"""D16: somebody begins to read columns that neither they nor their colleagues ever did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from audit.analysis.accesses import Access
from audit.analysis.baselines import LOOKED_BACK
from audit.analysis.cases import DAY, access, person
from audit.analysis.facts import Facts, Staff
from audit.analysis.memory import COLUMN, seconds
from audit.analysis.rule import Case, Context, Day, Detection, Signal

TOGETHER = 3
GRACE = timedelta(days=14)
KNOWN_DAYS = 5


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    begins = seconds(day.begins)
    found: defaultdict[str, dict[str, Access]] = defaultdict(dict)
    for each in day.seen:
        access = each.access
        if access.looks and not access.grant and access.actor not in ctx.facts.jobs:
            for column in access.columns:
                if _is_new(ctx, access.actor, column, begins):
                    found[access.actor].setdefault(column, access)
    for actor, columns in found.items():
        if len(columns) >= TOGETHER and _is_known(ctx, actor, day):
            yield Signal(actor, 3.0, tuple(columns.values()), actor=actor, why={"columns": len(columns)})


def _is_new(ctx: Context, actor: str, column: str, begins: int) -> bool:
    role = ctx.role(actor)
    mine = ctx.memory.get(COLUMN, f"{actor}:{column}")
    ours = ctx.memory.get(COLUMN, f"role/{role}:{column}") if role else None
    return (mine is None or mine >= begins) and (ours is None or ours >= begins)


def _is_known(ctx: Context, actor: str, day: Day) -> bool:
    staff = ctx.facts.staff.get(actor)
    if staff and staff.joined_at and day.begins - staff.joined_at < GRACE:
        return False
    return len(ctx.memory.days_before(actor, day.date, most=LOOKED_BACK)) >= KNOWN_DAYS


_USUAL, _BANK = ("name", "email"), ("iban", "bic", "account_holder")


def _week(*last: Access) -> tuple[Access, ...]:
    usual = [access(day * DAY, subjects=(person(day),), columns=_USUAL) for day in range(8)]
    return (*usual, *last)


def _late(columns: tuple[str, ...], *, actor: str = "ann") -> Access:
    return access(8 * DAY, actor=actor, subjects=(person(50),), columns=columns)


def _team() -> Facts:
    return Facts(staff={who: Staff(who, role="agent") for who in ("ann", "bob")})


DETECTION = Detection(
    id="D16",
    version=1,
    title="Columns that are new to somebody",
    severity="low",
    action="inform",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "columns"),
    runbook="A new task explains it; the right that allows it may be wider than the work needs.",
    batch=batch,
    tests=(
        Case("an agent reads bank details for the first time", True, _week(_late(_BANK)), _team),
        Case("an agent reads what they always read", False, _week(_late(_USUAL)), _team),
        Case(
            "a colleague has read bank details before",
            False,
            _week(access(7 * DAY + 1, actor="bob", subjects=(person(9),), columns=_BANK), _late(_BANK)),
            _team,
        ),
        Case("somebody new", False, (_late(_BANK),), _team),
    ),
)
