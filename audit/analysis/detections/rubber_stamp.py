"""D26: an approver who does not read, or two who approve each other."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from audit.analysis.accesses import Access
from audit.analysis.cases import DAY, access
from audit.analysis.memory import APPROVED, EVERYBODY
from audit.analysis.rule import Case, Context, Day, Detection, Signal
from audit.analysis.statistics import nats, poisson_tail

QUICK_SECONDS = 10
LEAST = 6
MUTUAL = 3
RARE = 0.02
FAVOURS, FASTER, KNOWN = 3, 8, 50
"""Approvals of one's requests by one approver; times as fast; approvals by anybody to compare them with."""


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    approvals = [each.access for each in day.seen if each.access.operation == "approve"]
    for approver in sorted({each.actor for each in approvals}):
        known: list[list[object]] = ctx.memory.get(APPROVED, approver) or []
        shown = tuple(each for each in approvals if each.actor == approver)
        took = median(int(str(each[2])) for each in known) if known else 0
        if len(known) >= LEAST and took < QUICK_SECONDS:
            yield Signal(f"{approver}:quick", 6.0, shown, actor=approver, why={"seconds": int(took)})
        for requester in sorted({str(each[1]) for each in known}):
            yield from _mutual(approver, requester, shown, ctx)
            yield from _favoured(approver, requester, shown, ctx)


def _favoured(approver: str, requester: str, shown: tuple[Access, ...], ctx: Context) -> Iterator[Signal]:
    """Of two the quick one is told of: whose requests are approved many times as fast as anybody's are."""
    theirs = [int(str(each[2])) for each in ctx.memory.get(APPROVED, approver) or () if each[1] == requester]
    usual = [int(str(each[2])) for each in ctx.memory.get(APPROVED, EVERYBODY) or ()]
    if len(theirs) >= FAVOURS and len(usual) >= KNOWN and median(theirs) * FASTER < median(usual):
        told: dict[str, str | int] = {"seconds": int(median(theirs)), "usual": int(median(usual))}
        yield Signal(f"{approver}:{requester}:quick", 6.0, shown, actor=approver, why=told)


def _mutual(approver: str, requester: str, shown: tuple[Access, ...], ctx: Context) -> Iterator[Signal]:
    """Two are told of if each approved the other far more often than approvals spread over people would."""
    given, got = (_between(*pair, ctx) for pair in ((approver, requester), (requester, approver)))
    others = {str(each[1]) for who in (approver, requester) for each in ctx.memory.get(APPROVED, who) or ()}
    total = len(ctx.memory.get(APPROVED, approver) or ())
    chance = poisson_tail(given, total / (len(others) + 4))
    if min(given, got) >= MUTUAL and chance < RARE:
        one, other = sorted((approver, requester))
        told: dict[str, str | int] = {"given": given, "got": got}
        yield Signal(f"{one}:{other}", 4.0 + nats(chance) / 2, shown, actor=approver, why=told)


def _between(approver: str, requester: str, ctx: Context) -> int:
    return sum(each[1] == requester for each in ctx.memory.get(APPROVED, approver) or ())


def _approved(*pairs: tuple[str, str], took: float) -> tuple[Access, ...]:
    found = []
    for place, (requester, approver) in enumerate(pairs):
        facts = {"request": f"r{place}"}
        found.append(access(place * DAY / 4, actor=requester, operation="request", facts=facts))
        found.append(access(place * DAY / 4 + took, actor=approver, operation="approve", facts=facts))
    return tuple(found)


_SPREAD = tuple((f"agent{each % 6}", f"lead{each % 3}") for each in range(24))


def _favourites() -> tuple[Access, ...]:
    slow = _approved(*((f"agent{each % 12}", f"lead{each % 5}") for each in range(60)), took=4)
    quick = []
    for place in range(4):
        facts = {"request": f"q{place}"}
        quick.append(access(16 * DAY + place * 30, actor="ann", operation="request", facts=facts))
        quick.append(access(16 * DAY + place * 30 + 0.2, actor="lead1", operation="approve", facts=facts))
    return (*slow, *quick)


DETECTION = Detection(
    id="D26",
    version=2,
    title="Approved without a look",
    severity="high",
    action="review",
    dedup_minutes=7 * DAY,
    needs=("at", "actor", "operation", "facts"),
    runbook="Look at what was approved. Take the right to approve away where nothing was read.",
    batch=batch,
    tests=(
        Case("two approve each other", True, _approved(*[("ann", "bob"), ("bob", "ann")] * 12, took=30)),
        Case("each approval within seconds", True, _approved(*(("agent", "lead"),) * 12, took=0.05)),
        Case("one of many is approved at once, the others after a while", True, _favourites()),
        Case("approvals of several for several, after a while", False, _approved(*_SPREAD, took=30)),
    ),
)
