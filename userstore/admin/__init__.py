"""The officer's pages of the store: definitions only. No page shows a value of anybody."""

from governance.overview import Waiting, offer_unclassified
from userstore.admin import accessors, columns, datatypes, holds, mutators, retention, rotations, transformers
from userstore.models import Column
from userstore.queries import unclassified_columns

__all__ = ["accessors", "columns", "datatypes", "holds", "mutators", "retention", "rotations", "transformers"]


def _columns_to_classify() -> list[Waiting]:
    return [Waiting(column.name, Column, column.pk) for column in unclassified_columns()]


offer_unclassified(_columns_to_classify)
