"""The simulated company: the same from the same seed, truthful about what it planted, lawful in everything else."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.analysis.accesses import Access
from audit.simulation.configuration import Configuration, ConfigurationRefused, from_toml
from audit.simulation.insiders.casting import SCRIPTS
from audit.simulation.pen import DAY
from audit.simulation.running import Simulation

SMALL = Configuration().scaled(0.15).lasting(24)
seeds = st.integers(min_value=0, max_value=2**32)


def fingerprint(simulation: Simulation) -> str:
    digest = hashlib.sha256()
    for access in simulation.accesses():
        digest.update(repr(access).encode())
    digest.update(repr(simulation.planted).encode())
    return digest.hexdigest()


def day_of(simulation: Simulation, access: Access) -> int:
    return (access.at - simulation.pen.moment(0)).days


def test_one_seed_is_one_company_and_another_seed_another() -> None:
    first, again, other = (fingerprint(Simulation(SMALL, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_every_script_is_played_and_what_it_did_is_in_the_truth() -> None:
    simulation = Simulation(Configuration().scaled(0.2).lasting(60), seed=3)
    by_entry = {access.entry_id: access for access in simulation.accesses()}
    assert {plot.script for plot in simulation.plots} == SCRIPTS.keys()
    assert {simulation.plots[number].script for number in simulation.planted.values()} >= SCRIPTS.keys() - {"famous"}
    for entry, number in simulation.planted.items():
        plot = simulation.plots[number]
        assert by_entry[entry].actor in plot.actors
        assert plot.first <= day_of(simulation, by_entry[entry]) <= plot.last


def test_a_company_without_insiders_plants_nothing() -> None:
    clean = from_toml("[insiders]\neach = 0").scaled(0.1).lasting(10)
    simulation = Simulation(clean, seed=1)
    assert sum(1 for _ in simulation.accesses()) > 1000
    assert not simulation.plots
    assert not simulation.planted


@settings(max_examples=4, deadline=None)
@given(seed=seeds)
def test_laws_of_the_company(seed: int) -> None:
    simulation = Simulation(SMALL, seed=seed)
    people = {person.actor: person for person in simulation.people.staff}
    latest, ids, explained, read = None, set(), 0, 0
    for access in simulation.accesses():
        assert latest is None or access.at >= latest - timedelta(seconds=SMALL.noise.skew_seconds)
        latest = access.at
        ids.add(access.entry_id)
        if access.entry_id in simulation.planted:
            continue
        assert not simulation.desk.facts.honey.intersection(access.subjects), "no work leads to a honey subject"
        person = people.get(access.actor)
        if person is None:
            assert access.actor in simulation.desk.facts.jobs
            continue
        # What began late in the evening may end after midnight.
        day = int(((access.at - simulation.pen.moment(0)).total_seconds() - 3 * 3600) / DAY)
        assert person.belongs(day), "who does not belong does not work"
        assert not person.is_away(day), "who is away does not work"
        if access.operation == "read":
            read += 1
            tickets = simulation.desk.facts.about(access.subjects[0])
            explained += any(ticket.opened_at <= access.at for ticket in tickets)
    assert len(ids) == simulation.pen.written
    noise = SMALL.noise
    unexplained = noise.missing_tickets + noise.wrong_records + noise.merged
    assert explained / read > 1 - 3 * unexplained - 1.5 / SMALL.work.days, "tickets come before what is done for them"


def test_who_knows_the_thresholds_stays_below_them() -> None:
    clever = from_toml("[insiders]\nadaptive = 1.0\n[noise]\nduplicates = 0.0").scaled(0.2).lasting(80)
    simulation = Simulation(clever, seed=5)
    searches: dict[str, list[Access]] = defaultdict(list)
    emergencies: Counter[str] = Counter()
    for access in simulation.accesses():
        number = simulation.planted.get(access.entry_id)
        if number is None:
            continue
        script = simulation.plots[number].script
        if script == "initials" and access.operation == "search":
            searches[access.actor].append(access)
        if access.operation == "declare":
            emergencies[access.actor] += 1
    assert searches
    for of_one in searches.values():
        for access in of_one:
            near = [other for other in of_one if timedelta(0) <= other.at - access.at < timedelta(minutes=30)]
            assert len(near) < 10
    assert emergencies
    assert max(emergencies.values()) <= 4, "twice in thirty days of five weeks"


def test_old_tickets_are_forgotten() -> None:
    simulation = Simulation(Configuration().scaled(0.1).lasting(80), seed=1)
    most = 0
    for day, accesses in simulation.by_day():
        for _ in accesses:
            pass
        if day == 40:
            most = len(simulation.desk.facts.tickets)
    assert len(simulation.desk.facts.tickets) < 1.3 * most


@pytest.mark.parametrize(
    "text",
    [
        "[company]\nstaf = 3",
        "[firm]\nstaff = 3",
        "[company]\nstaff = -3",
        "[company]\nstaff = 'many'",
        "company = 3",
        "[company",
    ],
    ids=["misspelt", "unknown part", "negative", "text", "no table", "no toml"],
)
def test_a_configuration_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationRefused):
        from_toml(text)


def test_a_script_that_does_not_exist_cannot_be_left_out() -> None:
    with pytest.raises(ConfigurationRefused, match="juggler"):
        Simulation(from_toml('[insiders]\nwithout = ["juggler"]').scaled(0.1), seed=1)
    left_out = Simulation(from_toml('[insiders]\nwithout = ["bulk"]').scaled(0.1), seed=1)
    assert "bulk" not in {plot.script for plot in left_out.plots}
