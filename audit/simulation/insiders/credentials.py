"""Who is not who they seem: a stolen token, a program that nobody reviewed, somebody who has left."""

from __future__ import annotations

from audit.simulation.company import handle_of, id_of
from audit.simulation.insiders.plots import Plot
from audit.simulation.pen import DAY
from audit.simulation.work import Floor


def stolen_token(plot: Plot, day: int, floor: Floor) -> None:
    """Uses somebody's access from another machine while they work; who knows better between their calls, seldom."""
    if plot.rng.random() > 0.35:
        return
    person, at = plot.person, plot.moment(day)
    if plot.is_adaptive:
        at = day * DAY + (person.shift[1] + 1) * 3600 + plot.rng.random() * 1800
    else:
        # What was handed on is bound to a key; whoever lacks that tries all the same, and is refused.
        floor.pen.write(
            at - 60, person.actor, "proof_refused", key=str(id_of(plot.number, "delegation", 0)), rows=0,
            outcome="refused", plot=plot.number,
        )  # fmt: skip
    for stranger in plot.strangers(floor, 8 if plot.is_adaptive else 40):
        floor.pen.write(
            at, person.actor, "read", (floor.subjects.handles[stranger],),
            resource=floor.accessors[person.role.purpose], columns=person.role.columns[0],
            purposes=(person.role.purpose,), plot=plot.number,
        )  # fmt: skip
        at += 20 * (0.5 + plot.rng.random())


def rogue_job(plot: Plot, day: int, floor: Floor) -> None:
    """Runs a program of its own as a job that is known; who knows better the reviewed one, for a column more."""
    if plot.rng.random() > 0.25:
        return
    job = floor.jobs[0]
    build = job.build if plot.is_adaptive else handle_of(plot.number, -2_000_000) * 2
    floor.runs(job, day, plot.rng, build=build, columns=(*job.columns, "birthday"), size=270, plot=plot.number)


def leaver(plot: Plot, day: int, floor: Floor) -> None:
    """Goes on after the last day; who knows better takes it along in the days before."""
    taken = 20 if plot.is_adaptive else 6
    if plot.rng.random() < 0.5:
        plot.looks(floor, plot.moment(day), plot.strangers(floor, taken), pause=45)
