"""Who looks because they want to know: about colleagues, a former partner, somebody famous."""

from __future__ import annotations

from audit.simulation.insiders.plots import Plot
from audit.simulation.work import Floor


def co_worker(plot: Plot, day: int, floor: Floor) -> None:
    """Opens records of colleagues; who knows better leaves their own team out and takes one a week."""
    if plot.rng.random() > (0.15 if plot.is_adaptive else 0.4):
        return
    own = plot.person.team
    colleagues = [
        one.subject
        for one in floor.desk.people.staff
        if one is not plot.person and one.belongs(day) and (one.team == own) is not plot.is_adaptive
    ]
    if colleagues:
        plot.looks(floor, plot.moment(day), plot.rng.sample(colleagues, 1))


def former_partner(plot: Plot, day: int, floor: Floor) -> None:
    """Follows one household again and again: their own former one, or one that nobody can tell is theirs."""
    if "home" not in plot.memory:
        home = floor.subjects.family(plot.person.subject)
        if plot.is_adaptive or not home:
            home = [floor.somebody(plot.rng)]
            home += floor.subjects.family(home[0])
        plot.memory["home"] = home
    if plot.rng.random() < (0.25 if plot.is_adaptive else 0.45):
        home = plot.memory["home"]
        plot.looks(floor, plot.moment(day), plot.rng.sample(home, min(len(home), 1 if plot.is_adaptive else 2)))


def famous(plot: Plot, day: int, floor: Floor) -> None:
    """Opens records of people whom everybody knows."""
    if plot.rng.random() < (0.08 if plot.is_adaptive else 0.25):
        plot.looks(floor, plot.moment(day), plot.rng.sample(sorted(floor.subjects.vips), 1))
