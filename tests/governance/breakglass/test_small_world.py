"""Every way that three people can take through the machines in four moments, and what each guard is there for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import pytest

from governance.breakglass.guards import Guard
from governance.breakglass.machines import GRANT, REQUEST, REVIEW, TABLE, Step, moves_of, states_of
from tests.governance.breakglass.laws import faults
from tests.governance.breakglass.world import (
    ANN,
    BEN,
    CAL,
    LIVING,
    NOBODY,
    World,
    after,
    drifts,
    events_in,
)


def worlds(table: tuple[Step, ...]) -> Iterator[tuple[World, list[str]]]:
    """Every world that can be reached, breadth first, with the laws that the step into it broke."""
    first = World()
    seen, waiting = {first}, deque([first])
    while waiting:
        world = waiting.popleft()
        for event in events_in(world):
            then = after(world, event, table=table)
            if then is None:
                continue
            broken = [*faults(world, event, then)]
            if broken or then not in seen:
                yield then, broken
            if then not in seen:
                seen.add(then)
                waiting.append(then)
        for then in drifts(world):
            if then not in seen:
                seen.add(then)
                waiting.append(then)


def test_no_way_through_the_machines_breaks_a_law() -> None:
    reached: set[tuple[str, str]] = set()
    count = 0
    for world, broken in worlds(TABLE):
        assert not broken, (world, broken)
        reached |= {(REQUEST, world.request), (GRANT, world.grant), (REVIEW, world.review)}
        count += 1
    wanted = {(machine, state) for machine in (REQUEST, GRANT, REVIEW) for state in states_of(machine)}
    assert wanted <= reached, "a state that nobody reaches"
    assert count > 500


def guarded_steps() -> list[tuple[int, Guard]]:
    return [(place, guard) for place, step in enumerate(TABLE) for guard in step.guards]


@pytest.mark.parametrize(
    ("place", "guard"), guarded_steps(), ids=lambda given: given.name if isinstance(given, Guard) else TABLE[given].verb
)
def test_without_any_one_guard_a_law_is_broken(place: int, guard: Guard) -> None:
    step = TABLE[place]
    weaker = replace(step, guards=tuple(each for each in step.guards if each is not guard))
    table = (*TABLE[:place], weaker, *TABLE[place + 1 :])
    assert any(broken for _, broken in worlds(table)), f"nobody misses the guard {guard.name!r} of {step.verb}"


def test_what_has_ended_never_begins_again() -> None:
    for machine in (REQUEST, GRANT, REVIEW):
        sources = {source for source, _ in moves_of(machine)}
        ended = set(states_of(machine)) - sources
        assert ended, machine
        assert not any(step.machine == machine and ended & set(step.sources) for step in TABLE)


def test_whatever_lives_can_be_revoked_by_the_clock_and_by_an_officer() -> None:
    for grant in LIVING:
        world = World(request="approved", grant=grant, approved_by=frozenset({BEN, CAL}), deciders=frozenset())
        revoked = [event for event in events_in(world) if event.verb == "revoke" and after(world, event) is not None]
        assert NOBODY in {event.actor for event in revoked}
        assert {event.actor for event in revoked if "contain" in event.is_good} >= {ANN, BEN, CAL}
