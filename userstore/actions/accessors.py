"""Publishing and retiring accessors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import refuse_existing, refuse_taken_name
from governance.actions.versions import holding_again, keep_version, withdraw_all
from governance.drafts.draftable import draftable
from governance.identities import Caller
from governance.models import AccessPolicy
from governance.queries import former_version
from userstore import events
from userstore.actions.accessor_specs import AccessorSpec, OutputSpec
from userstore.actions.methods import (
    checked_selector,
    distinct_columns,
    found,
    found_if_named,
    found_policy,
    found_purposes,
)
from userstore.actions.showing import OUTPUT, must_show
from userstore.actions.visibility import (
    VisibilitySpec,
    keep_outputs,
    stored_visibilities,
    visibilities_after,
    visibility_body,
    visibility_of_body,
)
from userstore.errors import Invalid
from userstore.models import Accessor, AccessorColumn, Column, Transformer
from userstore.models.accessors import PARTIAL, STRICT, AccessorPurpose

__all__ = [
    "AccessorSpec",
    "OutputSpec",
    "publish_accessor",
    "reinstate_accessor",
    "republish_accessor",
    "retire_accessor",
]

KIND = "accessor"
"""What revisions of accessors are called."""


@draftable
def publish_accessor(caller: Caller, *, spec: AccessorSpec, public_id: UUID | None = None) -> Accessor:
    """Publish version 0 of an accessor; strict about consent unless it says otherwise.

    Raises:
        Invalid: bad name, selector (with position), columns or purposes.
        NotFound: something it names is not in this environment.
        Conflict: name or id is taken; identical when everything asked for is the same.
    """
    name = checked_name(spec.name, what="accessor", longest=256)
    with configuration_change(caller, events.ACCESSOR_PUBLISHED) as change:
        refuse_existing(Accessor, name=name, public_id=public_id, is_same=lambda stored: _is_same(stored, spec))
        accessor = Accessor(environment_id=caller.environment_id, public_id=public_id or uuid4(), consent_mode=STRICT)
        _fill(accessor, spec)
        keep_accessor(change, accessor)
        _describe(change, accessor)
    return accessor


@draftable
def republish_accessor(caller: Caller, *, public_id: UUID, spec: AccessorSpec) -> Accessor:
    """Publish the next version; asking for what is stored changes nothing."""
    checked_name(spec.name, what="accessor", longest=256)
    with configuration_change(caller, events.ACCESSOR_PUBLISHED) as change:
        accessor = _editable(public_id)
        refuse_taken_name(Accessor, name=spec.name, public_id=public_id)
        if not _is_same(accessor, spec) or accessor.name != spec.name:
            accessor.version += 1
            _fill(accessor, spec)
            keep_accessor(change, accessor)
        _describe(change, accessor)
    return accessor


@draftable
def reinstate_accessor(caller: Caller, *, public_id: UUID, version: int) -> Accessor:
    """Publish a former version of an accessor again, as its next one.

    Raises:
        NotFound: there is no such version.
        Conflict: what it names has gone since, or another accessor has its name now.
    """
    with configuration_change(caller, events.ACCESSOR_PUBLISHED) as change:
        accessor = _editable(public_id)
        former = former_version(KIND, public_id, version)
        with holding_again(former):
            refuse_taken_name(Accessor, name=former.body["name"], public_id=public_id)
            accessor.version += 1
            _fill(accessor, spec_of_body(former.body))
        keep_accessor(change, accessor)
        _describe(change, accessor)
    return accessor


@draftable
def retire_accessor(caller: Caller, *, public_id: UUID) -> None:
    """Retire an accessor; the next call of it finds none."""
    with configuration_change(caller, events.ACCESSOR_RETIRED) as change:
        accessor = _editable(public_id)
        withdraw_all(change, kind=KIND, public_id=public_id)
        _describe(change, accessor)
        accessor.delete()


def keep_accessor(change: Change, accessor: Accessor) -> None:
    """Keep the version that is published now."""
    body = accessor_body(accessor)
    keep_version(change, kind=KIND, public_id=accessor.public_id, version=accessor.version, body=body)


def accessor_body(accessor: Accessor) -> dict[str, Any]:
    """What a revision keeps of an accessor, and what makes two of them the same."""
    visibilities = stored_visibilities(accessor)
    return {
        "name": accessor.name,
        "description": accessor.description,
        "selector": accessor.selector,
        "purposes": sorted(str(p) for p in accessor.purposes.values_list("public_id", flat=True)),
        "access_policy": str(accessor.access_policy.public_id),
        "token_policy": str(accessor.token_policy.public_id) if accessor.token_policy else None,
        "consent_mode": accessor.consent_mode,
        "life_cycle_state": accessor.life_cycle_state,
        "overrides_column_policies": accessor.overrides_column_policies,
        "use_search_index": accessor.use_search_index,
        "columns": [
            {
                "column": str(row.column.public_id),
                "transformer": str(row.transformer.public_id) if row.transformer else None,
                "token_policy": str(row.token_policy.public_id) if row.token_policy else None,
                **visibility_body(visibilities[row.column.public_id]),
            }
            for row in accessor.columns.select_related("column", "transformer", "token_policy").order_by("ordinal")
        ],
    }


def spec_of_body(body: dict[str, Any]) -> AccessorSpec:
    """Ask for what `accessor_body` wrote down."""
    references = {name: _reference(body[name]) for name in ("access_policy", "token_policy")}
    columns = tuple(
        OutputSpec(
            UUID(each["column"]),
            _reference(each["transformer"]),
            _reference(each["token_policy"]),
            visibility_of_body(each),
        )
        for each in body["columns"]
    )
    purposes = tuple(UUID(each) for each in body["purposes"])
    return AccessorSpec(**{**body, **references, "columns": columns, "purposes": purposes})


def _reference(text: str | None) -> Any:
    return UUID(text) if text else None


def _fill(accessor: Accessor, spec: AccessorSpec) -> None:
    if spec.life_cycle_state not in {"live", "softdeleted"}:
        raise Invalid("The state is live or softdeleted.", field="data_life_cycle_state")
    if spec.consent_mode not in {None, STRICT, PARTIAL}:
        raise Invalid("The consent mode is strict or partial.", field="consent_mode")
    if not spec.purposes:
        raise Invalid("An accessor needs at least one purpose.", field="purposes")
    accessor.name = spec.name
    accessor.description = spec.description
    accessor.selector = checked_selector(spec.selector)
    policy = found_policy(spec.access_policy, field="access_policy")
    if policy is None:
        raise Invalid("An accessor needs an access policy.", field="access_policy")
    accessor.access_policy = policy
    accessor.token_policy = found_policy(spec.token_policy, field="token_access_policy")
    accessor.life_cycle_state = spec.life_cycle_state
    for name in ("consent_mode", "overrides_column_policies", "use_search_index"):
        if getattr(spec, name) is not None:
            setattr(accessor, name, getattr(spec, name))
    columns = distinct_columns([output.column for output in spec.columns])
    visibilities = visibilities_after(accessor, _visibilities(spec))
    purposes = found_purposes(list(dict.fromkeys(spec.purposes)))
    accessor.save()
    accessor.columns.all().delete()
    keep_outputs(_outputs(accessor, spec, columns), visibilities, selector=accessor.selector)
    AccessorPurpose.objects.filter(accessor=accessor).delete()
    AccessorPurpose.objects.bulk_create(
        AccessorPurpose(environment_id=accessor.environment_id, accessor=accessor, purpose=p) for p in purposes
    )


def _outputs(accessor: Accessor, spec: AccessorSpec, columns: Sequence[Column]) -> list[AccessorColumn]:
    rows = []
    for ordinal, (output, column) in enumerate(zip(spec.columns, columns, strict=True), start=1):
        transformer = found_if_named(Transformer, output.transformer, field="columns.transformer")
        token_policy = found_policy(output.token_policy, field="columns.token_access_policy") or accessor.token_policy
        effective = transformer or column.default_transformer
        if effective is not None:
            must_show(effective, column, field=OUTPUT, position=ordinal)
        if effective is not None and effective.tokenizes and accessor.life_cycle_state != "live":
            raise Invalid(
                f"Column {column.name} is tokenized, and a token stands for a live value.",
                field="columns.transformer",
                position=ordinal,
                remedy="Show deleted values as they are, or masked.",
            )
        if effective is not None and effective.tokenizes and not (token_policy or column.default_token_policy):
            raise Invalid(
                f"Column {column.name} is tokenized and needs a token access policy.",
                field="columns.token_access_policy",
                position=ordinal,
            )
        rows.append(
            AccessorColumn(
                environment_id=accessor.environment_id,
                accessor=accessor,
                ordinal=ordinal,
                column=column,
                transformer=transformer,
                token_policy=token_policy if effective is not None and effective.tokenizes else None,
            )
        )
    return rows


def _visibilities(spec: AccessorSpec) -> dict[UUID, VisibilitySpec | None]:
    return {output.column: output.visibility for output in spec.columns}


def _editable(public_id: UUID) -> Accessor:
    accessor = found(Accessor, public_id, field="id")
    if accessor.is_system:
        raise Invalid("A built-in accessor cannot be changed.", field="id")
    return accessor


def _is_same(accessor: Accessor, spec: AccessorSpec) -> bool:
    body = accessor_body(accessor)
    return (
        accessor.description == spec.description
        and accessor.selector == spec.selector
        and body["purposes"] == sorted(str(p) for p in set(spec.purposes))
        and accessor.access_policy.public_id == spec.access_policy
        and accessor.life_cycle_state == spec.life_cycle_state
        and spec.consent_mode in {None, accessor.consent_mode}
        and spec.overrides_column_policies in {None, accessor.overrides_column_policies}
        and spec.use_search_index in {None, accessor.use_search_index}
        and _id_of(accessor.token_policy) == spec.token_policy
        and _has_outputs(accessor, spec)
    )


def _has_outputs(accessor: Accessor, spec: AccessorSpec) -> bool:
    """Whether it gives the same columns in the same way; their order says nothing."""
    rows = accessor.columns.select_related("column__default_transformer", "transformer", "token_policy")
    stored = {row.column.public_id: row for row in rows}
    if visibilities_after(accessor, _visibilities(spec)) != stored_visibilities(accessor):
        return False
    return len(stored) == len(spec.columns) and all(
        output.column in stored and _is_output(stored[output.column], output, spec.token_policy)
        for output in spec.columns
    )


def _is_output(row: AccessorColumn, output: OutputSpec, token_policy: UUID | None) -> bool:
    if _id_of(row.transformer) != output.transformer:
        return False
    effective = row.transformer or row.column.default_transformer
    tokenizes = effective is not None and effective.tokenizes
    return not tokenizes or _id_of(row.token_policy) == (output.token_policy or token_policy)


def _id_of(row: AccessPolicy | Transformer | None) -> UUID | None:
    return row.public_id if row is not None else None


def _describe(change: Change, accessor: Accessor) -> None:
    change.facts.update(accessor=accessor.public_id, name=accessor.name, version=accessor.version)
