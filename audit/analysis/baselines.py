"""What is usual: for somebody themselves, and for those who do the same work."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from audit.analysis.explaining import JOB
from audit.analysis.memory import Memory, Tally
from audit.analysis.rule import Context, Seen

LOOKED_BACK = 30
"""Days."""
_PRIOR_UNEXPLAINED, _PRIOR_LOOKS = 1.0, 50.0
"""A group of which little is known is taken to have two unexplained accesses of a hundred."""


def expected_shares(ctx: Context, day: date) -> dict[str, float]:
    """Return for each role which share of its accesses nothing explained, over the days before.

    The middle of its members, so that one who looks at many does not make that usual for the others.
    """
    known: dict[str, float] | None = ctx.shared.get(("shares", day))
    if known is None:
        known = ctx.shared["shares", day] = _expected_shares(ctx, day)
    return known


def _expected_shares(ctx: Context, day: date) -> dict[str, float]:
    shares: defaultdict[str, list[float]] = defaultdict(list)
    totals: defaultdict[str, list[float]] = defaultdict(lambda: [_PRIOR_UNEXPLAINED, _PRIOR_LOOKS])
    for actor in ctx.memory.actors():
        history = ctx.memory.days_before(actor, day, most=LOOKED_BACK)
        looks = sum(each.looks for each in history)
        if looks:
            unexplained = sum(each.unexplained for each in history)
            role = ctx.role(actor)
            shares[role].append(unexplained / looks)
            totals[role][0] += unexplained
            totals[role][1] += looks
    usual = {role: unexplained / looks for role, (unexplained, looks) in totals.items()}
    for role, found in shares.items():
        if len(found) >= 8:
            found.sort()
            trimmed = found[: max(1, len(found) * 9 // 10)]
            usual[role] = max(sum(trimmed) / len(trimmed), 0.002)
    return usual


def is_unscheduled_look(seen: Seen) -> bool:
    """Whether somebody was looked at in another way than a job's registration says."""
    return seen.access.looks and JOB not in seen.explanations


UNKNOWN_SHARE = _PRIOR_UNEXPLAINED / _PRIOR_LOOKS


def at_work(memory: Memory, day: date) -> dict[str, Tally]:
    """Return the tallies of everybody who looked at somebody on a day."""
    found = ((actor, memory.tally(actor, day)) for actor in memory.actors_on(day))
    return {actor: tally for actor, tally in found if tally.looks or tally.searches}
