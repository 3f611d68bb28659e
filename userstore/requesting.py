"""What temporary access can be asked for: accessors of live values, with their purposes and columns."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from governance.actions.builtin import ACCESSOR_BASELINE
from governance.catalogue import Requestable
from governance.policies.lineage import versions_of
from governance.rights import Resource
from governance.standing import standing_of
from userstore.actions.builtin import GET_USERS
from userstore.definitions import definitions_of
from userstore.models import Accessor, Subject
from userstore.selectors import parse, reads_only_ids, typed

_DECIDES_OR_CHANGES = (
    "column__access_policy", "column__default_token_policy", "column__default_transformer",
    "token_policy", "transformer", "mask",
)  # fmt: skip
"""What is defined elsewhere and has its part in what is seen of a column."""


class Accessors:
    """Tells governance what accessors there are, by public ids and names alone."""

    def find(self, public_id: UUID) -> Requestable | None:
        accessor = _askable().filter(public_id=public_id).first()
        return _requestable(accessor) if accessor else None

    def all(self) -> list[Requestable]:
        return [
            _requestable(accessor) for accessor in Accessor.objects.filter(life_cycle_state="live").order_by("name")
        ]

    def version_of(self, public_id: UUID) -> str:
        accessor = Accessor.objects.select_related("access_policy").filter(public_id=public_id).first()
        if accessor is None:
            return ""
        policies, becomes = [accessor.access_policy.public_id, ACCESSOR_BASELINE], []
        for shown in accessor.columns.select_related(*_DECIDES_OR_CHANGES):
            column = shown.column
            token_policy = shown.token_policy or column.default_token_policy
            policies += [policy.public_id for policy in (column.access_policy, token_policy) if policy]
            becomes += [
                f"column {column.public_id} {made.public_id} {made.version}"
                for made in (shown.transformer or column.default_transformer, shown.mask)
                if made
            ]
        told = [f"accessor {accessor.public_id} {accessor.version}", *versions_of(policies), *becomes]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def known(self, subject_ids: Collection[UUID]) -> set[UUID]:
        found = Subject.objects.filter(public_id__in=list(subject_ids), erased_at=None)
        return set(found.values_list("public_id", flat=True))


def _askable() -> QuerySet[Accessor]:
    """Those of live values; not the one behind the list of users, whose pages name everybody."""
    return Accessor.objects.filter(life_cycle_state="live").exclude(public_id=GET_USERS)


def _requestable(accessor: Accessor) -> Requestable:
    types = definitions_of(standing_of(accessor.environment_id)).types
    columns = accessor.columns.order_by("ordinal").values_list("column__public_id", "column__name")
    return Requestable(
        resource=Resource("accessor", accessor.pk, accessor.public_id, accessor.name),
        purposes=frozenset(accessor.purposes.values_list("public_id", flat=True)),
        columns=dict(columns),
        is_by_id=reads_only_ids(typed(parse(accessor.selector), types)),
    )
