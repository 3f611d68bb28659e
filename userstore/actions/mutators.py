"""Publishing and retiring mutators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_existing, refuse_taken_name
from governance.actions.versions import holding_again, keep_version, withdraw_all
from governance.drafts.draftable import draftable
from governance.identities import Caller
from governance.queries import former_version
from userstore import events
from userstore.actions.methods import (
    checked_selector,
    distinct_columns,
    found,
    found_if_named,
    found_policy,
    found_purposes,
)
from userstore.actions.normalizing import must_normalize
from userstore.errors import Invalid
from userstore.models import Column, Mutator, MutatorColumn, Transformer
from userstore.models.mutators import MutatorPurpose

KIND = "mutator"
"""What revisions of mutators are called."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One written column as asked for; references by public id."""

    column: UUID
    normalizer: UUID | None = None


@dataclass(frozen=True, slots=True)
class MutatorSpec:
    """A mutator as asked for. `fixed_purposes` None keeps what is stored; empty means the caller gives them."""

    name: str
    selector: str
    columns: tuple[InputSpec, ...]
    access_policy: UUID
    description: str = ""
    fixed_purposes: tuple[UUID, ...] | None = None


@draftable
def publish_mutator(caller: Caller, *, spec: MutatorSpec, public_id: UUID | None = None) -> Mutator:
    """Publish version 0 of a mutator.

    Raises:
        Invalid: bad name, selector (with position) or columns.
        NotFound: something it names is not in this environment.
        Conflict: name or id is taken; identical when everything asked for is the same.
    """
    name = checked_name(spec.name, what="mutator")
    with configuration_change(caller, events.MUTATOR_PUBLISHED) as change:
        refuse_existing(Mutator, name=name, public_id=public_id, is_same=lambda stored: _is_same(stored, spec))
        mutator = Mutator(environment_id=caller.environment_id, public_id=public_id or uuid4())
        _fill(mutator, spec)
        keep_mutator(change, mutator)
        _describe(change, mutator)
    return mutator


@draftable
def republish_mutator(caller: Caller, *, public_id: UUID, spec: MutatorSpec) -> Mutator:
    """Publish the next version; asking for what is stored changes nothing."""
    checked_name(spec.name, what="mutator")
    with configuration_change(caller, events.MUTATOR_PUBLISHED) as change:
        mutator = _editable(public_id)
        refuse_taken_name(Mutator, name=spec.name, public_id=public_id)
        if not _is_same(mutator, spec) or mutator.name != spec.name:
            mutator.version += 1
            _fill(mutator, spec)
            keep_mutator(change, mutator)
        _describe(change, mutator)
    return mutator


@draftable
def reinstate_mutator(caller: Caller, *, public_id: UUID, version: int) -> Mutator:
    """Publish a former version of a mutator again, as its next one.

    Raises:
        NotFound: there is no such version.
        Conflict: what it names has gone since, or another mutator has its name now.
    """
    with configuration_change(caller, events.MUTATOR_PUBLISHED) as change:
        mutator = _editable(public_id)
        former = former_version(KIND, public_id, version)
        with holding_again(former):
            refuse_taken_name(Mutator, name=former.body["name"], public_id=public_id)
            mutator.version += 1
            _fill(mutator, _spec_of(former.body))
        keep_mutator(change, mutator)
        _describe(change, mutator)
    return mutator


@draftable
def retire_mutator(caller: Caller, *, public_id: UUID) -> None:
    """Retire a mutator; the next call of it finds none."""
    with configuration_change(caller, events.MUTATOR_RETIRED) as change:
        mutator = _editable(public_id)
        withdraw_all(change, kind=KIND, public_id=public_id)
        _describe(change, mutator)
        mutator.delete()


def keep_mutator(change: Change, mutator: Mutator) -> None:
    """Keep the version that is published now."""
    body = mutator_body(mutator)
    keep_version(change, kind=KIND, public_id=mutator.public_id, version=mutator.version, body=body)


