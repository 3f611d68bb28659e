"""The output columns of an accessor: what becomes of their values, and which columns are fetched for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from governance.standing import Standing
from userstore.definitions import ColumnDefinition, Definitions
from userstore.models import Accessor
from userstore.reading.visibility import Visibility, visibility_of
from userstore.transforming.compilation import CompiledTransformer, transformer_of


@dataclass(frozen=True, slots=True)
class Output:
    """One output column, with what becomes of its values and the policy its tokens will resolve under.

    `is_array`: it is shown as one. Deleted values always are, since there may be several.
    """

    column: ColumnDefinition
    transformer: CompiledTransformer
    token_policy: UUID | None
    is_array: bool
    visibility: Visibility | None = None

    def masked(self) -> Output:
        """The same column, shown through the mask of its rules."""
        if self.visibility is None or self.visibility.mask is None:
            raise ValueError("a column without a mask is not shown masked")
        return replace(self, transformer=self.visibility.mask, token_policy=None)


def outputs_of(
    standing: Standing, accessor: Accessor, definitions: Definitions, *, is_past: bool
) -> tuple[Output, ...]:
    """Compile the output columns of a stored accessor, in their order; the caller is in its environment."""
    rows = accessor.columns.select_related(
        "transformer", "token_policy", "mask", "column__default_transformer", "column__default_token_policy"
    )
    found = []
    for row in rows.order_by("ordinal"):
        token_policy = row.token_policy or row.column.default_token_policy
        found.append(
            Output(
                column=definitions.by_pk[row.column_id],
                transformer=transformer_of(standing, row.transformer or row.column.default_transformer),
                token_policy=token_policy.public_id if token_policy else None,
                is_array=row.column.is_array or (is_past and not row.column.is_system),
                visibility=visibility_of(standing, row),
            )
        )
    return tuple(found)


def fetched_for(outputs: tuple[Output, ...], seen: Sequence[ColumnDefinition]) -> tuple[int, ...]:
    """Return the stored columns whose values are fetched: those that are shown, and those that scripts see."""
    released = [output.column for output in outputs if not output.column.is_system]
    return tuple(dict.fromkeys(column.pk for column in [*released, *seen]))
