"""D1: more accesses without an explanation than the work of a role leaves over."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from audit.analysis.accesses import Access
from audit.analysis.baselines import LOOKED_BACK, UNKNOWN_SHARE, at_work, expected_shares
from audit.analysis.cases import access, looks, person
from audit.analysis.facts import Facts, Staff, Ticket
from audit.analysis.memory import Tally
from audit.analysis.rule import Case, Context, Day, Detection, Parameter, Signal
from audit.analysis.statistics import nats, poisson_tail

ID = "D1"
RARE = 1e-3
LEAST = Parameter("least", 2, 2, 1000, "people on one day whom nothing explains")
OUTAGE_LOOKS, OUTAGE_SHARE = 50, 0.6
OUTAGE_ACTORS, OUTAGE_LEAST = 3, 5
REASON_DAYS = 3
"""Earlier days of the last month on which somebody had a reason, before the lack of one says something."""


def batch(day: Day, ctx: Context) -> Iterator[Signal]:
    working = at_work(ctx.memory, day.date)
    if ctx.facts.is_ticket_source_silent or _is_outage(_heads(working, day, ctx)):
        # Nothing is explained while no tickets come in: one alert about that, none about people.
        looked = sum(tally.looks for tally in working.values())
        unexplained = sum(tally.unexplained for tally in working.values())
        yield Signal("tickets", 2.0, (), why={"looks": looked, "unexplained": unexplained})
        working = {actor: working[actor] for actor in _programs(day) if actor in working}
    shares = expected_shares(ctx, day.date)
    for actor, tally in working.items():
        mean = shares.get(ctx.role(actor), UNKNOWN_SHARE) * tally.looks
        chance = poisson_tail(tally.unexplained, mean)
        if tally.unexplained >= ctx.value(ID, LEAST) and chance < RARE:
            shown = tuple(each.access for each in day.seen if each.access.actor == actor and not each.is_explained)
            yield Signal(
                actor, nats(chance), shown, actor=actor, why={"unexplained": tally.unexplained, "looks": tally.looks}
            )


def _heads(working: Mapping[str, Tally], day: Day, ctx: Context) -> list[Tally]:
    """Return what those did today who usually have reasons: people, who had tickets or grants on several earlier days.

    Tickets explain no program, and an account that never had one misses none now: who has many of either is one head
    at the most.
    """
    people = working.keys() - _programs(day)
    return [working[actor] for actor in sorted(people) if _has_had_reasons(actor, day, ctx)]


def _programs(day: Day) -> set[str]:
    return {each.access.actor for each in day.seen if each.access.actor_kind == "client"}


def _has_had_reasons(actor: str, day: Day, ctx: Context) -> bool:
    before = ctx.memory.days_before(actor, day.date, most=LOOKED_BACK)
    return sum(tally.grounded > 0 for tally in before) >= REASON_DAYS


def _is_outage(working: Collection[Tally]) -> bool:
    """Say whether most of those who usually have reasons have nothing to explain them.

    Heads are counted, not looks: however many somebody looks at, and be it in one list, they are one.
    """
    if sum(tally.looks for tally in working) < OUTAGE_LOOKS:
        return False
    busy = [tally for tally in working if tally.looks >= OUTAGE_LEAST]
    blind = [tally for tally in busy if tally.unexplained > OUTAGE_SHARE * tally.looks]
    return len(busy) >= OUTAGE_ACTORS and len(blind) > OUTAGE_SHARE * len(busy)


def _cases_of_30() -> Facts:
    return Facts(tickets={f"t{each}": Ticket(f"t{each}", person(each), "ann") for each in range(30)})


def _at_the_desk() -> Facts:
    return Facts(
        tickets={f"t{each}": Ticket(f"t{each}", person(each), queue="desk") for each in range(30)},
        staff={actor: Staff(actor, team="desk") for actor in ("bob", "cid", "dee")},
    )


def _one_list_beside_the_desk() -> tuple[Access, ...]:
    work = [each for actor in ("bob", "cid", "dee") for each in looks(range(30), actor=actor)]
    return (*work, access(40, subjects=tuple(map(person, range(1000, 1150)))))


DETECTION = Detection(
    id=ID,
    version=3,
    title="Unexplained accesses",
    severity="medium",
    action="review",
    dedup_minutes=24 * 60,
    needs=("at", "actor", "operation", "subjects"),
    runbook="Ask for the cases behind the accesses. Where tickets were missing, mark the work as expected.",
    batch=batch,
    parameters=(LEAST,),
    tests=(
        Case("six without a case among thirty with one", True, looks(range(36)), _cases_of_30),
        Case("one list of a hundred and fifty, and others at work", True, _one_list_beside_the_desk(), _at_the_desk),
        Case("every access has its case", False, looks(range(30)), _cases_of_30),
        Case("a single one is left over", False, looks(range(31)), _cases_of_30),
    ),
)
