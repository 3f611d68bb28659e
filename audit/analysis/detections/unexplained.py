"""D1: more accesses without an explanation than the work of a role leaves over."""

from __future__ import annotations

from collections.abc import Iterator

from audit.analysis.baselines import UNKNOWN_SHARE, at_work, expected_shares
from audit.analysis.cases import looks, person
from audit.analysis.facts import Facts, Ticket
from audit.analysis.rule import Case, Context, Day, Detection, Signal
from audit.analysis.statistics import nats, poisson_tail

RARE = 1e-3
LEAST = 2
OUTAGE_LOOKS, OUTAGE_SHARE = 50, 0.6


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    working = at_work(ctx.memory, day.date)
    looked = sum(tally.looks for tally in working.values())
    unexplained = sum(tally.unexplained for tally in working.values())
    is_outage = looked >= OUTAGE_LOOKS and unexplained > OUTAGE_SHARE * looked and len(working) > 2
    if ctx.facts.is_ticket_source_silent or is_outage:
        # Nothing is explained while no tickets come in: one alert about that, none about people.
        yield Signal("tickets", 2.0, (), why={"looks": looked, "unexplained": unexplained})
        return
    shares = expected_shares(ctx, day.date)
    for actor, tally in working.items():
        mean = shares.get(ctx.role(actor), UNKNOWN_SHARE) * tally.looks
        chance = poisson_tail(tally.unexplained, mean)
        if tally.unexplained >= LEAST and chance < RARE:
            shown = tuple(each.access for each in day.seen if each.access.actor == actor and not each.is_explained)
            yield Signal(
                actor, nats(chance), shown, actor=actor, why={"unexplained": tally.unexplained, "looks": tally.looks}
            )


def _cases_of_30() -> Facts:
    return Facts(tickets={f"t{each}": Ticket(f"t{each}", person(each), "ann") for each in range(30)})


DETECTION = Detection(
    id="D1",
    version=1,
    title="Unexplained accesses",
    severity="medium",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Ask for the cases behind the accesses. Where tickets were missing, mark the work as expected.",
    batch=batch,
    tests=(
        Case("six without a case among thirty with one", True, looks(range(36)), _cases_of_30),
        Case("every access has its case", False, looks(range(30)), _cases_of_30),
        Case("a single one is left over", False, looks(range(31)), _cases_of_30),
    ),
)