def mutator_body(mutator: Mutator) -> dict[str, Any]:
    """What a revision keeps of a mutator."""
    return {
        "name": mutator.name,
        "description": mutator.description,
        "selector": mutator.selector,
        "access_policy": str(mutator.access_policy.public_id),
        "fixed_purposes": sorted(str(p) for p in mutator.fixed_purposes.values_list("public_id", flat=True)),
        "columns": [
            {
                "column": str(row.column.public_id),
                "normalizer": str(row.normalizer.public_id) if row.normalizer else None,
            }
            for row in mutator.columns.select_related("column", "normalizer").order_by("ordinal")
        ],
    }


def _spec_of(body: dict[str, Any]) -> MutatorSpec:
    """Ask for what `mutator_body` wrote down."""
    columns = tuple(
        InputSpec(UUID(each["column"]), UUID(each["normalizer"]) if each["normalizer"] else None)
        for each in body["columns"]
    )
    purposes = tuple(UUID(each) for each in body["fixed_purposes"])
    policy = UUID(body["access_policy"])
    return MutatorSpec(**{**body, "columns": columns, "fixed_purposes": purposes, "access_policy": policy})


def _fill(mutator: Mutator, spec: MutatorSpec) -> None:
    mutator.name = spec.name
    mutator.description = spec.description
    mutator.selector = checked_selector(spec.selector)
    policy = found_policy(spec.access_policy, field="access_policy")
    if policy is None:
        raise Invalid("A mutator needs an access policy.", field="access_policy")
    mutator.access_policy = policy
    columns = distinct_columns([one.column for one in spec.columns])
    for position, column in enumerate(columns, start=1):
        if column.is_system:
            raise Invalid(f"Column {column.name} is never written.", field="columns", position=position)
    normalizers = [
        _normalizer(one, column, position)
        for position, (one, column) in enumerate(zip(spec.columns, columns, strict=True), start=1)
    ]
    purposes = None if spec.fixed_purposes is None else found_purposes(list(dict.fromkeys(spec.fixed_purposes)))
    mutator.save()
    mutator.columns.all().delete()
    MutatorColumn.objects.bulk_create(
        MutatorColumn(
            environment_id=mutator.environment_id, mutator=mutator, ordinal=i, column=column, normalizer=normalizer
        )
        for i, (column, normalizer) in enumerate(zip(columns, normalizers, strict=True), start=1)
    )
    if purposes is not None:
        MutatorPurpose.objects.filter(mutator=mutator).delete()
        MutatorPurpose.objects.bulk_create(
            MutatorPurpose(environment_id=mutator.environment_id, mutator=mutator, purpose=p) for p in purposes
        )


def _normalizer(one: InputSpec, column: Column, position: int) -> Transformer | None:
    normalizer = found_if_named(Transformer, one.normalizer, field="columns.normalizer")
    if normalizer is not None:
        must_normalize(normalizer, column, position=position)
    return normalizer


def _editable(public_id: UUID) -> Mutator:
    mutator = found(Mutator, public_id, field="id")
    if mutator.is_system:
        raise Invalid("A built-in mutator cannot be changed.", field="id")
    return mutator


def _is_same(mutator: Mutator, spec: MutatorSpec) -> bool:
    body = mutator_body(mutator)
    return (
        mutator.description == spec.description
        and mutator.selector == spec.selector
        and mutator.access_policy.public_id == spec.access_policy
        and {UUID(c["column"]): UUID(c["normalizer"]) if c["normalizer"] else None for c in body["columns"]}
        == {c.column: c.normalizer for c in spec.columns}
        and (spec.fixed_purposes is None or body["fixed_purposes"] == sorted(str(p) for p in set(spec.fixed_purposes)))
    )


def _describe(change: Change, mutator: Mutator) -> None:
    change.facts.update(mutator=mutator.public_id, name=mutator.name, version=mutator.version)
