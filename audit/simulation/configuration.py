"""What a simulated company is like: every figure that a configuration file may set, with its meaning."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any


class ConfigurationRefused(Exception):
    """A configuration names something that does not exist, or is out of its range."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who works there, and whose records there are."""

    staff: int = 240
    subjects: int = 20_000
    teams: int = 12
    turnover: float = 0.06
    """Share of the staff that joins during the run; as many leave."""
    role_moves: float = 0.03
    """Share of the staff that changes its team during the run."""
    vips: int = 40
    honeys: int = 12
    surnames: int = 4_000
    household: float = 2.2
    """Mean number of people in a household."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a normal day holds."""

    first_day: date = date(2026, 1, 5)
    days: int = 90
    tickets: float = 6.2
    """Tickets that somebody handles on a day, in the mean."""
    accesses: float = 2.0
    """Accesses for one ticket beyond the first, in the mean."""
    returning: float = 0.15
    """Share of tickets about somebody whom the team has seen lately."""
    granted: float = 0.004
    """Share of tickets that need temporary access."""
    weekend: float = 0.12
    """Share of the staff at work on a Saturday or Sunday."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What is legitimate and does not look so."""

    missing_tickets: float = 0.02
    """Share of tickets that nobody wrote down."""
    wrong_records: float = 0.002
    """Share of tickets with a look into somebody else's record first."""
    merged: float = 0.01
    reassigned: float = 0.05
    self_opened: float = 0.005
    """Share of tickets that people open themselves just before, for somebody who stands before them."""
    outages: int = 1
    """Half days in which the tickets do not come over, and come later."""
    duplicates: float = 0.001
    skew_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Bursts:
    """Days on which much more happens, for good reasons."""

    incidents: int = 2
    campaigns: int = 2
    month_end: float = 1.8
    repairs: int = 2
    """Times that somebody goes through a range of records in order, with tickets for it."""
    news: int = 1
    """Times that many teams have tickets about one person."""


@dataclass(frozen=True, slots=True)
class Insiders:
    """Who does what they should not."""

    each: int = 1
    """Insiders of each script; 0 is a clean company."""
    adaptive: float = 0.5
    """Share of them that knows the thresholds and stays a tenth below."""
    first_day: int = 28
    """Nobody does anything before: detections need some history."""
    without: tuple[str, ...] = ()
    """Scripts that are left out."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of it."""

    company: Company = field(default_factory=Company)
    work: Work = field(default_factory=Work)
    noise: Noise = field(default_factory=Noise)
    bursts: Bursts = field(default_factory=Bursts)
    insiders: Insiders = field(default_factory=Insiders)

    def scaled(self, factor: float) -> Configuration:
        """Return the same company with so many times the people, whose records grow with them."""
        staff = max(24, round(self.company.staff * factor))
        grown = replace(
            self.company,
            staff=staff,
            subjects=max(600, round(self.company.subjects * factor)),
            teams=max(2, round(self.company.teams * factor)),
        )
        return replace(self, company=grown)

    def lasting(self, days: int) -> Configuration:
        """Return the same company over another number of days."""
        first = min(self.insiders.first_day, days // 3)
        return replace(self, work=replace(self.work, days=days), insiders=replace(self.insiders, first_day=first))


def from_toml(text: str) -> Configuration:
    """Read a configuration; what it does not name keeps its default. Raises `ConfigurationRefused`."""
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationRefused(str(error)) from None
    known = {part.name for part in fields(Configuration)}
    if not read.keys() <= known:
        raise ConfigurationRefused(f"no such part: {', '.join(sorted(read.keys() - known))}")
    plain = Configuration()
    parts = {name: _changed(getattr(plain, name), given, name) for name, given in read.items()}
    return replace(plain, **parts)


def from_file(path: Path) -> Configuration:
    """Read a configuration from a TOML file. Raises `ConfigurationRefused` and `OSError`."""
    return from_toml(path.read_text())


def _changed(part: Any, given: Any, name: str) -> Any:
    known = {one.name: type(getattr(part, one.name)) for one in fields(part)}
    if not isinstance(given, dict) or not given.keys() <= known.keys():
        raise ConfigurationRefused(f"{name}: only {', '.join(known)} can be set")
    return replace(part, **{key: _value(value, known[key], f"{name}.{key}") for key, value in given.items()})


def _value(value: Any, kind: type, name: str) -> Any:
    if kind is tuple and isinstance(value, list):
        return tuple(map(str, value))
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or (isinstance(value, int | float) and value < 0):
        raise ConfigurationRefused(f"{name}: a {kind.__name__} that is not negative is expected")
    return value
