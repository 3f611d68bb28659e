"""Reads of the store's definitions and subjects; they show no values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import models

from governance.actions.builtin import ACCESSOR_BASELINE, MUTATOR_BASELINE
from governance.models import Purpose
from governance.standing import StandingPurpose
from userstore.definitions import ColumnDefinition
from userstore.models import Accessor, Column, LegalHold, Mutator, Subject, Token, Value
from userstore.models.subjects import LIVE


@dataclass(frozen=True, slots=True)
class _Named:
    model: type[models.Model]

    def names(self) -> Mapping[UUID, str]:
        manager: Any = self.model._default_manager
        return dict(manager.values_list("public_id", "name"))


_DEMANDED_BY_ALL = {ACCESSOR_BASELINE: ("every accessor",), MUTATOR_BASELINE: ("every mutator",)}
"""Policies that each accessor or mutator demands beside its own: without them none could be called."""
_KINDS: dict[str, type[models.Model]] = {"column": Column, "accessor": Accessor, "mutator": Mutator}


def named(kind: str) -> _Named:
    """Give governance's catalogue a finder of one kind of definition."""
    return _Named(_KINDS[kind])


def unclassified_columns() -> list[Column]:
    """List the columns whose PII tag nobody has set yet; must run inside an environment."""
    return list(Column.objects.filter(pii_category="unclassified", is_system=False).order_by("name"))


def uses_of_policy(public_id: UUID) -> list[str]:
    """Name what of the store still uses an access policy; must run inside an environment."""
    found: list[str] = []
    found += Accessor.objects.filter(
        models.Q(access_policy__public_id=public_id)
        | models.Q(token_policy__public_id=public_id)
        | models.Q(columns__token_policy__public_id=public_id)
    ).values_list("name", flat=True)
    found += Mutator.objects.filter(access_policy__public_id=public_id).values_list("name", flat=True)
    found += Column.objects.filter(
        models.Q(access_policy__public_id=public_id) | models.Q(default_token_policy__public_id=public_id)
    ).values_list("name", flat=True)
    found += _DEMANDED_BY_ALL.get(public_id, ())
    if Token.objects.filter(access_policy__public_id=public_id).exists():
        found.append("existing tokens")
    return sorted(set(found))


def subjects_of(organization_id: UUID | None = None) -> models.QuerySet[Subject]:
    """Return every subject there is, or those of one organisation; must run inside the environment."""
    subjects = Subject.objects.filter(erased_at=None)
    return subjects if organization_id is None else subjects.filter(organization_id=organization_id)


@dataclass(frozen=True, slots=True)
class ConsentedValue:
    """One stored value and what it may be used for, each purpose with its end; the value itself is not shown."""

    value_id: UUID
    column: str
    ordinal: int
    purposes: dict[str, datetime | None]


def consented_values_of(
    subject: Subject, columns: Mapping[int, ColumnDefinition], purposes: Mapping[int, StandingPurpose]
) -> list[ConsentedValue]:
    """List the live values of a subject with their purposes; must run inside the environment."""
    return [
        ConsentedValue(
            row.id,
            columns[row.column_id].name,
            row.ordinal,
            {
                purposes[number].name: datetime.fromtimestamp(until, UTC) if until else None
                for number, until in zip(row.purposes, row.expires, strict=True)
            },
        )
        for row in Value.objects.filter(subject=subject, state=LIVE).order_by("column_id", "ordinal")
    ]


def uses_of_purpose(public_id: UUID) -> list[str]:
    """Name what still uses a purpose, stored values included; must run inside an environment."""
    found: list[str] = [
        *Accessor.objects.filter(purposes__public_id=public_id).values_list("name", flat=True),
        *Mutator.objects.filter(fixed_purposes__public_id=public_id).values_list("name", flat=True),
    ]
    number = Purpose.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    if Value.objects.filter(purposes__contains=[number]).exists():
        found.append("stored values")
    if LegalHold.objects.filter(purpose__public_id=public_id, released_at=None).exists():
        found.append("a legal hold")
    if Token.objects.filter(purposes__contains=[number]).exists():
        found.append("existing tokens")
    return sorted(set(found))
