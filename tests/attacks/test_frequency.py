"""What somebody who reads the database learns from frequencies and sizes; docs/security-model.md quotes the figures.

`make test ARGS="tests/attacks/test_frequency.py -s"` prints them.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from governance.identities import system_caller
from governance.standing import standing_of
from keyring.sealing import SEALED_OVERHEAD
from keyring.walls import in_environment
from tests import cast
from tests.attacks.population import (
    best_guess_by,
    birthdays,
    matched_by_rank,
    matched_by_rank_and_size,
    names,
    people,
    recovered,
)
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.subjects import new_subject
from userstore.definitions import definitions_of
from userstore.models import Value
from userstore.retention.schedule import Schedule
from userstore.writing.keys import subject_key
from userstore.writing.storing import index_of, sealed_row

PEOPLE = 1500
TOLERANCE = 3.0
"""Percentage points around a quoted figure: ties are broken by keyed bytes, which differ from run to run."""
pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security-model.md"
_ROW = re.compile(r"^\| (?P<what>[^|]+?) \| (?P<names>[\d.]+) % \| (?P<birthdays>[\d.]+) % \|$", re.MULTILINE)


@dataclass(frozen=True)
class Seen:
    """The columns as they lie in the database, in one order with the truth."""

    truth: dict[str, list[str]]
    blinds: dict[str, list[bytes]]
    sizes: dict[str, list[int]]


@pytest.fixture
def seen(db: None) -> Seen:
    return _populated()


@lru_cache(maxsize=1)
def _populated() -> Seen:
    """What is seen outlives the rows in which it was seen."""
    environment = cast.new_environment()
    system = system_caller(environment.id)
    specs = {
        "first_name": ("string", "indexed"),
        "birthday": ("birthdate", "indexed"),
        "second_name": ("string", "none"),
        "second_birthday": ("birthdate", "none"),
    }
    for name, (kind, index) in specs.items():
        define_column(system, spec=ColumnSpec(name, kind, index_type=index, pii_category="name", sensitivity=3))
    purpose = cast.new_purpose(environment, "operational")
    population, now = people(PEOPLE), timezone.now()
    with in_environment(environment.id):
        columns = definitions_of(standing_of(environment.id)).by_name
        rows: list[Value] = []
        schedule = Schedule({})  # nothing ends
        # Neither index nor size depends on whose a value is, so one subject will do.
        subject, _ = new_subject(environment.id, None, None, now)
        key = subject_key(subject)
        indexes = {name: index_of(environment.id, columns[name]) for name in specs}
        for person in population:
            for name, text in _cells(person.name, person.birthday).items():
                value = columns[name].data_type.parse(text)
                rows.append(
                    sealed_row(
                        subject,
                        key,
                        columns[name],
                        value,
                        index=indexes[name],
                        ordinal=1,
                        purposes={purpose.pk: 0},
                        now=now,
                        schedule=schedule,
                    )
                )
        Value.objects.bulk_create(rows)
    # From here on, only what the database holds; the order is the truth's, which the attacker does not know.
    blinds: dict[str, list[bytes]] = {name: [] for name in specs}
    sizes: dict[str, list[int]] = {name: [] for name in specs}
    by_pk = {columns[name].pk: name for name in specs}
    for row in rows:
        blinds[by_pk[row.column_id]].append(row.blind)
        sizes[by_pk[row.column_id]].append(len(row.sealed))
    truth = {name: [_cells(p.name, p.birthday)[name] for p in population] for name in specs}
    return Seen(truth, blinds, sizes)


def _cells(name: str, birthday: str) -> dict[str, str]:
    return {"first_name": name, "birthday": birthday, "second_name": name, "second_birthday": birthday}


def _sealed_size(text: str) -> int:
    return SEALED_OVERHEAD + len(text.encode())


def _figures(seen: Seen) -> dict[str, tuple[float, float]]:
    statistics = {"first_name": names(), "birthday": birthdays()}

    def by_rank(column: str) -> float:
        guessed = matched_by_rank(seen.blinds[column], statistics[column])
        return recovered([guessed.get(blind, "") for blind in seen.blinds[column]], seen.truth[column])

    def by_both(column: str) -> float:
        sizes = seen.sizes[column]
        guessed = matched_by_rank_and_size(seen.blinds[column], sizes, statistics[column], _sealed_size)
        return recovered([guessed.get(blind, "") for blind in seen.blinds[column]], seen.truth[column])

    def by_size(column: str, like: str) -> float:
        whole = [value for value, count in Counter(seen.truth[like]).items() for _ in range(count)]
        guesses = best_guess_by(seen.sizes[column], whole, _sealed_size)
        return recovered(guesses, seen.truth[column])

    def blind_guess(column: str) -> float:
        most = Counter(seen.truth[column]).most_common(1)[0][1]
        return 100 * most / len(seen.truth[column])

    return {
        "column with a blind index, ranked by frequency": (by_rank("first_name"), by_rank("birthday")),
        "column with one, ranked among values of one size": (by_both("first_name"), by_both("birthday")),
        "column without one, guessed by size": (
            by_size("second_name", "first_name"),
            by_size("second_birthday", "birthday"),
        ),
        "no database at all: the most frequent value": (blind_guess("first_name"), blind_guess("birthday")),
    }


def test_the_page_quotes_what_the_attack_recovers(seen: Seen, capsys: pytest.CaptureFixture[str]) -> None:
    found = _figures(seen)
    with capsys.disabled():
        sys.stdout.write("\n")
        for what, (of_names, of_birthdays) in found.items():
            sys.stdout.write(f"  {what:<50} names {of_names:5.1f} %   birthdays {of_birthdays:5.1f} %\n")
    quoted = {row["what"]: (float(row["names"]), float(row["birthdays"])) for row in _ROW.finditer(PAGE.read_text())}
    assert quoted.keys() == found.keys()
    for what, figures in found.items():
        assert quoted[what] == pytest.approx(figures, abs=TOLERANCE), what


def test_a_blind_index_shows_who_has_the_same_value_and_a_column_without_one_does_not(seen: Seen) -> None:
    same = Counter(seen.truth["first_name"])
    assert sorted(Counter(seen.blinds["first_name"]).values()) == sorted(same.values())
    assert set(seen.blinds["second_name"]) == {None}


def test_the_same_name_looks_different_in_another_column_and_environment(seen: Seen) -> None:
    again = _populated_again(names()[:20])
    assert not set(again) & set(seen.blinds["first_name"])
    assert not set(seen.blinds["first_name"]) & set(seen.blinds["birthday"])


def _populated_again(texts: list[str]) -> list[bytes]:
    environment = cast.new_environment()
    system = system_caller(environment.id)
    define_column(
        system, spec=ColumnSpec("first_name", "string", index_type="indexed", pii_category="name", sensitivity=3)
    )
    now = datetime.now(UTC)
    terms: dict[str, Any] = {"ordinal": 1, "purposes": {}, "now": now, "schedule": Schedule({})}
    with in_environment(environment.id):
        column = definitions_of(standing_of(environment.id)).by_name["first_name"]
        subject, _ = new_subject(environment.id, None, None, now)
        key = subject_key(subject)
        terms["index"] = index_of(environment.id, column)
        return [bytes(sealed_row(subject, key, column, text, **terms).blind or b"") for text in texts]
