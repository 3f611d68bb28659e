"""What has to be beaten: a random sample, whoever looked most, and an isolation forest over each actor's days."""

from __future__ import annotations

from random import Random

from audit.analysis.rule import Day, Seen

MOST = 20
"""Actors a day that a baseline names."""
LOOKS, PEOPLE, ROWS, SEARCHES, WRITES, REQUESTS, APPROVALS, ODD_HOURS, UNEXPLAINED, COLUMNS, OTHER = range(11)
_OF = {"search": SEARCHES, "write": WRITES, "request": REQUESTS, "declare": REQUESTS, "approve": APPROVALS}


class Features:
    """Counts of each actor's days. The forest gets what the analysis knows of explanations, too."""

    def __init__(self) -> None:
        self._days: dict[int, dict[str, list[int]]] = {}
        self._today: dict[str, list[int]] = {}
        self._people: dict[str, set[str]] = {}
        self._columns: dict[str, set[str]] = {}

    def begin(self, day: int) -> None:
        """Turn to a day."""
        self._today = self._days[day] = {}
        self._people.clear()
        self._columns.clear()

    def note(self, seen: Seen) -> None:
        """Count an access in."""
        access = seen.access
        actor = access.actor
        counts = self._today.get(actor)
        if counts is None:
            counts = self._today[actor] = [0] * (OTHER + 1)
            self._people[actor], self._columns[actor] = set(), set()
        if access.looks:
            counts[LOOKS] += 1
            counts[ROWS] += access.rows
            self._people[actor].update(access.subjects)
            self._columns[actor].update(access.columns)
            counts[PEOPLE], counts[COLUMNS] = len(self._people[actor]), len(self._columns[actor])
            counts[UNEXPLAINED] += not seen.is_explained
        else:
            counts[_OF.get(access.operation, OTHER)] += 1
        if not 6 <= access.at.hour < 22:
            counts[ODD_HOURS] += 1

    def actor_days(self, since: int) -> int:
        """Return how many there were."""
        return sum(len(actors) for day, actors in self._days.items() if day >= since)

    def by_volume(self, since: int) -> dict[int, list[str]]:
        """Return who saw most people, day by day."""
        return {
            day: sorted(actors, key=lambda actor: (-actors[actor][PEOPLE], actor))[:MOST]
            for day, actors in self._days.items()
            if day >= since
        }

    def by_forest(self, since: int, *, seed: int) -> dict[int, list[str]]:
        """Return whose day is most unlike the days before `since` (Liu, Ting and Zhou, Isolation forest, ICDM 2008)."""
        from sklearn.ensemble import IsolationForest

        known = [counts for day, actors in self._days.items() if day < since for counts in actors.values()]
        forest = IsolationForest(n_estimators=100, random_state=seed).fit(known)
        ranked: dict[int, list[str]] = {}
        for day, actors in self._days.items():
            if day >= since and actors:
                scores = forest.score_samples(list(actors.values()))
                order = sorted(zip(scores, actors, strict=True))
                ranked[day] = [actor for _, actor in order[:MOST]]
        return ranked


def sampled(day: Day, rng: Random) -> list[str]:
    """Return the actors of accesses that are drawn by chance."""
    drawn = rng.sample(day.seen, min(4 * MOST, len(day.seen)))
    return list(dict.fromkeys(seen.access.actor for seen in drawn))[:MOST]
