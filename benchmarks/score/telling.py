"""The tables that `make score` prints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from benchmarks.score.judging import (
    Item,
    acting,
    exposure,
    found_on,
    inbox,
    middle,
    over_seeds,
    perfect,
    precision,
    ranking,
    recall,
    shown_a_day,
)
from benchmarks.score.observing import Observed

BUDGETS = (5, 10, 20)
BUDGET = 10
"""The budget that the goals are set for."""


def tell(name: str, observed: Sequence[Observed]) -> None:
    """Print everything about one configuration."""
    print(f"\n=== {name}: {len(observed)} seeds, means with bootstrap 95 % intervals ===")
    _tell_base_rate(observed)
    has_insiders = any(each.insiders for each in observed)
    if not has_insiders:
        _tell_clean(observed)
        return
    print(f"{'':24}{'a day':>6}  {'precision':20} {'insiders found':20}")
    for budget in BUDGETS:
        _tell_line(f"analysis, {budget} a day", observed, [inbox(each, budget) for each in observed])
    for baseline in observed[0].rankings:
        for budget in BUDGETS:
            shown = [ranking(each, baseline, budget) for each in observed]
            _tell_line(f"{baseline}, {budget} a day", observed, shown)
        as_many = [ranking(each, baseline, BUDGET, as_many=inbox(each, BUDGET)) for each in observed]
        _tell_line(f"{baseline}, as many", observed, as_many)
    _tell_scripts(observed)


def tell_ablation(observed: Sequence[Observed]) -> None:
    """Print what each rule adds at the budget: insiders found by nothing else, and alerts that were wrong."""
    rules = sorted({told.rule for each in observed for told in each.told})
    whole = [inbox(each, BUDGET) for each in observed]
    found, wrong = sum(len(found_on(items)) for items in whole), _wrong(whole)
    print(f"\nwithout a rule, at {BUDGET} a day (with all: {found} found, {wrong} wrong alerts)")
    for rule in rules:
        rest = [inbox(each, BUDGET, without=rule) for each in observed]
        lost = found - sum(len(found_on(items)) for items in rest)
        print(f"  {rule:4} {lost:4} fewer found  {wrong - _wrong(rest):6} fewer wrong alerts")


def _wrong(inboxes: Sequence[Sequence[Item]]) -> int:
    return sum(not item.plots for item in chain.from_iterable(inboxes))


def _tell_base_rate(observed: Sequence[Observed]) -> None:
    accesses, looks = sum(each.accesses for each in observed), sum(each.looks for each in observed)
    planted, days = sum(each.planted for each in observed), sum(each.actor_days for each in observed)
    bad = sum(len([key for key in each.planted_days if key[0] >= each.first_day]) for each in observed)
    explained = sum(each.explained for each in observed)
    best = sum(len(perfect(each, BUDGET)) for each in observed)
    room = sum(len(inbox(each, BUDGET)) for each in observed)
    print(
        f"base rate: {planted / accesses:.5f} of {accesses} accesses, {bad / days:.5f} of {days} actor-days; "
        f"unexplained {1 - explained / looks:.4f} of normal looks; "
        f"analysis {1e6 * sum(each.seconds for each in observed) / accesses:.1f} µs of CPU an access"
    )
    if best:
        print(f"whoever knew all would show {best} right lines at {BUDGET} a day; the analysis shows {room}")


def _tell_clean(observed: Sequence[Observed]) -> None:
    for budget in (BUDGET, 10**6):
        a_day = over_seeds([shown_a_day(each, inbox(each, budget)) for each in observed])
        print(f"alerts a day without any insider, {'at 10 a day' if budget == BUDGET else 'without a limit'}: {a_day}")
    counts: dict[str, int] = {}
    for told in chain.from_iterable(each.told for each in observed):
        counts[told.rule] = counts.get(told.rule, 0) + 1
    days = sum(each.days - each.first_day for each in observed)
    print("  by rule: " + ", ".join(f"{rule} {count / days:.2f}" for rule, count in sorted(counts.items())))


def _tell_line(name: str, observed: Sequence[Observed], items: Sequence[list[Item]]) -> None:
    a_day = sum(shown_a_day(each, of) for each, of in zip(observed, items, strict=True)) / len(observed)
    right = over_seeds(map(precision, items))
    found = over_seeds(recall(each, of) for each, of in zip(observed, items, strict=True))
    print(f"{name:27}{a_day:5.1f}  {right!s:20} {found!s:20}")


def _tell_scripts(observed: Sequence[Observed]) -> None:
    items = [inbox(each, BUDGET) for each in observed]
    days, people = [], []
    for each, of in zip(observed, items, strict=True):
        more_days, more_people = exposure(each, of)
        days += more_days
        people += more_people
    print(
        f"at {BUDGET} a day, until found: median {middle(days):.0f} days, {middle(people):.0f} people "
        f"(mean {sum(days) / len(days):.1f} and {sum(people) / len(people):.1f}; not found: to the end)"
    )
    print(f"  {'script':22}{'plain':>12}{'adaptive':>12}   first found by (rules of that day)")
    for script in dict.fromkeys(insider.script for insider in observed[0].insiders):
        shares, rules = [], dict[str, int]()
        for is_adaptive in (False, True):
            found = total = 0
            for each, of in zip(observed, items, strict=True):
                firsts = found_on(of)
                for number in acting(each):
                    insider = each.insiders[number]
                    if insider.script == script and insider.is_adaptive is is_adaptive:
                        total += 1
                        found += number in firsts
                        for rule in _rules(each, number, firsts.get(number)):
                            rules[rule] = rules.get(rule, 0) + 1
            shares.append(f"{found} of {total}")
        by = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items(), key=lambda one: -one[1]))
        print(f"  {script:22}{shares[0]:>12}{shares[1]:>12}   {by}")


def _rules(observed: Observed, plot: int, day: int | None) -> set[str]:
    return {told.rule for told in observed.told if told.day == day and plot in told.plots}


def tell_rules(observed: Sequence[Observed]) -> None:
    """Print how often each rule was right and wrong, an alert being an alert, whatever else was said that day."""
    counts: dict[str, list[int]] = {}
    for told in chain.from_iterable(each.told for each in observed):
        counts.setdefault(told.rule, [0, 0])[not told.plots] += 1
    print("right and wrong by rule: " + ", ".join(f"{rule} {r}/{w}" for rule, (r, w) in sorted(counts.items())))
