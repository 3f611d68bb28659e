"""Who makes it look like work: a ticket of their own, a reason used again, an accomplice, an emergency that is none."""

from __future__ import annotations

from audit.analysis.detections import recycled as recycled_rule
from audit.analysis.detections.emergencies import MOST
from audit.analysis.detections.rubber_stamp import QUICK_SECONDS
from audit.analysis.detections.ticket_mismatch import JUST_BEFORE
from audit.simulation.insiders.plots import Plot
from audit.simulation.work import Floor, sketched

OLD_ENOUGH = 1.1 * JUST_BEFORE.total_seconds()
NOT_TOO_QUICK = 1.1 * QUICK_SECONDS
"""Seconds that stay clear of a threshold by a tenth."""


def fake_ticket(plot: Plot, day: int, floor: Floor) -> None:
    """Opens a ticket and then the record; who knows better waits until the ticket looks old enough."""
    if plot.rng.random() > 0.3:
        return
    person, desk = plot.person, floor.desk
    at, name = plot.moment(day), desk.reference()
    subject = floor.subjects.handles[floor.somebody(plot.rng)]
    desk.open(
        name, subject=subject, assignee=person.actor, opened=at - (OLD_ENOUGH if plot.is_adaptive else 45),
        closed=at + 900, opened_by=person.actor, queue=f"team-{person.team}",
    )  # fmt: skip
    for step in range(2):
        floor.looks(person, at + 60 * step, subject, plot.rng, plot=plot.number)


def recycled(plot: Plot, day: int, floor: Floor) -> None:
    """Asks for access to one stranger after the other with one ticket; who knows better for three in a week."""
    if plot.rng.random() > (0.4 if plot.is_adaptive else 0.6):
        return
    week = plot.memory.setdefault(f"week {day // 7}", [])
    if plot.is_adaptive and len(week) >= recycled_rule.TIMES:
        return
    ticket = plot.memory.get("ticket")
    if ticket is None or (plot.is_adaptive and not week):
        ticket = plot.memory["ticket"] = floor.desk.reference()
        floor.desk.open(
            ticket, subject=floor.subjects.handles[floor.somebody(plot.rng)], assignee=plot.person.actor,
            opened=plot.moment(day) - 7200, closed=None, opened_by=floor.intake, queue=f"team-{plot.person.team}",
        )  # fmt: skip
    text = plot.memory.setdefault("text", sketched(plot.rng))
    if plot.is_adaptive:
        # Reworded: a quarter of it is not what it was.
        text = (*text[:24], *sketched(plot.rng)[24:])
    stranger = floor.somebody(plot.rng)
    week.append(stranger)
    floor.asks(
        plot.person, plot.moment(day), (stranger,), plot.rng, ticket=ticket, sketch=text,
        plot=plot.number,
    )  # fmt: skip


def colluding(plot: Plot, day: int, floor: Floor) -> None:
    """Two approve what the other asks for, at once; who knows better waits eleven seconds, and not every time."""
    if plot.accomplice is None or plot.rng.random() > 0.5:
        return
    asks, approves = plot.person, plot.accomplice
    if plot.rng.random() < 0.5 and not plot.accomplice.is_away(day):
        asks, approves = approves, asks
    if approves.is_away(day):
        return
    seldom = plot.is_adaptive and plot.rng.random() < 0.3
    floor.asks(
        asks, plot.moment(day), tuple(plot.strangers(floor, 2)), plot.rng, ticket="",
        approver=None if seldom else approves, latency=None if seldom else NOT_TOO_QUICK if plot.is_adaptive else 4.0,
        plot=plot.number,
    )  # fmt: skip


def emergency(plot: Plot, day: int, floor: Floor) -> None:
    """Declares emergencies where there is none; who knows better twice in thirty days."""
    if plot.rng.random() > (0.2 if plot.is_adaptive else 0.3):
        return
    declared = plot.memory.setdefault("declared", [])
    if plot.is_adaptive and len([one for one in declared if one > day - 30]) >= MOST:
        return
    declared.append(day)
    floor.asks(
        plot.person, plot.moment(day), tuple(plot.strangers(floor, 3)), plot.rng, ticket="", is_emergency=True,
        plot=plot.number,
    )  # fmt: skip
